// Gaussian law N(y; mu, exp(rho)), rho = log sigma^2.
#pragma once

#include <algorithm>
#include <cmath>

#include <moerate/numerics/columns.h>
#include <moerate/numerics/elementary.h>
#include <moerate/components/laws/law.h>

namespace moerate {

class GaussianLaw final : public Law {
 public:
  std::vector<std::string> arguments() const override { return {"mean", "log variance"}; }

  void evaluate(const Outcome& outcome, const LawArguments& arguments, int order, LawTerms& out) const override {
    if (arguments[1].constant) homoscedastic(outcome, arguments[0].value, arguments[1][0], order, out);
    else heteroscedastic(outcome, arguments[0].value, arguments[1].value, order, out);
  }

  bool location_scale() const override { return true; }
  double rescaled(Index argument, double scale) const override { return argument == 1 ? -2 * std::log(scale) : 0; }
  // An expert without rows has a variance that nothing holds.
  Range range(Index argument, double spread, double floor) const override {
    if (argument != 1) return {};
    const double level = 2 * std::log(spread);
    return {level + std::log(floor), level + std::log(1e8), End::degenerate, End::limit};
  }
  Index log_variance() const override { return 1; }

  bool quadratic() const override { return true; }
  // With T = sum tau and R = sum tau r^2 / sigma^2: gradient = (R - T) / 2, curvature = -R / 2, and
  // new means lower R / 2 by `gain`; sigma^2 is then multiplied by R_new / T.
  double m_step(double gradient, double curvature, double gain) const override {
    const double total = -2 * (curvature + gradient), residual = -2 * (curvature + gain);
    if (!(total > 0)) return 0;
    return std::log(std::max(residual / total, 1e-300));
  }

 private:
  static void homoscedastic(const Outcome& outcome, const double* from, double rho, int order, LawTerms& out) {
    const Index n = outcome.n;
    const double precision = std::exp(-rho), constant = -0.5 * (std::log(2 * M_PI) + rho);
    const double* to = outcome.y;
    double *value = out.value.data(), *m = out.d1.col(0).data(), *r = out.d1.col(1).data();
    double *mm = out.d2.col(0).data(), *mr = out.d2.col(1).data(), *rr = out.d2.col(2).data();
    for_rows(n, [=](Index i) {
      const double residual = to[i] - from[i], square = -0.5 * precision * residual * residual;
      m[i] = precision * residual;
      rr[i] = square;
      value[i] = square + constant;
    });
    if (order < 1) return;
    for_rows(n, [=](Index i) { r[i] = -0.5 - rr[i]; });
    if (order < 2) return;
    for_rows(n, [=](Index i) {
      mm[i] = -precision;
      mr[i] = -m[i];
    });
  }

  static void heteroscedastic(const Outcome& outcome, const double* from, const double* rho, int, LawTerms& out) {
    const double *to = outcome.y, half_log = 0.5 * std::log(2 * M_PI);
    double *value = out.value.data(), *m = out.d1.col(0).data(), *r = out.d1.col(1).data();
    double *mm = out.d2.col(0).data(), *mr = out.d2.col(1).data(), *rr = out.d2.col(2).data();
    for_rows(outcome.n, [=](Index i) {
      const double precision = elementary::exp(-rho[i]), residual = to[i] - from[i];
      const double square = -0.5 * precision * residual * residual;
      value[i] = square - 0.5 * rho[i] - half_log;
      m[i] = precision * residual;
      r[i] = -0.5 - square;
      mm[i] = -precision;
      mr[i] = -precision * residual;
      rr[i] = square;
    });
  }
};

}  // namespace moerate
