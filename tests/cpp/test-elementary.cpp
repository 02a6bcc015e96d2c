// exp(), log() and the logistic function of columns against the library's, narrow and wide, at every length.
#include "support.h"

#include <moerate/elementary.h>

namespace {

double worst(const std::vector<double>& found, const std::vector<double>& x, double (*exact)(double)) {
  double out = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double wanted = exact(x[i]);
    out = std::max(out, std::abs(found[i] - wanted) / std::max(std::abs(wanted), 1e-300));
  }
  return out;
}

template <class F>
void check(double (*exact)(double), const std::vector<double>& x) {
  std::vector<double> wide(x.size()), any(x.size());
  elementary::map<F>(static_cast<Index>(x.size()), x.data(), wide.data());
  CHECK(worst(wide, x, exact) < 0x1p-50);
  elementary::map_any<F>(static_cast<Index>(x.size() / 8), x.data(), any.data());
  any.resize(8 * (x.size() / 8));
  CHECK(worst(any, std::vector<double>(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(any.size())), exact) < 0x1p-50);
}

}  // namespace

TEST_CASE("exp and log of columns are those of the library") {
  std::vector<double> wide_range, narrow, positive, near_one;
  for (int i = 0; i <= 20000; ++i) {
    wide_range.push_back(-700 + 0.07 * i);
    narrow.push_back(-1 + 1e-4 * i);
    positive.push_back(std::exp(wide_range.back()));
    near_one.push_back(0.5 + 1e-4 * i);
  }
  check<elementary::Exp>(std::exp, wide_range);
  check<elementary::Exp>(std::exp, narrow);
  check<elementary::Log>(std::log, positive);
  check<elementary::Log>(std::log, near_one);
}

TEST_CASE("columns of every length, in place too") {
  for (size_t n = 0; n < 40; ++n) {
    std::vector<double> x(n), out(n + 1, -7.0);
    for (size_t i = 0; i < n; ++i) x[i] = 0.3 * static_cast<double>(i) + 0.1;
    exp_of(x.data(), out.data(), static_cast<Index>(n));
    for (size_t i = 0; i < n; ++i) CHECK(out[i] == doctest::Approx(std::exp(x[i])).epsilon(1e-15));
    CHECK(out[n] == -7.0);
    log_of(out.data(), out.data(), static_cast<Index>(n));
    for (size_t i = 0; i < n; ++i) CHECK(out[i] == doctest::Approx(x[i]).epsilon(1e-14));
  }
}

TEST_CASE("logistic function and tanh of columns are those of the library, far out too, at every length") {
  for (size_t n = 0; n < 40; ++n) {
    std::vector<double> u(n), s(n + 1, -7.0), q(n + 1, -7.0), a(n + 1, -7.0), slope(n + 1, -7.0);
    for (size_t i = 0; i < n; ++i) u[i] = (i % 2 ? 1 : -1) * 1e-3 * std::pow(1.5, static_cast<double>(i));
    logistic_of(u.data(), s.data(), q.data(), static_cast<Index>(n));
    tanh_of(u.data(), a.data(), slope.data(), static_cast<Index>(n));
    for (size_t i = 0; i < n; ++i) {
      const double far = std::exp(-std::min(std::abs(u[i]), 350.0)), near = 1 / (1 + far), rest = far * near;
      CHECK(s[i] == doctest::Approx(u[i] > 0 ? near : rest).epsilon(1e-14));
      CHECK(q[i] == doctest::Approx(u[i] > 0 ? rest : near).epsilon(1e-14));
      CHECK(std::abs(a[i] - std::tanh(u[i])) < 1e-15);
      CHECK(std::abs(slope[i] - (1 - std::tanh(u[i]) * std::tanh(u[i]))) < 1e-15);
    }
    for (const auto& column : {s, q, a, slope}) CHECK(column[n] == -7.0);
  }
}
