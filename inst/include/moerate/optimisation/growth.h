// Is there a better optimum of k experts than the search has found? Where the data ask for no more than k - 1 experts
// the likelihood has many maxima of nearly the same height, and samples of the rows cannot tell them apart: the optimum
// of k - 1 experts is split wherever it may be, on all rows.
#pragma once

#include <moerate/optimisation/order.h>
#include <moerate/optimisation/splits.h>
#include <moerate/optimisation/subsample.h>

namespace moerate {

class Growth {
 public:
  Growth(const Model& model, const Data& data, const Scaling& scaling, const FitControl& control,
         const Runtime& runtime)
      : model_(model),
        fewer_(model.with_experts(model.k - 1)),
        data_(data),
        scaling_(scaling),
        control_(control),
        runtime_(runtime),
        bounds_(parameter_bounds(model, scaling, control)),
        fewer_bounds_(parameter_bounds(fewer_, scaling, control)) {}

  // Optima from splits, the rows being those of `data`; none where the data ask for all experts of `top`. Rounds are
  // numbered from `round`, and the last has the optima that are worth a longer run.
  Starts run(const Optimum& top, int round, int depth = 2) const {
    std::vector<Optimum> parents = fewer_do(top);
    if (parents.empty()) return {};
    if (depth > 1 && fewer_.k > 1) parents = grown(std::move(parents), depth - 1);
    Starts out;
    for (const Optimum& parent : parents)
      for (Start& s : split(parent, round)) out.push_back(std::move(s));
    return out;
  }
  static constexpr int rounds = 3;

 private:
  Ranking ranking() const { return Ranking(model_, control_.min_rows, data_.effective_rows()); }

  Starts split(const Optimum& found, int round) const {
    Optimum parent = found;  // the windows of an expert depend on its place, and that on the seed of the fit
    reorder(fewer_, order_of_mass(parent.mass), parent);
    Splits splits(model_, data_, scaling_, control_, runtime_, parent);
    Starts all = splits.run();
    const Ranking rank = ranking();
    for (Start& s : all) rank.record(s, round, false);
    std::vector<Index> alive = promising(all, rank);
    for (Index i : alive) {
      Start& s = all[static_cast<size_t>(i)];
      s.optimum.theta = splits.settled(s, static_cast<size_t>(i));
      s.optimum.trace.clear();  // its value was that of the rows of one expert
    }
    for (const Index longest : {Index{12}, Index{100}}) {
      climb(all, alive, longest);
      for (Index i : alive) rank.record(all[static_cast<size_t>(i)], round + 1 + (longest > 12), true);
      alive = rank.best_of(all, alive, 3);
    }
    return all;
  }

  // The few best, and the one of the highest likelihood whatever its price.
  static std::vector<Index> promising(const Starts& all, const Ranking& rank) {
    std::vector<Index> sound;
    for (size_t i = 0; i < all.size(); ++i)
      if (rank.soundness(all[i].optimum) > 1) sound.push_back(static_cast<Index>(i));
    if (sound.empty()) return sound;
    std::vector<Index> out = rank.best_of(all, sound, 5);
    const auto value = [&](Index i) { return all[static_cast<size_t>(i)].optimum.value; };
    const Index highest =
        *std::max_element(sound.begin(), sound.end(), [&](Index a, Index b) { return value(a) < value(b); });
    for (Index i : {rank.best(all, sound), highest})
      if (std::find(out.begin(), out.end(), i) == out.end()) out.push_back(i);
    return out;
  }

  std::vector<Optimum> grown(std::vector<Optimum> parents, int depth) const {
    Starts all = Growth(fewer_, data_, scaling_, control_, runtime_).run(parents.front(), 0, depth);
    for (Start& s : all)
      if (s.stages.back().round > 0) parents.push_back(std::move(s.optimum));
    order(parents);
    return nearly_best(std::move(parents));
  }

  // Those that the criterion does not tell from the best, where rows are few; else the best alone.
  std::vector<Optimum> nearly_best(std::vector<Optimum> optima) const {
    const Ranking rank(fewer_, control_.min_rows, data_.effective_rows());
    const size_t most = data_.n <= 5000 ? 3 : 1;
    std::vector<Optimum> out;
    for (Optimum& o : optima) {
      if (out.size() == most) break;
      if (!out.empty() &&
          (rank.soundness(o) < rank.soundness(out.front()) ||
           rank.criterion(o) < rank.criterion(out.front()) - Ranking::decisive / data_.effective_rows()))
        break;
      if (out.empty() || std::abs(out.back().value - o.value) > 1e-5 * (1 + std::abs(o.value)))
        out.push_back(std::move(o));
    }
    return out;
  }

