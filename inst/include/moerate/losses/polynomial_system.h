// The scalar polynomial system of Nguyen, Nguyen and Ho (2023), equation (6), without gate slopes:
//   sum_j c_j [t^l] exp(a_j t + b_j t^2) = 0,  l = 1, ..., r,  c_j = p5_j^2, a_j = p3_j, b_j =
//   p4_j,
// normalised, because it is homogeneous in c and in t: sum_j c_j = 1 holds by construction, and
// sum_j c_j a_j^2 = 1 is one more equation. Equation l is scaled by sqrt(l!), the norm of the l-th
// Hermite polynomial, of which its left side is a generalisation.
#pragma once

#include <moerate/numerics/draw.h>
#include <moerate/numerics/minpack.h>
#include <moerate/numerics/types.h>

namespace moerate {

struct PolynomialSolution {
  Vector c, a, b;
  double residual;  // half the sum of the squared equations
};

class PolynomialSystem {
 public:
  PolynomialSystem(Index m, Index r) : m_(m), r_(r) {}

  // MINPACK wants at least as many equations as unknowns (p5, a, b): the last ones are 0 = 0.
  using Scalar = double;
  using InputType = Vector;
  using ValueType = Vector;
  using JacobianType = Matrix;
  enum { InputsAtCompileTime = Eigen::Dynamic, ValuesAtCompileTime = Eigen::Dynamic };
  int inputs() const { return static_cast<int>(3 * m_); }
  int values() const { return static_cast<int>(std::max(r_ + 1, 3 * m_)); }

  int operator()(const Vector& theta, Vector& equations) const {
    const Vector c = weights(theta), a = theta.segment(m_, m_);
    equations.setZero(values());
    equations.head(r_) = powers(theta).bottomRows(r_) * c;
    equations[r_] = c.dot(a.cwiseAbs2()) - 1;
    return 0;
  }

  int df(const Vector& theta, Matrix& jacobian) const {
    const Vector c = weights(theta), a = theta.segment(m_, m_);
    const Matrix f = powers(theta);
    jacobian.setZero(values(), inputs());
    auto by_p = jacobian.leftCols(m_), by_a = jacobian.middleCols(m_, m_);
    auto by_b = jacobian.rightCols(m_);
    for (Index l = 1; l <= r_; ++l) {
      by_p.row(l - 1) = f.row(l);
      by_a.row(l - 1) = std::sqrt(l) * f.row(l - 1);
      if (l >= 2) by_b.row(l - 1) = std::sqrt(l * (l - 1.0)) * f.row(l - 2);
    }
    by_p.row(r_) = a.cwiseAbs2().transpose();
    by_a.row(r_) = 2 * a.transpose();
    by_a *= c.asDiagonal();
    by_b *= c.asDiagonal();
    // c = p5^2 / |p5|^2
    const Vector mean = by_p * c, p5 = theta.head(m_);
    by_p.colwise() -= mean;
    by_p *= (2 / p5.squaredNorm() * p5).asDiagonal();
    return 0;
  }

  // Levenberg-Marquardt to machine precision, from standard normal p5, a and b.
  PolynomialSolution solve(Stream stream) const {
    Vector theta(inputs());
    for (Index i = 0; i < theta.size(); ++i) theta[i] = stream.normal();
    PolynomialSystem system(*this);
    Eigen::LevenbergMarquardt<PolynomialSystem> search(system);
    search.parameters.ftol = search.parameters.xtol = 1e-16;
    search.parameters.maxfev = 2000;
    search.minimize(theta);
    Vector equations;
    (*this)(theta, equations);
    return {weights(theta), theta.segment(m_, m_), theta.tail(m_), 0.5 * equations.squaredNorm()};
  }

 private:
  Vector weights(const Vector& theta) const {
    return theta.head(m_).cwiseAbs2() / theta.head(m_).squaredNorm();
  }

  // sqrt(l!) q_l with q_l = [t^l] exp(a t + b t^2), l = 0, ..., r in rows, one column per j, by the
  // recurrence l q_l = a q_{l-1} + 2 b q_{l-2}.
  Matrix powers(const Vector& theta) const {
    const auto a = theta.segment(m_, m_).transpose(), b = theta.tail(m_).transpose();
    Matrix f(r_ + 1, m_);
    f.row(0).setOnes();
    for (Index l = 1; l <= r_; ++l) {
      f.row(l) = a.cwiseProduct(f.row(l - 1)) / std::sqrt(l);
      if (l >= 2) f.row(l) += 2 * std::sqrt((l - 1.0) / l) * b.cwiseProduct(f.row(l - 2));
    }
    return f;
  }

  Index m_, r_;
};

}  // namespace moerate
