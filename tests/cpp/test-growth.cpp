// The choice among optima, splits of experts, and what a given start is worth.
#include "problem.h"

#include <moerate/optimisation/fitter.h>

using namespace support;

namespace {

Optimum made(const Model& model, double value, const Vector& mass, const Vector& log_variance) {
  Optimum o;
  o.theta = Vector::Zero(model.size());
  o.theta.tail(model.law_size) = log_variance;
  o.value = value, o.mass = mass, o.status.ended = Ended::converged;
  return o;
}

}  // namespace

TEST_CASE("status: one word, and all flags") {
  Status s;
  s.ended = Ended::converged, s.separated = true, s.degenerate = true;
  CHECK(s.word() == "variance_floor");
  CHECK(s.flags() == std::vector<std::string>{"degenerate", "separated"});
  s.degenerate = false;
  CHECK(s.word() == "gate_separated");
  s.ended = Ended::max_iter;
  CHECK(s.word() == "max_iter");
}

TEST_CASE("ranking: the price of few rows and of small variances, by hand") {
  Shape shape;
  shape.k = 2, shape.d = 1, shape.p = 1;
  const Model model = make_model(shape);
  const Ranking rank(model, 3, 100);
  const Vector mass = (Vector(2) << 0.9, 0.1).finished();
  const Vector rho = (Vector(2) << std::log(4.0), std::log(0.5)).finished();
  const double within = 0.9 * 4 + 0.1 * 0.5;
  const double price = 1.5 * (std::log(1 / 0.9) + std::log(1 / 0.1) + 0.5 * std::log(within / 0.5));
  const Optimum o = made(model, -1, mass, rho);
  CHECK(rank.price(o.theta, mass) == doctest::Approx(price).epsilon(1e-12));
  CHECK(rank.criterion(o) == doctest::Approx(-1 - price / 100).epsilon(1e-12));
  CHECK(rank.soundness(o) == 3);
  CHECK(Ranking(model, 11, 100).soundness(o) == 2);
}

TEST_CASE("ranking: within three units of the criterion the likelihood decides, if several starts agree") {
  Shape shape;
  shape.k = 2, shape.d = 1, shape.p = 1;
  const Model model = make_model(shape);
  const Ranking rank(model, 3, 1000);
  const Vector even = Vector::Constant(2, 0.5), few = (Vector(2) << 0.99, 0.01).finished(), rho = Vector::Zero(2);
  const auto price = [&](const Vector& mass) { return rank.price(made(model, 0, mass, rho).theta, mass); };
  const double gap = (price(few) - price(even)) / 1000;
  const auto chosen = [&](double less, size_t times) {
    Starts starts(1 + times);
    for (Start& s : starts) s.kind = "lines";
    starts[0].optimum = made(model, -1, even, rho);
    for (size_t i = 1; i <= times; ++i) starts[i].optimum = made(model, -1 + gap - less, few, rho);
    std::vector<Index> all;
    for (Start& s : starts) {
      rank.record(s, 0, true);
      all.push_back(static_cast<Index>(all.size()));
    }
    return rank.best(starts, all);
  };
  CHECK(chosen(0.0029, 2) == 1);
  CHECK(chosen(0.0029, 1) == 0);
  CHECK(chosen(0.0031, 2) == 0);
  CHECK(chosen(-0.001, 1) == 1);
}

TEST_CASE("ranking: what one start alone has reached has to be better by a decisive difference") {
  Shape shape;
  shape.k = 2, shape.d = 1, shape.p = 1;
  const Model model = make_model(shape);
  const Ranking rank(model, 3, 1000);
  const Vector even = Vector::Constant(2, 0.5), rho = Vector::Zero(2);
  const auto chosen = [&](double more, size_t others) {
    Starts starts(1 + others);
    std::vector<Index> all;
    for (Start& s : starts) {
      s.kind = "lines";
      s.optimum = made(model, all.empty() ? -1 + more : -1, even, rho);
      rank.record(s, 0, true);
      all.push_back(static_cast<Index>(all.size()));
    }
    return rank.best(starts, all);
  };
  CHECK(chosen(0.0029, 2) == 1);
  CHECK(chosen(0.0031, 2) == 0);
  CHECK(chosen(0.0029, 1) == 0);
}

