// The pipeline of a fit: a search on a small sample, the best few on larger ones, the best on all
// rows. Everything happens in standardised coordinates.
#pragma once

#include <moerate/optimisation/search.h>

namespace moerate {

struct Fit {
  Vector theta;  // user's coordinates
  double value = 0, gradient = 0, min_eigenvalue = 0;
  double scale = 1;  // units of the value per row: for least squares the variance of y
  std::string status;
  Index iterations = 0, passes = 0;  // of the best start; of all
  Matrix hessian, jacobian;  // of the total in standardised coordinates; d(standard)/d(user)
  Vector mass;
  std::vector<bool> held;  // coefficients at `bound`
  Starts starts;
  Index best = 0;
};

class Fitter {
 public:
  Fitter(const Model& model, const Data& data, const FitControl& control, const Runtime& runtime)
      : model_(model), data_(data), control_(control), runtime_(runtime),
        scaling_(standardise(data, model, runtime)), coordinates_(model, scaling_),
        ranking_(model, control.min_mass), bounds_(parameter_bounds(model, scaling_, control)) {}

  // From the user's measures (user's coordinates), or from data.tau, or from generated starts.
  Fit run(const std::vector<Vector>& given) const {
    Starts starts;
    for (const Vector& theta : given) {
      starts.push_back({"given", {}, {}});
      starts.back().optimum.theta = coordinates_.to_standard(theta);
    }
    std::vector<Index> alive;
    const std::vector<Index> sizes = levels();
    for (size_t l = 0; l < sizes.size(); ++l) {
      const Subsample sample(data_, model_.k, sizes[l], control_.seed);
      if (l == 0) {
        if (given.empty())
          starts = Search(model_, sample.view(), scaling_, bounds_, control_, runtime_).run();
        alive.resize(starts.size());
        std::iota(alive.begin(), alive.end(), Index{0});
        if (given.empty()) alive = ranking_.best_of(starts, alive, control_.em ? 1 : hopeful(5));
        // the EM algorithm of the search was that of all rows
        if (control_.em && sizes.size() == 1 && !starts.front().stages.empty()) break;
      }
      Data view = sample.view();
      view.tau = nullptr;
      climb(view, starts, alive, l + 1 == sizes.size());
      for (Index i : alive) ranking_.record(starts[static_cast<size_t>(i)]);
      const bool last = l + 1 == sizes.size(), several = alive.size() > 1;
      alive = ranking_.best_of(starts, alive, last ? 1 : hopeful(2));
      if (last && several && !control_.em && at(starts, alive.front()).status == "max_iter")
        climb(view, starts, alive, last);
    }
    return finish(std::move(starts), alive.front(), given.empty() && !data_.tau);
  }

  const Scaling& scaling() const { return scaling_; }
  const Coordinates& coordinates() const { return coordinates_; }

 private:
  // How many distinct optima go on from a sample to more rows. Least squares tells them apart later: it knows the
  // sum of the experts alone.
  size_t hopeful(size_t count) const { return model_.response ? count : 2 * count; }

  // Sizes of the coarse samples, ending with all rows.
  std::vector<Index> levels() const {
    std::vector<Index> out;
    const Index largest = control_.subsample ? std::min<Index>(data_.n / 4, 100000) : 0;
    for (Index m = std::max<Index>(1000, 25 * model_.size()); m <= largest; m *= 10) out.push_back(m);
    out.push_back(data_.n);
    return out;
  }

  // One level: small samples run starts side by side, large ones share their rows among threads. While there
  // are several starts none may take long: run() lets the best one go on.
  void climb(const Data& data, Starts& starts, const std::vector<Index>& alive, bool last) const {
    const bool side_by_side = alive.size() > 1 && data.n <= 20000;
    const Runtime serial;
    const RowObjective objective(model_, data, scaling_, side_by_side ? serial : runtime_);
    const auto one = [&](Index i) {
      Optimum& o = at(starts, alive[static_cast<size_t>(i)]);
      const Optimum before = std::move(o);
      o = optimise(objective, before, last ? control_.tolerance : std::max(control_.tolerance, 1e-5),
                   alive.size() > 1 ? std::min<Index>(100, control_.max_iter) : control_.max_iter);
      o.continue_from(before);
      // What collapses on a sample need not do so on all rows: go on from where it came.
      if (!last && ranking_.soundness(o) < 3) {
        o.theta = before.theta;
        o.hessian = Matrix();
      }
    };
    (side_by_side ? runtime_.execute : serial.execute)(static_cast<Index>(alive.size()), one);
  }

