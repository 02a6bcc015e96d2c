// Trust-region Newton on functions with known maxima, and on mixtures.
#include "problem.h"

using namespace support;

namespace {

// A function given by value, gradient and Hessian.
class Given final : public Objective {
 public:
  using Function = std::function<double(const Vector&, Vector&, Matrix&)>;
  explicit Given(Function f) : f_(std::move(f)) {}
  Evaluation evaluate(const Vector& t, int, Curvature) const override {
    Evaluation e;
    e.gradient.setZero(t.size());
    e.hessian.setZero(t.size(), t.size());
    e.value = f_(t, e.gradient, e.hessian);
    return e;
  }

 private:
  Function f_;
};

double rosenbrock(const Vector& t, Vector& g, Matrix& H) {
  const double a = t[1] - t[0] * t[0], b = 1 - t[0];
  g << 400 * t[0] * a + 2 * b, -200 * a;
  H << 400 * (t[1] - 3 * t[0] * t[0]) - 2, 400 * t[0], 400 * t[0], -200;
  return -100 * a * a - b * b;
}

// Maximum 0 at (0, 0) with a Hessian that vanishes there: as slow as an over-specified fit.
double quartic(const Vector& t, Vector& g, Matrix& H) {
  g << -4 * std::pow(t[0], 3), -2 * t[1];
  H << -12 * t[0] * t[0], 0, 0, -2;
  return -std::pow(t[0], 4) - t[1] * t[1];
}

// A saddle point at the start, two maxima at (+-1, 0).
double saddle(const Vector& t, Vector& g, Matrix& H) {
  g << 2 * t[0] - 2 * std::pow(t[0], 3), -2 * t[1];
  H << 2 - 6 * t[0] * t[0], 0, 0, -2;
  return t[0] * t[0] - 0.5 * std::pow(t[0], 4) - t[1] * t[1];
}

Optimum run(const Objective& f, const Vector& start, const Bounds& bounds, NewtonControl c = {}) {
  return Newton(f, bounds, c).run(start);
}

}  // namespace

TEST_CASE("Newton: Rosenbrock's valley, a flat maximum, a saddle point") {
  const Optimum a = run(Given(rosenbrock), (Vector(2) << -1.2, 1).finished(), free_bounds(2));
  CHECK(a.status.word() == "converged");
  CHECK(distance(a.theta, Vector::Ones(2)) < 1e-6);
  const Optimum b = run(Given(quartic), (Vector(2) << 3, -2).finished(), free_bounds(2));
  CHECK(b.status.word() == "converged");
  CHECK(b.theta.norm() < 0.01);
  for (double x : {1e-3, 0.0})
    for (double y : {0.5, 0.0}) {  // at (0, 0) the gradient vanishes at once
      const Optimum c = run(Given(saddle), (Vector(2) << x, y).finished(), free_bounds(2));
      CHECK(c.status.word() == "converged");
      CHECK(std::abs(std::abs(c.theta[0]) - 1) < 1e-6);
    }
  const Optimum c = run(Given(saddle), (Vector(2) << 1e-3, 0.5).finished(), free_bounds(2));
  CHECK(std::abs(std::abs(c.theta[0]) - 1) < 1e-6);
}

