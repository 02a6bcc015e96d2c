#include <doctest/doctest.h>
#include <moerate/numerics/draw.h>
#include <moerate/losses/voronoi_fixed.h>

using namespace moerate;

namespace {

Atoms random_atoms(Index k, Index d, Stream& stream) {
  const auto normal = [&](Index rows, Index columns) {
    Matrix m(rows, columns);
    for (Index i = 0; i < m.size(); ++i) m.data()[i] = stream.normal();
    return m;
  };
  return {normal(k, 1).col(0), normal(k, d), normal(k, d), normal(k, 1),
          normal(k, 1).array().exp()};
}

// The loss at t2 itself, with t1 on its best breakpoint.
double loss_at(const VoronoiLoss& loss, const Vector& t2) {
  Cells cells;
  NormPowers sum(loss.p());
  loss.assign(t2, cells);
  loss.atoms_term(cells, sum);
  return loss.weigh(sum.value(t2), cells).value;
}

}  // namespace

TEST_CASE("half_power equals pow") {
  for (double half : {0.5, 1.0, 1.5, 2.0, 2.3, 3.0, 4.0, 5.0}) {
    CHECK(half_power(1.7, half) == doctest::Approx(std::pow(1.7, half)));
  }
}

TEST_CASE("a convex line is minimised on any interval") {
  const double infinity = std::numeric_limits<double>::infinity();
  ConvexLine line;
  line.clear(2);
  line.add(1, 0.5, 1, 3, 0);   // |x - 3|
  line.add(3, 0.5, 1, -1, 0);  // 3 |x + 1|: wins
  CHECK(line.minimise(-infinity, infinity, infinity).at == doctest::Approx(-1));
  CHECK(line.minimise(-infinity, infinity, infinity).value == doctest::Approx(6));
  CHECK(line.minimise(0, infinity, infinity).at == doctest::Approx(0));
  CHECK(line.minimise(-infinity, -2, infinity).at == doctest::Approx(-2));
  line.clear(0);
  line.add(1, 1, 1, 0, 0);  // x^2 + 2 (x - 3)^2
  line.add(2, 1, 1, 3, 0);
  CHECK(line.minimise(-infinity, infinity, infinity).at == doctest::Approx(2));
  CHECK(line.minimise(-infinity, infinity, infinity).value == doctest::Approx(6));
  line.clear(5);
  CHECK(line.minimise(-infinity, infinity, infinity).value == doctest::Approx(5));
}

TEST_CASE("the convex solve reaches a stationary point") {
  NormPowers sum(2);
  sum.add(1, 0.5, 1, Vector::Zero(2), 0.3);
  sum.add(2, 2, 1, Vector::Ones(2), 0.1);
  sum.add(0.5, 0.5, 2, Vector::Constant(2, -1), 0);
  Vector t = Vector::Constant(2, 5);
  sum.minimise(t);
  const double least = sum.value(t);
  for (Index l = 0; l < 2; ++l) {
    for (double h : {-1e-3, 1e-3}) CHECK(sum.value(t + h * Vector::Unit(2, l)) > least);
  }
}

TEST_CASE(
    "no translation on a grid is better than the infimum, and its own translation attains it") {
  Stream stream(1, Purpose::user);
  for (const LossRule& rule : loss_rules()) {
    for (int repeat = 0; repeat < 20; ++repeat) {
      const Index d = 1 + repeat % 2;
      const Atoms truth = random_atoms(1 + repeat % 4, d, stream);
      const Atoms estimate = random_atoms(1 + (repeat / 2) % 4, d, stream);
      const VoronoiLoss loss(estimate, truth, rule, 1.5);
      const LossValue found = VoronoiInfimum(loss)();
      CHECK(found.value >= 0);
      CHECK(found.saturated == !std::isfinite(found.t1));
      for (int point = 0; point < 200; ++point) {
        Vector t2(d);
        for (Index l = 0; l < d; ++l) t2[l] = 2 * stream.normal();
        CHECK(loss_at(loss, t2) >= found.value * (1 - 1e-9));
      }
      Cells cells;
      loss.assign(found.t2, cells);
      if (cells == found.cells) CHECK(loss_at(loss, found.t2) == doctest::Approx(found.value));
    }
  }
}

