// Row terms of least squares, -(y - f)^2 / 2 in units of the variance of y, f = sum_i pi_i(x) h(x, eta_i)
// (arXiv:2402.02952, eq. 3). With residual r: gradient r f', Hessian r f'' - f' f', of which the matrix of Gauss
// and Newton keeps -f' f'.
#pragma once

#include <moerate/row_terms.h>

namespace moerate {

class LeastSquaresTerms final : public RowTerms {
 public:
  LeastSquaresTerms(const Model& model, double spread) : RowTerms(model), precision_(1 / (spread * spread)) {}

  void evaluate(Block& block, int order, Curvature curvature, const PairLayout& pairs) const override {
    const bool bent = order == kHessian && curvature == Curvature::observed;
    fitted(block, bent ? order : std::min<int>(order, kGradient));
    if (order < kGradient) return;
    const Index n = block.rows;
    slopes(block);
    if (order == kHessian) outer(block, pairs);
    if (bent) curvatures(block, pairs);
    block.gradient.topRows(n).array().colwise() *= block.residual.head(n).array();
  }

 private:
  // tau = pi, joint = pi h, the scaled residual and the value.
  void fitted(Block& block, int order) const {
    const Index n = block.rows;
    auto residual = block.residual.head(n).array();
    model_.gate->weights(gate_predictors(block), block.tau.topRows(n));
    for (Index i = 0; i < model_.k; ++i) {
      evaluate_mean(model_, block, i, order, expert(block, i));
      auto part = block.joint.col(i).head(n).array();
      part = block.tau.col(i).head(n).array() * expert(block, i).mu.head(n).array();
      residual = (i ? block.residual : block.y).head(n).array() - part;
    }
    block.value.head(n).array() = -0.5 * precision_ * residual.square();
    residual *= precision_;
  }

  // df/du: sum_i pi_i h_i dl_i/du_l for the gate, pi_i dh_i/du for the experts.
  void slopes(Block& block) const {
    const Index n = block.rows;
    auto G = block.gradient.topRows(n);
    model_.gate->first(block.tau.topRows(n), block.joint.topRows(n), G.leftCols(model_.gate_size));
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.mean_size; ++s) {
        auto out = G.col(model_.slot(i, s)).array();
        if (model_.mean->identity()) out = block.tau.col(i).head(n).array();
        else out = block.tau.col(i).head(n).array() * expert(block, i).d1.col(s).head(n).array();
      }
  }

  void outer(Block& block, const PairLayout& pairs) const {
    const Index n = block.rows;
    for (Index a = 0; a < model_.count(); ++a)
      for (Index b = a; b < model_.count(); ++b)
        pair(pairs, block, a, b) =
            -precision_ * block.gradient.col(a).head(n).array() * block.gradient.col(b).head(n).array();
  }

  // r f'': of pi_i = exp(l_i), second derivatives are pi_i (l_i' l_i' + l_i'').
  void curvatures(Block& block, const PairLayout& pairs) const {
    if (model_.gate_size > 0) bend_gate(block, pairs);
    if (model_.mean->identity()) return;
    for (Index i = 0; i < model_.k; ++i) bend(block, i, pairs);
  }

  // All but the pairs of predictors of one expert.
  void bend_gate(Block& block, const PairLayout& pairs) const {
    const Index n = block.rows;
    const auto pi = block.tau.topRows(n);
    const auto r = block.residual.head(n).array();
    model_.gate->curvature(pi, block.joint.topRows(n), block.gate_pairs.topRows(n));
    add_gate_pairs(pairs, block, r);
    model_.gate->outer(pi, block.joint.topRows(n), block.gate_pairs.topRows(n));
    add_gate_pairs(pairs, block, r);
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.mean_size; ++s) {
        block.joint.col(i).head(n) = block.gradient.col(model_.slot(i, s)).head(n);
        for (Index l = 0; l < model_.gate_size; ++l) {
          model_.gate->first_of(pi, block.joint.topRows(n), i, l, block.scratch.head(n));
          pair(pairs, block, l, model_.slot(i, s)) += r * block.scratch.head(n).array();
        }
      }
  }

  // r pi_i h_i''
  void bend(Block& block, Index i, const PairLayout& pairs) const {
    const Index n = block.rows, m = model_.mean_size;
    auto weight = block.scratch.head(n).array();
    weight = block.residual.head(n).array() * block.tau.col(i).head(n).array();
    for (Index s = 0; s < m; ++s)
      for (Index t = s; t < m; ++t)
        pair(pairs, block, model_.slot(i, s), model_.slot(i, t)) +=
            weight * expert(block, i).d2.col(packed(s, t, m)).head(n).array();
  }

  double precision_;
};

}  // namespace moerate