TEST_CASE("ranking: an optimum of higher likelihood that the criterion does not tell from the top contests it") {
  Shape shape;
  shape.k = 2, shape.d = 1, shape.p = 1;
  const Model model = make_model(shape);
  const Ranking rank(model, 3, 1000);
  const Vector even = Vector::Constant(2, 0.5), few = (Vector(2) << 0.99, 0.01).finished(), rho = Vector::Zero(2);
  const auto price = [&](const Vector& mass) { return rank.price(made(model, 0, mass, rho).theta, mass); };
  const double gap = (price(few) - price(even)) / 1000;
  // 30 starts at the top, `times` at one whose criterion is less by `less`
  const auto contested = [&](double less, size_t times, const char* kind = "lines") {
    Starts starts(30 + times);
    std::vector<Index> all;
    for (size_t i = 0; i < starts.size(); ++i) {
      starts[i].kind = kind;
      starts[i].optimum = i < 30 ? made(model, -1, even, rho) : made(model, -1 + gap - less, few, rho);
      rank.record(starts[i], 0, true);
      all.push_back(static_cast<Index>(i));
    }
    if (std::string(kind) != "given") CHECK(rank.best(starts, all) == 0);
    return rank.contested(starts, 0);
  };
  CHECK(contested(0.0029, 2));        // too few to be preferred
  CHECK(!contested(0.0029, 1));       // one start alone
  CHECK(!contested(0.0031, 2));       // the criterion tells
  CHECK(!contested(0.0029, 2, "given"));
}

TEST_CASE("optima: experts in the order of their rows are the same fit") {
  Shape shape;
  shape.k = 3, shape.d = 2, shape.p = 2, shape.n = 60;
  const Problem p(shape, 152);
  const RowObjective objective(p.model, p.data, p.scaling, p.serial);
  Optimum o;
  o.theta = p.theta, o.mass = objective.evaluate(p.theta, kValue).mass;
  o.held.assign(at(p.model.size()), false);
  const auto variance = [&](Index i) { return at(p.model.predictors[at(p.model.law_predictor(i))].offset); };
  o.held[variance(0)] = true;
  const double value = objective.evaluate(o.theta, kValue).value, rho = o.theta[static_cast<Index>(variance(0))];
  const std::vector<Index> order = order_of_mass(o.mass);
  reorder(p.model, order, o);
  CHECK(objective.evaluate(o.theta, kValue).value == doctest::Approx(value).epsilon(1e-12));
  CHECK(std::is_sorted(o.mass.data(), o.mass.data() + 3, std::greater<double>()));
  CHECK(distance(objective.evaluate(o.theta, kValue).mass, o.mass) < 1e-12);
  const auto to = std::find(order.begin(), order.end(), 0) - order.begin();
  CHECK(o.held[variance(to)]);
  CHECK(std::count(o.held.begin(), o.held.end(), true) == 1);
  CHECK(o.theta[static_cast<Index>(variance(to))] == rho);
}

TEST_CASE("splits: do not depend on the order of the experts of the smaller fit") {
  Shape s;
  s.k = 2, s.d = 1, s.p = 1, s.n = 400;
  const Problem p(s, 153);
  const Model three = p.model.with_experts(3);
  FitControl c;
  const Fit two = Fitter(p.model, p.data, c, p.serial).run({p.theta});
  const Scaling scaling = standardise(p.data, three, p.serial);
  const Coordinates coordinates(p.model, scaling);
  const auto values = [&](const std::vector<Index>& order) {
    Optimum parent;
    parent.theta = p.model.permuted(coordinates.to_standard(two.theta), order);
    const Evaluation e = RowObjective(p.model, p.data, scaling, p.serial).evaluate(parent.theta, kValue);
    parent.value = e.value, parent.mass = e.mass;
    reorder(p.model, order_of_mass(parent.mass), parent);
    std::vector<double> out;
    for (const Start& start : Splits(three, p.data, scaling, c, p.serial, parent).run()) out.push_back(start.optimum.value);
    return out;
  };
  const std::vector<double> a = values({0, 1}), b = values({1, 0});
  REQUIRE(a.size() == b.size());
  REQUIRE(a.size() > 4);
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-6));
}

