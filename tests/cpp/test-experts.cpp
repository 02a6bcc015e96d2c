// Every mean function of the registry in a whole model, under maximum likelihood and least squares.
#include "problem.h"

#include <moerate/optimisation/fitter.h>
#include <moerate/evaluation/rows.h>

using namespace support;

namespace {

// A model with the mean, random parameters, and normal y that have nothing to do with it.
struct Case : Rows {
  Case(const std::string& name, bool likelihood, Index k, Index d, bool same, std::uint64_t seed, Index n = 14)
      : Rows(Model(k, d, 1, same && d == 1, make(gates(), "softmax"), make(means(), name, options()),
                   likelihood ? make(laws(), "gaussian") : nullptr, k == 2)) {
    Stream stream(seed, Purpose::user);
    x = normal_matrix(n, d, stream);
    z = model.same ? x : normal_matrix(n, 1, stream);
    y = normal_vector(n, stream, 2).array() + 1;
    w = uniform_vector(n, stream);
    look();
    do theta = normal_vector(model.size(), stream, 0.8);
    while (name == "relu" && near_kink());
  }

  static MeanOptions options() {
    MeanOptions out;
    out.hidden = 1;
    return out;
  }
  bool near_kink() const {
    const Matrix u = predictors(model, data, theta, 0, data.n);
    return u.middleCols(model.gate_size, model.k).cwiseAbs().minCoeff() < 0.12;
  }
  // by plain loops over what components() says of the rows
  double value(const Vector& t, double spread = 1) const {
    const Components c = components(model, data, t);
    double sum = 0;
    for (Index i = 0; i < data.n; ++i) {
      Vector terms(model.k);
      double f = 0;
      for (Index j = 0; j < model.k; ++j) {
        f += std::exp(c.log_gate(i, j)) * c.mean(i, j);
        if (!model.law) continue;
        const double rho = t[model.predictors[at(model.law_predictor(j))].offset], r = y[i] - c.mean(i, j);
        terms[j] = c.log_gate(i, j) - 0.5 * (std::log(2 * M_PI) + rho + r * r * std::exp(-rho));
      }
      const double r = (y[i] - f) / spread;
      sum += w[i] * (model.law ? Problem::log_sum(terms) : -0.5 * r * r);
    }
    return sum / w.sum();
  }
};

template <class Law>
void for_every_case(Law law, Index n = 14) {
  std::uint64_t seed = 200;
  for (const auto& entry : means())
    for (const bool likelihood : {true, false})
      for (Index k = 1; k <= 3; ++k)
        for (Index d = 1; d <= 2; ++d) {
          CAPTURE(entry.first);
          CAPTURE(likelihood);
          CAPTURE(k);
          CAPTURE(d);
          law(Case(entry.first, likelihood, k, d, k != 2, seed++, n));
        }
}

}  // namespace

TEST_CASE("experts: value, gradient and Hessian of every mean are those of plain loops and finite differences") {
  for_every_case([](const Case& c) {
    const RowObjective objective(c.model, c.data, c.scaling, c.serial);
    const Evaluation e = objective.evaluate(c.theta, kHessian);
    CHECK(e.value == doctest::Approx(c.value(c.theta)).epsilon(1e-11));
    const auto value = [&](const Vector& t) { return Vector(Vector::Constant(1, c.value(t))); };
    const auto gradient = [&](const Vector& t) { return objective.evaluate(t, kGradient).gradient; };
    CHECK(distance(e.gradient.transpose(), differences(value, c.theta, 0.02)) < 1e-6 * (1 + e.gradient.norm()));
    CHECK(distance(e.hessian, differences(gradient, c.theta, 0.02)) < 1e-6 * (1 + e.hessian.norm()));
  });
}

TEST_CASE("experts: the Hessian for steps from far away is negative semidefinite, and exact where it should be") {
  for_every_case([](const Case& c) {
    const RowObjective objective(c.model, c.data, c.scaling, c.serial);
    const Evaluation far = objective.evaluate(c.theta, kHessian, Curvature::complete);
    CHECK(same_bits(Matrix(far.gradient), Matrix(objective.evaluate(c.theta, kHessian).gradient)));
    // of a likelihood the EM algorithm uses the gate and the means by themselves
    Matrix used = far.hessian;
    const Index held = c.model.law_size;
    used.rightCols(held).setZero(), used.bottomRows(held).setZero();
    CHECK(Eigen::SelfAdjointEigenSolver<Matrix>(used).eigenvalues().maxCoeff() < 1e-9 * (1 + far.hessian.norm()));
    if (c.model.law) return;
    // without residuals it is the whole Hessian
    const Components parts = components(c.model, c.data, c.theta);
    const Vector f = (parts.log_gate.array().exp() * parts.mean.array()).rowwise().sum();
    Data exact = c.data;
    exact.y = f.data();
    const RowObjective fitted(c.model, exact, c.scaling, c.serial);
    const Evaluation a = fitted.evaluate(c.theta, kHessian);
    const Evaluation b = fitted.evaluate(c.theta, kHessian, Curvature::complete);
    CHECK(distance(a.hessian, b.hessian) < 1e-12 * (1 + a.hessian.norm()));
  });
}

