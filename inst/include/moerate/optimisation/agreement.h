// Which starts ended at the same optimum, and how far that is below the fit.
#pragma once

#include <algorithm>
#include <numeric>
#include <set>

#include <moerate/optimisation/ranking.h>

namespace moerate {

// A start is given up at one round, and compared with the others as they were there: what goes on is improved later,
// on more rows and to a smaller gradient. Of starts that are alike one that goes on stands for the others.
class Agreement {
 public:
  Agreement(const Starts& starts, Index best) : starts_(starts), best_(best), leader_(starts.size()) {
    std::iota(leader_.begin(), leader_.end(), Index{0});
    std::set<int> rounds;
    for (const Start& s : starts)
      for (const Stage& stage : s.stages) rounds.insert(stage.round);
    for (int round : rounds) compare(round);
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

  // Merit less that of the fit, where both were last seen; or, if they have never met, by way of the start that was
  // there and went furthest.
  double difference(Index i) const {
    if (agrees(i)) return 0;
    const Stage& own = last(optimum(i));
    const Stage* fit = seen(best_, own.round);
    if (fit) return own.merit - highest(*fit);
    Index link = optimum(i);
    for (Index j = 0; j < size(); ++j)
      if (seen(j, own.round) && last(j).round > last(link).round) link = j;
    const Stage* there = seen(best_, last(link).round);
    return own.merit - seen(link, own.round)->merit + last(link).merit - (there ? *there : last(best_)).merit;
  }

 private:
  static size_t at(Index i) { return static_cast<size_t>(i); }
  Index size() const { return static_cast<Index>(starts_.size()); }
  const Stage& last(Index i) const { return starts_[at(i)].stages.back(); }
  const Stage* seen(Index i, int round) const {
    for (const Stage& s : starts_[at(i)].stages)
      if (s.round == round) return &s;
    return nullptr;
  }
  // The best merit of the starts that agree, in the round of this stage of the fit.
  double highest(const Stage& fit) const {
    double out = fit.merit;
    for (Index j = 0; j < size(); ++j) {
      const Stage* s = agrees(j) ? seen(j, fit.round) : nullptr;
      if (s && s->soundness >= fit.soundness) out = std::max(out, s->merit);
    }
    return out;
  }

  // Runs of starts with the same soundness and merit, highest first. The leader of a start is the last before it that
  // goes on, or the first of the run; those that go on are compared again.
  void compare(int round) {
    const auto stage = [&](Index i) -> const Stage& { return *seen(i, round); };
    const auto goes_on = [&](Index i) { return last(i).round > round; };
    std::vector<Index> order;
    for (Index i = 0; i < size(); ++i)
      if (seen(i, round) && stage(i).soundness > 0) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
      return stage(a).soundness != stage(b).soundness ? stage(a).soundness > stage(b).soundness
                                                      : stage(a).merit > stage(b).merit;
    });
    for (size_t r = 1; r < order.size(); ++r) {
      const Index above = order[r - 1], i = order[r], leader = goes_on(above) ? above : leader_[at(above)];
      if (!alike(stage(i), stage(above))) continue;
      if (!goes_on(i)) leader_[at(i)] = leader;
      else if (!goes_on(leader)) leader_[at(leader)] = i;
    }
  }

  const Starts& starts_;
  const Index best_;
  std::vector<Index> leader_;
};

}  // namespace moerate
