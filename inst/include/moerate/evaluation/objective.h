// What an optimiser sees: a function of theta with its derivatives, as a mean over rows.
#pragma once

#include <moerate/evaluation/block.h>

namespace moerate {

struct Evaluation {
  double value = 0;  // mean over the total weight, as are gradient and hessian
  Vector gradient;
  Matrix hessian;
  Vector mass;  // share of the rows that each expert accounts for
};

class Objective {
 public:
  virtual ~Objective() = default;
  virtual Evaluation evaluate(const Vector& theta, int order,
                              Curvature curvature = Curvature::observed) const = 0;
  // What gradients are measured in, near a point of this value: one for a log-likelihood.
  virtual double unit(double) const { return 1; }
};

// An objective on the subspace theta = b + A phi: what linear constraints leave free.
class Composed final : public Objective {
 public:
  Composed(const Objective& whole, Matrix A, Vector b) : whole_(whole), A_(std::move(A)), b_(std::move(b)) {}
  Vector theta(const Vector& phi) const { return b_ + A_ * phi; }
  Evaluation evaluate(const Vector& phi, int order, Curvature curvature = Curvature::observed) const override {
    Evaluation out = whole_.evaluate(theta(phi), order, curvature);
    if (order >= kGradient) out.gradient = A_.transpose() * out.gradient;
    if (order >= kHessian) out.hessian = A_.transpose() * out.hessian * A_;
    return out;
  }
  double unit(double value) const override { return whole_.unit(value); }

 private:
  const Objective& whole_;
  const Matrix A_;
  const Vector b_;
};

}  // namespace moerate
