// Monomial, A(u) = u^p, p = 1, 2, ...
#pragma once

#include <moerate/components/activations/activation.h>

namespace moerate {

class Monomial final : public Activation {
 public:
  explicit Monomial(Index p) : p_(p) {}
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    const double p = static_cast<double>(p_);
    for (Index i = 0; i < n; ++i) {
      const double low = power(u[i], p_ - 2);  // u^(p - 2), and 0 for p = 1
      const double next = p_ == 1 ? 1 : low * u[i];
      a[i] = next * u[i];
      if (order >= 1) a1[i] = p * next;
      if (order >= 2) a2[i] = p * (p - 1) * low;
    }
  }

 private:
  static double power(double u, Index p) {
    double out = p < 0 ? 0 : 1;
    for (Index j = 0; j < p; ++j) out *= u;
    return out;
  }
  Index p_;
};

}  // namespace moerate
