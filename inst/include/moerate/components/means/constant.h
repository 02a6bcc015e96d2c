// Constant expert, h(x, b) = b.
#pragma once

#include <moerate/components/means/mean.h>

namespace moerate {

class ConstantMean final : public Mean {
 public:
  std::vector<Design> predictors() const override { return {Design::constant}; }
  bool identity() const override { return true; }
  void evaluate(const ConstMatrix& u, int, MutableColumn mu, MutableMatrix,
                MutableMatrix) const override {
    mu.setConstant(u(0, 0));
  }
};

}  // namespace moerate
