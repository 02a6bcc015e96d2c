// The table of Voronoi losses. A loss is a row: exponents per group of coordinates for cells of one
// atom and for larger ones, and the averages over larger cells that it counts as well. Every loss
// has in addition the weight term, sum_j |w(C_j) - w*_j|.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace moerate {

// Groups of the coordinates of an atom, combined with |. Experts described by other parameters than
// slope and intercept keep all of them under kSlopePart.
enum Group : unsigned { kGatePart = 1, kSlopePart = 2, kInterceptPart = 4, kVariancePart = 8 };
constexpr unsigned kMeanPart = kSlopePart | kInterceptPart;
constexpr unsigned kExpertPart = kMeanPart | kVariancePart;

// rbar(m) of spec equation (6): 2m for m >= 2. A cell of one atom has exponent one.
inline double rbar(int m) { return m >= 2 ? 2.0 * m : 1.0; }

// An exponent: `factor` times one, rbar(cell size), or the order r of the loss.
struct Power {
  enum Base { one, rbar_of_size, order } base;
  double factor = 1;

  double at(int size, double r) const {
    if (base == one) return factor;
    return factor * (base == order ? r : rbar(size));
  }
};

// w_i |(Delta of these groups, stacked)|^power.
struct PowerTerm {
  unsigned groups;
  Power power;
};

// |sum_{i in C_j} w_i (Delta group + Delta left * Delta right)|: the coefficient of a first
// derivative in the expansion of the density around the atom of the cell. left = 0: no product.
struct AverageTerm {
  Group group;
  unsigned left, right;
};

struct LossRule {
  const char* name;
  unsigned groups;  // the coordinates that make an atom: they decide the cells
  std::vector<PowerTerm> single, several;
  std::vector<AverageTerm> averages;  // over cells of several atoms
};

inline const std::vector<LossRule>& loss_rules() {
  const Power one{Power::one}, two{Power::one, 2}, order{Power::order};
  const Power full{Power::rbar_of_size}, half{Power::rbar_of_size, 0.5};
  const unsigned all = kGatePart | kExpertPart, mean = kGatePart | kMeanPart;
  const std::vector<PowerTerm> joint = {{all, one}};
  const std::vector<PowerTerm> merged = {{kGatePart | kInterceptPart, full}, {kSlopePart | kVariancePart, half}};
  static const std::vector<LossRule> rules = {
      // Nguyen, Nguyen and Ho 2023, exact and over-specified Gaussian experts
      {"d1", all, joint, joint, {}},
      {"d2", all, joint, merged, {}},
      // The same with the powers that are attained: only intercept and variance are as slow as rbar
      {"d2_sharp", all, joint, {{kGatePart, two}, {kSlopePart, two}, {kInterceptPart, full}, {kVariancePart, half}}, {}},
      // Nguyen, Ho and Rinaldo 2024, strongly identifiable experts; polynomial experts
      {"d1_lse", mean, {{kGatePart, one}, {kMeanPart, one}}, {{kGatePart, two}, {kMeanPart, two}}, {}},
      {"dr", mean, {{kGatePart, order}, {kMeanPart, order}}, {{kGatePart, order}, {kMeanPart, order}}, {}},
      // fast-rate-aware: d2 and the averages that converge at the parametric rate
      {"dfra",
       all,
       joint,
       merged,
       {{kGatePart, 0, 0},
        {kInterceptPart, 0, 0},
        {kSlopePart, kGatePart, kInterceptPart},
        {kVariancePart, kInterceptPart, kInterceptPart}}},
  };
  return rules;
}

inline const LossRule& loss_rule(const std::string& name) {
  for (const LossRule& rule : loss_rules()) {
    if (name == rule.name) return rule;
  }
  throw std::invalid_argument("unknown loss '" + name + "'");
}

}  // namespace moerate
