// Feed-forward expert with one hidden layer, h(x, (W, c, v, u)) = sum_j v_j A(W_j'x + c_j) + u. Predictors: the
// hidden units, then v, then u.
#pragma once

#include <moerate/components/activations/activation.h>
#include <moerate/components/means/mean.h>

namespace moerate {

class FeedforwardMean final : public Mean {
 public:
  FeedforwardMean(Index hidden, std::shared_ptr<const Activation> activation)
      : hidden_(hidden), activation_(std::move(activation)) {}

  std::vector<Design> predictors() const override {
    std::vector<Design> out(static_cast<size_t>(hidden_), Design::covariates);
    out.resize(static_cast<size_t>(count()), Design::constant);
    return out;
  }
  bool equivariant() const override { return true; }
  bool smooth() const override { return activation_->smooth(); }
  Affine rescaled(Index s, const Affine& y) const override {
    if (s < hidden_) return {};
    return s + 1 < count() ? Affine{0, y.scale} : y;
  }
  bool linear(Index s) const override { return s >= hidden_; }
  double spread(Index s) const override { return s < hidden_ ? 1.5 : s + 1 < count() ? 1 : 0; }

  void evaluate(const ConstMatrix& u, int order, MutableColumn mu, MutableMatrix d1,
                MutableMatrix d2) const override {
    const Index n = u.rows(), m = count();
    Matrix A(n, 3);
    mu.setConstant(u(0, m - 1));
    if (order >= 1) d1.col(m - 1).setOnes();
    if (order >= 2) d2.setZero();
    for (Index j = 0; j < hidden_; ++j) {
      const double v = u(0, hidden_ + j);
      activation_->evaluate(u.col(j).data(), n, order, A.col(0).data(), A.col(1).data(), A.col(2).data());
      mu += v * A.col(0);
      if (order >= 1) {
        d1.col(j) = v * A.col(1);
        d1.col(hidden_ + j) = A.col(0);
      }
      if (order >= 2) {
        d2.col(packed(j, j, m)) = v * A.col(2);
        d2.col(packed(j, hidden_ + j, m)) = A.col(1);
      }
    }
  }

 private:
  Index count() const { return 2 * hidden_ + 1; }
  Index hidden_;
  std::shared_ptr<const Activation> activation_;
};

}  // namespace moerate
