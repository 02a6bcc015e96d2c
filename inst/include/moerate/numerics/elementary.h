// exp(), log() and the logistic function of columns of doubles: they are much of a pass, and Eigen works on two numbers
// at a time. Relative error below 2^-50 where nothing over- or underflows: exp on [-700, 700], log of normal numbers.
// Outside, nothing is promised.
#pragma once

#include <cstdint>

#include <moerate/numerics/columns.h>

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
MOERATE_INLINE double exp(double x) {
  constexpr double round = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  constexpr double c[12] = {1.0, 1.0, 0.50000000000000184039, 0.1666666666666668082, 0.04166666666648795252,
                            0.0083333333333195896163, 0.0013888888952352862866, 0.00019841269890076402829,
                            0.000024801485441561312966, 2.7557240887229868596e-6, 2.7632654722527791888e-7,
                            2.5110049204818659792e-8};
  const double shifted = x * 1.44269504088896340736 + round, whole = shifted - round;
  const double f = (x - whole * kLog2High) - whole * kLog2Low, f2 = f * f, f4 = f2 * f2;
  const double low = (c[2] + c[3] * f) + (c[4] + c[5] * f) * f2;
  const double high = ((c[6] + c[7] * f) + (c[8] + c[9] * f) * f2) + (c[10] + c[11] * f) * f4;
  const double p = c[0] + (c[1] * f + f2 * (low + high * f4));
  return p * as_double((as_bits(shifted) + 1023) << 52);
}

// log(x) = n log(2) + log(1 + f), 0.69 < 1 + f < 1.38; log(1 + f) = 2 artanh(s) with s = f / (2 + f) is
// odd in s: the polynomial of fdlibm.
MOERATE_INLINE double log(double x) {
  constexpr std::uint64_t below = 0x3fe6000000000000u;  // 0.6875
  constexpr double c[7] = {6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
                           2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
                           1.479819860511658591e-01};
  const std::uint64_t n = (as_bits(x) - below + (std::uint64_t{1024} << 52)) >> 52;  // 1024 + exponent
  const double f = as_double(as_bits(x) - ((n - 1024) << 52)) - 1;
  const double whole = as_double(n | 0x4330000000000000u) - (4503599627370496.0 + 1024);  // 2^52 + n, as a double
  const double s = f / (2 + f), z = s * s, z2 = z * z, half = 0.5 * f * f;
  const double odd = z * (c[0] + z2 * (c[2] + z2 * (c[4] + z2 * c[6])));
  const double even = z2 * (c[1] + z2 * (c[3] + z2 * c[5]));
  return whole * kLog2High - ((half - (s * (half + odd + even) + whole * kLog2Low)) - f);
}

}  // namespace elementary

// x and out may be the same column.
inline void exp_of(const double* x, double* out, Index n) {
  for_rows(n, [=](Index i) { out[i] = elementary::exp(x[i]); });
}
inline void log_of(const double* x, double* out, Index n) {
  for_rows(n, [=](Index i) { out[i] = elementary::log(x[i]); });
}

// The logistic function of scale * u, and one less it. No column may be another. A bound and exp() in one loop would
// keep the compiler from vector instructions.
inline void logistic_of(const double* u, double scale, double* s, double* q, Index n) {
  for_rows(n, [=](Index i) {
    const double v = -scale * u[i];
    q[i] = v < 350.0 ? v : 350.0;
  });
  for_rows(n, [=](Index i) { q[i] = q[i] > -350.0 ? q[i] : -350.0; });
  for_rows(n, [=](Index i) {
    const double e = elementary::exp(q[i]), near = 1 / (1 + e);
    s[i] = near;
    q[i] = e * near;
  });
}

// tanh(u) = s(2u) - q(2u), and its derivative
inline void tanh_of(const double* u, double* a, double* slope, Index n) {
  logistic_of(u, 2, a, slope, n);
  for_rows(n, [=](Index i) {
    const double s = a[i], q = slope[i];
    a[i] = s - q;
    slope[i] = 4 * s * q;
  });
}

}  // namespace moerate
