// Voronoi cells of a mixing measure's atoms around those of another, and a Voronoi loss as a
// function of the translation of the gate. The search over translations is in voronoi_infimum.h.
#pragma once

#include <moerate/losses/loss_rules.h>
#include <moerate/losses/norm_powers.h>

#include <array>

namespace moerate {

// The atoms of a measure: coordinates by group (k rows; no columns where a group is absent). Where
// the parameters of experts have equivalent forms, slope and intercept of an estimate have instead a
// row per pair, i + k j: the form of atom i that is nearest to true atom j.
struct Atoms {
  Vector log_weight;  // beta0
  Matrix gate, slope, intercept, variance;

  const Matrix& of(unsigned group) const {
    return group == kGatePart        ? gate
           : group == kSlopePart     ? slope
           : group == kInterceptPart ? intercept
                                 : variance;
  }
  // Coordinates of atom i as it is compared with true atom j.
  auto row(unsigned group, Index i, Index j) const {
    const Matrix& all = of(group);
    return all.row(all.rows() == log_weight.size() ? i : i + log_weight.size() * j);
  }
};

using Cells = std::vector<int>;  // the true atom, from 0, that each atom of the estimate belongs to

class VoronoiLoss {
 public:
  // The minimum over the weight translation: `u` = exp(log_scale - t1); 0 if only approached.
  struct Weighting {
    double value, u;
  };

  VoronoiLoss(const Atoms& estimate, const Atoms& truth, const LossRule& rule, double r)
      : estimate_(estimate),
        truth_(truth),
        rule_(rule),
        r_(r),
        k_(estimate.log_weight.size()),
        k_true_(truth.log_weight.size()),
        p_(estimate.gate.cols()),
        log_scale_(estimate.log_weight.maxCoeff()),
        weight_((estimate.log_weight.array() - log_scale_).exp()),
        truth_weight_(truth.log_weight.array().exp()),
        delta_(p_, k_ * k_true_) {
    rest_.fill(Matrix::Zero(k_, k_true_));
    for (Index j = 0; j < k_true_; ++j) {
      for (Index i = 0; i < k_; ++i) {
        delta_.col(at(i, j)) = estimate.gate.row(i) - truth.gate.row(j);
        for (unsigned group : {kSlopePart, kInterceptPart, kVariancePart}) {
          if (!(rule.groups & group)) continue;
          const auto difference = estimate.row(group, i, j) - truth.of(group).row(j);
          rest_[slot(group)](i, j) = difference.squaredNorm();
        }
      }
    }
    rest_[0] = rest_[1] + rest_[2] + rest_[3];
  }

  Index k() const { return k_; }
  Index k_true() const { return k_true_; }
  Index p() const { return p_; }
  double log_scale() const { return log_scale_; }
  const Vector& weight() const { return weight_; }
  const Vector& truth_weight() const { return truth_weight_; }

  // beta1_i - beta1*_j: the translation that puts atom i on the gate slopes of true atom j.
  auto delta(Index i, Index j) const { return delta_.col(at(i, j)); }

  // |omega_i - omega*_j|^2 without the gate slopes.
  double rest(Index i, Index j) const { return rest_[0](i, j); }

  // The least that atom i can add in cell j, whatever the cell's size, when its gate slopes are off
  // by the square root of `gap`.
  double least_term(Index i, Index j, double gap) const {
    double least = std::numeric_limits<double>::infinity();
    for (int size = 1; size <= k_; ++size) {
      double total = 0;
      for (const PowerTerm& term : terms(size)) {
        const double base = other_groups(term, i, j) + (term.groups & kGatePart ? gap : 0.0);
        total += half_power(base, term.power.at(size, r_) / 2);
      }
      least = std::min(least, total);
    }
    return weight_[i] * least;
  }

  // Off by more than this in its gate slopes, atom i alone adds more than `limit`.
  double reach(Index i, double limit) const {
    double reach = 0;
    for (int size = 1; size <= k_; ++size) {
      double least = std::numeric_limits<double>::infinity();
      for (const PowerTerm& term : terms(size)) {
        if (!(term.groups & kGatePart)) continue;
        least = std::min(least, std::pow(limit / weight_[i], 1 / term.power.at(size, r_)));
      }
      reach = std::max(reach, least);
    }
    return reach;
  }

  // Could atom i be in cell j rather than in `cell` within `radius` of the translation t?
  bool meets(Index i, Index j, Index cell, const Vector& t, double radius) const {
    const double gain = (delta(i, cell) - t).squaredNorm() + rest(i, cell) -
                        (delta(i, j) - t).squaredNorm() - rest(i, j);
    return gain + 2 * radius * (delta(i, cell) - delta(i, j)).norm() >= 0;
  }

