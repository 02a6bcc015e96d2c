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
