// Sine, A(u) = sin(u).
#pragma once

#include <moerate/components/activations/activation.h>

namespace moerate {

class Sine final : public Activation {
 public:
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    column(a, n) = column(u, n).sin();
    if (order >= 1) column(a1, n) = column(u, n).cos();
    if (order >= 2) column(a2, n) = -column(a, n);
  }
};

}  // namespace moerate
