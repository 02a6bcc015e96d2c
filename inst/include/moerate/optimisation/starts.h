// Starting values: hard partitions of a small sample of rows, of several kinds in turn, each keyed
// by (seed, start), turned into coefficients by a few M-steps.
#pragma once

#include <algorithm>
#include <numeric>

#include <moerate/numerics/draw.h>
#include <moerate/optimisation/em.h>

namespace moerate {

// A small standardised copy of rows: column 0 is y, or what the law has in its place, the others are the covariates.
struct Sample {
  Matrix points;
  Index n() const { return points.rows(); }
};

inline Sample draw_sample(const Data& data, const Scaling& scaling, const Law* law) {
  Sample s{Matrix(data.n, 1 + data.d)};
  Vector feature = Eigen::Map<const Vector>(data.y, data.n);
  Affine unit{scaling.y.shift, scaling.y.scale * scaling.spread};
  if (law && !law->location_scale()) {
    for (Index i = 0; i < data.n; ++i) feature[i] = law->feature(feature[i]);
    unit = moments(static_cast<const double*>(feature.data()), data);
  }
  for (Index i = 0; i < data.n; ++i) {
    s.points(i, 0) = (feature[i] - unit.shift) / unit.scale;
    for (Index j = 0; j < data.d; ++j) {
      const Affine& a = scaling.x[static_cast<size_t>(j)];
      s.points(i, j + 1) = (data.x[i + j * data.n] - a.shift) / a.scale;
    }
  }
  return s;
}

using Labels = std::vector<Index>;

// k-means++ seeding and a few Lloyd steps; every column stretched at random, so that partitions
// along y, along x and in between all occur.
inline Labels kmeans_labels(const Sample& sample, Index k, Stream& stream) {
  Matrix P = sample.points;
  for (Index j = 0; j < P.cols(); ++j) P.col(j) *= std::exp(1.0 * stream.normal());
  const Index n = P.rows();
  Matrix centres(k, P.cols());
  centres.row(0) = P.row(static_cast<Index>(stream.integer(static_cast<uint64_t>(n))));
  Vector nearest = (P.rowwise() - centres.row(0)).rowwise().squaredNorm();
  for (Index c = 1; c < k; ++c) {
    double u = stream.uniform() * nearest.sum();
    Index pick = 0;
    while (pick < n - 1 && (u -= nearest[pick]) > 0) ++pick;
    centres.row(c) = P.row(pick);
    nearest = nearest.cwiseMin((P.rowwise() - centres.row(c)).rowwise().squaredNorm());
  }
  Labels labels(static_cast<size_t>(n));
  for (int iteration = 0; iteration < 8; ++iteration) {
    Matrix sums = Matrix::Zero(k, P.cols());
    Vector counts = Vector::Zero(k);
    for (Index i = 0; i < n; ++i) {
      Index c;
      (centres.rowwise() - P.row(i)).rowwise().squaredNorm().minCoeff(&c);
      labels[static_cast<size_t>(i)] = c;
      sums.row(c) += P.row(i);
      counts[c] += 1;
    }
    for (Index c = 0; c < k; ++c)
      if (counts[c] > 0) centres.row(c) = sums.row(c) / counts[c];
  }
  return labels;
}

// Contiguous segments along a random direction of the covariates, cut at random ranks.
inline Labels segment_labels(const Sample& sample, Index k, Stream& stream) {
  const Index n = sample.n(), d = sample.points.cols() - 1;
  Vector direction(d + 1);
  direction[0] = 0;
  for (Index j = 0; j < d; ++j) direction[j + 1] = stream.normal();
  const Vector score = sample.points * direction;
  std::vector<Index> order(static_cast<size_t>(n)), cuts;
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return score[a] < score[b]; });
  for (Index c = 1; c < k; ++c)
    cuts.push_back(static_cast<Index>(stream.integer(static_cast<uint64_t>(n))));
  std::sort(cuts.begin(), cuts.end());
  Labels labels(static_cast<size_t>(n));
  for (Index r = 0; r < n; ++r)
    labels[static_cast<size_t>(order[static_cast<size_t>(r)])] =
        std::upper_bound(cuts.begin(), cuts.end(), r) - cuts.begin();
  return labels;
}

