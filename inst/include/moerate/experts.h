// One expert of a block: its mean and response joined into derivatives by slot, where the slots of
// an expert are its mean predictors followed by its response predictor.
#pragma once

#include <moerate/block.h>

namespace moerate {

struct ExpertTerms {
  ExpertTerms(const Model& model, Index rows)
      : mu(rows), d1(rows, model.mean->identity() ? 0 : model.mean_size),
        d2(rows, model.mean->identity() ? 0 : model.mean_size * (model.mean_size + 1) / 2),
        log_density(rows), e(rows, model.slots()),
        E(rows, model.slots() * (model.slots() + 1) / 2), response(model.response ? rows : 0) {}
  Vector mu;
  Matrix d1, d2;       // of the mean in its predictors
  Vector log_density;
  Matrix e, E;         // of the log density in the slots, E packed
  ResponseTerms response;
};

// u: all predictors of the block.
inline void evaluate_mean(const Model& model, const Block& block, Index i, int order,
                          ExpertTerms& out) {
  const auto u = block.u.topRows(block.rows);
  model.mean->evaluate(u.middleCols(model.mean_predictor(i, 0), model.mean_size), order, out.mu,
                       out.d1, out.d2);
}

inline void evaluate_expert(const Model& model, const Block& block, Index i, int order,
                            ExpertTerms& out) {
  evaluate_mean(model, block, i, order, out);
  ResponseTerms& r = out.response;
  model.response->evaluate(block.y.head(block.rows), out.mu,
                           block.u(0, model.response_predictor(i)), order, r);
  out.log_density = r.value;
  if (order < kGradient) return;
  const Index m = model.mean_size, slots = model.slots();
  const bool identity = model.mean->identity();
  for (Index s = 0; s < m; ++s)
    if (identity) out.e.col(s) = r.m;
    else out.e.col(s) = r.m.cwiseProduct(out.d1.col(s));
  out.e.col(m) = r.r;
  if (order < kHessian) return;
  for (Index s = 0; s < m; ++s) {
    for (Index t = s; t < m; ++t) {
      auto E = out.E.col(packed(s, t, slots)).array();
      if (identity) { E = r.mm.array(); continue; }
      E = r.mm.array() * out.d1.col(s).array() * out.d1.col(t).array() +
          r.m.array() * out.d2.col(packed(s, t, m)).array();
    }
    auto cross = out.E.col(packed(s, m, slots));
    if (identity) cross = r.mr;
    else cross = r.mr.cwiseProduct(out.d1.col(s));
  }
  out.E.col(packed(m, m, slots)) = r.rr;
}

}  // namespace moerate
