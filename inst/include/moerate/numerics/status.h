// How a fit ended, and what is remarkable beside it.
#pragma once

#include <string>
#include <vector>

namespace moerate {

// converged: gradient norm at most the tolerance; small_change: EM stopped by its own rule; kink: no step improves, and
// there is no derivative that could vanish (ReLU); max_iter, stalled, not_finite: no optimum was reached.
enum class Ended { converged, small_change, kink, max_iter, stalled, not_finite };

struct Status {
  Ended ended = Ended::max_iter;
  bool degenerate = false;  // a variance on its floor: the likelihood is unbounded there
  bool separated = false;   // the gate has run off to where its probabilities are 0 and 1
  bool bound = false;       // a coefficient on the `bound` of the control
  bool limit = false;       // a scale at the end of its range that does no harm: nothing in the data holds it
  bool set_aside = false;   // an optimum of higher likelihood was found, and not preferred
  bool disagree = false;    // one start alone reached this optimum, or another is as good

  std::vector<std::string> flags() const {
    std::vector<std::string> out;
    if (degenerate) out.push_back("degenerate");
    if (bound) out.push_back("bound");
    if (separated) out.push_back("separated");
    if (limit) out.push_back("limit");
    if (set_aside) out.push_back("set_aside");
    if (disagree) out.push_back("disagree");
    return out;
  }

  // The one word for a status: how it ended, and of a point that is no better by any step the first flag there is.
  std::string word() const {
    if (ended == Ended::converged || ended == Ended::stalled || ended == Ended::kink) {
      if (degenerate) return "variance_floor";
    }
    if (ended == Ended::converged) {
      if (separated) return "gate_separated";
      if (bound) return "boundary";
    }
    switch (ended) {
      case Ended::converged:
        return "converged";
      case Ended::small_change:
        return "small_change";
      case Ended::kink:
        return "kink";
      case Ended::max_iter:
        return "max_iter";
      case Ended::stalled:
        return "stalled";
      case Ended::not_finite:
        break;
    }
    return "not_finite";
  }
};

}  // namespace moerate
