// Sigmoid, tanh and softplus, all from one exp(): with s = 1 / (1 + exp(-u)) and q = 1 - s without cancellation.
#pragma once

#include <moerate/components/activations/activation.h>
#include <moerate/numerics/elementary.h>

namespace moerate {

// A column for what is computed along with values, where nobody asks for derivatives.
class Slope {
 public:
  Slope(double* a1, Index n, int order) : own_(order >= 1 ? 0 : n), at_(order >= 1 ? a1 : own_.data()) {}
  double* data() const { return at_; }

 private:
  Eigen::ArrayXd own_;
  double* at_;
};

class Sigmoid final : public Activation {
 public:
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    const Slope other(a1, n, order);
    logistic_of(u, 1, a, other.data(), n);
    const auto s = column(a, n);
    auto q = column(other.data(), n);
    if (order >= 2) column(a2, n) = s * q * (q - s);
    if (order >= 1) q *= s;
  }
};

class Tanh final : public Activation {
 public:
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    const Slope slope(a1, n, order);
    tanh_of(u, a, slope.data(), n);
    if (order >= 2) column(a2, n) = -2 * column(a, n) * column(a1, n);
  }
};

// log(1 + exp(u)), whose derivative is the sigmoid
class Softplus final : public Activation {
 public:
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    const Slope slope(a1, n, order);
    logistic_of(u, 1, slope.data(), a, n);
    const auto s = column(slope.data(), n);
    auto q = column(a, n);
    if (order >= 2) column(a2, n) = s * q;
    q = column(u, n).max(0.0) - s.max(q).log();
  }
};

}  // namespace moerate
