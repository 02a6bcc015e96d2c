// A mean function mu = h(x, eta) of an expert, seen through its linear predictors. To add one:
// derive from Mean in means/, and name it in registry.h.
#pragma once

#include <moerate/types.h>

namespace moerate {

// Which design a predictor multiplies: an intercept only, or an intercept and the covariates.
enum class Design { constant, covariates };

class Mean {
 public:
  virtual ~Mean() = default;
  // One entry per linear predictor, in the order of the parameters.
  virtual std::vector<Design> predictors() const = 0;
  // True when mu is its only predictor: derivatives are one and zero, and an affine change of y is
  // an affine change of the coefficients.
  virtual bool identity() const { return false; }
  // mu, and for order >= 1 first (rows x m) and for order 2 second derivatives (packed pairs).
  virtual void evaluate(const ConstMatrix& u, int order, MutableColumn mu, MutableMatrix d1,
                        MutableMatrix d2) const = 0;
};

}  // namespace moerate
