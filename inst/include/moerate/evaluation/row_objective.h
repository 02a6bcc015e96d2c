// The objective of a model on rows of data, and the one place where designs meet coefficients: block ->
// predictors -> row terms -> gradient Z'g and Hessian Z_a' diag(h) Z_b, summed in a fixed order.
#pragma once

#include <atomic>

#include <moerate/evaluation/in_order.h>
#include <moerate/evaluation/mixture.h>
#include <moerate/evaluation/objective.h>
#include <moerate/evaluation/squares.h>

namespace moerate {

class RowObjective final : public Objective {
 public:
  RowObjective(const Model& model, const Data& data, const Scaling& scaling,
               const Runtime& runtime)
      : model_(model), data_(data), scaling_(scaling), runtime_(runtime),
        layouts_{PairLayout(model, Curvature::observed), PairLayout(model, Curvature::complete),
                 PairLayout(model, Curvature::blocks)},
        terms_(row_terms()) {
    const Index widest = std::max(model.width[kExpert], model.width[kGate]);
    // A block's columns stay in cache; the number of chunks depends on n alone, so that the order
    // of summation, hence every bit of the result, does not depend on the threads.
    block_ = std::max<Index>(32, std::min<Index>(192, 40000 / (widest * (widest + 1) / 2 + 40)));
    const Index blocks = (data.n + block_ - 1) / block_;
    per_chunk_ = std::max<Index>(1, (blocks + kChunks - 1) / kChunks) * block_;
    total_ = data.total_weight();
  }

  // The gradient of least squares in units of the variance of the residuals is that of a log-likelihood. Where
  // there are next to none, rounding keeps it from vanishing in these units.
  double unit(double value) const override { return model_.law ? 1 : std::max(-2 * value, 1e-7); }

  double total_weight() const { return total_; }
  const Model& model() const { return model_; }
  Index block_size() const { return block_; }

  Evaluation evaluate(const Vector& theta, int order,
                      Curvature curvature = Curvature::observed) const override {
    runtime_.poll();
    const PairLayout& pairs = layout(curvature);
    const Index chunks = (data_.n + per_chunk_ - 1) / per_chunk_;
    InOrder<Sums> total;
    std::atomic<Index> ticket{0};
    runtime_.execute(chunks, [&](Index) {
      const Index c = ticket++;  // chunks begin in their order, so that few wait to be added
      auto block = borrow();
      auto s = std::make_unique<Sums>();
      s->clear(model_, pairs, order);
      const Index end = std::min(data_.n, (c + 1) * per_chunk_);
      for (Index first = c * per_chunk_; first < end; first += block_) {
        load(first, std::min(block_, end - first), theta, *block);
        terms_->evaluate(*block, order, curvature, pairs);
        accumulate(*block, order, pairs, *s);
      }
      give_back(std::move(block));
      total.add(c, std::move(s));
    });
    return assemble(*total.sum, order, pairs);
  }

  // Calls use(first row, block) for every block in order, terms evaluated at theta.
  void visit(const Vector& theta, int order,
             const std::function<void(Index first, const Block& block)>& use) const {
    auto block = borrow();
    for (Index first = 0; first < data_.n; first += block_) {
      load(first, std::min(block_, data_.n - first), theta, *block);
      terms_->evaluate(*block, order, Curvature::observed, layout(Curvature::observed));
      use(first, *block);
    }
    give_back(std::move(block));
  }

 private:
  static constexpr Index kChunks = 64;

  // Without a law the objective is least squares.
  std::unique_ptr<RowTerms> row_terms() const {
    if (model_.law) return std::make_unique<MixtureTerms>(model_);
    return std::make_unique<LeastSquaresTerms>(model_, scaling_.spread);
  }

  // With tau given all data are complete.
  const PairLayout& layout(Curvature curvature) const {
    if (curvature == Curvature::observed && data_.tau) curvature = Curvature::complete;
    return layouts_[static_cast<size_t>(curvature)];
  }

  struct Sums {
    Vector value = Vector::Zero(1), mass;
    Matrix gradient[3];            // by design: width x predictors that use it
    std::vector<Matrix> hessian;   // by pair of designs: products x pairs
    void clear(const Model& model, const PairLayout& pairs, int order) {
      mass.setZero(model.k);
      if (order < kGradient) return;
      for (size_t j = 0; j < 3; ++j) gradient[j].setZero(model.width[j], 0);
      for (size_t j = 0; j < 3; ++j)
        if (model.design_used[j]) gradient[j].setZero(model.width[j], model.span(static_cast<int>(j)).second);
      if (order < kHessian) return;
      for (const auto& g : pairs.groups)
        hessian.push_back(Matrix::Zero(
            Block::product_width(model, static_cast<size_t>(g.left), static_cast<size_t>(g.right)), g.count));
    }
    void add(const Sums& other) {
      value += other.value;
      mass += other.mass;
      for (size_t j = 0; j < 3; ++j) gradient[j] += other.gradient[j];
      for (size_t j = 0; j < hessian.size(); ++j) hessian[j] += other.hessian[j];
    }
  };

  std::unique_ptr<Block> borrow() const {
    std::lock_guard<std::mutex> lock(mutex_);
    if (pool_.empty()) return std::make_unique<Block>(model_, layouts_[0].total, block_);
    auto block = std::move(pool_.back());
    pool_.pop_back();
    return block;
  }
  void give_back(std::unique_ptr<Block> block) const {
    std::lock_guard<std::mutex> lock(mutex_);
    pool_.push_back(std::move(block));
  }

