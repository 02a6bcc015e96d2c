#include <doctest/doctest.h>
#include <moerate/losses/polynomial_system.h>

using namespace moerate;

TEST_CASE("the derivatives of the polynomial system equal finite differences") {
  for (Index m : {1, 2, 5}) {
    for (Index r : {1, 4, 9}) {
      const PolynomialSystem system(m, r);
      Stream stream(1, Purpose::user, m, r);
      Vector theta(3 * m);
      for (Index i = 0; i < theta.size(); ++i) theta[i] = stream.normal();
      Matrix jacobian;
      system.df(theta, jacobian);
      for (Index i = 0; i < theta.size(); ++i) {
        const Vector h = 1e-6 * Vector::Unit(theta.size(), i);
        Vector up, down;
        system(theta + h, up);
        system(theta - h, down);
        const double scale = 1 + jacobian.col(i).norm();
        CHECK(((up - down) / 2e-6 - jacobian.col(i)).norm() < 1e-6 * scale);
      }
    }
  }
}

TEST_CASE("the two-point Gauss-Hermite rule solves order 3 and misses order 4 by 2! / 4!") {
  Vector theta(6);
  theta << 1, 1, -1, 1, -0.5, -0.5;
  Vector equations;
  PolynomialSystem(2, 4)(theta, equations);
  CHECK(equations.head(3).norm() < 1e-15);
  CHECK(equations[3] == doctest::Approx(-std::sqrt(24.0) * 2 / 24));
  CHECK(std::abs(equations[4]) < 1e-15);  // sum c a^2 = 1
}

TEST_CASE("the solver finds zero at r = 2m - 1 and the known minimum at r = 2m") {
  const auto best = [](Index m, Index r) {
    double least = 1e300;
    for (std::uint64_t s = 1; s <= 20; ++s) {
      least = std::min(least, PolynomialSystem(m, r).solve(Stream(1, Purpose::start, s)).residual);
    }
    return least;
  };
  for (Index m : {2, 3, 4}) CHECK(best(m, 2 * m - 1) < 1e-20);
  CHECK(best(2, 4) == doctest::Approx(5.190e-2).epsilon(1e-3));
  CHECK(best(3, 6) == doctest::Approx(4.837e-3).epsilon(1e-3));
}
