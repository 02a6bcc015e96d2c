// Globally adaptive quadrature (QUADPACK's strategy): the panel with the largest error is halved
// until the sum of the errors is small.
#pragma once

#include <moerate/numerics/quadrature_rule.h>

#include <algorithm>
#include <cmath>
#include <queue>
#include <vector>

namespace moerate {

// The integral of f over [breaks.front(), breaks.back()]; `breaks` are the first panels, and the
// error estimate (of the lower rule, so pessimistic) is brought below `tolerance` relative to the
// integral.
template <class F>
double integrate(const F& f, std::vector<double> breaks, double tolerance = 1e-8,
                 std::size_t max_panels = 2000) {
  struct Panel {
    double lo, hi, value, error;
    bool operator<(const Panel& other) const { return error < other.error; }
  };
  using Rule = boost::math::quadrature::gauss_kronrod<double, 15>;
  const auto panel = [&](double lo, double hi) {
    Panel out{lo, hi, 0, 0};
    out.value = Rule::integrate(f, lo, hi, 0, tolerance, &out.error);
    return out;
  };
  std::sort(breaks.begin(), breaks.end());
  std::priority_queue<Panel> panels;
  double total = 0, error = 0;
  const auto add = [&](const Panel& part, double sign) {
    total += sign * part.value;
    error += sign * part.error;
    if (sign > 0) panels.push(part);
  };
  for (std::size_t i = 1; i < breaks.size(); ++i) {
    if (breaks[i] > breaks[i - 1]) add(panel(breaks[i - 1], breaks[i]), 1);
  }
  while (!panels.empty() && error > tolerance * std::abs(total) && panels.size() < max_panels) {
    const Panel worst = panels.top();
    const double middle = worst.lo + 0.5 * (worst.hi - worst.lo);
    if (!(middle > worst.lo && middle < worst.hi)) break;
    panels.pop();
    add(worst, -1);
    add(panel(worst.lo, middle), 1);
    add(panel(middle, worst.hi), 1);
  }
  return total;
}

}  // namespace moerate
