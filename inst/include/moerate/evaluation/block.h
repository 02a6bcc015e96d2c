// The working memory of one block of rows. Allocated once per thread and reused.
#pragma once

#include <moerate/evaluation/data.h>

namespace moerate {

// Order of derivatives asked for: value, gradient, or Hessian.
enum Order : int { kValue = 0, kGradient = 1, kHessian = 2 };
// observed: the Hessian of the objective; complete: its complete-data part (Lange 1995), which for least
// squares is the matrix of Gauss and Newton. Second derivatives of means have no part in it, so that it is
// negative semidefinite. blocks: of the complete-data Hessian only what an M-step solves by itself: the gate, the mean
// of each expert, the arguments of its law.
enum class Curvature { observed, complete, blocks };

// Where the packed Hessian columns of predictor pairs live: columns are grouped by the pair of
// designs they multiply, so that one matrix product serves a group. The complete-data Hessian of a likelihood
// has the pairs of gate predictors, and those of the slots of each expert.
struct PairLayout {
  struct Group {
    int left, right;      // designs, left <= right
    Index first, count;   // columns of the block's Hessian
    bool symmetric() const { return left == right; }
    size_t product() const { return static_cast<size_t>(3 * left + right); }
  };
  PairLayout(const Model& model, Curvature curvature) {
    const Index M = model.count();
    const std::vector<bool> wanted = pairs(model, curvature);
    column.assign(wanted.size(), -1);
    for (int left = 0; left < 3; ++left)
      for (int right = left; right < 3; ++right) {
        Group g{left, right, total, 0};
        for (Index a = 0; a < M; ++a)
          for (Index b = a; b < M; ++b) {
            const int da = model.predictors[static_cast<size_t>(a)].design;
            const int db = model.predictors[static_cast<size_t>(b)].design;
            const auto pair = static_cast<size_t>(packed(a, b, M));
            if (!wanted[pair] || std::min(da, db) != left || std::max(da, db) != right) continue;
            column[pair] = total++;
            ++g.count;
          }
        if (g.count) groups.push_back(g);
      }
  }
  bool has(Index pair) const { return column[static_cast<size_t>(pair)] >= 0; }
  std::vector<Index> column;  // of a packed pair; -1 where there is none
  std::vector<Group> groups;
  Index total = 0;

 private:
  static std::vector<bool> pairs(const Model& model, Curvature curvature) {
    const Index M = model.count();
    const bool all = curvature == Curvature::observed || !model.law;
    std::vector<bool> out(static_cast<size_t>(M * (M + 1) / 2), all);
    const auto want = [&](Index a, Index b) { out[static_cast<size_t>(packed(a, b, M))] = true; };
    for (Index a = 0; a < model.gate_size; ++a)
      for (Index b = a; b < model.gate_size; ++b) want(a, b);
    for (Index i = 0; i < model.k; ++i)
      for (Index s = 0; s < model.slots(); ++s)
        for (Index t = s; t < model.slots(); ++t)
          if (curvature == Curvature::complete || (s < model.mean_size) == (t < model.mean_size))
            want(model.slot(i, s), model.slot(i, t));
    return out;
  }
};

// One expert of a block: its mean and law joined into derivatives by slot, where the slots of an expert are its
// mean predictors followed by the arguments of its law.
class ExpertTerms {
 public:
  using Terms = Eigen::Map<const Eigen::ArrayXd>;
  ExpertTerms(const Model& model, Index rows)
      : mu(rows), d1(rows, chained(model) ? model.mean_size : 0),
        d2(rows, chained(model) ? model.mean_size * (model.mean_size + 1) / 2 : 0),
        e(rows, d1.cols()), E(rows, d1.cols() ? model.slots() * (model.slots() + 1) / 2 : 0),
        law(model.law ? rows : 0, model.own_arguments + 1), slots_(model.slots()), mean_size_(model.mean_size) {}

  // First and second derivatives of the log density in the slots, the first n rows. Where mu is the
  // only predictor of the mean they are those of the law.
  Terms first(Index s, Index n) const {
    if (s < mean_size_ && e.cols()) return {e.col(s).data(), n};
    return {law.d1.col(argument(s)).data(), n};
  }
  Terms second(Index s, Index t, Index n) const {
    if (s < mean_size_ && E.cols()) return {E.col(packed(s, t, slots_)).data(), n};
    return {law.d2.col(packed(argument(s), argument(t), law.d1.cols())).data(), n};
  }

  Vector mu;
  Matrix d1, d2;  // of the mean in its predictors
  Matrix e, E;    // by the chain rule, E packed
  LawTerms law;
  bool far = false;  // from all rows of the block

 private:
  static bool chained(const Model& model) { return !model.mean->identity(); }
  // Of the law: the location where it is the only predictor of the mean.
  Index argument(Index s) const { return s < mean_size_ ? 0 : 1 + s - mean_size_; }
  Index slots_, mean_size_;
};

struct Block {
  Block(const Model& model, Index pairs, Index capacity)
      : y(capacity), base(model.law && model.law->has_base() ? capacity : 0), w(Vector::Ones(capacity)), value(capacity), scratch(capacity), residual(capacity),
        u(capacity, model.count()), gradient(capacity, model.count()), hessian(capacity, pairs),
        tau(capacity, model.k), pi(capacity, model.k), joint(capacity, model.k),
        gate_pairs(capacity, model.gate_size * (model.gate_size + 1) / 2),
        experts(static_cast<size_t>(model.k), ExpertTerms(model, capacity)) {
    for (size_t j = 0; j < 3; ++j) {
      design[j] = Matrix::Ones(capacity, model.design_used[j] ? model.width[j] : 0);
      for (size_t l = j; l < 3; ++l)
        products[3 * j + l].resize(capacity, product_width(model, j, l));
    }
  }
  static Index product_width(const Model& model, size_t left, size_t right) {
    const Index a = model.width[left], b = model.width[right];
    return left == right ? a * (a + 1) / 2 : a * b;
  }
  Index rows = 0;
  bool given_tau = false;
  Vector y, base, w, value, scratch, residual;
  Matrix u, gradient, hessian, tau, pi, joint, gate_pairs;
  std::vector<ExpertTerms> experts;
  Matrix design[3], products[9];  // products by PairLayout::Group::product()
};

}  // namespace moerate
