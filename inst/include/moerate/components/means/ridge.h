// Ridge expert, h(x, (a, b)) = A(a'x + b) (arXiv:2402.02952, section 3); polynomial experts are A(u) = u^p.
#pragma once

#include <moerate/components/activations/activation.h>
#include <moerate/components/means/mean.h>

namespace moerate {

class RidgeMean final : public Mean {
 public:
  explicit RidgeMean(std::shared_ptr<const Activation> activation) : activation_(std::move(activation)) {}
  std::vector<Design> predictors() const override { return {Design::covariates}; }
  double spread(Index) const override { return 1; }
  bool smooth() const override { return activation_->smooth(); }
  void evaluate(const ConstMatrix& u, int order, MutableColumn mu, MutableMatrix d1,
                MutableMatrix d2) const override {
    activation_->evaluate(u.data(), u.rows(), order, mu.data(), d1.data(), d2.data());
  }

 private:
  std::shared_ptr<const Activation> activation_;
};

}  // namespace moerate
