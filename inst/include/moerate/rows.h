// What a model says of each row: scores, gate and means; and the rank of a design.
#pragma once

#include <moerate/objective.h>

namespace moerate {

// Rows of d(value)/d(theta) of a block whose gradient columns are filled.
inline Matrix row_scores(const Model& model, const Block& block) {
  Matrix out(block.rows, model.size());
  for (Index m = 0; m < model.count(); ++m) {
    const Predictor& q = model.predictors[static_cast<size_t>(m)];
    out.middleCols(q.offset, q.size) =
        block.design[q.design].topLeftCorner(block.rows, q.size).array().colwise() *
        block.gradient.col(m).head(block.rows).array();
  }
  return out;
}

struct Components {
  Matrix log_gate, mean;
};

// The linear predictors of `count` rows, at theta in the user's coordinates.
inline Matrix predictors(const Model& model, const Data& data, const Vector& theta, Index first, Index count) {
  Matrix u(count, model.count());
  for (Index m = 0; m < model.count(); ++m) {
    const Predictor& q = model.predictors[static_cast<size_t>(m)];
    u.col(m).setConstant(theta[q.offset]);
    const double* table = m < model.gate_size ? data.z : data.x;
    for (Index j = 1; j < q.size; ++j)
      u.col(m) += theta[q.offset + j] * Eigen::Map<const Vector>(table + (j - 1) * data.n + first, count);
  }
  return u;
}

// Of `count` rows, at theta in the user's coordinates; nothing is standardised, so no row depends
// on the others.
inline Components components(const Model& model, const Data& data, const Vector& theta, Index begin,
                             Index count) {
  Components out{Matrix(count, model.k), Matrix(count, model.k)};
  const Index step = 256;
  Matrix d1, d2;
  for (Index at = 0; at < count; at += step) {
    const Index n = std::min(step, count - at), first = begin + at;
    const Matrix u = predictors(model, data, theta, first, n);
    model.gate->log_weights(u.leftCols(model.gate_size), out.log_gate.middleRows(at, n));
    for (Index i = 0; i < model.k; ++i)
      model.mean->evaluate(u.middleCols(model.mean_predictor(i, 0), model.mean_size), kValue,
                           out.mean.col(i).segment(at, n), d1, d2);
  }
  return out;
}

inline Components components(const Model& model, const Data& data, const Vector& theta) {
  return components(model, data, theta, 0, data.n);
}

// R with R'R = D'D, D = (1, standardised columns): O(block) memory, and the accuracy of a QR
// decomposition of the whole, which a Gram matrix does not have.
inline Matrix triangle(const Eigen::Ref<const Matrix>& x, const std::vector<Affine>& a, Index begin,
                       Index end) {
  const Index p = x.cols() + 1, step = std::max<Index>(256, 4 * p);
  Matrix R = Matrix::Zero(p, p);
  for (Index first = begin; first < end; first += step) {
    const Index n = std::min(step, end - first);
    Matrix stacked(p + n, p);
    stacked.topRows(p) = R;
    stacked.col(0).tail(n).setOnes();
    for (Index j = 1; j < p; ++j) {
      const Affine& s = a[static_cast<size_t>(j - 1)];
      stacked.col(j).tail(n) =
          (x.col(j - 1).segment(first, n).array() - s.shift) / s.scale;
    }
    R = Eigen::HouseholderQR<Matrix>(stacked).matrixQR().topRows(p).triangularView<Eigen::Upper>();
  }
  return R;
}

// The same from the triangles of sixteen parts, which threads may share.
inline Matrix triangle(const Eigen::Ref<const Matrix>& x, const Runtime& runtime) {
  constexpr Index parts = 16;
  const Index p = x.cols() + 1, n = x.rows();
  Data data;
  data.n = n;
  std::vector<Affine> a(static_cast<size_t>(x.cols()));
  runtime.execute(x.cols(), [&](Index j) {
    a[static_cast<size_t>(j)] = moments(x.col(j).data(), data);
  });
  Matrix stacked(parts * p, p);
  runtime.execute(parts, [&](Index i) {
    stacked.middleRows(i * p, p) = triangle(x, a, i * n / parts, (i + 1) * n / parts);
  });
  return Eigen::HouseholderQR<Matrix>(stacked).matrixQR().topRows(p).triangularView<Eigen::Upper>();
}

}  // namespace moerate
