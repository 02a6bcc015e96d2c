// Optima of k experts from one of k - 1, and back. The rows of one expert are shared by two that are fitted to these
// rows alone, the others held (the partial EM of Ueda et al. 2000, Neural Computation 12:2109): a small problem, so
// that many places for a new expert can be tried on all rows.
#pragma once

#include <moerate/optimisation/ranking.h>
#include <moerate/optimisation/starts.h>

namespace moerate {

// n x k posterior weights at theta.
inline Matrix posterior(const RowObjective& objective, const Data& data, const Vector& theta) {
  Matrix tau(data.n, objective.model().k);
  objective.visit(theta, kValue, [&](Index first, const Block& block) {
    tau.middleRows(first, block.rows) = block.tau.topRows(block.rows);
  });
  return tau;
}

// A few M-steps from theta with the posterior weights held.
inline Optimum from_posterior(const Model& model, Data data, const Scaling& scaling, const Bounds& bounds,
                              const Runtime& runtime, const Matrix& tau, const Vector& theta, Index steps) {
  data.tau = tau.data();
  EmControl c;
  c.max_iter = model.mean->identity() ? steps : 3 * steps;
  return Em(RowObjective(model, data, scaling, runtime), bounds).run(theta, c);
}

// The rows of one expert: those that it has a share in, weighted by it.
class ExpertRows {
 public:
  ExpertRows(const Data& data, const Scaling& scaling, const Matrix& tau, Index expert) : view_(data) {
    std::vector<Index> rows;
    for (Index i = 0; i < data.n; ++i)
      if (tau(i, expert) > 0.01) rows.push_back(i);
    view_.n = static_cast<Index>(rows.size());
    y_ = copied(data.y, 1, data.n, rows);
    x_ = copied(data.x, data.d, data.n, rows);
    if (!data.one_design()) z_ = copied(data.z, data.p, data.n, rows);
    w_.resize(view_.n);
    for (size_t i = 0; i < rows.size(); ++i)
      w_[static_cast<Index>(i)] = tau(rows[i], expert) * (data.w ? data.w[rows[i]] : 1);
    view_.y = y_.data(), view_.x = x_.data(), view_.w = w_.data();
    view_.z = data.one_design() ? view_.x : z_.data();
    // what windows are cut from: the residuals, and the standardised covariates of experts and gate
    const bool own = !data.one_design();
    points_.resize(view_.n, 1 + data.d + (own ? data.p : 0));
    for (Index j = 0; j < data.d; ++j) points_.col(1 + j) = standard(x_.col(j), scaling.x[static_cast<size_t>(j)]);
    for (Index j = 0; own && j < data.p; ++j)
      points_.col(1 + data.d + j) = standard(z_.col(j), scaling.z[static_cast<size_t>(j)]);
  }
  ExpertRows(const ExpertRows&) = delete;
  const Data& view() const { return view_; }
  // Column 0 is y less what the expert says, in units of its spread there.
  void residuals(const Vector& residual) {
    points_.col(0) = residual;
    const double sd = std::sqrt(w_.dot(residual.cwiseAbs2()) / w_.sum());
    if (sd > 0) points_.col(0) /= sd;
  }
  const Matrix& points() const { return points_; }

