// The experts of an optimum in another order.
#pragma once

#include <numeric>

#include <moerate/optimisation/newton.h>

namespace moerate {

// The expert with the most rows first.
inline std::vector<Index> order_of_mass(const Vector& mass) {
  std::vector<Index> order(static_cast<size_t>(mass.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return mass[a] > mass[b]; });
  return order;
}

// Expert order[i] in place i. The Hessian is gone, unless nothing moved; no coefficient of gate or mean is at a bound.
inline void reorder(const Model& model, const std::vector<Index>& order, Optimum& o) {
  if (std::is_sorted(order.begin(), order.end())) return;
  const auto offset = [&](Index expert, Index a) {
    return static_cast<size_t>(model.predictors[static_cast<size_t>(model.law_predictor(expert, a))].offset);
  };
  const std::vector<bool> held = o.held;
  const Vector mass = o.mass;
  o.theta = model.permuted(o.theta, order);
  for (Index i = 0; i < model.k; ++i) {
    const Index from = order[static_cast<size_t>(i)];
    o.mass[i] = mass[from];
    for (Index a = 0; a < model.own_arguments && !model.shared_variance && !held.empty(); ++a)
      o.held[offset(i, a)] = held[offset(from, a)];
  }
  o.hessian.resize(0, 0);
}

}  // namespace moerate
