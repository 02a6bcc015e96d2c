// A law p(y | arguments) of the response of one expert. The first argument is the location, which the mean function
// gives; the others are linear predictors of their own. To add one: derive from Law in laws/, and name it in
// registry.h.
#pragma once

#include <array>
#include <limits>

#include <moerate/numerics/types.h>

namespace moerate {

// One argument of a block of rows: a column, or one number for all rows.
struct LawArgument {
  const double* value = nullptr;
  bool constant = false;
  double operator[](Index i) const { return value[constant ? 0 : i]; }
};
inline constexpr size_t kMostArguments = 4;
using LawArguments = std::array<LawArgument, kMostArguments>;

// y, and what no argument enters (such as log y!), filled once for all experts; null where there is none.
struct Outcome {
  Index n = 0;
  const double *y = nullptr, *base = nullptr;
};

// Log density of a block of rows, its first derivatives in the arguments, and the second ones (packed pairs).
struct LawTerms {
  Vector value;
  Matrix d1, d2;
  LawTerms(Index rows, Index arguments)
      : value(rows), d1(rows, arguments), d2(rows, arguments * (arguments + 1) / 2) {}
};

// What it means that an argument is at an end of its range: a coefficient at the bound that the control asks for, a
// likelihood without a maximum, or a limit that does no harm.
enum class End { bound, degenerate, limit };
struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  End at_low = End::bound, at_high = End::bound;
};

class Law {
 public:
  virtual ~Law() = default;
  virtual std::vector<std::string> arguments() const = 0;
  virtual void evaluate(const Outcome& outcome, const LawArguments& arguments, int order, LawTerms& out) const = 0;
  virtual bool has_base() const { return false; }
  virtual double base(double) const { return 0; }

  // Is an affine change of y one of the arguments? Then argument a of y / scale is that of y moved by this much.
  virtual bool location_scale() const { return false; }
  virtual double rescaled(Index, double) const { return 0; }
  // Of a constant argument, where y has this standard deviation.
  virtual Range range(Index, double, double) const { return {}; }
  // Which argument is a log variance; zero where none is.
  virtual Index log_variance() const { return 0; }

  // Is the log density quadratic in the location, so that Newton's step to a linear one is its maximum?
  virtual bool quadratic() const { return false; }
  // M-step of a constant argument, from sums at the current parameters: gradient and curvature of the complete-data
  // log-likelihood, and its gain from the new locations where that is exact.
  virtual double m_step(double gradient, double curvature, double) const {
    return curvature < 0 ? -gradient / curvature : 0;
  }

  // For a search: what partitions of the rows cluster, the location of all rows where it begins, and how far y is from
  // a location in units that suit all rows.
  virtual double feature(double y) const { return y; }
  virtual double initial(double) const { return 0; }
  virtual double residual(double y, double location) const { return y - location; }
};

}  // namespace moerate