  // Ties go to the lowest index.
  void assign(const Vector& t, Cells& cells) const {
    cells.resize(static_cast<std::size_t>(k_));
    for (Index i = 0; i < k_; ++i) {
      double nearest = std::numeric_limits<double>::infinity();
      for (Index j = 0; j < k_true_; ++j) {
        const double distance = (delta(i, j) - t).squaredNorm() + rest(i, j);
        if (distance < nearest) nearest = distance, cells[i] = static_cast<int>(j);
      }
    }
  }

  // The loss without its weight term, at u = 1, as a function of t with the cells held fixed.
  void atoms_term(const Cells& cells, NormPowers& sum) const {
    sum.clear();
    for (Index j = 0; j < k_true_; ++j) {
      const int size =
          static_cast<int>(std::count(cells.begin(), cells.end(), static_cast<int>(j)));
      if (size == 0) continue;
      for (Index i = 0; i < k_; ++i) {
        if (cells[i] != j) continue;
        for (const PowerTerm& term : terms(size)) add_power(term, size, i, j, sum);
      }
      if (size == 1) continue;
      for (const AverageTerm& term : rule_.averages) add_average(term, cells, j, sum);
    }
  }

  // min over u > 0 of u A + sum_j |u S_j - w*_j|: convex and piecewise linear, least at one of the
  // breakpoints w*_j / S_j, or approached at u -> 0 where the slope there is not negative.
  Weighting weigh(double atoms, const Cells& cells) const {
    mass_.setZero(k_true_);
    for (Index i = 0; i < k_; ++i) mass_[cells[i]] += weight_[i];
    double slope = atoms - mass_.sum(), u = 0;
    order_.clear();
    for (Index j = 0; j < k_true_; ++j) {
      if (mass_[j] > 0) order_.push_back(j);
    }
    const auto breakpoint = [&](Index j) { return truth_weight_[j] / mass_[j]; };
    std::sort(order_.begin(), order_.end(),
              [&](Index a, Index b) { return breakpoint(a) < breakpoint(b); });
    for (Index j : order_) {
      if (slope >= 0) break;
      u = breakpoint(j);
      slope += 2 * mass_[j];
    }
    return {u * atoms + (u * mass_ - truth_weight_).cwiseAbs().sum(), u};
  }

 private:
  static std::size_t slot(unsigned group) {
    return group == kSlopePart ? 1 : group == kInterceptPart ? 2 : 3;
  }

  Index at(Index i, Index j) const { return i + k_ * j; }

  double difference(unsigned group, Index i, Index j, Index column) const {
    return estimate_.row(group, i, j)[column] - truth_.of(group)(j, column);
  }

  const std::vector<PowerTerm>& terms(int size) const {
    return size == 1 ? rule_.single : rule_.several;
  }

  // Squared distance in the groups of a term other than the gate.
  double other_groups(const PowerTerm& term, Index i, Index j) const {
    double total = 0;
    for (unsigned group : {kSlopePart, kInterceptPart, kVariancePart}) {
      if (term.groups & group) total += rest_[slot(group)](i, j);
    }
    return total;
  }

  void add_power(const PowerTerm& term, int size, Index i, Index j, NormPowers& sum) const {
    const double half = term.power.at(size, r_) / 2;
    const double rest = other_groups(term, i, j);
    if (term.groups & kGatePart) {
      sum.add(weight_[i], half, 1, delta(i, j), rest);
    } else {
      sum.add_constant(weight_[i] * half_power(rest, half));
    }
  }

  // Linear in t: sum_i w_i Delta = centre - scale t wherever the gate slopes enter.
  void add_average(const AverageTerm& term, const Cells& cells, Index j, NormPowers& sum) const {
    average_.setZero(estimate_.of(term.group).cols());
    double scale = 0;
    for (Index i = 0; i < k_; ++i) {
      if (cells[i] != j) continue;
      const double w = weight_[i];
      for (Index c = 0; c < average_.size(); ++c)
        average_[c] += w * difference(term.group, i, j, c);
      if (term.group == kGatePart) scale += w;
      if (term.left == 0) continue;
      const double product = w * difference(term.right, i, j, 0);
      for (Index c = 0; c < average_.size(); ++c) {
        average_[c] += product * difference(term.left, i, j, c);
      }
      if (term.left == kGatePart) scale += product;
    }
    if (term.group == kGatePart || term.left == kGatePart) {
      sum.add(1, 0.5, scale, average_, 0);
    } else {
      sum.add_constant(average_.norm());
    }
  }

  const Atoms& estimate_;
  const Atoms& truth_;
  const LossRule& rule_;
  double r_;
  Index k_, k_true_, p_;
  double log_scale_;
  Vector weight_, truth_weight_;
  Matrix delta_;
  std::array<Matrix, 4> rest_;     // all, slope, intercept, variance
  mutable Vector mass_, average_;  // work space
  mutable std::vector<Index> order_;
};

}  // namespace moerate
