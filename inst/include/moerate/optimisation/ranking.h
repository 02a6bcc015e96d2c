// What a fit is asked for, where its parameters may be, and which of several optima wins.
#pragma once

#include <moerate/optimisation/newton.h>

namespace moerate {

struct FitControl {
  bool em = false;  // EM alone, instead of EM then Newton
  double tolerance = 1e-8;
  Index max_iter = 500;
  Index starts = 60;
  bool subsample = true;                                   // far from an optimum, work on samples of the rows
  Index em_steps = 10;                                     // EM steps before Newton, from generated starts
  double floor = 1e-6;                                     // of the variance of y
  double bound = std::numeric_limits<double>::infinity();  // of coefficients, in standardised coordinates
  double min_rows = 0;                                     // an expert that accounts for fewer is not sound
  std::uint64_t seed = 1;
  bool trace = false;
};

// Where the parameters may be, in standardised coordinates: the compact set of the theory.
inline Bounds parameter_bounds(const Model& model, const Scaling& scaling, const FitControl& control) {
  Bounds out;
  out.upper = Vector::Constant(model.size(), control.bound);
  out.lower = -out.upper;
  const Index first = model.size() - model.law_size;
  for (Index j = first; j < model.size(); ++j) {
    const Range range = model.law->range(1 + (j - first) % model.own_arguments, scaling.spread, control.floor);
    out.lower[j] = range.low;
    out.upper[j] = range.high;
    out.at_lower.push_back(range.at_low);
    out.at_upper.push_back(range.at_high);
  }
  return out;
}

// An optimum as it was when a round of the fit (the search, a sample of the rows, all rows) ended. Rounds are numbered
// as they come; those of one number are of the same rows.
struct Stage {
  double merit = 0;  // log-likelihood per row
  int soundness = 0;
  int round = 0;
  bool whole = false;    // all rows
  double criterion = 0;  // merit less the price of its experts, per row
  double smallest = 0;   // share of the rows of the smallest expert
  double rows = 1;
};

// Do two starts stand at one optimum? Optima are close together where there are too many experts: their smallest
// expert tells them apart as well.
inline bool alike(const Stage& a, const Stage& b) {
  return a.round == b.round && a.soundness == b.soundness && std::abs(a.merit - b.merit) * a.rows <= 0.05 &&
         std::abs(a.smallest - b.smallest) <= 0.1 * std::max(a.smallest, b.smallest);
}

struct Start {
  std::string kind;
  Optimum optimum;            // per unit weight, in standardised coordinates
  std::vector<Stage> stages;  // which it went through
};
using Starts = std::vector<Start>;

// Ranks optima of one objective. The likelihood is unbounded where a variance collapses, and high by chance where an
// expert follows a few rows that lie well: the fewer rows and the smaller the standard deviation, the more places there
// are for it, and the best of N places gains log N by chance alone. So an expert has a price in units of the
// log-likelihood, (q / 2) log((n / m) (s / sigma)), for m of n rows, q parameters of the expert, and a standard
// deviation sigma below that within experts, s: a penalty on log variances relative to the fit's own scale, as of Chen,
// Tan and Zhang (2008, Statistica Sinica 18:443). No optimum is moved by it. Differences of less than three units
// decide nothing: then the likelihood does, if several starts have reached the optimum, and a tenth of those at the
// preferred one.
class Ranking {
 public:
  Ranking(const Model& model, double min_rows, double rows) : model_(model), min_rows_(min_rows), rows_(rows) {}

