// A Voronoi loss at the translation at which the estimate stands, in either norm.
#pragma once

#include <moerate/losses/voronoi_infimum.h>

namespace moerate {

// How a rule of the table is evaluated. euclidean: each term is a power of one norm. absolute: the
// sum of the powers of the absolute differences of its coordinates.
enum class Norm { euclidean, absolute };
struct LossForm {
  bool translate = true;  // the infimum over the translations of the gate
  Norm norm = Norm::euclidean;
};
// The simulations of Nguyen, Nguyen and Ho 2023.
inline LossForm published_form() { return {false, Norm::absolute}; }

class FixedLoss {
 public:
  FixedLoss(const Atoms& estimate, const Atoms& truth, const LossRule& rule, double r, Norm norm)
      : estimate_(estimate), truth_(truth), rule_(rule), r_(r), norm_(norm) {}

  LossValue operator()() const {
    const Index p = estimate_.gate.cols();
    LossValue out{0, 0, Vector::Zero(p), {}, false};
    VoronoiLoss(estimate_, truth_, rule_, r_).assign(out.t2, out.cells);
    for (Index j = 0; j < truth_.log_weight.size(); ++j) out.value += cell(out.cells, j);
    return out;
  }

 private:
  double cell(const Cells& cells, Index j) const {
    const auto size = static_cast<int>(std::count(cells.begin(), cells.end(), static_cast<int>(j)));
    double total = 0, mass = 0;
    std::vector<Vector> averages;
    for (const AverageTerm& term : rule_.averages)
      if (size > 1) averages.push_back(Vector::Zero(estimate_.of(term.group).cols()));
    for (Index i = 0; i < estimate_.log_weight.size(); ++i) {
      if (cells[static_cast<std::size_t>(i)] != j) continue;
      const double w = std::exp(estimate_.log_weight[i]);
      mass += w;
      for (const PowerTerm& term : size == 1 ? rule_.single : rule_.several)
        total += w * power(difference(term.groups, i, j), term.power.at(size, r_));
      for (std::size_t a = 0; a < averages.size(); ++a) averages[a] += w * average(rule_.averages[a], i, j);
    }
    for (const Vector& v : averages) total += power(v, 1);
    return total + std::abs(mass - std::exp(truth_.log_weight[j]));
  }

  double power(const Vector& v, double exponent) const {
    if (norm_ == Norm::euclidean) return std::pow(v.norm(), exponent);
    double total = 0;
    for (Index c = 0; c < v.size(); ++c) total += std::pow(std::abs(v[c]), exponent);
    return total;
  }

  // The coordinates of these groups, stacked.
  Vector difference(unsigned groups, Index i, Index j) const {
    Vector out;
    for (unsigned group : {kGatePart, kSlopePart, kInterceptPart, kVariancePart}) {
      if (!(groups & group)) continue;
      const Index at = out.size(), size = estimate_.of(group).cols();
      out.conservativeResize(at + size);
      out.tail(size) = estimate_.row(group, i, j) - truth_.of(group).row(j);
    }
    return out;
  }

  Vector average(const AverageTerm& term, Index i, Index j) const {
    const Vector one = difference(term.group, i, j);
    if (term.left == 0) return one;
    return one + difference(term.left, i, j) * difference(term.right, i, j)[0];
  }

  const Atoms& estimate_;
  const Atoms& truth_;
  const LossRule& rule_;
  double r_;
  Norm norm_;
};

inline LossValue voronoi_loss(const Atoms& estimate, const Atoms& truth, const LossRule& rule, double r,
                              LossForm form) {
  if (!form.translate) return FixedLoss(estimate, truth, rule, r, form.norm)();
  if (form.norm != Norm::euclidean) throw std::invalid_argument("the infimum is for norms");
  return voronoi_loss(estimate, truth, rule, r);
}

}  // namespace moerate
