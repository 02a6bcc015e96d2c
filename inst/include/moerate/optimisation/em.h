// Generalised EM from one pass an iteration: the complete-data Hessian is block diagonal, so each
// expert and the gate are solved by themselves. Exact for linear Gaussian experts, one damped
// Newton step for the gate (Lange 1995, J. R. Statist. Soc. B 57:425), one of Gauss and Newton for other means;
// halved until monotone.
#pragma once

#include <moerate/evaluation/row_objective.h>
#include <moerate/optimisation/newton.h>

namespace moerate {

struct EmControl {
  double tolerance = 1e-8;  // relative change of the log-likelihood
  double offset = 0;        // added to the value before a change is related to it: the change of units
  Index max_iter = 1000;
  bool trace = false;
};

class Em {
 public:
  Em(const RowObjective& objective, const Bounds& bounds)
      : objective_(objective), model_(objective.model()), bounds_(bounds) {}

  // The M-step at an evaluation with the blocks of the complete-data Hessian.
  Vector direction(const Evaluation& here) const {
    Vector p = Vector::Zero(model_.size());
    const Index gates = model_.gate_size ? end_of(model_.gate_size - 1) : 0;
    solve(here, 0, gates, p);
    const bool exact = model_.mean->identity() && model_.law && model_.law->quadratic();
    std::vector<double> gain(static_cast<size_t>(model_.k), 0.0);
    for (Index i = 0; i < model_.k; ++i) {
      const Index first = begin_of(model_.mean_predictor(i, 0));
      const Index size = end_of(model_.mean_predictor(i, model_.mean_size - 1)) - first;
      const double predicted = solve(here, first, size, p);
      // elsewhere it may be more than there is
      if (exact) gain[model_.shared_variance ? 0 : static_cast<size_t>(i)] += predicted;
    }
    for (Index m = 0; m < model_.law_size; ++m) {
      const Index j = begin_of(model_.law_predictor(0) + m);
      p[j] = model_.law->m_step(here.gradient[j], here.hessian(j, j), gain[static_cast<size_t>(m / model_.own_arguments)]);
    }
    return p;
  }

  Optimum run(const Vector& start, const EmControl& control) const {
    Optimum out;
    out.theta = bounds_.project(start);
    Evaluation here = objective_.evaluate(out.theta, kHessian, Curvature::blocks);
    out.passes = 1;
    for (out.iterations = 0; out.iterations < control.max_iter;) {
      note(out, here, control.trace);
      if (!std::isfinite(here.value) || !here.gradient.allFinite()) break;
      const Vector p = direction(here);
      const double noise = 1e-13 * (1 + std::abs(here.value));  // rounding is no step down
      Evaluation there;
      double length = 1;
      Vector theta;
      for (; length > 1e-6; length *= 0.5) {
        theta = bounds_.project(out.theta + length * p);
        there = objective_.evaluate(theta, kHessian, Curvature::blocks);
        ++out.passes;
        if (there.value >= here.value - noise) break;
      }
      ++out.iterations;
      if (!(there.value >= here.value - noise)) { out.status.ended = Ended::stalled; break; }
      const double change = (there.value - here.value) / (std::abs(here.value + control.offset) + 1e-300);
      out.theta = theta;
      here = std::move(there);
      if (change <= control.tolerance) { out.status.ended = Ended::small_change; break; }
    }
    note(out, here, control.trace);
    if (!std::isfinite(here.value) || !here.gradient.allFinite()) out.status.ended = Ended::not_finite;
    return out;
  }

 private:
  Index begin_of(Index m) const { return model_.predictors[static_cast<size_t>(m)].offset; }
  Index end_of(Index m) const {
    return begin_of(m) + model_.predictors[static_cast<size_t>(m)].size;
  }
  // Newton step on one diagonal block, ridged where it is singular; returns the predicted gain.
  static double solve(const Evaluation& here, Index first, Index size, Vector& p) {
    if (size == 0) return 0;
    Matrix B = -here.hessian.block(first, first, size, size);
    const auto g = here.gradient.segment(first, size);
    B.diagonal().array() += 1e-10 * B.diagonal().maxCoeff() + 1e-14;
    const Vector step = B.ldlt().solve(g);
    if (!step.allFinite()) return 0;
    p.segment(first, size) = step;
    return 0.5 * g.dot(step);
  }
  void note(Optimum& out, const Evaluation& e, bool trace) const {
    out.value = e.value;
    out.mass = e.mass;
    out.held = bounds_.active(out.theta, e.gradient);
    bounds_.mark(out.theta, out.held, out.status);
    out.gradient = e.gradient.norm();
    if (trace) out.trace.push_back({out.iterations, out.value, out.gradient});
  }

  const RowObjective& objective_;
  const Model& model_;
  const Bounds& bounds_;
};

}  // namespace moerate
