// Which starts ended at the same optimum, and how far that is below the fit.
#pragma once

#include <algorithm>
#include <numeric>

#include <moerate/optimisation/ranking.h>

namespace moerate {

// A start is given up at one stage, and compared with the others as they were there: what goes on is improved later,
// on more rows and to a smaller gradient. Of starts that are alike one that goes on stands for the others.
class Agreement {
 public:
  Agreement(const Starts& starts, Index best) : starts_(starts), best_(best), leader_(starts.size()) {
    std::iota(leader_.begin(), leader_.end(), Index{0});
    for (size_t stage = 0; stage < of(best).stages.size(); ++stage) compare(stage);
  }

  // The start that stands for the optimum of start i.
  Index optimum(Index i) const {
    while (leader_[at(i)] != i) i = leader_[at(i)];
    return i;
  }
  bool agrees(Index i) const { return optimum(i) == optimum(best_); }
  Index agreeing() const {
    Index out = 0;
    for (Index i = 0; i < size(); ++i) out += agrees(i);
    return out;
  }

  // Merit less that of the fit, where both were last seen.
  double difference(Index i) const {
    if (agrees(i)) return 0;
    const size_t stage = of(optimum(i)).stages.size() - 1;
    const Stage& fit = of(best_).stages[stage];
    double highest = fit.merit;
    for (Index j = 0; j < size(); ++j)
      if (agrees(j) && of(j).stages.size() > stage && of(j).stages[stage].soundness >= fit.soundness)
        highest = std::max(highest, of(j).stages[stage].merit);
    return of(optimum(i)).stages[stage].merit - highest;
  }

 private:
  static size_t at(Index i) { return static_cast<size_t>(i); }
  Index size() const { return static_cast<Index>(starts_.size()); }
  const Start& of(Index i) const { return starts_[at(i)]; }

  // Runs of starts with the same soundness and merit, highest first. The leader of a start is the last before it that
  // goes on, or the first of the run; those that go on are compared again.
  void compare(size_t stage) {
    const auto seen = [&](Index i) -> const Stage& { return of(i).stages[stage]; };
    const auto goes_on = [&](Index i) { return of(i).stages.size() > stage + 1; };
    std::vector<Index> order;
    for (Index i = 0; i < size(); ++i)
      if (of(i).stages.size() > stage && seen(i).soundness > 0) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
      return seen(a).soundness != seen(b).soundness ? seen(a).soundness > seen(b).soundness
                                                    : seen(a).merit > seen(b).merit;
    });
    // Starts were stopped at a gradient of 1e-5 as long as there were several, but on all rows.
    const bool last = stage > 0 && stage + 1 == of(best_).stages.size();
    const double same = last ? Ranking::same : 2e-5;
    for (size_t r = 1; r < order.size(); ++r) {
      const Index above = order[r - 1], i = order[r], leader = goes_on(above) ? above : leader_[at(above)];
      const bool alike = seen(i).soundness == seen(above).soundness &&
                         seen(above).merit - seen(i).merit <= same * (1 + std::abs(seen(above).merit));
      if (!alike) continue;
      if (!goes_on(i)) leader_[at(i)] = leader;
      else if (!goes_on(leader)) leader_[at(leader)] = i;
    }
  }

  const Starts& starts_;
  const Index best_;
  std::vector<Index> leader_;
};

}  // namespace moerate
