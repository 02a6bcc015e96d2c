// exp(), log() and the logistic function of columns of doubles. They are half of a pass, and Eigen works on two at a time
// whatever the machine has. These loops of eight become vector instructions by themselves, and wider ones
// where the machine has them. Relative error below 2^-50 where nothing over- or underflows:
// exp on [-700, 700], log of normal numbers. Outside, nothing is promised.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <tuple>

#include <moerate/types.h>

#if defined(__GNUC__)
#define MOERATE_INLINE __attribute__((always_inline)) inline
#else
#define MOERATE_INLINE inline
#endif

namespace moerate {

namespace elementary {

constexpr double kLog2High = 6.93147180369123816490e-01, kLog2Low = 1.90821492927058770002e-10;

MOERATE_INLINE double as_double(std::uint64_t bits) {
  double out;
  std::memcpy(&out, &bits, sizeof(double));
  return out;
}
MOERATE_INLINE std::uint64_t as_bits(double x) {
  std::uint64_t out;
  std::memcpy(&out, &x, sizeof(double));
  return out;
}

// exp(x) = 2^n exp(f), |f| <= log(2) / 2; Chebyshev interpolation of exp(f) with error 3e-18.
struct Exp {
  static MOERATE_INLINE void of_eight(const double* x, double* out) {
    constexpr double round = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
    constexpr double c[12] = {1.0, 1.0, 0.50000000000000184039, 0.1666666666666668082, 0.04166666666648795252,
                              0.0083333333333195896163, 0.0013888888952352862866, 0.00019841269890076402829,
                              0.000024801485441561312966, 2.7557240887229868596e-6, 2.7632654722527791888e-7,
                              2.5110049204818659792e-8};
    double p[8];
    std::uint64_t n[8];
    for (int j = 0; j < 8; ++j) {
      const double shifted = x[j] * 1.44269504088896340736 + round, whole = shifted - round;
      const double f = (x[j] - whole * kLog2High) - whole * kLog2Low, f2 = f * f, f4 = f2 * f2;
      const double low = (c[2] + c[3] * f) + (c[4] + c[5] * f) * f2;
      const double high = ((c[6] + c[7] * f) + (c[8] + c[9] * f) * f2) + (c[10] + c[11] * f) * f4;
      p[j] = c[0] + (c[1] * f + f2 * (low + high * f4));
      n[j] = as_bits(shifted);
    }
    for (int j = 0; j < 8; ++j) n[j] = (n[j] + 1023) << 52;
    for (int j = 0; j < 8; ++j) out[j] = p[j] * as_double(n[j]);
  }
};

// log(x) = n log(2) + log(1 + f), 0.69 < 1 + f < 1.38; log(1 + f) = 2 artanh(s) with s = f / (2 + f) is
// odd in s: the polynomial of fdlibm.
struct Log {
  static MOERATE_INLINE void of_eight(const double* x, double* out) {
    constexpr std::uint64_t below = 0x3fe6000000000000u;  // 0.6875
    constexpr double c[7] = {6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
                             2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
                             1.479819860511658591e-01};
    std::uint64_t bits[8], n[8];
    for (int j = 0; j < 8; ++j) bits[j] = as_bits(x[j]);
    for (int j = 0; j < 8; ++j) n[j] = (bits[j] - below + (std::uint64_t{1024} << 52)) >> 52;  // 1024 + exponent
    for (int j = 0; j < 8; ++j) bits[j] -= (n[j] - 1024) << 52;
    for (int j = 0; j < 8; ++j) n[j] |= 0x4330000000000000u;  // 2^52 + n, as a double
    for (int j = 0; j < 8; ++j) {
      const double f = as_double(bits[j]) - 1, whole = as_double(n[j]) - (4503599627370496.0 + 1024);
      const double s = f / (2 + f), z = s * s, z2 = z * z, half = 0.5 * f * f;
      const double odd = z * (c[0] + z2 * (c[2] + z2 * (c[4] + z2 * c[6])));
      const double even = z2 * (c[1] + z2 * (c[3] + z2 * c[5]));
      out[j] = whole * kLog2High - ((half - (s * (half + odd + even) + whole * kLog2Low)) - f);
    }
  }
};

// s = 1 / (1 + exp(-u)) and q = 1 - s without cancellation; beyond 350 neither changes, and exp() would overflow.
MOERATE_INLINE void logistic_of_eight(const double* u, double scale, double* s, double* q) {
  double v[8];
  for (int j = 0; j < 8; ++j) v[j] = -scale * u[j];
  for (int j = 0; j < 8; ++j) v[j] = v[j] < 350.0 ? v[j] : 350.0;
  for (int j = 0; j < 8; ++j) v[j] = v[j] > -350.0 ? v[j] : -350.0;
  Exp::of_eight(v, v);
  for (int j = 0; j < 8; ++j) s[j] = 1 / (1 + v[j]);
  for (int j = 0; j < 8; ++j) q[j] = v[j] * s[j];
}

struct Logistic {
  static MOERATE_INLINE void of_eight(const double* u, double* s, double* q) { logistic_of_eight(u, 1, s, q); }
};

// tanh(u) = s(2u) - q(2u), and its derivative
struct Tanh {
  static MOERATE_INLINE void of_eight(const double* u, double* a, double* slope) {
    double s[8], q[8];
    logistic_of_eight(u, 2, s, q);
    for (int j = 0; j < 8; ++j) a[j] = s[j] - q[j];
    for (int j = 0; j < 8; ++j) slope[j] = 4 * s[j] * q[j];
  }
};

// `out` are the columns that F makes of eight numbers.
template <class F, class... Columns>
void map_any(Index eights, const double* x, Columns... out) {
  for (Index i = 0; i < eights; ++i) F::of_eight(x + 8 * i, out + 8 * i...);
}
#if defined(__GNUC__) && defined(__x86_64__)
template <class F, class... Columns>
__attribute__((target("avx2,fma"))) void map_wide(Index eights, const double* x, Columns... out) {
  for (Index i = 0; i < eights; ++i) F::of_eight(x + 8 * i, out + 8 * i...);
}
inline bool has_wide() {
  static const bool yes = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return yes;
}
#else
template <class F, class... Columns>
void map_wide(Index eights, const double* x, Columns... out) { map_any<F>(eights, x, out...); }
inline bool has_wide() { return false; }
#endif

template <class>
using Eight = std::array<double, 8>;

// x and an out may be the same column.
template <class F, class... Columns>
void map(Index n, const double* x, Columns... out) {
  const auto use = has_wide() ? map_wide<F, Columns...> : map_any<F, Columns...>;
  const Index left = n % 8, done = n - left;
  use(n / 8, x, out...);
  if (left == 0) return;
  double from[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  std::copy(x + done, x + n, from);
  std::tuple<Eight<Columns>...> to;
  std::apply([&](auto&... row) {
    use(1, from, row.data()...);
    (std::copy_n(row.data(), left, out + done), ...);
  }, to);
}

}  // namespace elementary

inline void exp_of(const double* x, double* out, Index n) { elementary::map<elementary::Exp>(n, x, out); }
inline void log_of(const double* x, double* out, Index n) { elementary::map<elementary::Log>(n, x, out); }
// The logistic function s and 1 - s; tanh and its derivative. No column may be another.
inline void logistic_of(const double* u, double* s, double* q, Index n) {
  elementary::map<elementary::Logistic>(n, u, s, q);
}
inline void tanh_of(const double* u, double* a, double* slope, Index n) {
  elementary::map<elementary::Tanh>(n, u, a, slope);
}

}  // namespace moerate

#undef MOERATE_INLINE
