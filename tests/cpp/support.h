// What the tests of the core share: an executor of plain threads, random numbers, finite
// differences, and equality to the bit.
#pragma once

#include <doctest/doctest.h>
#include <moerate/numerics/draw.h>
#include <moerate/numerics/types.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

namespace support {

using namespace moerate;

inline size_t at(Index i) { return static_cast<size_t>(i); }

// Tasks are taken in whatever order the threads come to them.
inline Runtime threads(int count) {
  Runtime runtime;
  runtime.execute = [count](Index tasks, const std::function<void(Index)>& task) {
    std::atomic<Index> next{0};
    std::vector<std::thread> pool;
    for (int t = 0; t < count; ++t)
      pool.emplace_back([&] {
        for (Index i = next++; i < tasks; i = next++) task(i);
      });
    for (auto& thread : pool) thread.join();
  };
  return runtime;
}

// The tasks one by one, the last one first.
inline Runtime backwards() {
  Runtime runtime;
  runtime.execute = [](Index tasks, const std::function<void(Index)>& task) {
    for (Index i = tasks; i-- > 0;) task(i);
  };
  return runtime;
}

inline Matrix normal_matrix(Index rows, Index cols, Stream& stream, double scale = 1) {
  Matrix out(rows, cols);
  for (Index i = 0; i < out.size(); ++i) out.data()[i] = scale * stream.normal();
  return out;
}
inline Vector normal_vector(Index size, Stream& stream, double scale = 1) {
  return normal_matrix(size, 1, stream, scale);
}
inline Vector uniform_vector(Index size, Stream& stream, double from = 0, double to = 1) {
  Vector out(size);
  for (Index i = 0; i < size; ++i) out[i] = from + (to - from) * stream.uniform();
  return out;
}

// Derivatives of f: R^m -> R^q by central differences of orders 2, 4, ... (Ridders' table).
inline Matrix differences(const std::function<Vector(const Vector&)>& f, const Vector& at_point,
                          double first = 0.05) {
  const Index q = f(at_point).size(), m = at_point.size();
  Matrix out(q, m);
  constexpr int rows = 5;
  for (Index j = 0; j < m; ++j) {
    std::vector<Vector> table;
    double h = first * std::max(1.0, std::abs(at_point[j]));
    for (int r = 0; r < rows; ++r, h /= 2) {
      const Vector e = h * Vector::Unit(m, j);
      Vector column = (f(at_point + e) - f(at_point - e)) / (2 * h);
      double factor = 1;
      for (int c = 0; c < r; ++c) {
        factor *= 4;
        const Vector better = column + (column - table[static_cast<size_t>(c)]) / (factor - 1);
        table[static_cast<size_t>(c)] = column;
        column = better;
      }
      table.push_back(column);
    }
    out.col(j) = table.back();
  }
  return out;
}

inline double distance(const Matrix& a, const Matrix& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return INFINITY;
  return a.size() ? (a - b).cwiseAbs().maxCoeff() : 0.0;
}

inline bool same_bits(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), at(a.size()) * sizeof(double)) == 0);
}
inline bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace support
