// Laws of every law of the registry.
#include "check-law.h"
#include "problem.h"

#include <moerate/optimisation/fitter.h>

using namespace support;

namespace {

// Where the laws of the registry are looked at; a law without a line here fails.
std::map<std::string, std::vector<LawCase>> law_cases(const Law& law) {
  std::map<std::string, std::vector<LawCase>> out;
  for (const double rho : {-6.0, -0.5, 0.0, 1.3, 4.0}) {
    const double sd = std::exp(0.5 * rho), mu = 0.7;
    out["gaussian"].push_back(
        {law, (Vector(2) << mu, rho).finished(), mu - 40 * sd, mu + 40 * sd, {mu - 3 * sd, mu, mu + 1.1 * sd}});
  }
  for (const double log_mean : {-4.0, 0.0, 1.7, 6.0})
    out["poisson"].push_back(
        {law, Vector::Constant(1, log_mean), 0, std::round(40 + 4 * std::exp(log_mean)), {0, 1, 7, std::round(std::exp(log_mean))}, true});
  return out;
}

// Counts of two regimes: log means that cross, weights that vary along x.
struct Counts : RowsOfX {
  explicit Counts(Index n)
      : RowsOfX(Model(2, 1, 1, true, make(gates(), "softmax"), make(means(), "linear", MeanOptions()),
                      make(laws(), "poisson"), false),
                n, [](double x, Stream& stream) {
                  double left = std::exp(stream.uniform() < logistic(2 * x) ? 2.5 + x : 0.3 - x), count = -1;
                  for (; left > 0; ++count) left += std::log(1 - stream.uniform());  // arrivals until the time is over
                  return count;
                }) {}
};

}  // namespace

TEST_CASE("law: total, derivatives, orders, units and score") {
  for (const auto& entry : laws()) {
    CAPTURE(entry.first);
    const auto law = entry.second();
    const auto cases = law_cases(*law);
    REQUIRE(cases.count(entry.first) == 1);
    for (const LawCase& c : cases.at(entry.first)) {
      CAPTURE(c.arguments.transpose());
      check_law(c);
    }
  }
}

TEST_CASE("law: the M-step of the log variance is exact for given weights and means") {
  const auto law = make(laws(), "gaussian");
  for (const double rho : {-6.0, -0.5, 0.0, 1.3, 4.0}) {
    Stream stream(5, Purpose::user);
    const Index n = 40;
    const Vector y = normal_vector(n, stream), mu = normal_vector(n, stream, 0.3), tau = uniform_vector(n, stream);
    LawTerms t(n, 2);
    double at_rho = rho;
    const auto evaluate = [&] {
      law->evaluate({n, y.data(), nullptr}, {LawArgument{mu.data(), false}, LawArgument{&at_rho, true}}, kHessian, t);
    };
    evaluate();
    at_rho += law->m_step(tau.dot(t.d1.col(1)), tau.dot(t.d2.col(2)), 0);
    evaluate();
    CHECK(std::abs(tau.dot(t.d1.col(1))) < 1e-9);
  }
}

TEST_CASE("law: one expert of counts is Poisson regression") {
  const Counts c(400);
  const Model one = c.model.with_experts(1);
  const Runtime serial;
  const Fit fit = Fitter(one, c.data, FitControl(), serial).run({});
  // iteratively reweighted least squares
  Vector b = Vector::Zero(2);
  b[0] = std::log(c.y.mean());
  Matrix X(c.data.n, 2);
  X.col(0).setOnes(), X.col(1) = c.x.col(0);
  for (int i = 0; i < 50; ++i) {
    const Vector mean = (X * b).array().exp();
    b += (X.transpose() * mean.asDiagonal() * X).ldlt().solve(X.transpose() * (c.y - mean));
  }
  double value = 0;
  for (Index i = 0; i < c.data.n; ++i) {
    const double l = b[0] + b[1] * c.x(i, 0);
    value += c.y[i] * l - std::exp(l) - std::lgamma(c.y[i] + 1);
  }
  CHECK(fit.status.word() == "converged");
  CHECK(distance(fit.theta, b) < 1e-7);
  CHECK(fit.value == doctest::Approx(value).epsilon(1e-12));
}

TEST_CASE("law: derivatives of a mixture of counts, and EM that never goes down") {
  const Counts c(120);
  const Runtime serial;
  const Scaling scaling = standardise(c.data, c.model, serial);
  CHECK(scaling.y.scale == 1);
  const RowObjective objective(c.model, c.data, scaling, serial);
  Stream stream(9, Purpose::user);
  const Vector theta = normal_vector(c.model.size(), stream, 0.7);
  const Evaluation e = objective.evaluate(theta, kHessian);
  const auto value = [&](const Vector& t) { return Vector::Constant(1, objective.evaluate(t, kValue).value); };
  const auto gradient = [&](const Vector& t) { return objective.evaluate(t, kGradient).gradient; };
  CHECK(distance(e.gradient, differences([&](const Vector& t) { return Vector(value(t)); }, theta).transpose()) < 1e-7);
  CHECK(distance(e.hessian, differences(gradient, theta)) < 1e-6);
  EmControl control;
  control.trace = true;
  const Bounds bounds = parameter_bounds(c.model, scaling, FitControl());
  const Optimum o = Em(objective, bounds).run(theta, control);
  for (size_t i = 1; i < o.trace.size(); ++i) CHECK(o.trace[i].value >= o.trace[i - 1].value - 1e-12);
}

TEST_CASE("law: a mixture of counts is found") {
  const Counts c(2000);
  const Runtime serial;
  const Fit fit = Fitter(c.model, c.data, FitControl(), serial).run({});
  CHECK(fit.status.word() == "converged");
  // the expert of more rows has log mean 2.5 + x or 0.3 - x
  const Index high = fit.theta[2] > fit.theta[4] ? 0 : 1;
  CHECK(std::abs(fit.theta[2 + 2 * high] - 2.5) < 0.1);
  CHECK(std::abs(fit.theta[3 + 2 * high] - 1) < 0.1);
  CHECK(std::abs(fit.theta[4 - 2 * high] - 0.3) < 0.15);
  CHECK(std::abs(fit.theta[5 - 2 * high] + 1) < 0.25);
  CHECK(std::abs(std::abs(fit.theta[1]) - 2) < 0.5);
}
