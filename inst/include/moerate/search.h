// Many starts on a small sample: first partitions drawn at random, then split-and-merge moves from
// the best of them, each wave run to a loose tolerance.
#pragma once

#include <moerate/starts.h>
#include <moerate/subsample.h>

namespace moerate {

// Status words. converged: gradient norm at most `tolerance`; gate_separated: so, but the gate
// has run off to where its probabilities are 0 and 1; variance_floor: a variance ended on its floor;
// small_change: EM stopped by its own rule; max_iter, stalled, not_finite: no optimum was reached.
struct FitControl {
  bool em = false;           // EM alone, instead of EM then Newton
  double tolerance = 1e-8;
  Index max_iter = 500;
  Index starts = 60;
  Index em_steps = 10;       // EM steps before Newton, from generated starts
  double floor = 1e-6;       // of the variance of y
  double min_mass = 0;       // an expert with a smaller share of the rows is not sound
  std::uint64_t seed = 1;
  bool trace = false;
};

struct Start {
  std::string kind;
  Optimum optimum;  // per unit weight, in standardised coordinates
  double found = 0; // value at the end of the search, on its sample
};
using Starts = std::vector<Start>;

// Ranks optima. Sound ones come first: the likelihood is unbounded where a variance collapses, and
// spurious where an expert rests on a handful of rows (McLachlan and Peel 2000, section 3.10).
class Ranking {
 public:
  explicit Ranking(double min_mass) : min_mass_(min_mass) {}
  int soundness(const Optimum& o) const {
    if (!std::isfinite(o.value) || o.status == "not_finite") return 0;
    if (o.status == "variance_floor") return 1;
    return o.mass.size() && o.mass.minCoeff() < min_mass_ ? 2 : 3;
  }
  bool better(const Optimum& a, const Optimum& b) const {
    if (soundness(a) != soundness(b)) return soundness(a) > soundness(b);
    return a.value > b.value + same_ * (1 + std::abs(b.value));
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
      if (out.size() == keep) break;
      if (out.empty() || better(at(out.back()), at(i))) out.push_back(i);
      else out.back() = std::min(out.back(), i);
    }
    return out;
  }

 private:
  double min_mass_;
  static constexpr double same_ = 1e-6;  // relative difference between equal optima
};

class Search {
 public:
  Search(const Model& model, const Data& data, const Scaling& scaling, const Bounds& bounds,
         const FitControl& control, const Runtime& runtime)
      : model_(model), data_(data), scaling_(scaling), bounds_(bounds), control_(control),
        runtime_(runtime), ranking_(control.min_mass), sample_(draw_sample(data, scaling)),
        objective_(model, without_tau(data), scaling, serial_) {}

  Starts run() const {
    if (data_.tau || model_.k == 1) {
      Starts one(1);
      one[0].kind = data_.tau ? "posterior" : "lm";
      const Matrix ones = Matrix::Ones(data_.n, 1);
      from_posterior(data_.tau ? data_.tau : ones.data(), one[0], 4);
      return one;
    }
    Starts all;
    constexpr int waves = 4;  // of which the first is random
    const Index share = (control_.starts + 1) / (waves + 1);
    wave(all, control_.starts - (waves - 1) * share, {});
    for (int w = 1; w < waves && share > 0; ++w) {
      std::vector<Index> indices(all.size());
      std::iota(indices.begin(), indices.end(), Index{0});
      std::vector<Matrix> parents;
      for (Index i : ranking_.best_of(all, indices, 4))
        parents.push_back(posterior(all[static_cast<size_t>(i)].optimum.theta));
      wave(all, share, parents);
    }
    return all;
  }

 private:
  void wave(Starts& all, Index count, const std::vector<Matrix>& parents) const {
    constexpr Index batch = 16;
    const size_t base = all.size();
    all.resize(base + static_cast<size_t>(count));
    for (Index first = 0; first < count; first += batch) {
      runtime_.poll();
      runtime_.report(static_cast<double>(base + first) / static_cast<double>(control_.starts));
      runtime_.execute(std::min(batch, count - first), [&](Index i) {
        const size_t index = base + static_cast<size_t>(first + i);
        one(index, parents, all[index]);
      });
    }
  }

  void one(size_t index, const std::vector<Matrix>& parents, Start& start) const {
    Stream stream(control_.seed, Purpose::start, index);
    const auto& kinds = start_kinds();
    const StartKind& kind = kinds[index % kinds.size()];
    start.kind = parents.empty() ? kind.name : "split";
    const Labels labels = parents.empty()
                              ? kind.make(sample_, model_.k, stream)
                              : split_labels(sample_, parents[index % parents.size()], stream);
    const bool hard = parents.empty() ? kind.hard : index % 2 == 1;
    from_posterior(soften(labels, model_.k, hard).data(), start, hard ? 10 : 4);
    EmControl em;
    em.max_iter = control_.em ? control_.max_iter : control_.em_steps;
    em.tolerance = control_.em ? control_.tolerance : 0;
    em.trace = control_.trace;
    Optimum warm = Em(objective_, bounds_).run(start.optimum.theta, em);
    if (!control_.em) warm = then_newton(warm);
    start.optimum = std::move(warm);
    start.found = start.optimum.value;
  }

  Optimum then_newton(const Optimum& warm) const {
    NewtonControl c;
    c.tolerance = 1e-5;  // enough to rank; the best are finished by the caller
    c.max_iter = std::min<Index>(control_.max_iter, 150);
    c.stop_on_floor = true;
    c.trace = control_.trace;
    Optimum out = Newton(objective_, bounds_, c).run(warm.theta);
    out.continue_from(warm);
    return out;
  }

  // A few M-steps with the posterior weights held: more of them for a sharper gate.
  void from_posterior(const double* tau, Start& start, Index steps) const {
    Data labelled = data_;
    labelled.tau = tau;
    EmControl c;
    c.max_iter = steps;
    start.optimum = Em(RowObjective(model_, labelled, scaling_, serial_), bounds_)
                        .run(Vector::Zero(model_.size()), c);
  }

  Matrix posterior(const Vector& theta) const {
    Matrix tau(data_.n, model_.k);
    objective_.visit(theta, kValue, [&](Index first, const Block& block) {
      tau.middleRows(first, block.rows) = block.tau.topRows(block.rows);
    });
    return tau;
  }

  static Data without_tau(Data data) {
    data.tau = nullptr;
    return data;
  }

  const Model& model_;
  const Data& data_;
  const Scaling& scaling_;
  const Bounds& bounds_;
  const FitControl& control_;
  const Runtime& runtime_;
  const Runtime serial_;
  Ranking ranking_;
  Sample sample_;
  RowObjective objective_;
};

}  // namespace moerate
