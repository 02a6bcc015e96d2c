// Row terms of the mixture log-likelihood, log sum_i pi_i(x) N_i(y), in the linear predictors
// (Louis 1982, J. R. Statist. Soc. B 44:226). With tau given from outside they are the terms of the
// complete-data log-likelihood, sum_i tau_i (log pi_i + log N_i).
#pragma once

#include <moerate/numerics/elementary.h>
#include <moerate/evaluation/row_terms.h>

namespace moerate {

class MixtureTerms final : public RowTerms {
 public:
  explicit MixtureTerms(const Model& model) : RowTerms(model) {}

  void evaluate(Block& block, int order, Curvature curvature, const PairLayout& pairs) const override {
    model_.gate->weights(gate_predictors(block), block.pi.topRows(block.rows));
    for (Index i = 0; i < model_.k; ++i) evaluate_expert(model_, block, i, order, curvature, expert(block, i));
    if (block.given_tau || !posterior(block)) log_posterior(block);
    if (order >= kGradient) gradient(block);
    if (order < kHessian) return;
    if (curvature == Curvature::observed && !block.given_tau) observed_curvature(block, pairs);
    else complete_curvature(block, pairs);
  }

 private:
  // value and tau from products of weights and densities; false where some row is so far from all
  // experts that only logarithms can tell. An expert that is far from the whole block has no part in
  // it: beside values of e^-40 less than e^-100 is lost in rounding.
  bool posterior(Block& block) const {
    const Index n = block.rows;
    double *value = block.value.data(), *inverse = block.scratch.data();
    columns::Range range{0, 0};
    for (const bool all : {false, true}) {
      block.value.head(n).setZero();
      for (Index i = 0; i < model_.k; ++i) {
        const double *density = expert(block, i).law.value.data(), *pi = block.pi.col(i).data();
        double* tau = block.tau.col(i).data();
        expert(block, i).far = !all && range_of(density, n).high < -100;
        if (expert(block, i).far) continue;
        // no subnormal numbers, which are slow
        for_rows(n, [=](Index j) { tau[j] = density[j] < -400 ? -400 : density[j] > 700 ? 700 : density[j]; });
        for_rows(n, [=](Index j) {
          const double joint = pi[j] * elementary::exp(tau[j]);
          tau[j] = joint;
          value[j] += joint;
        });
      }
      range = range_of(value, n);
      if (all || range.low > 1e-17) break;
    }
    if (!(range.low > 1e-150 && range.high < 1e150)) return false;
    for_rows(n, [=](Index j) { inverse[j] = 1 / value[j]; });
    for (Index i = 0; i < model_.k; ++i) {
      double* tau = block.tau.col(i).data();
      if (expert(block, i).far) block.tau.col(i).head(n).setZero();
      else for_rows(n, [=](Index j) { tau[j] *= inverse[j]; });
    }
    log_of(value, value, n);
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
    model_.gate->first(gate_predictors(block), block.pi.topRows(n), tau, G.leftCols(model_.gate_size));
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.slots(); ++s)
        put(block, i, expert(block, i).first(s, n).data(), shared(i, s), G.col(model_.slot(i, s)).data());
  }

  // The gate and each expert, as far as the layout has them.
  void complete_curvature(Block& block, const PairLayout& pairs) const {
    const Index n = block.rows, g = model_.gate_size;
    if (g > 0)  // pairs of the gate come one after the other
      model_.gate->curvature(gate_predictors(block), block.pi.topRows(n), block.tau.topRows(n),
                             block.hessian.block(0, pairs.column[0], n, g * (g + 1) / 2));
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.slots(); ++s)
        for (Index t = s; t < model_.slots(); ++t)
          if (pairs.has(packed(model_.slot(i, s), model_.slot(i, t), model_.count())))
            put(block, i, expert(block, i).second(s, t, n).data(), shared(i, s) && shared(i, t),
                pair(pairs, block, model_.slot(i, s), model_.slot(i, t)).data());
  }

  // The complete-data part plus the missing information, sum_i tau_i c_i c_i' -
  // (sum_i tau_i c_i)(sum_i tau_i c_i)', with c_i the complete-data score.
  void observed_curvature(Block& block, const PairLayout& pairs) const {
    const Index n = block.rows, g = model_.gate_size;
    const auto u = gate_predictors(block);
    const auto pi = block.pi.topRows(n), tau = block.tau.topRows(n);
    for (Index a = 0; a < model_.count(); ++a)
      for (Index b = a; b < model_.count(); ++b)
        pair(pairs, block, a, b) =
            -block.gradient.col(a).head(n).array() * block.gradient.col(b).head(n).array();
    model_.gate->curvature(u, pi, tau, block.gate_pairs.topRows(n));
    add_gate_pairs(pairs, block, 1.0);
    model_.gate->outer(u, pi, tau, block.gate_pairs.topRows(n));
    add_gate_pairs(pairs, block, 1.0);
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.slots(); ++s) {
        const auto first = expert(block, i).first(s, n);
        for (Index l = 0; l < g; ++l) {
          model_.gate->first_of(u, pi, tau, i, l, block.scratch.head(n));
          pair(pairs, block, l, model_.slot(i, s)) += block.scratch.head(n).array() * first;
        }
        for (Index t = s; t < model_.slots(); ++t)
          pair(pairs, block, model_.slot(i, s), model_.slot(i, t)) +=
              tau.col(i).array() * (expert(block, i).second(s, t, n) + first * expert(block, i).first(t, n));
      }
  }

  // Is the predictor of slot s one that an expert before has filled?
  bool shared(Index i, Index s) const {
    return i > 0 && s >= model_.mean_size && model_.shared_variance;
  }
  // The terms of expert i times tau.
  static void put(Block& block, Index i, const double* terms, bool add, double* to) {
    const Index n = block.rows;
    const double* tau = block.tau.col(i).data();
    const bool far = expert(block, i).far;
    if (far && !add) std::fill(to, to + n, 0.0);
    else if (!far && add) for_rows(n, [=](Index j) { to[j] += tau[j] * terms[j]; });
    else if (!far) for_rows(n, [=](Index j) { to[j] = tau[j] * terms[j]; });
  }

  static ExpertTerms::Terms log_density(Block& block, Index i) {
    return {expert(block, i).law.value.data(), block.rows};
  }
};

}  // namespace moerate
