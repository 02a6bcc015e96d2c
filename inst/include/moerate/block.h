// The working memory of one block of rows. Allocated once per thread and reused.
#pragma once

#include <moerate/data.h>

namespace moerate {

// Order of derivatives asked for: value, gradient, or Hessian.
enum Order : int { kValue = 0, kGradient = 1, kHessian = 2 };
// observed: the Hessian of the objective; complete: its complete-data part (Lange 1995).
enum class Curvature { observed, complete };

// Where the packed Hessian columns of predictor pairs live: columns are grouped by the pair of
// designs they multiply, so that one matrix product serves a group.
struct PairLayout {
  struct Group {
    int left, right;      // designs, left <= right
    Index first, count;   // columns of the block's Hessian
    bool symmetric() const { return left == right; }
  };
  explicit PairLayout(const Model& model) {
    const Index M = model.count();
    column.resize(static_cast<size_t>(M * (M + 1) / 2));
    for (int left = 0; left < 3; ++left)
      for (int right = left; right < 3; ++right) {
        Group g{left, right, total, 0};
        for (Index a = 0; a < M; ++a)
          for (Index b = a; b < M; ++b) {
            const int da = model.predictors[static_cast<size_t>(a)].design;
            const int db = model.predictors[static_cast<size_t>(b)].design;
            if (std::min(da, db) != left || std::max(da, db) != right) continue;
            column[static_cast<size_t>(packed(a, b, M))] = total++;
            ++g.count;
          }
        if (g.count) groups.push_back(g);
      }
  }
  std::vector<Index> column;
  std::vector<Group> groups;
  Index total = 0;
};

struct Block {
  Block(const Model& model, const PairLayout& pairs, Index capacity)
      : y(capacity), w(capacity), value(capacity), u(capacity, model.count()),
        gradient(capacity, model.count()), hessian(capacity, pairs.total),
        tau(capacity, model.k) {
    for (size_t j = 0; j < 3; ++j)
      design[j] = Matrix::Ones(capacity, model.design_used[j] ? model.width[j] : 0);
    for (const auto& g : pairs.groups) products.push_back(Matrix(capacity, product_width(model, g)));
  }
  static Index product_width(const Model& model, const PairLayout::Group& g) {
    const Index a = model.width[static_cast<size_t>(g.left)];
    const Index b = model.width[static_cast<size_t>(g.right)];
    return g.symmetric() ? a * (a + 1) / 2 : a * b;
  }
  Index rows = 0;
  bool given_tau = false;
  Vector y, w, value;
  Matrix u, gradient, hessian, tau;
  Matrix design[3];
  std::vector<Matrix> products;
};

}  // namespace moerate
