// Exact trust-region subproblem: maximise g'p + p'Hp/2 subject to |p| <= radius
// (Nocedal and Wright 2006, section 4.3).
#pragma once

#include <cmath>

#include <moerate/numerics/types.h>

namespace moerate {

struct Step {
  Vector p;
  double length = 0;     // |p|
  double predicted = 0;  // g'p + p'Hp/2
  bool newton = false;   // the unconstrained maximiser of the model
};

// -H, decomposed when it is not positive definite or its maximiser is too
// far; kept, so that a smaller radius after a rejected step costs nothing.
class TrustRegion {
 public:
  TrustRegion(const Vector& gradient, const Matrix& hessian) : g_(gradient), B_(-hessian) {
    const Eigen::LLT<Matrix> cholesky(B_);
    if (cholesky.info() != Eigen::Success) return;
    const auto diagonal = cholesky.matrixLLT().diagonal().array();
    if (diagonal.minCoeff() < 1e-7 * diagonal.maxCoeff()) return;
    newton_ = cholesky.solve(g_);
  }

  Step step(double radius) {
    if (newton_.size() && newton_.norm() <= radius) return finish(newton_, true);
    // Many parameters: eigenvectors cost twenty factors of Cholesky, which are enough where -H is positive definite.
    if (newton_.size() > 64) return by_factors(radius);
    if (!lambda_.size()) {
      const Eigen::SelfAdjointEigenSolver<Matrix> eigen(B_);
      // A flat direction is left nearly alone: its eigenvalue is rounding error.
      const double tiny = 1e-14 * std::max(1.0, eigen.eigenvalues().cwiseAbs().maxCoeff());
      lambda_ = eigen.eigenvalues().unaryExpr(
          [tiny](double v) { return std::abs(v) < tiny ? tiny : v; });
      Q_ = eigen.eigenvectors();
      c_ = Q_.transpose() * g_;
    }
    const double lowest = lambda_[0], size = std::max(1.0, lambda_.cwiseAbs().maxCoeff());
    if (lowest > 1e-14 * size && norm(0) <= radius) return finish(solve(0), true);
    // |p(mu)| falls from infinity (or the hard case) to 0 on mu > -lowest.
    const double base = std::max(0.0, -lowest);
    double low = base, high = base + g_.norm() / radius;
    const double nudge = 1e-14 * size;
    if (norm(base + nudge) < radius) return hard_case(base + nudge, radius);
    for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
      double mu = secular(std::max(0.5 * (low + high), base + nudge), radius);
      if (!(mu > low && mu < high)) mu = 0.5 * (low + high);
      const double length = norm(mu);
      if (std::abs(length - radius) < 1e-6 * radius) { high = mu; break; }
      (length > radius ? low : high) = mu;
    }
    return finish(solve(high), false);
  }

 private:
  // Newton's method on 1/|p(mu)| = 1/radius, from the left: it never steps past the root (More and Sorensen 1983).
  Step by_factors(double radius) const {
    Vector p = newton_;
    double mu = 0;
    for (int i = 0; i < 50 && p.norm() > radius * (1 + 1e-6); ++i) {
      Matrix shifted = B_;
      shifted.diagonal().array() += mu;
      const Eigen::LLT<Matrix> cholesky(shifted);
      p = cholesky.solve(g_);
      const double length = p.norm(), slope = cholesky.matrixL().solve(p).squaredNorm();
      mu += length * length / slope * (length - radius) / radius;
    }
    return finish(p, false);
  }
  Vector solve(double mu) const {
    return Q_ * (c_.array() / (lambda_.array() + mu)).matrix();
  }
  double norm(double mu) const { return (c_.array() / (lambda_.array() + mu)).matrix().norm(); }
  // One Newton step on 1/|p(mu)| = 1/radius.
  double secular(double mu, double radius) const {
    const auto q = c_.array() / (lambda_.array() + mu);
    const double length = q.matrix().norm();
    const double slope = (q.square() / (lambda_.array() + mu)).sum();
    return mu + (length * length / slope) * (length - radius) / radius;
  }
  // g has no part along the lowest eigenvector: go along it to the boundary.
  Step hard_case(double mu, double radius) const {
    Vector p = solve(mu);
    if (lambda_[0] >= 0) return finish(p, false);
    const double b = p.dot(Q_.col(0)), c = p.squaredNorm() - radius * radius;
    p += (-b + std::copysign(std::sqrt(b * b - c), c_[0] == 0 ? 1.0 : c_[0])) * Q_.col(0);
    return finish(p, false);
  }
  Step finish(const Vector& q, bool newton) const {
    Step s;
    s.length = q.norm();
    s.predicted = g_.dot(q) - 0.5 * q.dot(B_ * q);
    s.newton = newton;
    s.p = q;
    return s;
  }

  Vector g_;
  Matrix B_;
  Vector newton_, lambda_, c_;
  Matrix Q_;
};

}  // namespace moerate