TEST_CASE("fit: derivatives that are no numbers are not_finite, and no eigenvalue is made of them") {
  Shape s;
  s.k = 2, s.d = 1, s.p = 1, s.n = 40;
  Problem p(s, 154);
  Vector start = p.theta;
  start.tail(2).setConstant(-700);  // squares of the gradient are beyond the range of a double
  FitControl c;
  c.max_iter = 0;
  c.floor = 1e-320;
  const Fit fit = Fitter(p.model, p.data, c, p.serial).run({start});
  CHECK(fit.status.ended == Ended::not_finite);
  CHECK(std::isnan(fit.min_eigenvalue));
}

TEST_CASE("splits: a gate shared by a constant logit keeps the weights of the others") {
  Stream stream(150, Purpose::user);
  const auto gate = make(gates(), "softmax");
  const Matrix coefficients = normal_matrix(3, 2, stream);
  Matrix rows = normal_matrix(20, 3, stream);
  rows.col(0).setOnes();
  for (Index i = 0; i < 3; ++i) {
    const double share = 0.3;
    const Vector logit = (Vector(3) << std::log(share / (1 - share)), 0, 0).finished();
    Matrix before(20, 3), after(20, 4);
    gate->weights(rows * coefficients, before);
    gate->weights(rows * gate->split(coefficients, i, Matrix(logit), share), after);
    for (Index j = 0; j < 3; ++j)
      CHECK((after.col(j) - (j == i ? share : 1.0) * before.col(j)).cwiseAbs().maxCoeff() < 1e-12);
    CHECK((after.col(3) - (1 - share) * before.col(i)).cwiseAbs().maxCoeff() < 1e-12);
  }
}

TEST_CASE("fit: a given start does not depend on the seed, never ends lower, and an optimum stays as it is") {
  Shape s;
  s.k = 3, s.d = 1, s.p = 1, s.n = 6000;
  const Problem p(s, 151);
  FitControl c;
  const double before = static_cast<double>(s.n) * p.mean_loglik(p.theta);
  const Fit first = Fitter(p.model, p.data, c, p.serial).run({p.theta});
  CHECK(first.value > before);
  c.seed = 2;
  const Fit again = Fitter(p.model, p.data, c, p.serial).run({p.theta});
  CHECK(same_bits(Matrix(first.theta), Matrix(again.theta)));
  const Fit kept = Fitter(p.model, p.data, c, p.serial).run({first.theta});
  CHECK(kept.iterations == 0);
  CHECK(same_bits(Matrix(first.theta), Matrix(kept.theta)));
  CHECK(same_bits(first.value, kept.value));
}

TEST_CASE("fit: one factor of all weights changes nothing, search included") {
  Shape s;
  s.k = 3, s.d = 1, s.p = 1, s.n = 300, s.weighted = true;
  Problem p(s, 152);
  FitControl c;
  c.starts = 20, c.min_rows = 3;
  const Fit one = Fitter(p.model, p.data, c, p.serial).run({});
  for (const double factor : {1e-6, 1e6}) {
    p.w *= factor;
    const Fit other = Fitter(p.model, p.data, c, p.serial).run({});
    CHECK(distance(one.theta, other.theta) < 1e-7 * (1 + one.theta.norm()));
    CHECK(other.value == doctest::Approx(one.value * factor).epsilon(1e-9));
    p.w /= factor;
  }
}

TEST_CASE("fit: an optimum of one expert too many is the same for every seed") {
  Shape s;
  s.k = 1, s.d = 1, s.p = 1, s.n = 3000;
  const Problem one(s, 153);
  const Model two = one.model.with_experts(2);
  FitControl c;
  c.starts = 20, c.min_rows = 3;
  std::vector<double> values;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    c.seed = seed;
    values.push_back(Fitter(two, one.data, c, one.serial).run({}).value);
  }
  for (double value : values) CHECK(value == doctest::Approx(values[0]).epsilon(1e-8));
}
