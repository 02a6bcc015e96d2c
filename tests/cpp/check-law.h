// What every law keeps, by finite differences, sums and quadrature: for the laws of the registry and for a toy.
#pragma once

#include "support.h"

#include <moerate/components/registry.h>
#include <moerate/evaluation/block.h>

namespace support {

// Arguments of a law, and where its responses are: an interval, or the counts in it.
struct LawCase {
  const Law& law;
  Vector arguments;
  double low, high;
  std::vector<double> some;  // responses
  bool counts = false;
};

// Terms of a few responses, one argument moved by `change`; as columns instead of constants if asked.
inline LawTerms law_terms(const LawCase& c, const Vector& y, const Vector& arguments, int order, bool columns = false) {
  const Index n = y.size(), count = arguments.size();
  const Matrix table = arguments.transpose().replicate(n, 1);
  Vector base(n);
  for (Index i = 0; i < n; ++i) base[i] = c.law.base(y[i]);
  LawArguments in;
  for (Index a = 0; a < count; ++a) in[at(a)] = {table.col(a).data(), a > 0 && !columns};
  LawTerms out(n, count);
  c.law.evaluate({n, y.data(), base.data()}, in, order, out);
  return out;
}

inline void check_law_total(const LawCase& c) {
  const Index n = c.counts ? static_cast<Index>(c.high - c.low) + 1 : 20001;
  const Vector y = Vector::LinSpaced(n, c.low, c.high);
  const double step = c.counts ? 1 : y[1] - y[0];
  CHECK(law_terms(c, y, c.arguments, kValue).value.array().exp().sum() * step == doctest::Approx(1).epsilon(1e-9));
}

inline void check_law_derivatives(const LawCase& c) {
  const Index count = c.arguments.size();
  for (const double response : c.some) {
    CAPTURE(response);
    const Vector y = Vector::Constant(1, response);
    const auto gradient = [&](const Vector& a) { return Vector(law_terms(c, y, a, kGradient).d1.row(0).transpose()); };
    const auto value = [&](const Vector& a) { return law_terms(c, y, a, kValue).value; };
    const LawTerms found = law_terms(c, y, c.arguments, kHessian);
    const Vector g = differences(value, c.arguments, 1e-2).transpose();
    const Matrix H = differences(gradient, c.arguments, 1e-2);
    const double scale = 1 + g.cwiseAbs().maxCoeff() + H.cwiseAbs().maxCoeff();
    for (Index a = 0; a < count; ++a) {
      CHECK(std::abs(found.d1(0, a) - g[a]) < 1e-7 * scale);
      for (Index b = a; b < count; ++b) CHECK(std::abs(found.d2(0, packed(a, b, count)) - H(a, b)) < 1e-6 * scale);
    }
  }
}

// Lower orders, and arguments that vary by row, give the same numbers.
inline void check_law_orders(const LawCase& c) {
  const Vector y = Eigen::Map<const Vector>(c.some.data(), static_cast<Index>(c.some.size()));
  const LawTerms all = law_terms(c, y, c.arguments, kHessian);
  CHECK(same_bits(Matrix(law_terms(c, y, c.arguments, kValue).value), Matrix(all.value)));
  CHECK(same_bits(law_terms(c, y, c.arguments, kGradient).d1, all.d1));
  const LawTerms columns = law_terms(c, y, c.arguments, kHessian, true);
  CHECK(distance(columns.value, all.value) < 1e-12 * (1 + all.value.norm()));
  CHECK(distance(columns.d1, all.d1) < 1e-12 * (1 + all.d1.norm()));
  CHECK(distance(columns.d2, all.d2) < 1e-12 * (1 + all.d2.norm()));
}

inline void check_law_units(const LawCase& c) {
  if (!c.law.location_scale()) return;
  for (const double scale : {1e-8, 0.3, 5.0, 1e6}) {
    Vector changed = c.arguments;
    changed[0] /= scale;
    for (Index a = 1; a < changed.size(); ++a) changed[a] += c.law.rescaled(a, scale);
    const Vector y = Vector::Constant(1, c.some[0]);
    CHECK(law_terms(c, y / scale, changed, kValue).value[0] ==
          doctest::Approx(law_terms(c, y, c.arguments, kValue).value[0] + std::log(scale)).epsilon(1e-12));
  }
}

// The score has mean zero, and its square the mean of minus the second derivative.
inline void check_law_score(const LawCase& c) {
  const Index n = c.counts ? static_cast<Index>(c.high - c.low) + 1 : 20001, count = c.arguments.size();
  const Vector y = Vector::LinSpaced(n, c.low, c.high);
  const LawTerms t = law_terms(c, y, c.arguments, kHessian);
  const Vector p = t.value.array().exp() * (c.counts ? 1 : y[1] - y[0]);
  const double unit = 1 + t.d2.cwiseAbs().colwise().minCoeff().maxCoeff();
  for (Index a = 0; a < count; ++a) {
    CHECK(std::abs(p.dot(t.d1.col(a))) < 1e-8 * unit);
    CHECK(std::abs(p.dot(t.d1.col(a).cwiseAbs2()) + p.dot(t.d2.col(packed(a, a, count)))) < 1e-7 * unit);
  }
}

inline void check_law(const LawCase& c) {
  REQUIRE(static_cast<Index>(c.law.arguments().size()) == c.arguments.size());
  check_law_total(c);
  check_law_derivatives(c);
  check_law_orders(c);
  check_law_units(c);
  check_law_score(c);
}

}  // namespace support
