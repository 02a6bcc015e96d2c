// Laws of every mean function of the registry, by finite differences.
#include "support.h"

#include <moerate/block.h>
#include <moerate/registry.h>

using namespace support;

TEST_CASE("mean: first and second derivatives in the predictors") {
  for (const auto& entry : means()) {
    CAPTURE(entry.first);
    const auto mean = entry.second();
    const Index m = static_cast<Index>(mean->predictors().size()), n = 7;
    Stream stream(3, Purpose::user);
    const Matrix u = normal_matrix(n, m, stream);
    const auto value = [&](const Matrix& v) {
      Vector mu(n);
      Matrix d1(n, m), d2(n, m * (m + 1) / 2);
      mean->evaluate(v, kValue, mu, d1, d2);
      return mu;
    };
    if (mean->identity()) {
      CHECK(m == 1);
      CHECK(same_bits(Matrix(value(u)), Matrix(u.col(0))));
      continue;  // derivatives are one and zero by definition, and are not asked for
    }
    Vector mu(n);
    Matrix d1(n, m), d2(n, m * (m + 1) / 2);
    mean->evaluate(u, kHessian, mu, d1, d2);
    CHECK(same_bits(Matrix(mu), Matrix(value(u))));
    for (Index r = 0; r < n; ++r) {
      const auto of_row = [&](const Vector& v) {
        Matrix moved = u;
        moved.row(r) = v.transpose();
        return Vector(Vector::Constant(1, value(moved)[r]));
      };
      const auto gradient = [&](const Vector& v) { return Vector(differences(of_row, v).transpose()); };
      CHECK(distance(d1.row(r), differences(of_row, u.row(r).transpose())) < 1e-8);
      const Matrix second = differences(gradient, u.row(r).transpose());
      for (Index s = 0; s < m; ++s)
        for (Index t = s; t < m; ++t)
          CHECK(d2(r, packed(s, t, m)) == doctest::Approx(second(s, t)).epsilon(1e-6));
    }
  }
}
