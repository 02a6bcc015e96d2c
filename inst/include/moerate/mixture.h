// Row terms of the mixture log-likelihood, log sum_i pi_i(x) N_i(y), in the linear predictors
// (Louis 1982, J. R. Statist. Soc. B 44:226). With tau given from outside they are the terms of the
// complete-data log-likelihood, sum_i tau_i (log pi_i + log N_i).
#pragma once

#include <moerate/experts.h>

namespace moerate {

class RowTerms {
 public:
  virtual ~RowTerms() = default;
  // Fills value, gradient and Hessian columns of the block, unweighted.
  virtual void evaluate(Block& block, int order, Curvature curvature) const = 0;
};

class MixtureTerms final : public RowTerms {
 public:
  MixtureTerms(const Model& model, const PairLayout& pairs) : model_(model), pairs_(pairs) {}

  void evaluate(Block& block, int order, Curvature curvature) const override {
    const Index n = block.rows, k = model_.k;
    if (block.given_tau) curvature = Curvature::complete;
    Matrix log_pi(n, k), joint(n, k);
    model_.gate->log_weights(block.u.topLeftCorner(n, model_.gate_size), log_pi);
    std::vector<ExpertTerms> experts;
    experts.reserve(static_cast<size_t>(k));
    for (Index i = 0; i < k; ++i) {
      experts.emplace_back(model_, n);
      evaluate_expert(model_, block, i, order, experts.back());
      joint.col(i) = log_pi.col(i) + experts.back().log_density;
    }
    posterior(joint, block);
    if (order >= kGradient) derivatives(log_pi, experts, order, curvature, block);
  }

 private:
  // value and tau; log-sum-exp about the largest term.
  static void posterior(const Matrix& joint, Block& block) {
    const Index n = block.rows, k = joint.cols();
    auto tau = block.tau.topRows(n);
    auto value = block.value.head(n);
    if (block.given_tau) {
      value = tau.cwiseProduct(joint).rowwise().sum();
      return;
    }
    Vector top = joint.col(0);
    for (Index i = 1; i < k; ++i) top = top.cwiseMax(joint.col(i));
    value.setZero();
    for (Index i = 0; i < k; ++i) {
      tau.col(i).array() = (joint.col(i) - top).array().exp();
      value += tau.col(i);
    }
    for (Index i = 0; i < k; ++i) tau.col(i).array() /= value.array();
    value.array() = top.array() + value.array().log();
  }

  void derivatives(const Matrix& log_pi, const std::vector<ExpertTerms>& experts, int order,
                   Curvature curvature, Block& block) const {
    const Index n = block.rows, k = model_.k, g = model_.gate_size;
    const Matrix pi = log_pi.array().exp();
    const auto tau = block.tau.topRows(n);
    auto G = block.gradient.topRows(n);
    G.setZero();
    model_.gate->first(pi, tau, G.leftCols(g));
    std::vector<Matrix> scores;  // tau_i e_i
    for (Index i = 0; i < k; ++i) {
      scores.push_back(experts[static_cast<size_t>(i)].e);
      for (Index s = 0; s < model_.slots(); ++s) {
        scores.back().col(s).array() *= tau.col(i).array();
        G.col(model_.slot(i, s)) += scores.back().col(s);
      }
    }
    if (order < kHessian) return;
    const bool observed = curvature == Curvature::observed;
    if (!observed) block.hessian.topRows(n).setZero();
    // Missing information: sum_i tau_i c_i c_i' - (sum_i tau_i c_i)(sum_i tau_i c_i)', with c_i the
    // complete-data score; the gate's own first term is in gate_curvature().
    for (Index a = 0; observed && a < model_.count(); ++a)
      for (Index b = a; b < model_.count(); ++b)
        pair(block, a, b).array() = -G.col(a).array() * G.col(b).array();
    gate_curvature(pi, curvature, block);
    for (Index i = 0; i < k; ++i) expert_curvature(experts[static_cast<size_t>(i)], i, block);
    if (!observed) return;
    Vector cross(n);
    for (Index i = 0; i < k; ++i)
      for (Index s = 0; s < model_.slots(); ++s) {
        for (Index l = 0; l < g; ++l) {
          model_.gate->first_of(pi, tau, i, l, cross);
          pair(block, l, model_.slot(i, s)).array() +=
              cross.array() * experts[static_cast<size_t>(i)].e.col(s).array();
        }
        for (Index t = s; t < model_.slots(); ++t)
          pair(block, model_.slot(i, s), model_.slot(i, t)).array() +=
              scores[static_cast<size_t>(i)].col(s).array() *
              experts[static_cast<size_t>(i)].e.col(t).array();
      }
  }

  void gate_curvature(const Matrix& pi, Curvature curvature, Block& block) const {
    const Index n = block.rows, g = model_.gate_size;
    if (g == 0) return;
    Matrix packed_terms(n, g * (g + 1) / 2);
    const auto tau = block.tau.topRows(n);
    const auto add = [&] {
      for (Index l = 0, c = 0; l < g; ++l)
        for (Index m = l; m < g; ++m, ++c) pair(block, l, m) += packed_terms.col(c);
    };
    model_.gate->curvature(pi, tau, packed_terms);
    add();
    if (curvature == Curvature::complete) return;
    model_.gate->outer(pi, tau, packed_terms);
    add();
  }

  void expert_curvature(const ExpertTerms& expert, Index i, Block& block) const {
    const auto tau = block.tau.col(i).head(block.rows).array();
    for (Index s = 0; s < model_.slots(); ++s)
      for (Index t = s; t < model_.slots(); ++t)
        pair(block, model_.slot(i, s), model_.slot(i, t)).array() +=
            tau * expert.E.col(packed(s, t, model_.slots())).array();
  }

  Eigen::Block<Matrix> pair(Block& block, Index a, Index b) const {
    const Index c = pairs_.column[static_cast<size_t>(packed(a, b, model_.count()))];
    return block.hessian.block(0, c, block.rows, 1);
  }

  const Model& model_;
  const PairLayout& pairs_;
};

}  // namespace moerate
