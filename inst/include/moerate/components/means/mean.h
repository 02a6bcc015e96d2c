// A mean function mu = h(x, eta) of an expert, seen through its linear predictors. To add one:
// derive from Mean in means/, and name it in registry.h.
#pragma once

#include <moerate/numerics/types.h>

namespace moerate {

// Which design a predictor multiplies: an intercept only, or an intercept and the covariates.
enum class Design { constant, covariates };

class Mean {
 public:
  virtual ~Mean() = default;
  // One entry per linear predictor, in the order of the parameters. Of a constant predictor only the
  // first row of a block is filled.
  virtual std::vector<Design> predictors() const = 0;
  // True when mu is its only predictor: derivatives are one and zero.
  virtual bool identity() const { return false; }
  // True when an affine change of y is an affine change of the coefficients.
  virtual bool equivariant() const { return identity(); }
  // Has it derivatives everywhere?
  virtual bool smooth() const { return true; }
  // Where equivariant: what becomes of predictor s when (y - shift) / scale takes the place of y.
  virtual Affine rescaled(Index, const Affine& y) const { return y; }
  // Is mu linear in predictor s?
  virtual bool linear(Index) const { return identity(); }
  // Standard deviation of the coefficients of predictor s where a search begins: zero where mu has a
  // slope at zero and one start is as good as another.
  virtual double spread(Index) const { return 0; }
  // mu, and for order >= 1 first (rows x m) and for order 2 second derivatives (packed pairs).
  virtual void evaluate(const ConstMatrix& u, int order, MutableColumn mu, MutableMatrix d1,
                        MutableMatrix d2) const = 0;
};

}  // namespace moerate
