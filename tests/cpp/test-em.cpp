// Generalised EM: monotone, exact where it can be, and fixed at a maximum.
#include "problem.h"

#include <moerate/optimisation/em.h>

using namespace support;

namespace {

void check_monotone(const Optimum& o) {
  for (size_t i = 1; i < o.trace.size(); ++i) {
    CHECK(o.trace[i].value >= o.trace[i - 1].value - 1e-12 * std::abs(o.trace[i - 1].value));
    CHECK(std::isfinite(o.trace[i].gradient));
  }
}

}  // namespace

TEST_CASE("EM: never goes down, from good starts and bad ones") {
  std::uint64_t seed = 70;
  for (const Shape& s : shapes(120)) {
    const Problem p(s, seed++);
    const Bounds bounds = floor_bounds(p.model);
    const RowObjective objective(p.model, p.data, p.scaling, p.serial);
    EmControl c;
    c.trace = true, c.max_iter = 60, c.tolerance = 0;
    Stream stream(seed, Purpose::user);
    CAPTURE(s.k);
    CAPTURE(s.d);
    for (const double noise : {0.1, 3.0})
      check_monotone(Em(objective, bounds).run(p.theta + normal_vector(p.theta.size(), stream, noise), c));
  }
}

TEST_CASE("EM: with one expert, one step is least squares") {
  for (const bool weighted : {false, true}) {
    Shape s;
    s.k = 1, s.d = 3, s.p = 3, s.n = 50, s.weighted = weighted;
    const Problem p(s, 90);
    Matrix D(s.n, 4);
    D << Vector::Ones(s.n), p.x;
    const Vector w = weighted ? p.w : Vector(Vector::Ones(s.n));
    const Vector b = (D.transpose() * w.asDiagonal() * D).ldlt().solve(D.transpose() * w.cwiseProduct(p.y));
    const double sigma2 = w.dot((p.y - D * b).cwiseAbs2()) / w.sum();
    EmControl c;
    c.max_iter = 1;
    const Optimum o = Em(RowObjective(p.model, p.data, p.scaling, p.serial), floor_bounds(p.model)).run(Vector::Zero(5), c);
    CHECK(distance(o.theta.head(4), b) < 1e-8);
    CHECK(o.theta[4] == doctest::Approx(std::log(sigma2)).epsilon(1e-7));
  }
}

TEST_CASE("EM: the M-step of the experts is exact for given posterior weights") {
  for (const bool shared : {false, true}) {
    Shape s;
    s.k = 3, s.d = 2, s.p = 2, s.n = 80, s.shared = shared;
    const Problem p(s, 91);
    const Matrix tau = p.posterior(p.theta);
    Data labelled = p.data;
    labelled.tau = tau.data();
    const RowObjective Q(p.model, labelled, p.scaling, p.serial);
    const Em em(Q, floor_bounds(p.model));
    const Vector next = p.theta + em.direction(Q.evaluate(p.theta, kHessian));
    // the gate takes one Newton step; means and variances are solved
    const Vector g = Q.evaluate(next, kGradient).gradient;
    CHECK(g.tail(p.model.size() - 2 * 3).norm() < 1e-8);
  }
}

TEST_CASE("EM: a maximum of the likelihood is a fixed point") {
  Shape s;
  s.k = 2, s.d = 1, s.p = 1, s.n = 600;
  const Problem p(s, 92);
  const RowObjective objective(p.model, p.data, p.scaling, p.serial);
  const Bounds bounds = floor_bounds(p.model);
  const Optimum top = Newton(objective, bounds, NewtonControl()).run(p.theta);
  REQUIRE(top.status.word() == "converged");
  EmControl c;
  c.max_iter = 5;
  const Optimum o = Em(objective, bounds).run(top.theta, c);
  CHECK(distance(o.theta, top.theta) < 1e-5);
  CHECK(o.value >= top.value - 1e-13);
  CHECK(o.status.word() == "small_change");
}

TEST_CASE("EM: reaches what Newton reaches, and stops by its rules") {
  Shape s;
  s.k = 2, s.d = 1, s.p = 1, s.n = 600;
  const Problem p(s, 93);
  const RowObjective objective(p.model, p.data, p.scaling, p.serial);
  const Bounds bounds = floor_bounds(p.model);
  const Optimum top = Newton(objective, bounds, NewtonControl()).run(p.theta);
  EmControl c;
  c.max_iter = 20000, c.tolerance = 1e-14;
  const Optimum o = Em(objective, bounds).run(p.theta, c);
  CHECK(o.status.word() == "small_change");
  CHECK(o.value == doctest::Approx(top.value).epsilon(1e-9));
  c.max_iter = 2;
  const Optimum cut = Em(objective, bounds).run(p.theta, c);
  CHECK(cut.status.word() == "max_iter");
  CHECK(cut.iterations == 2);
}

TEST_CASE("EM: a component of zero variance ends on the floor, finite") {
  Shape s;
  s.k = 2, s.d = 1, s.p = 1, s.n = 60;
  Problem p(s, 94);
  for (Index i = 0; i < 20; ++i) p.y[i] = 1 + 2 * p.x(i, 0);  // exactly on a line
  const Bounds bounds = floor_bounds(p.model, 1e-4);
  EmControl c;
  c.trace = true, c.max_iter = 500;
  Vector start = Vector::Zero(p.model.size());
  start[2] = 1, start[3] = 2, start.tail(2) << -4, 0;
  const Optimum o = Em(RowObjective(p.model, p.data, p.scaling, p.serial), bounds).run(start, c);
  check_monotone(o);
  CHECK(o.theta.allFinite());
  CHECK(o.theta.tail(2).minCoeff() >= std::log(1e-4));
}
