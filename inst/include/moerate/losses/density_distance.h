// Distances between two mixtures of normal densities of one response, by adaptive quadrature. Every
// integrand is non-negative and written in delta = log p - log q, so that distances far below one
// keep their digits.
#pragma once

#include <moerate/numerics/quadrature.h>
#include <moerate/numerics/types.h>

#include <limits>
#include <stdexcept>
#include <string>

namespace moerate {

// The conditional density at one row of covariates.
struct NormalMixture {
  Vector log_weight, mean, sd;

  double log_density(double y) const {
    constexpr double log_root_two_pi = 0.918938533204672741780329736406;
    double top = -std::numeric_limits<double>::infinity(), total = 0;
    for (Index i = 0; i < mean.size(); ++i) {
      const double u = (y - mean[i]) / sd[i];
      const double term = log_weight[i] - std::log(sd[i]) - 0.5 * u * u;
      // log-sum-exp in one pass
      if (term > top) {
        total = total * std::exp(top - term) + 1;
        top = term;
      } else if (term > -std::numeric_limits<double>::infinity()) {
        total += std::exp(term - top);
      }
    }
    return top + std::log(total) - log_root_two_pi;
  }

  // Ends of the first panels: they cover eight standard deviations around every expert.
  void add_breaks(std::vector<double>& breaks) const {
    for (Index i = 0; i < mean.size(); ++i) {
      for (double u : {-8.0, -3.0, 0.0, 3.0, 8.0}) breaks.push_back(mean[i] + u * sd[i]);
    }
  }
};

enum class Metric { hellinger, tv, kl };

inline Metric metric_of(const std::string& name) {
  if (name == "hellinger") return Metric::hellinger;
  if (name == "tv") return Metric::tv;
  if (name == "kl") return Metric::kl;
  throw std::invalid_argument("unknown metric '" + name + "'");
}

// p log(p / q) + q - p >= 0, by its series where p and q are near each other.
inline double kl_excess(double log_p, double log_q) {
  const double delta = log_p - log_q, p = std::exp(log_p);
  if (std::abs(delta) > 0.05) return std::exp(log_q) + p * (delta - 1);
  double term = 0.5 * delta * delta, total = 0;
  for (int n = 3; n < 12; ++n) {
    total += term;
    term *= -delta / n;
  }
  return p * total;
}

// Half the integral of (sqrt p - sqrt q)^2, half that of |p - q|, or that of p log(p / q), to which
// the vanishing integral of q - p is added.
inline double density_distance(Metric metric, const NormalMixture& p, const NormalMixture& q) {
  const auto integrand = [&](double y) {
    const double log_p = p.log_density(y), log_q = q.log_density(y);
    if (metric == Metric::kl) return kl_excess(log_p, log_q);
    // the larger density comes first, so that nothing overflows
    const double larger = std::exp(std::max(log_p, log_q)), gap = std::abs(log_p - log_q);
    if (metric == Metric::tv) return -0.5 * larger * std::expm1(-gap);
    const double root = std::expm1(-0.5 * gap);
    return 0.5 * larger * root * root;
  };
  std::vector<double> breaks;
  p.add_breaks(breaks);
  q.add_breaks(breaks);
  return integrate(integrand, std::move(breaks));
}

}  // namespace moerate