  static Optimum& at(Starts& starts, Index i) { return starts[static_cast<size_t>(i)].optimum; }

  Optimum optimise(const RowObjective& objective, const Optimum& before, double tolerance,
                   Index max_iter) const {
    if (control_.em) {
      EmControl c;
      c.tolerance = control_.tolerance;
      c.max_iter = control_.max_iter;
      c.trace = control_.trace;
      return Em(objective, bounds_).run(before.theta, c);
    }
    NewtonControl c;
    c.tolerance = tolerance;
    c.max_iter = max_iter;
    c.smooth = model_.mean->smooth();
    c.trace = control_.trace;
    return Newton(objective, bounds_, c).run(before.theta, before.hessian);
  }

  // Generated starts end with their experts sorted, the one with the most rows first.
  void sort_experts(Optimum& o) const {
    std::vector<Index> order(static_cast<size_t>(model_.k));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return o.mass[a] > o.mass[b]; });
    if (std::is_sorted(order.begin(), order.end())) return;
    o.theta = model_.permuted(o.theta, order);
    const Vector mass = o.mass;
    for (Index i = 0; i < model_.k; ++i) o.mass[i] = mass[order[static_cast<size_t>(i)]];
    o.hessian.resize(0, 0);
  }

  Fit finish(Starts starts, Index best, bool sort) const {
    Fit fit;
    Optimum& o = at(starts, best);
    Data all = data_;
    all.tau = nullptr;
    const RowObjective objective(model_, all, scaling_, runtime_);
    const double total = objective.total_weight();
    const bool bounded = o.status == "boundary";
    if (bounded) fit.held = bounds_.reached(o.theta);
    if (sort && !bounded) sort_experts(o);  // bounds belong to an order of the experts: their gates have a reference
    if (!o.hessian.size() || o.stale) o.hessian = objective.evaluate(o.theta, kHessian).hessian;
    fit.best = best;
    fit.min_eigenvalue =
        Eigen::SelfAdjointEigenSolver<Matrix>(-o.hessian, Eigen::EigenvaluesOnly).eigenvalues()[0] /
        objective.unit(o.value);
    fit.theta = coordinates_.to_user(o.theta);
    fit.value = total * coordinates_.user_value(o.value);
    fit.gradient = o.gradient;
    fit.status = separated(all, o) ? "gate_separated" : o.status;
    fit.iterations = o.iterations;
    for (const Start& s : starts) fit.passes += s.optimum.passes;
    fit.scale = coordinates_.value_scale();
    fit.hessian = o.hessian * (total * fit.scale);
    fit.jacobian = coordinates_.jacobian();
    fit.mass = o.mass;
    fit.starts = std::move(starts);
    return fit;
  }

  // The complete-data information of the gate, which is the same for every law of the response, vanishes only
  // where all its probabilities are 0 or 1.
  bool separated(const Data& all, const Optimum& o) const {
    if (model_.gate_size == 0 || o.status != "converged") return false;
    const Predictor& last = model_.predictors[static_cast<size_t>(model_.gate_size - 1)];
    const Index size = last.offset + last.size;
    if (o.theta.head(size).cwiseAbs().maxCoeff() < 12) return false;
    const Model model = model_.responding(std::make_shared<GaussianResponse>(), true);
    Vector theta = Vector::Zero(model.size());
    theta.head(size) = o.theta.head(size);
    const RowObjective objective(model, all, scaling_, runtime_);
    const Matrix H = objective.evaluate(theta, kHessian, Curvature::complete).hessian;
    const Matrix gate = -H.topLeftCorner(size, size);
    return Eigen::SelfAdjointEigenSolver<Matrix>(gate, Eigen::EigenvaluesOnly).eigenvalues()[0] <
           1e-6;
  }

  const Model& model_;
  const Data& data_;
  const FitControl control_;
  const Runtime& runtime_;
  const Scaling scaling_;
  const Coordinates coordinates_;
  const Ranking ranking_;
  const Bounds bounds_;
};

}  // namespace moerate
