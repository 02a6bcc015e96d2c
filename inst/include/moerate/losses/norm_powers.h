// Sums of powers of norms, sum_n w_n (|c_n - s_n t|^2 + r_n)^{h_n} with h_n >= 1/2: a convex
// function of t in R^p. Every Voronoi loss is one, as a function of the translation, while cells
// are fixed.
#pragma once

#include <moerate/losses/convex_line.h>
#include <moerate/numerics/types.h>

namespace moerate {

class NormPowers {
 public:
  explicit NormPowers(Index p) : p_(p) {}

  void clear() {
    constant_ = 0;
    size_ = 0;
  }

  void add_constant(double value) { constant_ += value; }

  // A term w (|c - s t|^2 + rest)^{half}; `centre` holds p numbers.
  template <class Centre>
  void add(double weight, double half, double scale, const Centre& centre, double rest) {
    if (size_ == terms_.size()) terms_.push_back({0, 0, 0, 0, Vector::Zero(p_)});
    Term& term = terms_[size_++];
    term.weight = weight, term.half = half, term.scale = scale, term.rest = rest;
    term.centre = centre;
  }

  double value(const Vector& t) const {
    double total = constant_;
    for (std::size_t n = 0; n < size_; ++n) {
      const Term& term = terms_[n];
      const double base = (term.centre - term.scale * t).squaredNorm() + term.rest;
      total += term.weight * half_power(base, term.half);
    }
    return total;
  }

  // The function s -> value(origin + s direction), for a direction of length one.
  void along(const Vector& origin, const Vector& direction, ConvexLine& line) const {
    line.clear(constant_);
    for (std::size_t n = 0; n < size_; ++n) {
      const Term& term = terms_[n];
      // |c - s (o + x d)|^2 = s^2 (x - x0)^2 + |rejection|^2; the rejection avoids cancellation
      double projection = 0, rejection = 0;
      for (Index l = 0; l < p_; ++l) {
        projection += (term.centre[l] - term.scale * origin[l]) * direction[l];
      }
      for (Index l = 0; p_ > 1 && l < p_; ++l) {
        const double r = term.centre[l] - term.scale * origin[l] - projection * direction[l];
        rejection += r * r;
      }
      const double centre = term.scale == 0 ? 0 : projection / term.scale;
      if (term.scale == 0) rejection += projection * projection;
      line.add(term.weight, term.half, term.scale, centre, term.rest + rejection);
    }
  }

  // The minimiser from `t`: damped Newton steps on norms rounded off by less and less.
  void minimise(Vector& t) const {
    double weights = 0;
    for (std::size_t n = 0; n < size_; ++n) weights += terms_[n].weight;
    for (double share : {1e-1, 1e-3, 1e-5, 1e-7, 1e-9}) {
      const double round = share * value(t) / std::max(weights, 1e-300);
      newton(t, round * round, share == 1e-9 ? 30 : 8);
    }
  }

 private:
  struct Term {
    double weight, half, scale, rest;
    Vector centre;
  };

  double smooth(const Vector& t, double round, Vector* gradient, Matrix* hessian) const {
    double total = 0;
    if (gradient) gradient->setZero(p_), hessian->setZero(p_, p_);
    for (std::size_t n = 0; n < size_; ++n) {
      const Term& term = terms_[n];
      if (term.scale == 0 || term.weight == 0) continue;
      const Vector r = term.centre - term.scale * t;
      const double base = r.squaredNorm() + term.rest + round;
      if (base <= 0) continue;
      const double power = term.weight * half_power(base, term.half);
      total += power;
      if (!gradient) continue;
      const double first = 2 * term.half * term.scale * power / base;
      *gradient -= first * r;
      hessian->diagonal().array() += first * term.scale;
      *hessian += (2 * (term.half - 1) * first * term.scale / base) * r * r.transpose();
    }
    return total;
  }

  void newton(Vector& t, double round, int steps) const {
    Vector gradient;
    Matrix hessian;
    for (int step = 0; step < steps; ++step) {
      const double now = smooth(t, round, &gradient, &hessian);
      hessian.diagonal().array() += 1e-14 * hessian.trace() + 1e-300;
      const Vector move = hessian.ldlt().solve(-gradient);
      const double slope = move.dot(gradient);
      if (!(slope < 0) || -slope <= 1e-15 * now) return;
      double length = 1;
      while (length > 1e-10 &&
             smooth(t + length * move, round, nullptr, nullptr) > now + 1e-4 * length * slope) {
        length *= 0.5;
      }
      if (length <= 1e-10) return;
      t += length * move;
    }
  }

  Index p_;
  double constant_ = 0;
  std::size_t size_ = 0;
  std::vector<Term> terms_;
};

}  // namespace moerate
