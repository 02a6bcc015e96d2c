// Poisson law of counts, log p = y l - exp(l) - log y!, at l, the log of the mean.
#pragma once

#include <algorithm>
#include <cmath>

#include <moerate/numerics/columns.h>
#include <moerate/numerics/elementary.h>
#include <moerate/components/laws/law.h>

namespace moerate {

class PoissonLaw final : public Law {
 public:
  std::vector<std::string> arguments() const override { return {"log mean"}; }

  void evaluate(const Outcome& outcome, const LawArguments& arguments, int, LawTerms& out) const override {
    const double *y = outcome.y, *base = outcome.base, *log_mean = arguments[0].value;
    double *value = out.value.data(), *m = out.d1.col(0).data(), *mm = out.d2.col(0).data();
    for_rows(outcome.n, [=](Index i) {
      // beyond e^600 no count is near, and a sum of squares of the mean would be infinite
      const double l = log_mean[i] > 600 ? 600 : log_mean[i] < -700 ? -700 : log_mean[i];
      const double mean = elementary::exp(l);
      value[i] = y[i] * l - mean + base[i];
      m[i] = y[i] - mean;
      mm[i] = -mean;
    });
  }
  bool has_base() const override { return true; }
  double base(double y) const override { return -std::lgamma(y + 1); }

  double feature(double y) const override { return std::log1p(y); }
  double initial(double mean) const override { return std::log(std::max(mean, 1e-8)); }
  // Variance-stabilised (Anscombe).
  double residual(double y, double log_mean) const override {
    return 2 * (std::sqrt(y + 0.375) - std::sqrt(std::exp(std::min(log_mean, 600.0)) + 0.375));
  }
};

}  // namespace moerate