TEST_CASE("experts: standardised coordinates are the same model in the user's units") {
  for_every_case([](const Case& c) {
    const Scaling scaling = standardise(c.data, c.model, c.serial);
    const Coordinates coordinates(c.model, scaling);
    const Vector standard = coordinates.to_standard(c.theta);
    CHECK(distance(coordinates.to_user(standard), c.theta) < 1e-11);
    const Evaluation here = RowObjective(c.model, c.data, scaling, c.serial).evaluate(standard, kGradient);
    CHECK(coordinates.user_value(here.value) == doctest::Approx(c.value(c.theta)).epsilon(1e-10));
    const Vector gradient = coordinates.value_scale() * coordinates.jacobian().transpose() * here.gradient;
    const RowObjective plain(c.model, c.data, c.scaling, c.serial);
    CHECK(distance(gradient, plain.evaluate(c.theta, kGradient).gradient) < 1e-9 * (1 + gradient.norm()));
  });
}

TEST_CASE("experts: scores of rows sum to the gradient, threads change no bit") {
  for_every_case([](const Case& c) {
    const RowObjective objective(c.model, c.data, c.scaling, c.serial);
    const Evaluation e = objective.evaluate(c.theta, kHessian);
    Vector sum = Vector::Zero(c.model.size());
    objective.visit(c.theta, kGradient, [&](Index first, const Block& block) {
      sum += row_scores(c.model, block).transpose() * c.w.segment(first, block.rows);
    });
    CHECK(distance(sum / c.w.sum(), e.gradient) < 1e-12 * (1 + e.gradient.norm()));
    const Runtime two = threads(2);
    CHECK(same_bits(RowObjective(c.model, c.data, c.scaling, two).evaluate(c.theta, kHessian), e));
  }, 700);
}

TEST_CASE("experts: a fit finds what the data were made of, by both methods") {
  for (const auto& entry : means())
    for (const bool likelihood : {true, false}) {
      CAPTURE(entry.first);
      CAPTURE(likelihood);
      Case c(entry.first, likelihood, 2, 1, true, 77, 250);
      Stream stream(78, Purpose::user);
      c.theta[0] = 0.3, c.theta[1] = 3;  // gates that can be told from constants
      const Components parts = components(c.model, c.data, c.theta);
      for (Index i = 0; i < c.data.n; ++i) {
        const Vector pi = parts.log_gate.row(i).array().exp();
        const Index label = stream.uniform() < pi[0] ? 0 : 1;
        c.y[i] = (likelihood ? parts.mean(i, label) : pi.dot(parts.mean.row(i))) + 0.05 * stream.normal();
      }
      Vector truth = c.theta;
      if (likelihood) truth.tail(1).setConstant(2 * std::log(0.05));
      FitControl control;
      control.starts = 20;
      const Fit fit = Fitter(c.model, c.data, control, c.serial).run({});
      CAPTURE(fit.status.word());
      CHECK((fit.status.word() == "converged" || (entry.first == "relu" && fit.status.word() == "kink")));
      CHECK(fit.value / c.w.sum() >= c.value(truth) - 1e-9 * std::abs(c.value(truth)));
      CHECK(fit.value / c.w.sum() == doctest::Approx(c.value(fit.theta)).epsilon(1e-9));
      // no expert of a handful of rows, but where least squares is better off with one than at the optimum of the truth;
      // a regression function near that of the truth
      const Fit near = Fitter(c.model, c.data, control, c.serial).run({truth});
      CHECK(fit.value >= near.value - 1e-9 * std::abs(near.value));
      if (likelihood || fit.value <= near.value + 1e-9 * std::abs(near.value)) CHECK(fit.mass.minCoeff() > 0.1);
      const auto regression = [&](const Vector& theta) {
        const Components at_theta = components(c.model, c.data, theta);
        return Vector((at_theta.log_gate.array().exp() * at_theta.mean.array()).rowwise().sum());
      };
      const Vector f = regression(truth);
      const double spread = std::sqrt((f.array() - f.mean()).square().mean());
      const double error = std::sqrt((regression(fit.theta) - f).squaredNorm() / static_cast<double>(c.data.n));
      CAPTURE(error);
      CHECK(error < 0.2 * spread);
    }
}
