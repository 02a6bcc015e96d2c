// Row terms of the mixture log-likelihood, log sum_i pi_i(x) N_i(y), in the linear predictors
// (Louis 1982, J. R. Statist. Soc. B 44:226). With tau given from outside they are the terms of the
// complete-data log-likelihood, sum_i tau_i (log pi_i + log N_i).
#pragma once

#include <moerate/elementary.h>
#include <moerate/row_terms.h>

namespace moerate {

class MixtureTerms final : public RowTerms {
 public:
  MixtureTerms(const Model& model, const PairLayout& observed, const PairLayout& complete)
      : RowTerms(model, observed, complete) {}

  void evaluate(Block& block, int order, Curvature curvature) const override {
    model_.gate->weights(gate_predictors(block), block.pi.topRows(block.rows));
    for (Index i = 0; i < model_.k; ++i) evaluate_expert(model_, block, i, order, curvature, expert(block, i));
    if (block.given_tau || !posterior(block)) log_posterior(block);
    if (order >= kGradient) gradient(block);
    if (order < kHessian) return;
    if (curvature == Curvature::complete || block.given_tau) complete_curvature(block);
    else observed_curvature(block);
  }

 private:
  // value and tau from products of weights and densities; false where some row is so far from all
  // experts that only logarithms can tell. An expert that is far from the whole block has no part in
  // it: beside values of e^-40 less than e^-100 is lost in rounding.
  bool posterior(Block& block) const {
    const Index n = block.rows;
    auto value = block.value.head(n).array(), inverse = block.scratch.head(n).array();
    for (const bool all : {false, true}) {
      value.setZero();
      for (Index i = 0; i < model_.k; ++i) {
        auto tau = block.tau.col(i).head(n).array();
        const auto density = log_density(block, i);
        expert(block, i).far = !all && density.maxCoeff() < -100;
        if (expert(block, i).far) continue;
        // no subnormal numbers, which are slow
        tau = density.max(-400).min(700);
        exp_of(tau.data(), tau.data(), n);
        tau *= block.pi.col(i).head(n).array();
        value += tau;
      }
      if (all || value.minCoeff() > 1e-17) break;
    }
    if (!(value.minCoeff() > 1e-150 && value.maxCoeff() < 1e150)) return false;
    inverse = value.inverse();
    for (Index i = 0; i < model_.k; ++i) {
      auto tau = block.tau.col(i).head(n).array();
      if (expert(block, i).far) tau.setZero();
      else tau *= inverse;
    }
    log_of(value.data(), value.data(), n);
    return true;
  }

  // The same by log-sum-exp about the largest term; or with tau given.
  void log_posterior(Block& block) const {
    const Index n = block.rows, k = model_.k;
    for (Index i = 0; i < k; ++i) expert(block, i).far = false;
    auto tau = block.tau.topRows(n).array(), joint = block.joint.topRows(n).array();
    auto value = block.value.head(n).array(), top = block.scratch.head(n).array();
    model_.gate->log_weights(gate_predictors(block), block.joint.topRows(n));
    for (Index i = 0; i < k; ++i) joint.col(i) += log_density(block, i);
    if (block.given_tau) {
      value = (tau * joint).rowwise().sum();
      return;
    }
    top = joint.col(0);
    for (Index i = 1; i < k; ++i) top = top.max(joint.col(i));
    value.setZero();
    for (Index i = 0; i < k; ++i) {
      tau.col(i) = (joint.col(i) - top).exp();
      value += tau.col(i);
    }
    for (Index i = 0; i < k; ++i) tau.col(i) /= value;
    value = top + value.log();
  }

  void gradient(Block& block) const {
    const Index n = block.rows;
    const auto tau = block.tau.topRows(n);
    auto G = block.gradient.topRows(n);
    model_.gate->first(block.pi.topRows(n), tau, G.leftCols(model_.gate_size));
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.slots(); ++s)
        put(G.col(model_.slot(i, s)).array(), tau.col(i).array() * expert(block, i).first(s, n),
            shared(i, s), expert(block, i).far);
  }

  // Block diagonal: the gate and each expert.
  void complete_curvature(Block& block) const {
    const Index n = block.rows, g = model_.gate_size;
    if (g > 0)  // pairs of the gate come one after the other
      model_.gate->curvature(block.pi.topRows(n), block.tau.topRows(n),
                             block.hessian.block(0, complete_.column[0], n, g * (g + 1) / 2));
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.slots(); ++s)
        for (Index t = s; t < model_.slots(); ++t)
          put(pair(complete_, block, model_.slot(i, s), model_.slot(i, t)),
              block.tau.col(i).head(n).array() * expert(block, i).second(s, t, n), shared(i, s) && shared(i, t),
              expert(block, i).far);
  }

  // The complete-data part plus the missing information, sum_i tau_i c_i c_i' -
  // (sum_i tau_i c_i)(sum_i tau_i c_i)', with c_i the complete-data score.
  void observed_curvature(Block& block) const {
    const Index n = block.rows, g = model_.gate_size;
    const auto pi = block.pi.topRows(n), tau = block.tau.topRows(n);
    for (Index a = 0; a < model_.count(); ++a)
      for (Index b = a; b < model_.count(); ++b)
        pair(observed_, block, a, b) =
            -block.gradient.col(a).head(n).array() * block.gradient.col(b).head(n).array();
    model_.gate->curvature(pi, tau, block.gate_pairs.topRows(n));
    add_gate_pairs(block, 1.0);
    model_.gate->outer(pi, tau, block.gate_pairs.topRows(n));
    add_gate_pairs(block, 1.0);
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.slots(); ++s) {
        const auto first = expert(block, i).first(s, n);
        for (Index l = 0; l < g; ++l) {
          model_.gate->first_of(pi, tau, i, l, block.scratch.head(n));
          pair(observed_, block, l, model_.slot(i, s)) += block.scratch.head(n).array() * first;
        }
        for (Index t = s; t < model_.slots(); ++t)
          pair(observed_, block, model_.slot(i, s), model_.slot(i, t)) +=
              tau.col(i).array() * (expert(block, i).second(s, t, n) + first * expert(block, i).first(t, n));
      }
  }

  // Is the predictor of slot s one that an expert before has filled?
  bool shared(Index i, Index s) const {
    return i > 0 && s == model_.mean_size && model_.response_size == 1;
  }
  template <class To, class Terms>
  static void put(To to, const Terms& terms, bool add, bool zero) {
    if (zero && !add) to.setZero();
    else if (!zero && add) to += terms;
    else if (!zero) to = terms;
  }

  static ExpertTerms::Terms log_density(Block& block, Index i) {
    return {expert(block, i).response.value.data(), block.rows};
  }
};

}  // namespace moerate