  // On the scale of a log-likelihood: for least squares that of normal errors.
  double merit(double value) const { return model_.law ? value : -0.5 * std::log(std::max(-2 * value, 1e-300)); }
  // 0: no number; 1: a variance on its floor; 2: an expert of too few rows; 3: sound.
  int soundness(const Optimum& o) const {
    if (!std::isfinite(o.value) || o.status.ended == Ended::not_finite) return 0;
    // where all variances are on the floor there is no noise, and nothing that one expert alone could follow
    if (o.status.degenerate && !exact(o)) return 1;
    return o.mass.size() && o.mass.minCoeff() * rows_ < min_rows_ ? 2 : 3;
  }
  double price(const Vector& theta, const Vector& mass) const {
    if (!model_.law) return 0;
    Vector places = -mass.array().max(1 / rows_).log();
    if (model_.law->log_variance() > 0 && !model_.shared_variance) {
      Vector log_variance(model_.k);
      for (Index i = 0; i < model_.k; ++i)
        log_variance[i] = theta[offset(model_.law_predictor(i, model_.law->log_variance() - 1))];
      const double top = log_variance.maxCoeff();
      const double within = top + std::log((mass.array() * (log_variance.array() - top).exp()).sum());
      places.array() += 0.5 * (within - log_variance.array()).max(0);
    }
    return 0.5 * static_cast<double>(expert_parameters()) * places.sum();
  }
  double criterion(const Optimum& o) const { return merit(o.value) - price(o.theta, o.mass) / rows_; }

  void record(Start& s, int round, bool whole) const {
    const int sound = soundness(s.optimum);
    const bool finite = sound > 0;
    s.stages.push_back({merit(s.optimum.value), sound, round, whole, finite ? criterion(s.optimum) : 0,
                        finite && s.optimum.mass.size() ? s.optimum.mass.minCoeff() : 0, rows_});
  }
  bool better(const Optimum& a, const Optimum& b) const {
    if (soundness(a) != soundness(b)) return soundness(a) > soundness(b);
    if (soundness(a) == 0) return false;
    const double best = criterion(b);
    return criterion(a) > best + same * (1 + std::abs(best));
  }
  // The best few distinct ones, best first; equal ones in the order of the starts.
  std::vector<Index> best_of(const Starts& starts, std::vector<Index> alive, size_t keep) const {
    const auto at = [&](Index i) -> const Optimum& { return starts[static_cast<size_t>(i)].optimum; };
    std::vector<std::pair<int, double>> key(starts.size());
    for (Index i : alive) {
      const int sound = soundness(at(i));
      key[static_cast<size_t>(i)] = {sound, sound > 0 ? criterion(at(i)) : 0};
    }
    std::stable_sort(alive.begin(), alive.end(),
                     [&](Index a, Index b) { return key[static_cast<size_t>(a)] > key[static_cast<size_t>(b)]; });
    std::vector<Index> out;
    for (Index i : alive) {
      if (out.size() == keep && !tied(at(out.back()), at(i))) break;
      if (out.empty() || better(at(out.back()), at(i)))
        out.push_back(i);
      else if (tied(at(out.back()), at(i)))
        out.back() = std::min(out.back(), i);
    }
    return out;
  }
  // The one of the highest likelihood with a variance on its floor, if it is higher than those of all others.
  std::vector<Index> collapsed(const Starts& starts) const {
    Index highest = -1;
    for (Index i = 0; i < static_cast<Index>(starts.size()); ++i) {
      const Optimum& o = starts[static_cast<size_t>(i)].optimum;
      if (soundness(o) > 0 && (highest < 0 || o.value > starts[static_cast<size_t>(highest)].optimum.value))
        highest = i;
    }
    if (highest < 0 || soundness(starts[static_cast<size_t>(highest)].optimum) > 1) return {};
    return {highest};
  }
  // The best one: that of the highest criterion, if several starts have reached it or it is higher than those that
  // several have reached by a decisive difference; or an optimum of higher likelihood that the criterion does not tell
  // from it and that enough starts have reached. Of equal ones the first.
  Index best(const Starts& starts, const std::vector<Index>& alive) const {
    const auto at = [&](Index i) -> const Optimum& { return starts[static_cast<size_t>(i)].optimum; };
    const bool plain = by_value(starts);
    const Index top = plain ? best_of(starts, alive, 1).front() : trusted(starts, alive);
    const auto agreed = [&](Index i) {
      const Index count = reached(starts, i);
      return count > 1 && 10 * count >= reached(starts, top);
    };
    Index out = top;
    for (Index i : alive) {
      if (!plain && !near_tie(at(i), at(top))) continue;
      if (soundness(at(i)) != soundness(at(top)) || soundness(at(i)) == 0) continue;
      if (tied(at(i), at(out)) ? i < out : at(i).value > at(out).value && (plain || agreed(i))) out = i;
    }
    return out;
  }
  // Would the best one be another if more starts had reached it? One of higher likelihood that the criterion does not
  // tell from the top.
  bool contested(const Starts& starts, Index best) const {
    if (by_value(starts)) return false;
    const auto at = [&](Index i) -> const Optimum& { return starts[static_cast<size_t>(i)].optimum; };
    std::vector<Index> finished;
    for (Index i = 0; i < static_cast<Index>(starts.size()); ++i)
      if (const auto& stages = starts[static_cast<size_t>(i)].stages; !stages.empty() && stages.back().whole)
        finished.push_back(i);
    const Index top = trusted(starts, finished);
    return std::any_of(finished.begin(), finished.end(), [&](Index i) {
      return near_tie(at(i), at(top)) && (at(i).value - at(best).value) * rows_ > 0.05 && reached(starts, i) > 1;
    });
  }
  static constexpr double decisive = 3;  // units of the log-likelihood
  static constexpr double same = 1e-6;   // relative difference between equal optima

