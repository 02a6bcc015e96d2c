// A convex function of one number, sum_n w_n (s_n^2 (x - c_n)^2 + r_n)^{h_n} with h_n >= 1/2:
// powers of norms along a line. Its minimum on an interval is found to the last digits: kinks are
// tried first, then slopes are bracketed, and tangents bound what is left.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace moerate {

// base^half for base >= 0; roots and small integers without pow().
inline double half_power(double base, double half) {
  if (half == 0.5) return std::sqrt(base);
  if (half == 1.0) return base;
  if (half == 2.0) return base * base;
  if (half == 3.0) return base * base * base;
  if (half == 4.0) return (base * base) * (base * base);
  return std::pow(base, half);
}

class ConvexLine {
 public:
  struct Point {
    double value, left, right;  // one-sided slopes; they differ at a kink only
  };
  struct Minimum {
    double at, value;
  };

  void clear(double constant) {
    terms_.clear();
    constant_ = constant;
  }

  void add(double weight, double half, double scale, double centre, double rest) {
    if (weight <= 0) return;
    if (scale == 0) {
      constant_ += weight * half_power(rest, half);
    } else {
      terms_.push_back({weight, half, scale, centre, rest});
    }
  }

  Point operator()(double x) const {
    Point out{constant_, 0, 0};
    for (const Term& term : terms_) {
      const double r = term.scale * (x - term.centre), base = r * r + term.rest;
      if (base > 0) {
        const double power = half_power(base, term.half);
        const double slope = 2 * term.weight * term.half * term.scale * r * (power / base);
        out.value += term.weight * power;
        out.left += slope;
        out.right += slope;
      } else if (term.half == 0.5) {
        const double kink = term.weight * std::abs(term.scale);
        out.left -= kink;
        out.right += kink;
      }
    }
    return out;
  }

  // The minimum on [lo, hi] (either may be infinite). The search ends early where the minimum is
  // certain to exceed `cutoff`.
  Minimum minimise(double lo, double hi, double cutoff) const {
    bracket(lo, hi);
    Point a = (*this)(lo);
    if (a.right >= 0 || lo == hi) return {lo, a.value};
    Point b = (*this)(hi);
    if (b.left <= 0) return {hi, b.value};
    bool bisect = false;
    for (int step = 0; step < 200; ++step) {
      const double best = std::min(a.value, b.value);
      const double bound = tangents(lo, a, hi, b);
      if (bound > cutoff || best - bound <= 1e-14 * best || hi - lo <= tiny(lo, hi)) break;
      const double x = next(lo, a, hi, b, bisect);
      if (!(x > lo && x < hi)) break;
      const double width = hi - lo;
      const Point point = (*this)(x);
      if (point.left <= 0 && point.right >= 0) return {x, point.value};
      if (point.right < 0) {
        lo = x, a = point;
      } else {
        hi = x, b = point;
      }
      bisect = hi - lo > 0.5 * width;
    }
    return a.value < b.value ? Minimum{lo, a.value} : Minimum{hi, b.value};
  }

 private:
  struct Term {
    double weight, half, scale, centre, rest;
  };

  static double tiny(double lo, double hi) {
    return 4 * std::numeric_limits<double>::epsilon() * std::max(std::abs(lo), std::abs(hi));
  }

  // Outside the hull of the centres the function rises away from it.
  void bracket(double& lo, double& hi) const {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const Term& term : terms_) {
      low = std::min(low, term.centre);
      high = std::max(high, term.centre);
    }
    if (low > high) low = high = std::isfinite(lo) ? lo : std::isfinite(hi) ? hi : 0.0;
    low = std::min(std::max(low, lo), hi);
    high = std::max(std::min(high, hi), lo);
    lo = low, hi = high;
  }

  // Where the tangents at both ends meet: no value between them is smaller.
  static double tangents(double lo, const Point& a, double hi, const Point& b) {
    const double x = (b.value - a.value + a.right * lo - b.left * hi) / (a.right - b.left);
    return std::min(a.value + a.right * (x - lo), b.value + b.left * (x - hi));
  }

  // A centre inside the bracket if there is one, else the secant of the slopes or the midpoint.
  double next(double lo, const Point& a, double hi, const Point& b, bool bisect) const {
    const double middle = lo + 0.5 * (hi - lo);
    double best = lo;
    for (const Term& term : terms_) {
      const bool inside = term.centre > lo && term.centre < hi;
      if (inside && std::abs(term.centre - middle) <= std::abs(best - middle)) best = term.centre;
    }
    if (best > lo || bisect) return best > lo ? best : middle;
    return lo - a.right * (hi - lo) / (b.left - a.right);
  }

  double constant_ = 0;
  std::vector<Term> terms_;
};

}  // namespace moerate
