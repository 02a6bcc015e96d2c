// What a row adds to an objective, in the linear predictors of a block of rows.
#pragma once

#include <moerate/evaluation/experts.h>

namespace moerate {

class RowTerms {
 public:
  virtual ~RowTerms() = default;
  // Fills value, gradient and Hessian columns of the block, unweighted, and the share tau of each expert.
  virtual void evaluate(Block& block, int order, Curvature curvature, const PairLayout& pairs) const = 0;

 protected:
  explicit RowTerms(const Model& model) : model_(model) {}

  Eigen::Block<const Matrix> gate_predictors(const Block& block) const {
    return block.u.block(0, 0, block.rows, model_.gate_size);
  }
  static ExpertTerms& expert(Block& block, Index i) { return block.experts[static_cast<size_t>(i)]; }
  // The Hessian column of predictors a and b, one that the layout has.
  Eigen::Map<Eigen::ArrayXd> pair(const PairLayout& pairs, Block& block, Index a, Index b) const {
    const Index c = pairs.column[static_cast<size_t>(packed(a, b, model_.count()))];
    return {block.hessian.col(c).data(), block.rows};
  }
  // Adds to the pairs of gate predictors what block.gate_pairs holds, times `factor` of each row.
  template <class Factor>
  void add_gate_pairs(const PairLayout& pairs, Block& block, const Factor& factor) const {
    for (Index l = 0, c = 0; l < model_.gate_size; ++l)
      for (Index m = l; m < model_.gate_size; ++m, ++c)
        pair(pairs, block, l, m) += factor * block.gate_pairs.col(c).head(block.rows).array();
  }

  const Model& model_;
};

}  // namespace moerate
