#include <doctest/doctest.h>
#include <moerate/losses/density_distance.h>

using namespace moerate;

namespace {
NormalMixture normal(double mean, double sd) {
  return {Vector::Zero(1), Vector::Constant(1, mean), Vector::Constant(1, sd)};
}
}  // namespace

TEST_CASE("distances of two normal laws have closed forms") {
  for (double shift : {1e-4, 0.3, 3.0, 50.0}) {
    for (double sd : {0.01, 1.0, 7.0}) {
      const NormalMixture p = normal(1, 2), q = normal(1 + shift, sd);
      const double sum = 4 + sd * sd,
                   kl = std::log(sd / 2) + (4 + shift * shift) / (2 * sd * sd) - 0.5;
      const double h2 = 1 - std::sqrt(4 * sd / sum) * std::exp(-shift * shift / (4 * sum));
      CHECK(density_distance(Metric::hellinger, p, q) == doctest::Approx(h2).epsilon(1e-9));
      CHECK(density_distance(Metric::kl, p, q) == doctest::Approx(kl).epsilon(1e-9));
    }
    const double tv = std::erf(shift / (2 * 2 * std::sqrt(2.0)));
    CHECK(density_distance(Metric::tv, normal(1, 2), normal(1 + shift, 2)) ==
          doctest::Approx(tv).epsilon(1e-8));
  }
}

TEST_CASE("distances far below one keep their digits") {
  const double shift = 1e-6;
  const double h2 = -std::expm1(-shift * shift / 8);
  CHECK(density_distance(Metric::hellinger, normal(0, 1), normal(shift, 1)) ==
        doctest::Approx(h2).epsilon(1e-6));
  CHECK(density_distance(Metric::kl, normal(0, 1), normal(shift, 1)) ==
        doctest::Approx(shift * shift / 2).epsilon(1e-6));
  CHECK(density_distance(Metric::tv, normal(0, 1), normal(0, 1)) == 0);
}

TEST_CASE("unknown metrics are refused") {
  CHECK_THROWS_AS(metric_of("l3"), std::invalid_argument);
}