 private:
  static Vector standard(const Vector& column, const Affine& a) { return (column.array() - a.shift) / a.scale; }
  static Matrix copied(const double* table, Index columns, Index n, const std::vector<Index>& rows) {
    Matrix out(static_cast<Index>(rows.size()), columns);
    for (Index j = 0; j < columns; ++j)
      for (size_t i = 0; i < rows.size(); ++i) out(static_cast<Index>(i), j) = table[j * n + rows[i]];
    return out;
  }
  Data view_;
  Matrix y_, x_, z_, points_;
  Vector w_;
};

// How much each row belongs to a window: a half-space of the covariates, one of covariates and residual, or a ball.
inline Vector window_score(const Matrix& points, Index kind, Stream& stream) {
  const Index n = points.rows(), q = points.cols();
  Vector v(q);
  for (Index j = 0; j < q; ++j) v[j] = stream.normal();
  if (kind == 0 && q > 1) v[0] = 0;
  if (kind < 3 && (kind != 2 || q > 1)) return points * v;
  const Index centre = static_cast<Index>(stream.integer(static_cast<std::uint64_t>(n)));
  return -((points.rowwise() - points.row(centre)).cwiseAbs2() * v.cwiseAbs2());
}

// Posterior weights of two experts: the rows of a window for the one, the others for the other. Windows have from a few
// rows to half of them, all orders of magnitude alike.
inline Matrix window(const ExpertRows& rows, Index kind, double fewest, Stream& stream) {
  const Vector score = window_score(rows.points(), kind, stream);
  const double all = static_cast<double>(score.size()), half = std::max(1.0, all / 2);
  const double few = std::min(fewest, half);
  const double size = std::exp(std::log(few) + stream.uniform() * (std::log(half) - std::log(few)));
  Vector sorted = score;
  const Index cut = std::max<Index>(0, score.size() - static_cast<Index>(size));
  std::nth_element(sorted.data(), sorted.data() + cut, sorted.data() + sorted.size());
  Matrix tau(score.size(), 2);
  tau.col(0) = (score.array() >= sorted[cut]).select(Vector::Constant(score.size(), 0.98), 0.02);
  tau.col(1) = 1 - tau.col(0).array();
  return tau;
}

class Splits {
 public:
  Splits(const Model& model, const Data& data, const Scaling& scaling, const FitControl& control,
         const Runtime& runtime, const Optimum& parent)
      : model_(model),
        fewer_(model.with_experts(model.k - 1)),
        pair_(model.with_experts(2)),
        data_(data),
        scaling_(scaling),
        control_(control),
        runtime_(runtime),
        bounds_(parameter_bounds(pair_, scaling, control)),
        parent_(parent),
        tau_(posterior(RowObjective(fewer_, data_, scaling_, runtime_), data_, parent.theta)) {}

  // Optima on the rows of each expert in turn, put into the model: their value is that of all rows as far as the rows
  // of the one expert tell. Windows do not depend on the seed of the fit.
  Starts run() {
    Starts out;
    for (Index i = 0; i < fewer_.k; ++i) of_expert(i, out);
    return out;
  }

  // Start j with the gate of all experts fitted to its rows.
  Vector settled(const Start& start, size_t j) const {
    const Pair& pair = pairs_[j];
    Matrix tau(data_.n, model_.k);
    tau.leftCols(fewer_.k) = tau_;
    tau.col(fewer_.k).setZero();
    RowObjective(pair_, data_, scaling_, runtime_).visit(pair.theta, kValue, [&](Index first, const Block& b) {
      const auto whole = tau_.col(pair.expert).segment(first, b.rows).array();
      tau.col(pair.expert).segment(first, b.rows) = whole * b.tau.col(0).head(b.rows).array();
      tau.col(fewer_.k).segment(first, b.rows) = whole * b.tau.col(1).head(b.rows).array();
    });
    Vector theta = start.optimum.theta;
    Matrix level = Matrix::Zero(model_.predictors[0].size, pair_.gate_size);
    level.row(0) = model_.gate->intercepts((Vector(2) << pair.share, 1 - pair.share).finished()).transpose();
    put_gates(theta, pair.expert, level, pair.share);
    return from_posterior(model_, data_, scaling_, parameter_bounds(model_, scaling_, control_), runtime_, tau, theta,
                          8)
        .theta;
  }

