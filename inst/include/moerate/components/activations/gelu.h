// GELU, A(u) = u Phi(u) with the normal distribution function Phi (arXiv:1606.08415).
#pragma once

#include <cmath>

#include <moerate/components/activations/activation.h>

namespace moerate {

class Gelu final : public Activation {
 public:
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    for (Index i = 0; i < n; ++i) {
      const double v = u[i], Phi = 0.5 * std::erfc(-v * M_SQRT1_2);
      a[i] = v == -INFINITY ? 0 : v * Phi;
      if (order < 1) continue;
      const double phi = std::exp(-0.5 * v * v) / std::sqrt(2 * M_PI);
      a1[i] = Phi + v * phi;
      if (order >= 2) a2[i] = phi > 0 ? phi * (2 - v * v) : 0;
    }
  }
};

}  // namespace moerate
