// An activation A(u) of one linear predictor. To add one: derive from Activation in activations/, and
// name it in registry.h; A(a'x + b) is then an expert, and A serves in feed-forward experts.
#pragma once

#include <moerate/numerics/types.h>

namespace moerate {

class Activation {
 public:
  virtual ~Activation() = default;
  virtual bool smooth() const { return true; }
  // A(u) of n numbers, and for order >= 1 first, for order 2 second derivatives.
  virtual void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const = 0;
};

// Columns as arrays.
inline Eigen::Map<const Eigen::ArrayXd> column(const double* v, Index n) { return {v, n}; }
inline Eigen::Map<Eigen::ArrayXd> column(double* v, Index n) { return {v, n}; }

}  // namespace moerate
