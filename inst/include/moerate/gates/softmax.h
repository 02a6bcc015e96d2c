// Softmax gate, pi_i = exp(s_i) / sum_j exp(s_j) with s_k = 0 (arXiv:2305.03288, eq. 1).
#pragma once

#include <moerate/elementary.h>
#include <moerate/gate.h>

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
    const Index g = u.cols();
    // one exp per predictor, unless exp() overflows
    if (g > 0 && !(u.cwiseAbs().maxCoeff() < 300)) return Gate::weights(u, pi);
    auto last = pi.col(g).array();
    last.setOnes();
    if (g == 0) return;
    for (Index l = 0; l < g; ++l) {
      exp_of(u.col(l).data(), pi.col(l).data(), u.rows());
      last += pi.col(l).array();
    }
    last = last.inverse();
    for (Index l = 0; l < g; ++l) pi.col(l).array() *= last;
  }

  void first(const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix G) const override {
    if (G.cols() == 0) return;
    const Vector total = sum(W);
    for (Index l = 0; l < G.cols(); ++l)
      G.col(l).array() = W.col(l).array() - pi.col(l).array() * total.array();
  }

  void first_of(const ConstMatrix& pi, const ConstMatrix& W, Index i, Index l,
                MutableColumn out) const override {
    out.array() = (i == l ? 1.0 : 0.0) * W.col(i).array() - pi.col(l).array() * W.col(i).array();
  }

  void curvature(const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix H) const override {
    const Index g = pi.cols() - 1;
    if (g == 0) return;
    const Vector total = sum(W);
    for (Index l = 0, c = 0; l < g; ++l)
      for (Index m = l; m < g; ++m, ++c) {
        H.col(c).array() = total.array() * pi.col(l).array() * pi.col(m).array();
        if (l == m) H.col(c).array() -= total.array() * pi.col(l).array();
      }
  }

  void outer(const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix H) const override {
    const Index g = pi.cols() - 1;
    if (g == 0) return;
    const Vector total = sum(W);
    for (Index l = 0, c = 0; l < g; ++l)
      for (Index m = l; m < g; ++m, ++c) {
        const auto pl = pi.col(l).array(), pm = pi.col(m).array();
        H.col(c).array() = total.array() * pl * pm - W.col(l).array() * pm - pl * W.col(m).array();
        if (l == m) H.col(c) += W.col(l);
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

 private:
  // By columns: rows are strided.
  static Vector sum(const ConstMatrix& W) {
    Vector out = W.col(0);
    for (Index i = 1; i < W.cols(); ++i) out += W.col(i);
    return out;
  }
};

}  // namespace moerate
