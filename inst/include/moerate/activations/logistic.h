// Sigmoid, tanh and softplus, all from one exp(): with s = 1 / (1 + exp(-u)) and q = 1 - s without cancellation.
#pragma once

#include <moerate/activation.h>
#include <moerate/elementary.h>

namespace moerate {

// s and q of scale * u; beyond 350 neither changes, and exp() would overflow.
inline void logistic(const double* u, Index n, double scale, Eigen::ArrayXd& s, Eigen::ArrayXd& q) {
  q = (-scale * column(u, n)).max(-350.0).min(350.0);
  exp_of(q.data(), q.data(), n);
  s = (1 + q).inverse();
  q *= s;
}

class Sigmoid final : public Activation {
 public:
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    Eigen::ArrayXd s(n), q(n);
    logistic(u, n, 1, s, q);
    column(a, n) = s;
    if (order >= 1) column(a1, n) = s * q;
    if (order >= 2) column(a2, n) = s * q * (q - s);
  }
};

// tanh(u) = s(2u) - q(2u)
class Tanh final : public Activation {
 public:
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    Eigen::ArrayXd s(n), q(n);
    logistic(u, n, 2, s, q);
    column(a, n) = s - q;
    if (order >= 1) column(a1, n) = 4 * s * q;
    if (order >= 2) column(a2, n) = 8 * s * q * (q - s);
  }
};

// log(1 + exp(u)), whose derivative is the sigmoid
class Softplus final : public Activation {
 public:
  void evaluate(const double* u, Index n, int order, double* a, double* a1, double* a2) const override {
    Eigen::ArrayXd s(n), q(n);
    logistic(u, n, 1, s, q);
    column(a, n) = column(u, n).max(0.0) - s.max(q).log();
    if (order >= 1) column(a1, n) = s;
    if (order >= 2) column(a2, n) = s * q;
  }
};

}  // namespace moerate
