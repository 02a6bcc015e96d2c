// A random subsample of rows, copied: one row from each of m equal strata, in order.
#pragma once

#include <moerate/evaluation/data.h>
#include <moerate/numerics/draw.h>

namespace moerate {

class Subsample {
 public:
  Subsample(const Data& data, Index k, Index size, std::uint64_t seed) : view_(data) {
    if (size >= data.n) return;
    Stream stream(seed, Purpose::subsample, static_cast<std::uint64_t>(size));
    std::vector<Index> rows(static_cast<size_t>(size));
    for (Index i = 0; i < size; ++i) {
      const double u = (static_cast<double>(i) + stream.uniform()) / static_cast<double>(size);
      rows[static_cast<size_t>(i)] = std::min(data.n - 1, static_cast<Index>(u * static_cast<double>(data.n)));
    }
    view_.n = size;
    view_.y = copy(data.y, 1, data.n, rows, y_);
    view_.x = copy(data.x, data.d, data.n, rows, x_);
    view_.z = data.one_design() ? view_.x : copy(data.z, data.p, data.n, rows, z_);
    view_.w = copy(data.w, 1, data.n, rows, w_);
    view_.tau = copy(data.tau, k, data.n, rows, tau_);
    if (view_.w && !(w_.sum() > 0)) view_.w = nullptr;
  }
  Subsample(const Subsample&) = delete;
  const Data& view() const { return view_; }

 private:
  static const double* copy(const double* table, Index columns, Index n,
                            const std::vector<Index>& rows, Matrix& out) {
    if (!table) return nullptr;
    out.resize(static_cast<Index>(rows.size()), columns);
    for (Index j = 0; j < columns; ++j)
      for (size_t i = 0; i < rows.size(); ++i) out(static_cast<Index>(i), j) = table[j * n + rows[i]];
    return out.data();
  }
  Data view_;
  Matrix y_, x_, z_, w_, tau_;
};

}  // namespace moerate
