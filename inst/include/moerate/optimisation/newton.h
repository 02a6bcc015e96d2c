// Trust-region Newton on the observed objective, with bounds on the coefficients.
#pragma once

#include <algorithm>
#include <limits>

#include <moerate/evaluation/objective.h>
#include <moerate/optimisation/trust_region.h>

namespace moerate {

struct TracePoint {
  Index iteration;
  double value, gradient;
};

// What an optimiser returns; status is a word of the vocabulary in fit.h.
struct Optimum {
  Vector theta;
  double value = -std::numeric_limits<double>::infinity();
  double gradient = std::numeric_limits<double>::infinity();
  Matrix hessian;  // observed, at theta or at an earlier point if `stale`
  bool stale = false;
  Vector mass;     // share of the rows of each expert
  std::string status = "max_iter";
  Index iterations = 0, passes = 0;
  std::vector<TracePoint> trace;

  // Counts and trace of the run that led here come first.
  void continue_from(const Optimum& before) {
    for (auto& t : trace) t.iteration += before.iterations;
    trace.insert(trace.begin(), before.trace.begin(), before.trace.end());
    iterations += before.iterations;
    passes += before.passes;
  }
};

struct Bounds {
  Vector lower, upper;  // infinite where free
  Index response = 0;   // how many of them, the last, belong to the response
  Vector project(const Vector& theta) const { return theta.cwiseMax(lower).cwiseMin(upper); }
  std::vector<bool> reached(const Vector& theta) const {
    std::vector<bool> out;
    for (Index j = 0; j < theta.size(); ++j) out.push_back(theta[j] <= lower[j] || theta[j] >= upper[j]);
    return out;
  }
  // Parameters held at their bound by the gradient.
  std::vector<bool> active(const Vector& theta, const Vector& gradient) const {
    std::vector<bool> out(static_cast<size_t>(theta.size()));
    for (Index j = 0; j < theta.size(); ++j)
      out[static_cast<size_t>(j)] = (theta[j] <= lower[j] && gradient[j] <= 0) ||
                                    (theta[j] >= upper[j] && gradient[j] >= 0);
    return out;
  }
};

struct NewtonControl {
  double tolerance = 1e-8;
  Index max_iter = 500;
  Curvature curvature = Curvature::observed;
  double radius = 1.0, largest_radius = 1e3;
  bool smooth = true;  // the objective has derivatives everywhere
  bool stop_on_floor = false;  // give up a start as soon as a variance collapses
  bool trace = false;
};

class Newton {
 public:
  Newton(const Objective& objective, const Bounds& bounds, const NewtonControl& control)
      : objective_(objective), bounds_(bounds), control_(control) {}

  // `hessian`, if not empty, is one from a sample of the rows: good for a first step.
  Optimum run(const Vector& start, const Matrix& hessian = Matrix()) const {
    Optimum out;
    out.theta = bounds_.project(start);
    bool fresh = hessian.size() == 0, borrowed = !fresh;
    Evaluation here = evaluate(out.theta, fresh ? kHessian : kGradient);
    if (borrowed) here.hessian = hessian;
    out.passes = 1;
    double radius = control_.radius, contraction = 1;
    for (out.iterations = 0;; ++out.iterations) {
      const std::vector<bool> held = restrict(out.theta, here);
      record(out, here);
      if (!std::isfinite(here.value) || !here.gradient.allFinite()) { out.status = "not_finite"; break; }
      const bool floor = on_floor(out.theta, held);
      if (floor && control_.stop_on_floor) { out.status = "variance_floor"; break; }
      if (out.gradient <= control_.tolerance) {
        if (leave_saddle(out, here, radius, fresh)) { contraction = 1; borrowed = false; continue; }
        out.status = floor ? "variance_floor" : on_boundary(held) ? "boundary" : "converged";
        break;
      }
      if (out.iterations >= control_.max_iter) { out.status = "max_iter"; break; }
      // A Hessian that contracts the gradient tenfold per step is worth keeping: chord steps.
      if (!fresh && !borrowed && contraction > 0.1) {
        here = evaluate(out.theta, kHessian);
        ++out.passes;
        fresh = true;
        restrict(out.theta, here);
      }
      const double before = out.gradient;
      if (!advance(out, here, radius, contraction, fresh)) {
        if (!fresh) { contraction = 1; borrowed = false; continue; }
        out.status = control_.smooth ? "stalled" : "kink";
        break;
      }
      contraction = free_norm(out.theta, here) / before;
      borrowed = false;
    }
    out.hessian = here.hessian;
    out.stale = !fresh;
    return out;
  }

