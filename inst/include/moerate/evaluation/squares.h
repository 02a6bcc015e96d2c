// Row terms of least squares, -(y - f)^2 / 2 in units of the variance of y, f = sum_i pi_i(x) h(x, eta_i)
// (arXiv:2402.02952, eq. 3). With residual r: gradient r f', Hessian r f'' - f' f', of which the matrix of Gauss
// and Newton keeps -f' f'.
#pragma once

#include <moerate/numerics/columns.h>
#include <moerate/evaluation/row_terms.h>

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
    const double* r = block.residual.data();
    for (Index a = 0; a < model_.count(); ++a) {
      double* g = block.gradient.col(a).data();
      for_rows(n, [=](Index j) { g[j] *= r[j]; });
    }
  }

 private:
  // tau = pi, joint = pi h, the scaled residual and the value.
  void fitted(Block& block, int order) const {
    const Index n = block.rows;
    double *r = block.residual.data(), *value = block.value.data();
    model_.gate->weights(gate_predictors(block), block.tau.topRows(n));
    for (Index i = 0; i < model_.k; ++i) {
      evaluate_mean(model_, block, i, order, expert(block, i));
      const double *pi = block.tau.col(i).data(), *mu = expert(block, i).mu.data();
      const double* from = i ? r : block.y.data();
      double* part = block.joint.col(i).data();
      for_rows(n, [=](Index j) {
        const double p = pi[j] * mu[j];
        part[j] = p;
        r[j] = from[j] - p;
      });
    }
    for_rows(n, [=, precision = precision_](Index j) {
      const double e = r[j];
      value[j] = -0.5 * precision * e * e;
      r[j] = precision * e;
    });
  }

  // df/du: sum_i pi_i h_i dl_i/du_l for the gate, pi_i dh_i/du for the experts.
  void slopes(Block& block) const {
    const Index n = block.rows;
    auto G = block.gradient.topRows(n);
    model_.gate->first(gate_predictors(block), block.tau.topRows(n), block.joint.topRows(n), G.leftCols(model_.gate_size));
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.mean_size; ++s) {
        double* out = G.col(model_.slot(i, s)).data();
        const double* pi = block.tau.col(i).data();
        if (model_.mean->identity()) {
          std::copy_n(pi, n, out);
          continue;
        }
        const double* d1 = expert(block, i).d1.col(s).data();
        for_rows(n, [=](Index j) { out[j] = pi[j] * d1[j]; });
      }
  }

  void outer(Block& block, const PairLayout& pairs) const {
    for (Index a = 0; a < model_.count(); ++a)
      for (Index b = a; b < model_.count(); ++b) {
        const double *left = block.gradient.col(a).data(), *right = block.gradient.col(b).data();
        double* out = pair(pairs, block, a, b).data();
        for_rows(block.rows, [=, precision = precision_](Index j) { out[j] = -precision * left[j] * right[j]; });
      }
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
    model_.gate->curvature(gate_predictors(block), pi, block.joint.topRows(n), block.gate_pairs.topRows(n));
    add_gate_pairs(pairs, block, r);
    model_.gate->outer(gate_predictors(block), pi, block.joint.topRows(n), block.gate_pairs.topRows(n));
    add_gate_pairs(pairs, block, r);
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.mean_size; ++s) {
        block.joint.col(i).head(n) = block.gradient.col(model_.slot(i, s)).head(n);
        for (Index l = 0; l < model_.gate_size; ++l) {
          model_.gate->first_of(gate_predictors(block), pi, block.joint.topRows(n), i, l, block.scratch.head(n));
          add(pair(pairs, block, l, model_.slot(i, s)).data(), block.residual.data(), block.scratch.data(), n);
        }
      }
  }

  // r pi_i h_i''
  void bend(Block& block, Index i, const PairLayout& pairs) const {
    const Index n = block.rows, m = model_.mean_size;
    const double *r = block.residual.data(), *pi = block.tau.col(i).data();
    double* weight = block.scratch.data();
    for_rows(n, [=](Index j) { weight[j] = r[j] * pi[j]; });
    for (Index s = 0; s < m; ++s)
      for (Index t = s; t < m; ++t)
        add(pair(pairs, block, model_.slot(i, s), model_.slot(i, t)).data(), weight,
            expert(block, i).d2.col(packed(s, t, m)).data(), n);
  }

  static void add(double* out, const double* a, const double* b, Index n) {
    for_rows(n, [=](Index j) { out[j] += a[j] * b[j]; });
  }

  double precision_;
};

}  // namespace moerate
