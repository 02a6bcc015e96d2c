// Linear expert, h(x, (a, b)) = a'x + b.
#pragma once

#include <moerate/components/means/mean.h>

namespace moerate {

class LinearMean final : public Mean {
 public:
  std::vector<Design> predictors() const override { return {Design::covariates}; }
  bool identity() const override { return true; }
  void evaluate(const ConstMatrix& u, int, MutableColumn mu, MutableMatrix,
                MutableMatrix) const override {
    mu = u.col(0);
  }
};

}  // namespace moerate
