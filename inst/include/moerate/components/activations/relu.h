// ReLU, A(u) = max(u, 0). Its derivative at 0 is taken to be 0, its second derivative to be 0 everywhere.
#pragma once

#include <moerate/components/activations/activation.h>

namespace moerate {

class Relu final : public Activation {
 public:
  bool smooth() const override { return false; }
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    column(a, n) = column(u, n).max(0.0);
    if (order >= 1) column(a1, n) = (column(u, n) > 0.0).cast<double>();
    if (order >= 2) column(a2, n).setZero();
  }
};

}  // namespace moerate
