// The maximum of an objective with some coefficients held: a point of the profile of the first of them.
#pragma once

#include <moerate/evaluation/objective.h>
#include <moerate/optimisation/newton.h>

namespace moerate {

struct HeldMaximum {
  Vector theta, tangent;  // standardised; d theta / d(first of them) along the profile, user's coordinates
  double value = 0, gradient = 0, slope = 0;  // d value / d(first of them)
};

class HeldClimb {
 public:
  // `to_standard` = d(standard) / d(user), upper triangular.
  HeldClimb(const Objective& objective, Matrix to_standard, const std::vector<Index>& held)
      : objective_(objective), J_(std::move(to_standard)) {
    // held coefficients are A'theta + constants; what is orthogonal to A is free
    const Index P = J_.rows(), m = static_cast<Index>(held.size());
    Matrix A(P, m);
    for (Index c = 0; c < m; ++c)
      A.col(c) = J_.transpose().triangularView<Eigen::Lower>().solve(Vector::Unit(P, held[static_cast<size_t>(c)]));
    const Vector length = A.colwise().norm().transpose();
    A = A * length.cwiseInverse().asDiagonal();
    const Matrix Q = Eigen::HouseholderQR<Matrix>(A).householderQ();
    free_ = Q.rightCols(P - m);
    // moves the first by one and the others not at all
    unit_ = A * (A.transpose() * A).ldlt().solve(Vector::Unit(m, 0)) / length[0];
  }

  HeldMaximum run(const Vector& start, double tolerance) const {
    HeldMaximum out;
    out.theta = free_.cols() ? climb(start, tolerance) : start;
    const Evaluation e = objective_.evaluate(out.theta, kHessian);
    out.value = e.value;
    out.gradient = (free_.transpose() * e.gradient).norm();
    Vector t = unit_;
    if (free_.cols())
      t -= free_ * (free_.transpose() * e.hessian * free_).ldlt().solve(free_.transpose() * (e.hessian * unit_));
    out.slope = e.gradient.dot(t);
    out.tangent = J_.triangularView<Eigen::Upper>().solve(t);
    return out;
  }

 private:
  Vector climb(const Vector& start, double tolerance) const {
    const Composed inside(objective_, free_, start);
    const double infinite = std::numeric_limits<double>::infinity();
    const Vector none = Vector::Constant(free_.cols(), infinite);
    NewtonControl control;
    control.tolerance = tolerance;
    control.max_iter = 100;
    return inside.theta(Newton(inside, Bounds{-none, none, {}, {}}, control).run(Vector::Zero(free_.cols())).theta);
  }

  const Objective& objective_;
  const Matrix J_;
  Matrix free_;
  Vector unit_;
};

}  // namespace moerate
