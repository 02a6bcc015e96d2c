// What a row adds to an objective, in the linear predictors of a block of rows.
#pragma once

#include <moerate/experts.h>

namespace moerate {

class RowTerms {
 public:
  virtual ~RowTerms() = default;
  // Fills value, gradient and Hessian columns of the block, unweighted, and the share tau of each expert.
  virtual void evaluate(Block& block, int order, Curvature curvature) const = 0;

 protected:
  RowTerms(const Model& model, const PairLayout& observed, const PairLayout& complete)
      : model_(model), observed_(observed), complete_(complete) {}

  Eigen::Block<const Matrix> gate_predictors(const Block& block) const {
    return block.u.block(0, 0, block.rows, model_.gate_size);
  }
  static ExpertTerms& expert(Block& block, Index i) { return block.experts[static_cast<size_t>(i)]; }
  // The Hessian column of predictors a and b.
  Eigen::Map<Eigen::ArrayXd> pair(const PairLayout& layout, Block& block, Index a, Index b) const {
    const Index c = layout.column[static_cast<size_t>(packed(a, b, model_.count()))];
    return {block.hessian.col(c).data(), block.rows};
  }
  // Adds to the pairs of gate predictors what block.gate_pairs holds, times `factor` of each row.
  template <class Factor>
  void add_gate_pairs(Block& block, const Factor& factor) const {
    for (Index l = 0, c = 0; l < model_.gate_size; ++l)
      for (Index m = l; m < model_.gate_size; ++m, ++c)
        pair(observed_, block, l, m) += factor * block.gate_pairs.col(c).head(block.rows).array();
  }

  const Model& model_;
  const PairLayout &observed_, &complete_;  // the layout of the Hessian of each curvature
};

}  // namespace moerate