// k regressions through d + 2 random neighbouring or scattered rows each; a row joins the nearest.
inline Labels line_labels(const Sample& sample, Index k, Stream& stream) {
  const Index n = sample.n(), q = sample.points.cols();
  const Index size = std::min(n, q + 1);
  Matrix design = sample.points;
  design.col(0).setOnes();
  const Vector y = sample.points.col(0);
  Matrix residual(n, k);
  std::vector<Index> rows(static_cast<size_t>(n));
  for (Index c = 0; c < k; ++c) {
    std::iota(rows.begin(), rows.end(), Index{0});
    stream.shuffle(rows, static_cast<size_t>(size));
    if (stream.uniform() < 0.5) {  // neighbours of the first row drawn
      const Index centre = rows[0];
      const Index many = std::min<Index>(n, 3 * size);
      const Vector distance = (sample.points.rowwise() - sample.points.row(centre)).rowwise().squaredNorm();
      std::iota(rows.begin(), rows.end(), Index{0});
      std::partial_sort(rows.begin(), rows.begin() + many, rows.end(),
                        [&](Index a, Index b) { return distance[a] < distance[b]; });
      stream.shuffle(rows, static_cast<size_t>(size));
    }
    Matrix A(size, q);
    Vector v(size);
    for (Index i = 0; i < size; ++i) {
      A.row(i) = design.row(rows[static_cast<size_t>(i)]);
      v[i] = y[rows[static_cast<size_t>(i)]];
    }
    residual.col(c) = (y - design * A.colPivHouseholderQr().solve(v)).cwiseAbs();
  }
  Labels labels(static_cast<size_t>(n));
  for (Index i = 0; i < n; ++i) residual.row(i).minCoeff(&labels[static_cast<size_t>(i)]);
  return labels;
}

// Labels softened, as an n x k matrix of posterior weights.
inline Matrix soften(const Labels& labels, Index k, bool hard) {
  const double weight = hard ? 1.0 : 0.95;
  Matrix tau = Matrix::Constant(static_cast<Index>(labels.size()), k, (1 - weight) / k);
  for (size_t i = 0; i < labels.size(); ++i) tau(static_cast<Index>(i), labels[i]) += weight;
  return tau;
}

struct StartKind {
  const char* name;
  Labels (*make)(const Sample&, Index, Stream&);
  bool hard;  // keep the partition as it is: the way to a sharp gate
};
// In turn: start i is of kind i mod 4. To add a kind: one function, one line.
inline const std::vector<StartKind>& start_kinds() {
  static const std::vector<StartKind> kinds = {
      {"kmeans", kmeans_labels, false},
      {"segments", segment_labels, true},
      {"lines", line_labels, false},
      {"soft segments", segment_labels, false}};
  return kinds;
}

// Split and merge (Ueda et al. 2000, Neural Computation 12:2109): the rows of one expert of an
// earlier solution go to the others, and those of another one are cut in two.
inline Labels split_labels(const Sample& sample, const Matrix& tau, Stream& stream) {
  const Index n = sample.n(), k = tau.cols();
  const Index merged = static_cast<Index>(stream.integer(static_cast<uint64_t>(k)));
  Index cut = static_cast<Index>(stream.integer(static_cast<uint64_t>(k - 1)));
  if (cut >= merged) ++cut;
  Matrix others = tau;
  others.col(merged).setConstant(-1);
  Labels labels(static_cast<size_t>(n));
  std::vector<Index> rows;
  for (Index i = 0; i < n; ++i) {
    others.row(i).maxCoeff(&labels[static_cast<size_t>(i)]);
    if (labels[static_cast<size_t>(i)] == cut) rows.push_back(i);
  }
  if (rows.empty()) return labels;
  Sample part{Matrix(static_cast<Index>(rows.size()), sample.points.cols())};
  for (size_t i = 0; i < rows.size(); ++i)
    part.points.row(static_cast<Index>(i)) = sample.points.row(rows[i]);
  const auto& kinds = start_kinds();
  const Labels halves = kinds[stream.integer(kinds.size())].make(part, 2, stream);
  for (size_t i = 0; i < rows.size(); ++i)
    if (halves[i] == 1) labels[static_cast<size_t>(rows[i])] = merged;
  return labels;
}

}  // namespace moerate
