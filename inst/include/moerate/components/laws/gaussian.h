// Gaussian response N(y; mu, exp(rho)), rho = log sigma^2.
#pragma once

#include <algorithm>
#include <cmath>

#include <moerate/numerics/columns.h>
#include <moerate/components/laws/response.h>

namespace moerate {

class GaussianResponse final : public Response {
 public:
  void evaluate(const Column& y, const Column& mu, double rho, int order,
                ResponseTerms& out) const override {
    const Index n = y.size();
    const double precision = std::exp(-rho), constant = -0.5 * (std::log(2 * M_PI) + rho);
    const double *to = y.data(), *from = mu.data();
    double *value = out.value.data(), *m = out.m.data(), *r = out.r.data();
    double *mm = out.mm.data(), *mr = out.mr.data(), *rr = out.rr.data();
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

  // With T = sum tau and R = sum tau r^2 / sigma^2: gradient = (R - T) / 2, curvature = -R / 2, and
  // new means lower R / 2 by `gain`; sigma^2 is then multiplied by R_new / T.
  double m_step(double gradient, double curvature, double gain) const override {
    const double total = -2 * (curvature + gradient), residual = -2 * (curvature + gain);
    if (!(total > 0)) return 0;
    return std::log(std::max(residual / total, 1e-300));
  }

  double rescaled(double rho, double scale) const override { return rho - 2 * std::log(scale); }
};

}  // namespace moerate