TEST_CASE("Newton: a maximum at a bound is found, and said to be there") {
  Bounds bounds = free_bounds(2);
  bounds.lower[1] = 2;
  bounds.at_lower = {End::degenerate}, bounds.at_upper = {End::limit};
  const Optimum o = run(Given(rosenbrock), (Vector(2) << -1.2, 5).finished(), bounds);
  CHECK(o.status.word() == "variance_floor");
  CHECK(o.theta[1] == 2);
  Vector g(2);
  Matrix H(2, 2);
  rosenbrock(o.theta, g, H);
  CHECK(std::abs(g[0]) < 1e-7);
  CHECK(g[1] < 0);
  // the bound of a coefficient is another word, and nothing that a start is given up for
  bounds.at_lower.clear(), bounds.at_upper.clear();
  NewtonControl control;
  control.stop_on_floor = true;
  const Optimum same = run(Given(rosenbrock), (Vector(2) << -1.2, 5).finished(), bounds, control);
  CHECK(same.status.word() == "boundary");
  CHECK(distance(same.theta, o.theta) < 1e-12);
  // from both sides, and from outside
  Bounds box = free_bounds(2);
  box.lower.setConstant(-0.5), box.upper.setConstant(0.5);
  const Optimum corner = run(Given(rosenbrock), (Vector(2) << -3, 4).finished(), box);
  CHECK(corner.status.word() == "boundary");
  CHECK(corner.theta[0] == 0.5);
  CHECK(std::abs(corner.theta[1] - 0.25) < 1e-6);
  // a bound that does not bind changes nothing
  bounds.lower[1] = 0.5;
  CHECK(run(Given(rosenbrock), (Vector(2) << 2, 3).finished(), bounds).status.word() == "converged");
}

TEST_CASE("Newton: values rise, counts and status are right, and a start that is no number says so") {
  NewtonControl c;
  c.trace = true;
  const Optimum o = run(Given(rosenbrock), (Vector(2) << -1.2, 1).finished(), free_bounds(2), c);
  for (size_t i = 1; i < o.trace.size(); ++i) {
    CHECK(o.trace[i].value >= o.trace[i - 1].value);
    CHECK(o.trace[i].iteration == o.trace[i - 1].iteration + 1);
  }
  CHECK(o.trace.back().iteration == o.iterations);
  CHECK(o.passes > o.iterations);
  c.max_iter = 3;
  const Optimum cut = run(Given(rosenbrock), (Vector(2) << -1.2, 1).finished(), free_bounds(2), c);
  CHECK(cut.status.word() == "max_iter");
  CHECK(cut.iterations == 3);
  CHECK(run(Given(rosenbrock), Vector::Constant(2, NAN), free_bounds(2)).status.word() == "not_finite");
}

TEST_CASE("Newton: random mixtures converge to a gradient of 1e-8 at a maximum") {
  for (Index k = 1; k <= 4; ++k)
    for (Index d = 0; d <= 3; ++d)
      for (const bool shared : {false, true}) {
        Shape s;
        s.k = k, s.d = d, s.p = d, s.n = 500, s.shared = shared;
        const Problem p(s, 40 + static_cast<std::uint64_t>(4 * k + d));
        const RowObjective objective(p.model, p.data, p.scaling, p.serial);
        const Bounds bounds = floor_bounds(p.model);
        const Optimum o = run(objective, p.theta, bounds);
        CAPTURE(k);
        CAPTURE(d);
        CAPTURE(shared);
        CAPTURE(o.status.word());
        CHECK(o.value >= objective.evaluate(p.theta, kValue).value);
        if (!o.status.degenerate) {
          CHECK(o.status.word() == "converged");
          CHECK(o.gradient <= 1e-8);
          const Evaluation e = objective.evaluate(o.theta, kHessian);
          CHECK(e.gradient.norm() <= 1.0001e-8);
          CHECK(Eigen::SelfAdjointEigenSolver<Matrix>(-e.hessian).eigenvalues()[0] > -1e-8);
          CHECK(same_bits(e.value, o.value));
        }
      }
}

TEST_CASE("Newton: the same bits for any number of threads") {
  Shape s;
  s.k = 3, s.d = 2, s.p = 2, s.n = 9001;
  const Problem p(s, 60);
  const Bounds bounds = floor_bounds(p.model);
  const Optimum serial = run(RowObjective(p.model, p.data, p.scaling, p.serial), p.theta, bounds);
  CHECK(serial.status.word() == "converged");
  for (int t = 1; t <= 3; ++t) {
    const Runtime runtime = threads(t);
    const Optimum o = run(RowObjective(p.model, p.data, p.scaling, runtime), p.theta, bounds);
    CHECK(same_bits(Matrix(o.theta), Matrix(serial.theta)));
    CHECK(same_bits(o.value, serial.value));
    CHECK(o.passes == serial.passes);
  }
}
