// Softmax gate, pi_i = exp(s_i) / sum_j exp(s_j) with s_k = 0 (arXiv:2305.03288, eq. 1).
#pragma once

#include <numeric>

#include <moerate/numerics/elementary.h>
#include <moerate/components/gates/gate.h>

namespace moerate {

// dl_i/ds_l = delta_il - pi_l and d2l_i/ds_l ds_m = -(delta_lm pi_l - pi_l pi_m) for every i.
class SoftmaxGate final : public Gate {
 public:
  Index predictors(Index k) const override { return k - 1; }

  void log_weights(const ConstMatrix& u, MutableMatrix log_pi) const override {
    const Index g = u.cols();
    log_pi.leftCols(g) = u;
    log_pi.col(g).setZero();
    if (g == 0) return;
    Vector top = Vector::Zero(u.rows());
    for (Index l = 0; l < g; ++l) top = top.cwiseMax(u.col(l));
    Vector total = (-top).array().exp();
    for (Index l = 0; l < g; ++l) total.array() += (u.col(l) - top).array().exp();
    top.array() += total.array().log();
    log_pi.colwise() -= top;
  }

  void weights(const ConstMatrix& u, MutableMatrix pi) const override {
    const Index g = u.cols(), n = u.rows();
    // one exp per predictor, unless exp() overflows
    for (Index l = 0; l < g; ++l) {
      const columns::Range range = range_of(u.col(l).data(), n);
      if (!(range.low > -300 && range.high < 300)) return Gate::weights(u, pi);
    }
    double* last = pi.col(g).data();
    pi.col(g).setOnes();
    if (g == 0) return;
    for (Index l = 0; l < g; ++l) {
      const double* from = u.col(l).data();
      double* to = pi.col(l).data();
      for_rows(n, [=](Index i) {
        const double e = elementary::exp(from[i]);
        to[i] = e;
        last[i] += e;
      });
    }
    for_rows(n, [=](Index i) { last[i] = 1 / last[i]; });
    for (Index l = 0; l < g; ++l) {
      double* to = pi.col(l).data();
      for_rows(n, [=](Index i) { to[i] *= last[i]; });
    }
  }

  void first(const ConstMatrix&, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix G) const override {
    if (G.cols() == 0) return;
    const Vector total = sum(W);
    for (Index l = 0; l < G.cols(); ++l) {
      const double *t = total.data(), *p = pi.col(l).data(), *w = W.col(l).data();
      double* to = G.col(l).data();
      for_rows(W.rows(), [=](Index i) { to[i] = w[i] - p[i] * t[i]; });
    }
  }

  void first_of(const ConstMatrix&, const ConstMatrix& pi, const ConstMatrix& W, Index i, Index l,
                MutableColumn out) const override {
    const double *p = pi.col(l).data(), *w = W.col(i).data(), same = i == l;
    double* to = out.data();
    for_rows(W.rows(), [=](Index j) { to[j] = (same - p[j]) * w[j]; });
  }

  void curvature(const ConstMatrix&, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix H) const override {
    const Index g = pi.cols() - 1;
    if (g == 0) return;
    const Vector total = sum(W);
    for (Index l = 0, c = 0; l < g; ++l)
      for (Index m = l; m < g; ++m, ++c) {
        const double *t = total.data(), *p = pi.col(l).data(), *q = pi.col(m).data(), same = l == m;
        double* to = H.col(c).data();
        for_rows(W.rows(), [=](Index i) { to[i] = t[i] * p[i] * (q[i] - same); });
      }
  }

  void outer(const ConstMatrix&, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix H) const override {
    const Index g = pi.cols() - 1;
    if (g == 0) return;
    const Vector total = sum(W);
    for (Index l = 0, c = 0; l < g; ++l)
      for (Index m = l; m < g; ++m, ++c) {
        const double *t = total.data(), *p = pi.col(l).data(), *q = pi.col(m).data(), same = l == m;
        const double *v = W.col(l).data(), *w = W.col(m).data();
        double* to = H.col(c).data();
        for_rows(W.rows(), [=](Index i) { to[i] = t[i] * p[i] * q[i] + v[i] * (same - q[i]) - p[i] * w[i]; });
      }
  }

  Matrix permuted(const Matrix& coefficients, const std::vector<Index>& order) const override {
    const Index g = coefficients.cols();
    const auto at = [&](Index i) -> Vector {
      if (i == g) return Vector::Zero(coefficients.rows());
      return coefficients.col(i);
    };
    Matrix out(coefficients.rows(), static_cast<Index>(order.size()) - 1);
    for (Index i = 0; i < out.cols(); ++i) out.col(i) = at(order[static_cast<size_t>(i)]) - at(order.back());
    return out;
  }

  // log(1 + exp(v)) is replaced by its tangent where exp(v) / (1 + exp(v)) is the mean share.
  Matrix split(const Matrix& coefficients, Index i, const Matrix& pair, double share) const override {
    const Vector logit = pair.col(0);
    std::vector<Index> order(static_cast<size_t>(coefficients.cols() + 2));
    std::iota(order.begin(), order.end() - 1, Index{0});
    order.back() = i;
    Matrix out = permuted(coefficients, order);
    Vector tangent = share * logit;
    tangent[0] -= share * std::log(share) + (1 - share) * std::log1p(-share);
    for (Index l = 0; l < out.cols(); ++l) out.col(l) += l == i ? logit : tangent;
    return out;
  }

  Vector intercepts(const Vector& weights) const override {
    return (weights.head(weights.size() - 1) / weights[weights.size() - 1]).array().log();
  }

 private:
  // By columns: rows are strided.
  static Vector sum(const ConstMatrix& W) {
    Vector out = W.col(0);
    double* to = out.data();
    for (Index l = 1; l < W.cols(); ++l) {
      const double* w = W.col(l).data();
      for_rows(W.rows(), [=](Index i) { to[i] += w[i]; });
    }
    return out;
  }
};

}  // namespace moerate
