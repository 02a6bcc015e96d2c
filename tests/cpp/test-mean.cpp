// Laws of every mean function of the registry, by finite differences.
#include "support.h"

#include <moerate/evaluation/block.h>
#include <moerate/components/registry.h>

using namespace support;

TEST_CASE("mean: first and second derivatives in the predictors") {
  for (const auto& entry : means()) {
    CAPTURE(entry.first);
    for (const Index hidden : {1, 3}) {
      MeanOptions options;
      options.hidden = hidden, options.degree = 1 + hidden;
      const auto mean = entry.second(options);
      const Index m = static_cast<Index>(mean->predictors().size());
      Stream stream(3, Purpose::user);
      for (int row = 0; row < 7; ++row) {
        Vector u = normal_vector(m, stream);
        for (Index s = 0; s < m; ++s)
          if (std::abs(u[s]) < 0.2) u[s] += 0.5;  // away from a kink
        const auto value = [&](const Vector& v) {
          Vector mu(1);
          Matrix none;
          mean->evaluate(v.transpose(), kValue, mu, none, none);
          return mu;
        };
        if (mean->identity()) {
          CHECK(m == 1);
          CHECK(same_bits(value(u)[0], u[0]));
          continue;  // derivatives are one and zero by definition, and are not asked for
        }
        Vector mu(1);
        Matrix d1(1, m), d2(1, m * (m + 1) / 2);
        mean->evaluate(u.transpose(), kHessian, mu, d1, d2);
        CHECK(same_bits(Matrix(mu), Matrix(value(u))));
        CHECK(distance(d1, differences(value, u)) < 1e-8);
        const auto gradient = [&](const Vector& v) {
          Vector at_v(1);
          Matrix first(1, m), none;
          mean->evaluate(v.transpose(), kGradient, at_v, first, none);
          return Vector(first.transpose());
        };
        const Matrix second = differences(gradient, u);
        for (Index s = 0; s < m; ++s)
          for (Index t = s; t < m; ++t) CHECK(d2(0, packed(s, t, m)) == doctest::Approx(second(s, t)).epsilon(1e-6));
        for (Index s = 0; s < m; ++s)
          if (mean->linear(s)) CHECK(d2(0, packed(s, s, m)) == 0);
      }
    }
  }
}

TEST_CASE("activation: finite at all sizes, and right far out") {
  const Vector u = (Vector(9) << -1e300, -800, -40, -1e-9, 0, 1e-9, 40, 800, 1e300).finished();
  for (const auto& entry : activations()) {
    CAPTURE(entry.first);
    if (entry.first == "sine") continue;
    Vector a(9), a1(9), a2(9);
    entry.second()->evaluate(u.data(), 9, kHessian, a.data(), a1.data(), a2.data());
    CHECK(a.allFinite());
    CHECK(a1.allFinite());
    CHECK(a2.allFinite());
    const bool grows = entry.first == "gelu" || entry.first == "relu" || entry.first == "softplus";
    CHECK(a[7] == doctest::Approx(grows ? 800 : 1));
    CHECK(a[1] == doctest::Approx(entry.first == "tanh" ? -1 : 0));
    CHECK(a1[7] == doctest::Approx(grows ? 1 : 0));
    CHECK(a1[1] == doctest::Approx(0));
  }
}

TEST_CASE("mean: an affine change of y is one of the predictors where it says so") {
  for (const auto& entry : means()) {
    CAPTURE(entry.first);
    const auto mean = entry.second({});
    if (!mean->equivariant()) continue;
    const Index m = static_cast<Index>(mean->predictors().size());
    Stream stream(4, Purpose::user);
    const Affine y{3, 0.7};
    const Vector u = normal_vector(m, stream);
    Vector v = u;
    for (Index s = 0; s < m; ++s) v[s] = (u[s] - mean->rescaled(s, y).shift) / mean->rescaled(s, y).scale;
    Vector before(1), after(1);
    Matrix none;
    mean->evaluate(u.transpose(), kValue, before, none, none);
    mean->evaluate(v.transpose(), kValue, after, none, none);
    CHECK(after[0] == doctest::Approx((before[0] - y.shift) / y.scale).epsilon(1e-12));
  }
}