 private:
  Index offset(Index m) const { return model_.predictors[static_cast<size_t>(m)].offset; }
  bool exact(const Optimum& o) const {
    const auto size = static_cast<size_t>(model_.law_size);
    return size > 0 && o.held.size() >= size &&
           std::find(o.held.end() - static_cast<std::ptrdiff_t>(size), o.held.end(), false) == o.held.end();
  }
  Index expert_parameters() const {
    Index out = 0;
    for (Index s = 0; s < model_.slots(); ++s) out += model_.predictors[static_cast<size_t>(model_.slot(0, s))].size;
    return out;
  }
  // Starts that are given are few and meant, and a sum of squares is bounded: the value decides.
  bool by_value(const Starts& starts) const { return !model_.law || starts.front().kind == "given"; }
  // Is the criterion of `a` as good as that of b, or better?
  bool near_tie(const Optimum& a, const Optimum& b) const {
    return soundness(a) == soundness(b) && soundness(a) > 0 && criterion(a) >= criterion(b) - decisive / rows_;
  }
  Index trusted(const Starts& starts, const std::vector<Index>& alive) const {
    const auto at = [&](Index i) -> const Optimum& { return starts[static_cast<size_t>(i)].optimum; };
    const Index top = best_of(starts, alive, 1).front();
    if (soundness(at(top)) == 0 || reached(starts, top) > 1) return top;
    Index out = top;
    double highest = criterion(at(top)) - decisive / rows_;
    for (Index i : alive)
      if (soundness(at(i)) == soundness(at(top)) && criterion(at(i)) > highest && reached(starts, i) > 1)
        out = i, highest = criterion(at(i));
    return out;
  }
  // How many starts were at the optimum of start i when most of them were compared.
  static Index reached(const Starts& starts, Index i) {
    Index out = 0;
    for (const Stage& own : starts[static_cast<size_t>(i)].stages) {
      Index count = 0;
      for (const Start& s : starts)
        for (const Stage& other : s.stages) count += alike(own, other);
      out = std::max(out, count);
    }
    return out;
  }
  // Which of two is higher by rounding alone depends on the instructions of the machine.
  bool tied(const Optimum& a, const Optimum& b) const {
    return soundness(a) == soundness(b) && std::abs(a.value - b.value) <= 1e-12 * (1 + std::abs(a.value));
  }

  const Model& model_;
  double min_rows_, rows_;
};

}  // namespace moerate