  static void scaled(const double* column, const Affine& a, Index rows, double* out) {
    const double shift = a.shift, factor = 1 / a.scale;
    for_rows(rows, [=](Index i) { out[i] = (column[i] - shift) * factor; });
  }
  void gather(const double* table, const std::vector<Affine>& columns, Index first,
              Matrix& design, Index rows) const {
    for (size_t j = 0; j < columns.size(); ++j)
      scaled(table + static_cast<Index>(j) * data_.n + first, columns[j], rows,
             design.col(static_cast<Index>(j) + 1).data());
  }

  void load(Index first, Index rows, const Vector& theta, Block& block) const {
    block.rows = rows;
    gather(data_.x, scaling_.x, first, block.design[kExpert], rows);
    if (model_.design_used[kGate]) gather(data_.z, scaling_.z, first, block.design[kGate], rows);
    if (data_.y) scaled(data_.y + first, scaling_.y, rows, block.y.data());
    else block.y.setZero();
    if (block.base.size())
      for (Index i = 0; i < rows; ++i) block.base[i] = model_.law->base(block.y[i]);
    if (data_.w) block.w.head(rows) = Eigen::Map<const Vector>(data_.w + first, rows);
    block.given_tau = data_.tau != nullptr;
    for (Index j = 0; data_.tau && j < model_.k; ++j)
      block.tau.col(j).head(rows) = Eigen::Map<const Vector>(data_.tau + first + j * data_.n, rows);
    for (Index m = 0; m < model_.count(); ++m) {
      const Predictor& q = model_.predictors[static_cast<size_t>(m)];
      const double* c = &theta[q.offset];
      double* u = block.u.col(m).data();
      for (Index j = 1; j < q.size; ++j) {
        const double *x = block.design[q.design].col(j).data(), slope = c[j], from = c[0];
        if (j == 1) for_rows(rows, [=](Index i) { u[i] = from + slope * x[i]; });
        else for_rows(rows, [=](Index i) { u[i] += slope * x[i]; });
      }
      if (q.size == 1) std::fill(u, u + (q.design == kConstant ? 1 : rows), c[0]);
    }
  }

  void accumulate(Block& block, int order, const PairLayout& pairs, Sums& sums) const {
    const Index n = block.rows;
    const auto w = block.w.head(n);
    add_product(block.w, block.value, n, sums.value);
    add_product(block.tau, block.w, n, sums.mass);
    if (order < kGradient) return;
    auto G = block.gradient.topRows(n);
    if (data_.w) G.array().colwise() *= w.array();
    for (size_t j = 0; j < 3; ++j) {
      if (!model_.design_used[j]) continue;
      const auto use = model_.span(static_cast<int>(j));
      add_product(block.design[j], block.gradient.middleCols(use.first, use.second), n, sums.gradient[j]);
    }
    if (order < kHessian) return;
    for (size_t g = 0; g < pairs.groups.size(); ++g) {
      const auto& group = pairs.groups[g];
      auto H = block.hessian.middleCols(group.first, group.count);
      if (data_.w) H.topRows(n).array().colwise() *= w.array();
      Matrix& products = block.products[group.product()];
      multiply(group, block, products);
      add_product(products, H, n, sums.hessian[g]);
    }
  }

  static void multiply(const PairLayout::Group& group, const Block& block, Matrix& out) {
    const Matrix &A = block.design[group.left], &B = block.design[group.right];
    const Index n = block.rows;
    for (Index a = 0, c = 0; a < A.cols(); ++a)
      for (Index b = group.symmetric() ? a : 0; b < B.cols(); ++b, ++c)
      {
        const double *left = A.col(a).data(), *right = B.col(b).data();
        double* to = out.col(c).data();
        for_rows(n, [=](Index i) { to[i] = left[i] * right[i]; });
      }
  }

  Evaluation assemble(const Sums& sums, int order, const PairLayout& pairs) const {
    Evaluation out;
    out.value = sums.value[0] / total_;
    out.mass = sums.mass / total_;
    if (order < kGradient) return out;
    const Index P = model_.size(), M = model_.count();
    out.gradient.resize(P);
    for (Index m = 0; m < M; ++m) {
      const Predictor& q = model_.predictors[static_cast<size_t>(m)];
      const Index first = model_.span(q.design).first;
      out.gradient.segment(q.offset, q.size) = sums.gradient[q.design].col(m - first) / total_;
    }
    if (order < kHessian) return out;
    out.hessian.setZero(P, P);
    for (size_t g = 0; g < pairs.groups.size(); ++g)
      for (Index a = 0; a < M; ++a)
        for (Index b = a; b < M; ++b) {
          const Index column = pairs.column[static_cast<size_t>(packed(a, b, M))] - pairs.groups[g].first;
          if (column >= 0 && column < pairs.groups[g].count)
            scatter(pairs.groups[g], sums.hessian[g].col(column), a, b, out.hessian);
        }
    out.hessian /= total_;
    return out;
  }

  void scatter(const PairLayout::Group& group, const Vector& sum, Index a, Index b, Matrix& H) const {
    Predictor L = model_.predictors[static_cast<size_t>(a)];
    Predictor R = model_.predictors[static_cast<size_t>(b)];
    if (L.design > R.design) std::swap(L, R);
    for (Index i = 0, r = 0; i < L.size; ++i)
      for (Index j = group.symmetric() ? i : 0; j < R.size; ++j, ++r) {
        H(L.offset + i, R.offset + j) = H(R.offset + j, L.offset + i) = sum[r];
        if (group.symmetric())
          H(L.offset + j, R.offset + i) = H(R.offset + i, L.offset + j) = sum[r];
      }
  }

  const Model& model_;
  Data data_;
  const Scaling& scaling_;
  const Runtime& runtime_;
  const PairLayout layouts_[3];  // by Curvature; the first has all pairs
  std::unique_ptr<RowTerms> terms_;
  Index block_ = 0, per_chunk_ = 0;
  double total_ = 0;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Block>> pool_;
};

}  // namespace moerate
