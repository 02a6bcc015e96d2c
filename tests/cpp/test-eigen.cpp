#include <doctest/doctest.h>
#include <moerate/numerics/eigen.h>

TEST_CASE("the core finds Eigen without R") {
  const Eigen::Vector2d v(3.0, 4.0);
  CHECK(v.norm() == doctest::Approx(5.0));
}
