// One expert of a block, evaluated: the chain rule from mean and law to slots.
#pragma once

#include <moerate/evaluation/block.h>

namespace moerate {

// u: all predictors of the block.
inline void evaluate_mean(const Model& model, const Block& block, Index i, int order,
                          ExpertTerms& out) {
  const Index n = block.rows;
  model.mean->evaluate(block.u.block(0, model.mean_predictor(i, 0), n, model.mean_size), order,
                       out.mu.head(n), out.d1.topRows(n), out.d2.topRows(n));
}

inline void evaluate_expert(const Model& model, const Block& block, Index i, int order, Curvature curvature,
                            ExpertTerms& out) {
  const bool bent = order == kHessian && curvature == Curvature::observed;
  evaluate_mean(model, block, i, bent ? order : std::min<int>(order, kGradient), out);
  const Index n = block.rows, m = model.mean_size, slots = model.slots();
  LawTerms& law = out.law;
  LawArguments arguments;
  arguments[0] = {out.mu.data(), false};
  for (Index a = 0; a < model.own_arguments; ++a)
    arguments[static_cast<size_t>(a + 1)] = {block.u.col(model.law_predictor(i, a)).data(), true};
  model.law->evaluate({n, block.y.data(), block.base.data()}, arguments, order, law);
  if (order < kGradient || model.mean->identity()) return;
  const auto of = [n](auto&& v) { return v.head(n).array(); };
  for (Index s = 0; s < m; ++s) of(out.e.col(s)) = of(law.d1.col(0)) * of(out.d1.col(s));
  if (order < kHessian) return;
  for (Index s = 0; s < m; ++s) {
    for (Index t = s; t < m; ++t) {
      of(out.E.col(packed(s, t, slots))) = of(law.d2.col(0)) * of(out.d1.col(s)) * of(out.d1.col(t));
      if (bent) of(out.E.col(packed(s, t, slots))) += of(law.d1.col(0)) * of(out.d2.col(packed(s, t, m)));
    }
    for (Index a = 0; a < model.own_arguments; ++a)
      of(out.E.col(packed(s, m + a, slots))) = of(law.d2.col(1 + a)) * of(out.d1.col(s));
  }
}

}  // namespace moerate
