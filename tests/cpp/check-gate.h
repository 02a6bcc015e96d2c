// What every gate keeps, by finite differences: for the gates of the registry and for a toy.
#pragma once

#include "support.h"

#include <moerate/components/registry.h>

#include <numeric>

namespace support {

// Predictors of n rows, weights W, for k experts.
struct GateCase {
  GateCase(std::shared_ptr<const Gate> which, Index k, std::uint64_t seed, double spread = 1.5)
      : gate(std::move(which)), k(k), g(gate->predictors(k)) {
    Stream stream(seed, Purpose::user, at(k));
    u = normal_matrix(n, g, stream, spread);
    W = normal_matrix(n, k, stream);
  }
  Matrix log_weights(const Matrix& predictors) const {
    Matrix out(n, k);
    gate->log_weights(predictors, out);
    return out;
  }
  // dl_i/du_l at row r, from differences of the log weights alone: k x g
  Matrix first_of_row(Index r) const {
    return differences([&](const Vector& v) { return log_weights_of_row(r, v); }, u.row(r).transpose());
  }
  Vector log_weights_of_row(Index r, const Vector& v) const {
    Matrix moved = u;
    moved.row(r) = v.transpose();
    return log_weights(moved).row(r).transpose();
  }
  // d2(sum_i W_i l_i) / du du' at row r: g x g
  Matrix second_of_row(Index r) const {
    const auto gradient = [&](const Vector& v) -> Vector {
      return differences([&](const Vector& t) { return Vector(Vector::Constant(1, W.row(r).dot(log_weights_of_row(r, t)))); }, v)
          .transpose();
    };
    return differences(gradient, u.row(r).transpose());
  }
  std::shared_ptr<const Gate> gate;
  Index k, g, n = 4;
  Matrix u, W;
};

inline void check_packed(const GateCase& s, Index r, const Matrix& found, const Matrix& wanted, double tol) {
  for (Index l = 0; l < s.g; ++l)
    for (Index m = l; m < s.g; ++m)
      CHECK(found(r, packed(l, m, s.g)) == doctest::Approx(wanted(l, m)).epsilon(tol));
}

// Weights sum to one, at far predictors too.
inline void check_gate_weights(const GateCase& s) {
  for (const double scale : {0.0, 1.0, 30.0, 800.0, 1e8}) {
    const Matrix log_pi = s.log_weights(scale * s.u);
    CHECK(log_pi.allFinite());
    CHECK(distance(log_pi.array().exp().rowwise().sum().matrix(), Matrix::Ones(s.n, 1)) < 1e-12);
  }
}

// First derivatives.
inline void check_gate_first(const GateCase& s) {
  const Matrix pi = s.log_weights(s.u).array().exp();
  Matrix G(s.n, s.g);
  s.gate->first(s.u, pi, s.W, G);
  for (Index r = 0; r < s.n; ++r) {
    const Matrix D = s.first_of_row(r);
    CHECK(distance(G.row(r), s.W.row(r) * D) < 1e-8);
    for (Index i = 0; i < s.k; ++i)
      for (Index l = 0; l < s.g; ++l) {
        Vector one(s.n);
        s.gate->first_of(s.u, pi, s.W, i, l, one);
        CHECK(one[r] == doctest::Approx(s.W(r, i) * D(i, l)).epsilon(1e-8));
      }
  }
}

// Second derivatives and outer products.
inline void check_gate_second(const GateCase& s) {
  const Matrix pi = s.log_weights(s.u).array().exp();
  Matrix H(s.n, s.g * (s.g + 1) / 2), outer = H;
  s.gate->curvature(s.u, pi, s.W, H);
  s.gate->outer(s.u, pi, s.W, outer);
  for (Index r = 0; r < s.n; ++r) {
    const Matrix D = s.first_of_row(r);
    check_packed(s, r, H, s.second_of_row(r), 1e-6);
    check_packed(s, r, outer, D.transpose() * s.W.row(r).asDiagonal() * D, 1e-7);
  }
}

// Permuted coefficients permute the weights.
inline void check_gate_permuted(const GateCase& s) {
  Stream stream(2, Purpose::user, at(s.k));
  const Matrix design = normal_matrix(s.n, 3, stream), coefficients = normal_matrix(3, s.g, stream);
  std::vector<Index> order(at(s.k));
  std::iota(order.begin(), order.end(), Index{0});
  const Matrix before = s.log_weights(design * coefficients);
  CHECK(distance(s.gate->permuted(coefficients, order), coefficients) < 1e-15);
  for (int round = 0; round < 5; ++round) {
    stream.shuffle(order, order.size());
    const Matrix after = s.log_weights(design * s.gate->permuted(coefficients, order));
    for (Index i = 0; i < s.k; ++i) CHECK(distance(after.col(i), before.col(order[at(i)])) < 1e-12);
  }
}

// Intercepts at which the weights are given numbers.
inline void check_gate_intercepts(const GateCase& s) {
  Vector weights = s.W.row(0).cwiseAbs().transpose();
  weights /= weights.sum();
  const Matrix predictors = s.g ? Matrix(s.gate->intercepts(weights).transpose()) : Matrix(1, 0);
  Matrix pi(1, s.k);
  s.gate->weights(predictors, pi);
  CHECK(distance(pi.transpose(), weights) < 1e-12);
}

inline void check_gate(const std::shared_ptr<const Gate>& gate) {
  for (Index k = 1; k <= 5; ++k) {
    CAPTURE(k);
    const GateCase s(gate, k, 1);
    check_gate_weights(s);
    check_gate_first(s);
    check_gate_second(s);
    check_gate_permuted(s);
    check_gate_intercepts(s);
  }
}

}  // namespace support