 private:
  void of_expert(Index i, Starts& out) {
    ExpertRows rows(data_, scaling_, tau_, i);
    const double fewest = 3.0 * static_cast<double>(model_.size()) / static_cast<double>(model_.k);
    if (static_cast<double>(rows.view().n) < 2 * fewest) return;
    const Runtime serial = runtime_.alone();
    const RowObjective objective(pair_, rows.view(), scaling_, serial);
    const Vector twice = pair_.taken(fewer_, parent_.theta, {i, i});
    const double before = objective.evaluate(twice, kValue).value;
    const double share = objective.total_weight() / data_.total_weight();
    Vector residual(rows.view().n);
    objective.visit(twice, kValue, [&](Index first, const Block& block) {
      for (Index j = 0; j < block.rows; ++j)
        residual[first + j] = model_.law->residual(block.y[j], block.experts[0].mu[j]);
    });
    rows.residuals(residual);
    // of an expert, and of all experts no more than half as many as there are starts
    const Index windows = std::min<Index>(24, std::max<Index>(2, control_.starts / (2 * fewer_.k)));
    const size_t base = out.size();
    out.resize(base + static_cast<size_t>(windows));
    pairs_.resize(out.size());
    runtime_.execute(windows, [&](Index j) {
      Stream stream(0, Purpose::split, static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(j));
      const Matrix half = window(rows, j % 4, fewest, stream);
      const Optimum two = optimum(rows.view(), objective, half, twice);
      Start& start = out[base + static_cast<size_t>(j)];
      start.kind = "expert split";
      Pair& pair = pairs_[base + static_cast<size_t>(j)];
      pair = {i, two.theta, std::min(1 - 1e-9, std::max(1e-9, two.mass[0] / two.mass.sum()))};
      start.optimum = joined(pair, two, share);
      start.optimum.value = parent_.value + share * (two.value - before);
      if (control_.trace) start.optimum.trace = {{two.iterations, start.optimum.value, two.gradient}};
    });
  }

  Optimum optimum(const Data& rows, const RowObjective& objective, const Matrix& half, const Vector& twice) const {
    const Optimum first = from_posterior(pair_, rows, scaling_, bounds_, runtime_.alone(), half, twice, 4);
    EmControl em;
    em.max_iter = 5;
    em.tolerance = 0;
    NewtonControl c;
    c.tolerance = 1e-4;  // the best of them go on, on all rows
    c.max_iter = 60;
    c.smooth = model_.mean->smooth();
    c.stop_on_floor = true;
    return Newton(objective, bounds_, c).run(Em(objective, bounds_).run(first.theta, em).theta);
  }

  struct Pair {
    Index expert;
    Vector theta;
    double share;  // of the first of the two
  };

  // The pair in the place of the expert and at the end.
  Optimum joined(const Pair& pair, const Optimum& two, double share) const {
    Optimum out;
    std::vector<Index> order(static_cast<size_t>(model_.k));
    std::iota(order.begin(), order.end() - 1, Index{0});
    order.back() = pair.expert;
    out.theta = model_.taken(fewer_, parent_.theta, order);
    const Index last = model_.k - 1;
    for (Index s = 0; s < (model_.shared_variance ? model_.mean_size : model_.slots()); ++s) {
      put(out.theta, model_.slot(pair.expert, s), two.theta, pair_.slot(0, s));
      put(out.theta, model_.slot(last, s), two.theta, pair_.slot(1, s));
    }
    put_gates(out.theta, pair.expert, Eigen::Map<const Matrix>(two.theta.data(), model_.predictors[0].size, pair_.gate_size),
              pair.share);
    out.mass.resize(model_.k);
    out.mass.head(last) = parent_.mass;
    out.mass[pair.expert] = std::max(0.0, parent_.mass[pair.expert] - (1 - pair.share) * share);
    out.mass[last] = (1 - pair.share) * share;
    out.status = two.status;
    out.gradient = two.gradient;
    out.iterations = two.iterations;
    out.passes = 1;  // of few rows
    return out;
  }
  void put_gates(Vector& theta, Index expert, const Matrix& two, double share) const {
    const Index q = model_.predictors[0].size;
    const Matrix gates = Eigen::Map<const Matrix>(parent_.theta.data(), q, fewer_.gate_size);
    Eigen::Map<Matrix>(theta.data(), q, model_.gate_size) = model_.gate->split(gates, expert, two, share);
  }
  void put(Vector& theta, Index to, const Vector& from, Index m) const {
    const Predictor &a = model_.predictors[static_cast<size_t>(to)], &b = pair_.predictors[static_cast<size_t>(m)];
    theta.segment(a.offset, a.size) = from.segment(b.offset, b.size);
  }

  const Model& model_;
  const Model fewer_, pair_;
  const Data& data_;
  const Scaling& scaling_;
  const FitControl& control_;
  const Runtime& runtime_;
  const Bounds bounds_;
  const Optimum& parent_;
  const Matrix tau_;
  std::vector<Pair> pairs_;
};

}  // namespace moerate
