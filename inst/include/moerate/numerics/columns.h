// Loops over the rows of a block in the widest vector instructions of the machine. Eigen's are those that the compiler
// may take for granted: on x86-64, two numbers at a time.
#pragma once

#include <algorithm>
#include <cstring>

#include <moerate/numerics/types.h>

#if defined(__clang__)
#define MOERATE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define MOERATE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define MOERATE_INDEPENDENT _Pragma("GCC ivdep")
#define MOERATE_UNROLL _Pragma("GCC unroll 16")
#endif
#define MOERATE_INLINE __attribute__((always_inline)) inline
// All calls are inlined, so that they are compiled for the same instructions.
#define MOERATE_FLAT __attribute__((flatten))
// Not on Windows, where GCC does not align the stack to 32 bytes (bug 54412).
#if defined(__x86_64__) && !defined(_WIN32)
#define MOERATE_HAS_WIDE __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
#define MOERATE_WIDE __attribute__((flatten, target("avx2,fma")))
#else
#define MOERATE_HAS_WIDE false
#define MOERATE_WIDE MOERATE_FLAT
#endif

namespace moerate {

namespace columns {

inline bool has_wide() {
  static const bool yes = MOERATE_HAS_WIDE;
  return yes;
}

// A loop of known length becomes vector instructions by itself.
template <class Row>
MOERATE_INLINE void each(Index n, const Row& row) {
  Index i = 0;
  for (; i + 8 <= n; i += 8) {
    MOERATE_INDEPENDENT
    for (Index j = 0; j < 8; ++j) row(i + j);
  }
  for (; i < n; ++i) row(i);
}
template <class Row>
MOERATE_FLAT void each_any(Index n, const Row& row) { each(n, row); }
template <class Row>
MOERATE_WIDE void each_wide(Index n, const Row& row) { each(n, row); }

// Columns of n rows, `stride` apart.
struct Table {
  const double* at;
  Index stride;
};

using Four = double __attribute__((vector_size(32)));
MOERATE_INLINE void load(Four& to, const double* from) { std::memcpy(&to, from, sizeof(Four)); }

// out += A'B for R columns of A and C of B: sums in registers, each number loaded once.
template <int R, int C>
MOERATE_INLINE void tile(Index n, Table A, Table B, double* out, Index stride) {
  Four sum[R * C], a[R], b[C];
  MOERATE_UNROLL
  for (int t = 0; t < R * C; ++t) sum[t] = Four{0, 0, 0, 0};
  Index i = 0;
  for (; i + 4 <= n; i += 4) {
    MOERATE_UNROLL
    for (int r = 0; r < R; ++r) load(a[r], A.at + r * A.stride + i);
    MOERATE_UNROLL
    for (int c = 0; c < C; ++c) load(b[c], B.at + c * B.stride + i);
    MOERATE_UNROLL
    for (int t = 0; t < R * C; ++t) sum[t] += a[t % R] * b[t / R];
  }
  MOERATE_UNROLL
  for (int t = 0; t < R * C; ++t) {
    const double *x = A.at + t % R * A.stride, *y = B.at + t / R * B.stride;
    double total = (sum[t][0] + sum[t][1]) + (sum[t][2] + sum[t][3]);
    for (Index j = i; j < n; ++j) total += x[j] * y[j];
    out[t % R + t / R * stride] += total;
  }
}
template <int R, int C>
MOERATE_FLAT void tile_any(Index n, Table A, Table B, double* out, Index stride) { tile<R, C>(n, A, B, out, stride); }
template <int R, int C>
MOERATE_WIDE void tile_wide(Index n, Table A, Table B, double* out, Index stride) { tile<R, C>(n, A, B, out, stride); }

using Tile = void (*)(Index n, Table A, Table B, double* out, Index stride);
constexpr Tile kAny[3][4] = {{tile_any<1, 1>, tile_any<1, 2>, tile_any<1, 3>, tile_any<1, 4>},
                             {tile_any<2, 1>, tile_any<2, 2>, tile_any<2, 3>, tile_any<2, 4>},
                             {tile_any<3, 1>, tile_any<3, 2>, tile_any<3, 3>, tile_any<3, 4>}};
constexpr Tile kWide[3][4] = {{tile_wide<1, 1>, tile_wide<1, 2>, tile_wide<1, 3>, tile_wide<1, 4>},
                              {tile_wide<2, 1>, tile_wide<2, 2>, tile_wide<2, 3>, tile_wide<2, 4>},
                              {tile_wide<3, 1>, tile_wide<3, 2>, tile_wide<3, 3>, tile_wide<3, 4>}};

// Smallest and largest of a column; what is not a number may go unnoticed.
struct Range {
  double low, high;
  MOERATE_INLINE void add(double x) { low = x < low ? x : low, high = x > high ? x : high; }
};
MOERATE_INLINE Range range(const double* x, Index n) {
  Range out{x[0], x[0]};
  Four low = {x[0], x[0], x[0], x[0]}, high = low, next;
  Index i = 0;
  for (; i + 4 <= n; i += 4) {
    load(next, x + i);
    low = next < low ? next : low;
    high = next > high ? next : high;
  }
  for (int j = 0; j < 4; ++j) out.add(low[j]), out.add(high[j]);
  for (; i < n; ++i) out.add(x[i]);
  return out;
}
MOERATE_FLAT inline Range range_any(const double* x, Index n) { return range(x, n); }
MOERATE_WIDE inline Range range_wide(const double* x, Index n) { return range(x, n); }

}  // namespace columns

// row(0), ..., row(n - 1), in any order: no row reads what another writes.
template <class Row>
void for_rows(Index n, const Row& row) {
  if (columns::has_wide()) columns::each_wide(n, row);
  else columns::each_any(n, row);
}

// sum += A'B, over the first n rows.
inline void add_product(const ConstMatrix& A, const ConstMatrix& B, Index n, MutableMatrix sum) {
  const auto& tiles = columns::has_wide() ? columns::kWide : columns::kAny;
  for (Index b = 0; b < B.cols(); b += 4)
    for (Index a = 0; a < A.cols(); a += 3) {
      const Index rows = std::min<Index>(3, A.cols() - a), cols = std::min<Index>(4, B.cols() - b);
      tiles[rows - 1][cols - 1](n, {A.col(a).data(), A.outerStride()}, {B.col(b).data(), B.outerStride()},
                                &sum(a, b), sum.outerStride());
    }
}

inline columns::Range range_of(const double* x, Index n) {
  return columns::has_wide() ? columns::range_wide(x, n) : columns::range_any(x, n);
}

}  // namespace moerate
