// Trust-region Newton on the observed objective, with bounds on the coefficients.
#pragma once

#include <algorithm>
#include <limits>

#include <moerate/evaluation/objective.h>
#include <moerate/numerics/status.h>
#include <moerate/optimisation/trust_region.h>

namespace moerate {

struct TracePoint {
  Index iteration;
  double value, gradient;
};

// What an optimiser returns. The Hessian is that of the objective, coefficients held at a bound included.
struct Optimum {
  Vector theta;
  double value = -std::numeric_limits<double>::infinity();
  double gradient = std::numeric_limits<double>::infinity();
  Matrix hessian;  // observed, at theta or at an earlier point if `stale`
  bool stale = false;
  Vector mass;     // share of the rows of each expert
  Status status;
  std::vector<bool> held;  // at a bound, by the gradient
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
  std::vector<End> at_lower, at_upper;  // what it means to be held there; of the coefficients that are left out: bound
  Vector project(const Vector& theta) const { return theta.cwiseMax(lower).cwiseMin(upper); }
  // What it means for a fit that these are held.
  void mark(const Vector& theta, const std::vector<bool>& held, Status& status) const {
    status.degenerate = status.bound = status.limit = false;
    for (Index j = 0; j < theta.size(); ++j) {
      if (!held[static_cast<size_t>(j)]) continue;
      const std::vector<End>& ends = theta[j] <= lower[j] ? at_lower : at_upper;
      const Index first = theta.size() - static_cast<Index>(ends.size());
      const End end = j < first ? End::bound : ends[static_cast<size_t>(j - first)];
      (end == End::bound ? status.bound : end == End::degenerate ? status.degenerate : status.limit) = true;
    }
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
      note(out, here);
      if (!std::isfinite(here.value) || !here.gradient.allFinite()) { out.status.ended = Ended::not_finite; break; }
      if (out.status.degenerate && control_.stop_on_floor) { out.status.ended = Ended::stalled; break; }
      if (out.gradient <= control_.tolerance) {
        if (leave_saddle(out, here, radius, fresh)) { contraction = 1; borrowed = false; continue; }
        out.status.ended = Ended::converged;
        break;
      }
      if (out.iterations >= control_.max_iter) { out.status.ended = Ended::max_iter; break; }
      // A Hessian that contracts the gradient tenfold per step is worth keeping: chord steps.
      if (!fresh && !borrowed && contraction > 0.1) refresh(out, here, fresh);
      const double before = out.gradient;
      if (!advance(out, here, radius, contraction, fresh)) {
        if (!fresh) { contraction = 1; borrowed = false; continue; }
        out.status.ended = control_.smooth ? Ended::stalled : Ended::kink;
        break;
      }
      contraction = free_norm(out.theta, here) / before;
      borrowed = false;
    }
    out.hessian = std::move(here.hessian);
    out.stale = !fresh;
    return out;
  }

 private:
  // One accepted step; false when no step of any length improves.
  bool advance(Optimum& out, Evaluation& here, double& radius, double contraction,
               bool& fresh) const {
    TrustRegion region = free_region(out.held, here);
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
    if (!fresh) refresh(out, here, fresh);
    const Matrix H = free_hessian(out.held, here);
    if (H.rows() > 64 && Eigen::LLT<Matrix>(-H).info() == Eigen::Success) return false;
    const Vector curvature = Eigen::SelfAdjointEigenSolver<Matrix>(H, Eigen::EigenvaluesOnly).eigenvalues();
    const double rounding = 1e-11 * std::max(1.0, -curvature[0]);
    if (!(curvature[curvature.size() - 1] > rounding)) return false;
    radius = control_.radius;
    return advance(out, here, radius, 1, fresh);
  }

  Evaluation evaluate(const Vector& theta, int order) const {
    return objective_.evaluate(theta, order, control_.curvature);
  }

  void refresh(Optimum& out, Evaluation& here, bool& fresh) const {
    here = evaluate(out.theta, kHessian);
    ++out.passes;
    fresh = true;
  }

  // The problem without the parameters that are held: these have no gradient, and no curvature but their own.
  static Matrix free_hessian(const std::vector<bool>& held, const Evaluation& here) {
    Matrix H = here.hessian;
    for (Index i = 0; i < H.rows(); ++i) {
      if (!held[static_cast<size_t>(i)]) continue;
      H.row(i).setZero();
      H.col(i).setZero();
      H(i, i) = -1;
    }
    return H;
  }
  static TrustRegion free_region(const std::vector<bool>& held, const Evaluation& here) {
    if (std::find(held.begin(), held.end(), true) == held.end()) return TrustRegion(here.gradient, here.hessian);
    Vector g = here.gradient;
    for (Index i = 0; i < g.size(); ++i)
      if (held[static_cast<size_t>(i)]) g[i] = 0;
    return TrustRegion(g, free_hessian(held, here));
  }
  double free_norm(const Vector& theta, const Evaluation& e) const {
    const auto held = bounds_.active(theta, e.gradient);
    double sum = 0;
    for (Index j = 0; j < theta.size(); ++j)
      if (!held[static_cast<size_t>(j)]) sum += e.gradient[j] * e.gradient[j];
    return std::sqrt(sum) / objective_.unit(e.value);
  }
  void note(Optimum& out, const Evaluation& e) const {
    out.value = e.value;
    out.mass = e.mass;
    out.held = bounds_.active(out.theta, e.gradient);
    bounds_.mark(out.theta, out.held, out.status);
    out.gradient = free_norm(out.theta, e);
    if (control_.trace) out.trace.push_back({out.iterations, out.value, out.gradient});
  }

  const Objective& objective_;
  const Bounds& bounds_;
  const NewtonControl& control_;
};

}  // namespace moerate
