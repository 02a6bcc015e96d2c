// Gaussian response N(y; mu, exp(rho)), rho = log sigma^2.
#pragma once

#include <algorithm>
#include <cmath>

#include <moerate/response.h>

namespace moerate {

class GaussianResponse final : public Response {
 public:
  void evaluate(const Column& y, const Column& mu, double rho, int order,
                ResponseTerms& out) const override {
    const Index n = y.size();
    const double precision = std::exp(-rho), constant = -0.5 * (std::log(2 * M_PI) + rho);
    auto m = out.m.head(n).array(), rr = out.rr.head(n).array();
    m = (y - mu).array() * precision;
    rr = (-0.5) * m * (y - mu).array();
    out.value.head(n).array() = rr + constant;
    if (order < 1) return;
    out.r.head(n).array() = -0.5 - rr;
    if (order < 2) return;
    out.mm.head(n).setConstant(-precision);
    out.mr.head(n).array() = -m;
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