TEST_CASE("the loss is zero for a translated and reordered truth") {
  Stream stream(2, Purpose::user);
  for (const LossRule& rule : loss_rules()) {
    for (Index d : {0, 1, 2, 3}) {
      const Atoms truth = random_atoms(3, d, stream);
      Atoms estimate = truth;
      for (Index i = 0; i < 3; ++i) {
        const Index from = (i + 1) % 3;
        estimate.log_weight[i] = truth.log_weight[from] + 2;
        estimate.gate.row(i) = truth.gate.row(from).array() - 0.7;
        estimate.slope.row(i) = truth.slope.row(from);
        estimate.intercept.row(i) = truth.intercept.row(from);
        estimate.variance.row(i) = truth.variance.row(from);
      }
      const LossValue found = voronoi_loss(estimate, truth, rule, 2);
      CHECK(found.value < 1e-12);
      CHECK(found.t1 == doctest::Approx(2));
      CHECK(found.cells == Cells{1, 2, 0});
    }
  }
}

TEST_CASE("an estimate far away is saturated at the weight of the truth") {
  Stream stream(3, Purpose::user);
  const Atoms truth = random_atoms(2, 1, stream);
  Atoms estimate = truth;
  estimate.slope.array() += 1e3;
  const LossValue found = voronoi_loss(estimate, truth, loss_rule("d1"), 1);
  CHECK(found.saturated);
  CHECK(found.value == doctest::Approx(truth.log_weight.array().exp().sum()));
}

TEST_CASE("a weight term alone: one atom twice as heavy as the truth's two together") {
  Atoms truth{Vector::Zero(2), Matrix::Zero(2, 1), Matrix::Zero(2, 1), Matrix(2, 1),
              Matrix::Ones(2, 1)};
  truth.intercept << 0, 10;
  Atoms estimate = truth;
  estimate.log_weight[0] = std::log(3.0);
  // u = 1/3 .. 1: |3u - 1| + |u - 1| is least at u = 1/3
  const LossValue found = voronoi_loss(estimate, truth, loss_rule("d1"), 1);
  CHECK(found.value == doctest::Approx(2.0 / 3));
  CHECK(found.t1 == doctest::Approx(std::log(3.0)));
}

TEST_CASE("unknown losses are refused") { CHECK_THROWS_AS(loss_rule("d3"), std::invalid_argument); }

TEST_CASE("a loss at a fixed translation: norms by hand, and never below the infimum") {
  Stream stream(3, Purpose::user);
  for (int pair = 0; pair < 20; ++pair) {
    const Atoms truth = random_atoms(2, 1, stream), estimate = random_atoms(3, 1, stream);
    for (const LossRule& rule : loss_rules()) {
      const double fixed = voronoi_loss(estimate, truth, rule, 1.5, {false, Norm::euclidean}).value;
      CHECK(fixed >= voronoi_loss(estimate, truth, rule, 1.5, LossForm()).value - 1e-10);
      CHECK(voronoi_loss(truth, truth, rule, 1.5, published_form()).value == 0);
    }
  }
  const Atoms truth = random_atoms(1, 1, stream);
  Atoms estimate = truth;
  estimate.gate(0, 0) += 3, estimate.slope(0, 0) -= 4, estimate.log_weight[0] += std::log(2.0);
  const double w = std::exp(truth.log_weight[0]);
  CHECK(voronoi_loss(estimate, truth, loss_rule("d1"), 1, {false, Norm::euclidean}).value == doctest::Approx(11 * w));
  CHECK(voronoi_loss(estimate, truth, loss_rule("d1"), 1, published_form()).value == doctest::Approx(15 * w));
  CHECK_THROWS_AS(voronoi_loss(estimate, truth, loss_rule("d1"), 1, {true, Norm::absolute}), std::invalid_argument);
}

TEST_CASE("an atom with a form per true atom is compared in that form") {
  Stream stream(7, Purpose::user);
  for (const LossRule& rule : loss_rules()) {
    const Atoms truth = random_atoms(2, 1, stream), estimate = random_atoms(3, 1, stream);
    Atoms forms = estimate;
    forms.slope = estimate.slope.replicate(2, 1);
    forms.intercept = estimate.intercept.replicate(2, 1);
    CHECK(voronoi_loss(forms, truth, rule, 2).value == voronoi_loss(estimate, truth, rule, 2).value);
    CHECK(voronoi_loss(forms, truth, rule, 2, published_form()).value ==
          voronoi_loss(estimate, truth, rule, 2, published_form()).value);
    // the forms of the first atom: as far from the second true atom as can be, and equal to the first
    forms.slope(0, 0) = truth.slope(0, 0);
    forms.intercept(0, 0) = truth.intercept(0, 0);
    forms.slope(3, 0) = 1e3;
    const VoronoiLoss loss(forms, truth, rule, 2);
    const double variance = rule.groups & kVariancePart ? forms.variance(0, 0) - truth.variance(0, 0) : 0;
    CHECK(loss.rest(0, 0) == doctest::Approx(variance * variance));
    CHECK(loss.rest(0, 1) > 1e5);
    CHECK(loss.rest(1, 1) == VoronoiLoss(estimate, truth, rule, 2).rest(1, 1));
  }
}