  // The optima of k - 1 experts, best first, if these would do by BIC. A sample says no soon; only all rows say yes.
  std::vector<Optimum> fewer_do(const Optimum& top) const {
    const Subsample sample(data_, model_.k, std::max<Index>(2000, 50 * model_.size()), control_.seed);
    std::vector<Optimum> merged = merges(sample.view(), top);
    if (merged.empty() || asked_for(sample.view(), top, merged.front())) return {};
    if (sample.view().n < data_.n) {
      const RowObjective objective(fewer_, data_, scaling_, runtime_);
      for (Optimum& o : merged) o = Newton(objective, fewer_bounds_, newton(60)).run(o.theta);
      order(merged);
    }
    if (merged.empty() || asked_for(data_, top, merged.front())) return {};
    return nearly_best(std::move(merged));
  }
  bool asked_for(const Data& rows, const Optimum& top, const Optimum& parent) const {
    const double value = RowObjective(model_, rows, scaling_, runtime_).evaluate(top.theta, kValue).value;
    const double cost = 0.5 * static_cast<double>(model_.size() - fewer_.size()) * std::log(data_.effective_rows());
    return (value - parent.value) * rows.effective_rows() > cost;
  }

  // The best few of k - 1 experts: one expert shared out among the others, or two that share rows taken together.
  std::vector<Optimum> merges(const Data& rows, const Optimum& top) const {
    const Matrix tau = posterior(RowObjective(model_, rows, scaling_, runtime_), rows, top.theta);
    const std::vector<Merge> tried = merged_weights(tau);
    std::vector<Optimum> out(tried.size());
    const Runtime serial = runtime_.alone();
    runtime_.execute(static_cast<Index>(tried.size()), [&](Index j) {
      const Merge& m = tried[static_cast<size_t>(j)];
      const Optimum first = from_posterior(fewer_, rows, scaling_, fewer_bounds_, serial, m.tau,
                                           fewer_.taken(model_, top.theta, m.order), 4);
      const RowObjective objective(fewer_, rows, scaling_, serial);
      out[static_cast<size_t>(j)] = Newton(objective, fewer_bounds_, newton(60)).run(first.theta);
    });
    order(out);
    if (out.size() > 3) out.resize(3);
    return out;
  }

  struct Merge {
    Matrix tau;                // n x (k - 1)
    std::vector<Index> order;  // the experts that stay
  };
  // Each expert shared out in turn by the weights of the others; and the k pairs that share most rows, taken together.
  std::vector<Merge> merged_weights(const Matrix& tau) const {
    std::vector<Merge> out;
    const Index k = tau.cols();
    for (Index i = 0; i < k; ++i) {
      Merge m = without(tau, i);
      m.tau.array() += 1e-8;
      m.tau = (m.tau.array().colwise() / m.tau.rowwise().sum().array()).eval();
      out.push_back(std::move(m));
    }
    const Matrix common = tau.transpose() * tau;
    std::vector<std::pair<double, std::pair<Index, Index>>> pairs;
    for (Index j = 1; j < k; ++j)
      for (Index i = 0; i < j; ++i) pairs.push_back({-common(i, j) / std::min(common(i, i), common(j, j)), {i, j}});
    std::sort(pairs.begin(), pairs.end());
    for (size_t l = 0; l < std::min(pairs.size(), static_cast<size_t>(k)); ++l) {
      const auto [i, j] = pairs[l].second;
      out.push_back(without(tau, j));
      out.back().tau.col(i) += tau.col(j);  // i < j: its place is the same
    }
    return out;
  }
  static Merge without(const Matrix& tau, Index left) {
    Merge out{Matrix(tau.rows(), tau.cols() - 1), {}};
    for (Index j = 0; j < tau.cols(); ++j) {
      if (j == left) continue;
      out.tau.col(static_cast<Index>(out.order.size())) = tau.col(j);
      out.order.push_back(j);
    }
    return out;
  }

  void order(std::vector<Optimum>& optima) const {
    const Ranking rank(fewer_, control_.min_rows, data_.effective_rows());
    optima.erase(std::remove_if(optima.begin(), optima.end(), [&](const Optimum& o) { return rank.soundness(o) == 0; }),
                 optima.end());
    std::stable_sort(optima.begin(), optima.end(), [&](const Optimum& a, const Optimum& b) {
      const int sa = rank.soundness(a), sb = rank.soundness(b);
      return sa != sb ? sa > sb : rank.criterion(a) > rank.criterion(b);
    });
  }

  // Few rows: side by side; many: one after the other, the rows shared among threads.
  void climb(Starts& all, const std::vector<Index>& alive, Index longest) const {
    const bool side_by_side = data_.n <= 20000;
    const Runtime serial = runtime_.alone();
    const RowObjective objective(model_, data_, scaling_, side_by_side ? serial : runtime_);
    (side_by_side ? runtime_.execute : serial.execute)(static_cast<Index>(alive.size()), [&](Index j) {
      Optimum& o = all[static_cast<size_t>(alive[static_cast<size_t>(j)])].optimum;
      const Optimum before = std::move(o);
      o = Newton(objective, bounds_, newton(longest)).run(before.theta, before.stale ? Matrix() : before.hessian);
      o.continue_from(before);
    });
  }

  NewtonControl newton(Index longest) const {
    NewtonControl c;
    c.tolerance = 1e-5;
    c.max_iter = std::min(longest, control_.max_iter);
    c.smooth = model_.mean->smooth();
    c.trace = control_.trace;
    return c;
  }

  const Model& model_;
  const Model fewer_;
  const Data& data_;
  const Scaling& scaling_;
  const FitControl& control_;
  const Runtime& runtime_;
  const Bounds bounds_, fewer_bounds_;
};

}  // namespace moerate
