// exp(), log() and the logistic function of columns against the library's, narrow and wide, at every length.
#include "support.h"

#include <moerate/numerics/elementary.h>

using namespace support;

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
void check(const F& fast, double (*exact)(double), const std::vector<double>& x) {
  const Index n = static_cast<Index>(x.size());
  std::vector<double> wide(x.size()), any(x.size());
  const double* from = x.data();
  const auto into = [&](std::vector<double>& out) {
    return [fast, from, to = out.data()](Index i) { to[i] = fast(from[i]); };
  };
  for_rows(n, into(wide));
  CHECK(worst(wide, x, exact) < 0x1p-50);
  columns::each_any(n, into(any));
  CHECK(worst(any, x, exact) < 0x1p-50);
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
  const auto fast_exp = [](double x) { return elementary::exp(x); };
  const auto fast_log = [](double x) { return elementary::log(x); };
  check(fast_exp, std::exp, wide_range);
  check(fast_exp, std::exp, narrow);
  check(fast_log, std::log, positive);
  check(fast_log, std::log, near_one);
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
    logistic_of(u.data(), 1, s.data(), q.data(), static_cast<Index>(n));
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