 private:
  // One accepted step; false when no step of any length improves.
  bool advance(Optimum& out, Evaluation& here, double& radius, double contraction,
               bool& fresh) const {
    TrustRegion region(here.gradient, here.hessian, scale(here.hessian));
    for (int tries = 0; tries < 60; ++tries) {
      Step step = region.step(radius);
      const Vector theta = bounds_.project(out.theta + step.p);
      const Vector p = theta - out.theta;
      step.predicted = here.gradient.dot(p) + 0.5 * p.dot(here.hessian * p);
      // One or two steps from the end an old Hessian will do; at the end it is wanted anyway.
      const double next = contraction * out.gradient;
      const bool chord = step.newton && contraction < 0.1 && next > control_.tolerance &&
                         contraction * next <= control_.tolerance;
      Evaluation there = evaluate(theta, chord ? kGradient : kHessian);
      ++out.passes;
      const double gain = there.value - here.value;
      // Near the optimum the gain drowns in rounding: judge by the gradient instead.
      const double noise = 1e-13 * (objective_.unit(here.value) + std::abs(here.value));
      const bool tiny = step.predicted <= noise && std::isfinite(there.value) && gain >= -noise &&
                        free_norm(theta, there) < out.gradient;
      const double ratio = tiny ? 1 : gain / step.predicted;
      if (std::isfinite(there.value) && ratio > 1e-4 && (gain > 0 || tiny)) {
        if (ratio > 0.75 && step.length > 0.8 * radius)
          radius = std::min(2.5 * radius, control_.largest_radius);
        else if (ratio < 0.25)
          radius = 0.5 * step.length;
        out.theta = theta;
        if (chord) there.hessian = here.hessian;
        fresh = !chord;
        here = std::move(there);
        return true;
      }
      if (!fresh) return false;
      radius = 0.25 * std::min(radius, step.length);
      if (radius < 1e-14) return false;
    }
    return false;
  }

  // The gradient vanishes at saddle points too, for example where two experts coincide: one step
  // along the direction of negative curvature. False at a maximum.
  bool leave_saddle(Optimum& out, Evaluation& here, double& radius, bool& fresh) const {
    if (out.iterations >= control_.max_iter) return false;
    if (!fresh) {
      here = evaluate(out.theta, kHessian);
      ++out.passes;
      fresh = true;
      restrict(out.theta, here);
    }
    const Vector curvature =
        Eigen::SelfAdjointEigenSolver<Matrix>(here.hessian, Eigen::EigenvaluesOnly).eigenvalues();
    const double rounding = 1e-11 * std::max(1.0, -curvature[0]);
    if (!(curvature[curvature.size() - 1] > rounding)) return false;
    radius = control_.radius;
    return advance(out, here, radius, 1, fresh);
  }

  Evaluation evaluate(const Vector& theta, int order) const {
    return objective_.evaluate(theta, order, control_.curvature);
  }

  bool on_floor(const Vector& theta, const std::vector<bool>& held) const {
    for (Index i = theta.size() - bounds_.response; i < theta.size(); ++i)
      if (held[static_cast<size_t>(i)] && theta[i] <= bounds_.lower[i]) return true;
    return false;
  }
  bool on_boundary(const std::vector<bool>& held) const {
    return std::find(held.begin(), held.end() - bounds_.response, true) != held.end() - bounds_.response;
  }

  static Vector scale(const Matrix& hessian) {
    return Vector::Ones(hessian.rows());
  }

  // Removes parameters held at a bound from the model.
  std::vector<bool> restrict(const Vector& theta, Evaluation& here) const {
    const auto held = bounds_.active(theta, here.gradient);
    for (size_t j = 0; j < held.size(); ++j) {
      if (!held[j]) continue;
      const Index i = static_cast<Index>(j);
      here.gradient[i] = 0;
      here.hessian.row(i).setZero();
      here.hessian.col(i).setZero();
      here.hessian(i, i) = -1;
    }
    return held;
  }
  double free_norm(const Vector& theta, const Evaluation& e) const {
    const auto held = bounds_.active(theta, e.gradient);
    double sum = 0;
    for (Index j = 0; j < theta.size(); ++j)
      if (!held[static_cast<size_t>(j)]) sum += e.gradient[j] * e.gradient[j];
    return std::sqrt(sum) / objective_.unit(e.value);
  }
  void record(Optimum& out, const Evaluation& e) const {
    out.value = e.value;
    out.mass = e.mass;
    out.gradient = e.gradient.norm() / objective_.unit(e.value);
    if (control_.trace) out.trace.push_back({out.iterations, out.value, out.gradient});
  }

  const Objective& objective_;
  const Bounds& bounds_;
  const NewtonControl& control_;
};

}  // namespace moerate
