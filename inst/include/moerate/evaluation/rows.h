// What a model says of each row: scores, gate and means; and the range and the rank of a design.
#pragma once

#include <algorithm>

#include <moerate/evaluation/row_objective.h>

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

// The scores of the rows, without weights, in standardised coordinates: never more than a block of them.
class RowScores {
 public:
  RowScores(const Model& model, const Data& data, const Runtime& runtime)
      : model_(model), scaling_(standardise(data, model, runtime)), coordinates_(model, scaling_),
        objective_(model, data, scaling_, runtime) {}

  // Calls use(first row, scores) for every block in order; theta in the user's coordinates.
  template <class Use>
  void visit(const Vector& theta, const Use& use) const {
    objective_.visit(coordinates_.to_standard(theta), kGradient, [&](Index first, const Block& block) {
      use(first, Matrix(coordinates_.value_scale() * row_scores(model_, block)));
    });
  }
  Matrix jacobian() const { return coordinates_.jacobian(); }

 private:
  const Model& model_;
  const Scaling scaling_;
  const Coordinates coordinates_;
  const RowObjective objective_;
};

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

// The least and the largest of n > 0 numbers; NaN where one is not finite.
inline std::pair<double, double> range(const double* numbers, Index n) {
  const Eigen::Map<const Eigen::ArrayXd> v(numbers, n);
  if ((v - v).sum() == 0) return {v.minCoeff(), v.maxCoeff()};
  const double none = std::numeric_limits<double>::quiet_NaN();
  return {none, none};
}

// D = (1, standardised columns): the rows from `begin` to `end` in blocks, to be used after `above` free rows.
template <class Use>
void standard_blocks(const Eigen::Ref<const Matrix>& x, const std::vector<Affine>& a, Index begin, Index end,
                     Index above, const Use& use) {
  const Index p = x.cols() + 1, step = std::max<Index>(256, 4 * p);
  Matrix D;
  for (Index first = begin; first < end; first += step) {
    const Index n = std::min(step, end - first);
    D.resize(above + n, p);
    D.col(0).tail(n).setOnes();
    for (Index j = 1; j < p; ++j) {
      const Affine& s = a[static_cast<size_t>(j - 1)];
      D.col(j).tail(n) = (x.col(j - 1).segment(first, n).array() - s.shift) * (1 / s.scale);
    }
    use(D);
  }
}

// R with R'R = D'D: O(block) memory, and the accuracy of a QR decomposition of the whole, which a Gram matrix does
// not have.
inline Matrix triangle(const Eigen::Ref<const Matrix>& x, const std::vector<Affine>& a, Index begin,
                       Index end) {
  const Index p = x.cols() + 1;
  Matrix R = Matrix::Zero(p, p);
  standard_blocks(x, a, begin, end, p, [&](Matrix& stacked) {
    stacked.topRows(p) = R;
    R = Eigen::HouseholderQR<Matrix>(stacked).matrixQR().topRows(p).triangularView<Eigen::Upper>();
  });
  return R;
}

// D'D of some rows, its lower triangle.
inline Matrix gram(const Eigen::Ref<const Matrix>& x, const std::vector<Affine>& a, Index begin, Index end) {
  const Index p = x.cols() + 1;
  Matrix out = Matrix::Zero(p, p);
  standard_blocks(x, a, begin, end, 0, [&](const Matrix& D) {
    out.selfadjointView<Eigen::Lower>().rankUpdate(D.transpose());
  });
  return out;
}

// Is every eigenvalue of D'D / n above 1e-4, a hundred thousand times what lm() takes for dependence? 1 / trace of the
// inverse is a lower bound of them, for a third of the time that eigenvalues take.
inline bool well_conditioned(const Eigen::LLT<Matrix>& gram, Index n) {
  if (gram.info() != Eigen::Success) return false;
  const Index p = gram.matrixLLT().rows();
  Matrix inverse = Matrix::Identity(p, p);
  gram.matrixL().solveInPlace(inverse);
  return static_cast<double>(n) * inverse.squaredNorm() < 1e4;
}

// From at most sixteen parts of the rows, which threads may share, each with more rows than columns. Where D is far
// from a loss of rank, its Gram matrix says so in a tenth of the time, and leaves R twelve digits.
inline Matrix triangle(const Eigen::Ref<const Matrix>& x, const Runtime& runtime) {
  const Index p = x.cols() + 1, n = x.rows(), parts = std::clamp<Index>(n / (4 * p), 1, 16);
  Data data;
  data.n = n;
  std::vector<Affine> a(static_cast<size_t>(x.cols()));
  runtime.execute(x.cols(), [&](Index j) {
    a[static_cast<size_t>(j)] = moments(x.col(j).data(), data);
  });
  Matrix stacked(parts * p, p);
  const auto collect = [&](const auto& of) {
    runtime.execute(parts, [&](Index i) {
      stacked.middleRows(i * p, p) = of(x, a, i * n / parts, (i + 1) * n / parts);
    });
  };
  collect(gram);
  Matrix whole = Matrix::Zero(p, p);
  for (Index i = 0; i < parts; ++i) whole += stacked.middleRows(i * p, p);
  const Eigen::LLT<Matrix> cholesky(whole);
  if (well_conditioned(cholesky, n)) return cholesky.matrixU();
  collect([](const auto&... rows) { return triangle(rows...); });
  if (parts == 1) return stacked;
  return Eigen::HouseholderQR<Matrix>(stacked).matrixQR().topRows(p).triangularView<Eigen::Upper>();
}

}  // namespace moerate
