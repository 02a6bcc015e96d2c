// A response law p(y | mu, rho) of an expert; rho is its extra linear predictor (intercept only).
// To add one: derive from Response in responses/, and name it in registry.h.
#pragma once

#include <moerate/numerics/types.h>

namespace moerate {

// Log density of a block of rows and its derivatives in mu (m) and rho (r).
struct ResponseTerms {
  Vector value, m, r, mm, mr, rr;
  explicit ResponseTerms(Index rows)
      : value(rows), m(rows), r(rows), mm(rows), mr(rows), rr(rows) {}
};

class Response {
 public:
  virtual ~Response() = default;
  virtual void evaluate(const Column& y, const Column& mu, double rho, int order,
                        ResponseTerms& out) const = 0;
  // Exact M-step of rho from sums at the current parameters: gradient and curvature in rho of the
  // complete-data log-likelihood, and its gain from the new means.
  virtual double m_step(double gradient, double curvature, double gain) const = 0;
  // Change of rho under y -> (y - shift) / scale.
  virtual double rescaled(double rho, double scale) const = 0;
};

}  // namespace moerate
