// What a fit is asked for, where its parameters may be, and which of several optima wins.
#pragma once

#include <moerate/optimisation/newton.h>

namespace moerate {

// Status words. converged: gradient norm at most `tolerance`; gate_separated: so, but the gate
// has run off to where its probabilities are 0 and 1; boundary: so, for the coefficients that are not held by
// `bound`; kink: no step improves, and there is no derivative that could
// vanish (ReLU); variance_floor: a variance ended on its floor; small_change: EM stopped by its own rule;
// max_iter, stalled, not_finite: no optimum was reached.
struct FitControl {
  bool em = false;           // EM alone, instead of EM then Newton
  double tolerance = 1e-8;
  Index max_iter = 500;
  Index starts = 60;
  bool subsample = true;     // far from an optimum, work on samples of the rows
  Index em_steps = 10;       // EM steps before Newton, from generated starts
  double floor = 1e-6;       // of the variance of y
  double bound = std::numeric_limits<double>::infinity();  // of coefficients, in standardised coordinates
  double min_mass = 0;       // an expert with a smaller share of the rows is not sound
  std::uint64_t seed = 1;
  bool trace = false;
};

// An optimum as it was when a stage of the fit (the search, a sample of the rows, all rows) ended, for Ranking.
struct Stage {
  double merit = 0;
  int soundness = 0;
};

struct Start {
  std::string kind;
  Optimum optimum;  // per unit weight, in standardised coordinates
  std::vector<Stage> stages;  // which it went through
};
using Starts = std::vector<Start>;

// Where the parameters may be, in standardised coordinates: the compact set of the theory.
inline Bounds parameter_bounds(const Model& model, const Scaling& scaling, const FitControl& control) {
  Bounds out;
  out.response = model.response_size;
  out.upper = Vector::Constant(model.size(), control.bound);
  out.lower = -out.upper;
  const double level = 2 * std::log(scaling.spread);
  out.lower.tail(out.response).setConstant(level + std::log(control.floor));
  // An expert without rows has a variance that nothing holds.
  out.upper.tail(out.response).setConstant(level + std::log(1e8));
  return out;
}

// Ranks optima. Sound ones come first: the likelihood is unbounded where a variance collapses, and
// spurious where an expert rests on a handful of rows (McLachlan and Peel 2000, section 3.10).
class Ranking {
 public:
  Ranking(const Model& model, double min_mass) : squares_(!model.response), min_mass_(min_mass) {}
  // On the scale of a log-likelihood: for least squares that of normal errors.
  double merit(double value) const { return squares_ ? -0.5 * std::log(std::max(-2 * value, 1e-300)) : value; }
  int soundness(const Optimum& o) const {
    if (!std::isfinite(o.value) || o.status == "not_finite") return 0;
    if (o.status == "variance_floor") return 1;
    return o.mass.size() && o.mass.minCoeff() < min_mass_ ? 2 : 3;
  }
  void record(Start& s) const { s.stages.push_back({merit(s.optimum.value), soundness(s.optimum)}); }
  bool better(const Optimum& a, const Optimum& b) const {
    if (soundness(a) != soundness(b)) return soundness(a) > soundness(b);
    const double best = merit(b.value);
    return merit(a.value) > best + same * (1 + std::abs(best));
  }
  // The best few distinct ones, best first; equal ones in the order of the starts.
  std::vector<Index> best_of(const Starts& starts, std::vector<Index> alive, size_t keep) const {
    const auto at = [&](Index i) -> const Optimum& { return starts[static_cast<size_t>(i)].optimum; };
    std::stable_sort(alive.begin(), alive.end(), [&](Index a, Index b) {
      const int sa = soundness(at(a)), sb = soundness(at(b));
      return sa != sb ? sa > sb : at(a).value > at(b).value;
    });
    std::vector<Index> out;
    for (Index i : alive) {
      if (out.size() == keep && !tied(at(out.back()), at(i))) break;
      if (out.empty() || better(at(out.back()), at(i))) out.push_back(i);
      else out.back() = std::min(out.back(), i);
    }
    return out;
  }
  static constexpr double same = 1e-6;  // relative difference between equal optima

 private:
  // Which of two is higher by rounding alone depends on the instructions of the machine.
  bool tied(const Optimum& a, const Optimum& b) const {
    return a.status == b.status && soundness(a) == soundness(b) &&
           std::abs(a.value - b.value) <= 1e-12 * (1 + std::abs(a.value));
  }

  bool squares_;
  double min_mass_;
};

}  // namespace moerate
