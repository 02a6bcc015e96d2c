// Data drawn from a truth: covariates from a design, then the response, each from streams of its own
// that are named by (seed, purpose, index, subindex). The one drawing of data in the package.
#pragma once

#include <moerate/numerics/draw.h>
#include <moerate/evaluation/rows.h>

namespace moerate {

// What names the data of a simulation.
struct DrawKey {
  std::uint64_t seed = 0, index = 0, subindex = 0;
  Stream stream(Purpose purpose) const { return Stream(seed, purpose, index, subindex); }
};

// uniform and normal: origin + scale * draw; grid: from origin to scale; empirical: rows of a table.
struct DesignLaw {
  std::string kind;
  Vector origin, scale;
  Matrix rows;

  Index width() const { return kind == "empirical" ? rows.cols() : origin.size(); }

  // Row by row, so that a longer sample of a random design begins with a shorter one.
  void draw(Index n, const DrawKey& key, double* out) const {
    Eigen::Map<Matrix> x(out, n, width());
    if (kind == "grid") {
      const double step = (scale[0] - origin[0]) / static_cast<double>(n - 1);
      for (Index i = 0; i < n; ++i)
        x(i, 0) = i > 0 && i == n - 1 ? scale[0] : i == 0 ? origin[0] : origin[0] + static_cast<double>(i) * step;
      return;
    }
    Stream stream = key.stream(Purpose::design);
    for (Index i = 0; i < n; ++i) {
      if (kind == "empirical") {
        x.row(i) = rows.row(static_cast<Index>(stream.uniform() * static_cast<double>(rows.rows())));
        continue;
      }
      for (Index j = 0; j < x.cols(); ++j)
        x(i, j) = origin[j] + scale[j] * (kind == "normal" ? stream.normal() : stream.uniform());
    }
  }
};

// A measure to draw from; without standard deviations the response is the regression function plus
// normal noise.
struct Truth {
  Model model;
  Vector theta, sd;
  double noise = 0;

  // y, and the label of each row's expert from 0 unless `label` is null, at the covariates of `data`.
  void draw(const Data& data, const DrawKey& key, double* y, int* label) const {
    constexpr Index step = 4096;  // the parts of so many rows stay in cache
    Stream labels = key.stream(Purpose::label);
    Stream normals = key.stream(sd.size() ? Purpose::response : Purpose::noise);
    for (Index first = 0; first < data.n; first += step) {
      const Index n = std::min(step, data.n - first);
      const Components parts = components(model, data, theta, first, n);
      for (Index i = 0; i < n; ++i) {
        if (!sd.size()) {
          y[first + i] = regression(parts, i) + noise * normals.normal();
          continue;
        }
        const Index from = choose(parts, i, labels.uniform());
        y[first + i] = parts.mean(i, from) + sd[from] * normals.normal();
        if (label) label[first + i] = static_cast<int>(from);
      }
    }
  }

 private:
  // Inverse of the cumulative gate probabilities.
  Index choose(const Components& parts, Index row, double u) const {
    Index label = 0;
    double cumulative = 0;
    for (Index i = 0; i + 1 < model.k; ++i) {
      cumulative += std::exp(parts.log_gate(row, i));
      label += u >= cumulative;
    }
    return label;
  }
  double regression(const Components& parts, Index row) const {
    long double sum = 0;  // as rowSums() of R
    for (Index i = 0; i < model.k; ++i) sum += std::exp(parts.log_gate(row, i)) * parts.mean(row, i);
    return static_cast<double>(sum);
  }
};

}  // namespace moerate
