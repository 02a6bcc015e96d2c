// The pipeline of a fit: a search on a small sample, the best few on larger ones, the best on all
// rows. Everything happens in standardised coordinates.
#pragma once

#include <moerate/optimisation/agreement.h>
#include <moerate/optimisation/growth.h>
#include <moerate/optimisation/search.h>
#include <moerate/optimisation/separation.h>

namespace moerate {

struct Fit {
  Vector theta;  // user's coordinates
  double value = 0, gradient = 0, min_eigenvalue = 0;
  double scale = 1;  // units of the value per row: for least squares the variance of y
  Status status;
  Index iterations = 0, passes = 0;  // of the best start; of all
  Matrix hessian, jacobian;  // of the total in standardised coordinates; d(standard)/d(user)
  Vector mass;
  std::vector<bool> held;  // coefficients at a bound
  Starts starts;
  Index best = 0;
};

class Fitter {
 public:
  Fitter(const Model& model, const Data& data, const FitControl& control, const Runtime& runtime)
      : model_(model), data_(data), control_(control), runtime_(runtime),
        scaling_(standardise(data, model, runtime)), coordinates_(model, scaling_),
        bounds_(parameter_bounds(model, scaling_, control)) {}

  // From the user's measures (user's coordinates), or from data.tau, or from generated starts.
  Fit run(const std::vector<Vector>& given) const {
    if (!given.empty()) return from_given(given);
    Starts starts;
    std::vector<Index> alive;
    const std::vector<Index> sizes = levels();
    int round = 0;
    for (size_t l = 0; l < sizes.size(); ++l) {
      const bool last = l + 1 == sizes.size();
      const Subsample sample(data_, model_.k, sizes[l], control_.seed);
      if (l == 0) {
        starts = Search(model_, sample.view(), scaling_, bounds_, control_, runtime_).run(last);
        alive = ranking(sample.view()).best_of(starts, all(starts), hopeful(5));
        const Index likely = ranking(sample.view()).best(starts, all(starts));
        if (control_.em) alive = {likely};
        else if (std::find(alive.begin(), alive.end(), likely) == alive.end()) alive.push_back(likely);
        // a start is given up when one variance collapses; without noise in the data the others follow
        if (last && !control_.em && alive.size() > 1)
          for (Index i : ranking(sample.view()).collapsed(starts))
            if (std::find(alive.begin(), alive.end(), i) == alive.end()) alive.push_back(i);
        // the EM algorithm of the search was that of all rows
        if (control_.em && last && starts.size() > 1) break;
      }
      Data view = sample.view();
      view.tau = nullptr;
      alive = level(view, starts, alive, last, last ? 1 : hopeful(2), ++round);
    }
    if (grows()) alive = grown(starts, alive.front(), round);
    return finish(std::move(starts), alive.front(), !data_.tau);
  }

  const Scaling& scaling() const { return scaling_; }
  const Coordinates& coordinates() const { return coordinates_; }

 private:
  // How many distinct optima go on from a sample to more rows. Least squares tells them apart later: it knows the
  // sum of the experts alone.
  size_t hopeful(size_t count) const { return model_.law ? count : 2 * count; }

  // Sizes of the coarse samples, ending with all rows.
  std::vector<Index> levels() const {
    std::vector<Index> out;
    const Index largest = control_.subsample ? std::min<Index>(data_.n / 4, 100000) : 0;
    for (Index m = std::max<Index>(1000, 25 * model_.size()); m <= largest; m *= 10) out.push_back(m);
    out.push_back(data_.n);
    return out;
  }

  Ranking ranking(const Data& rows) const { return Ranking(model_, control_.min_rows, rows.effective_rows()); }
  static std::vector<Index> all(const Starts& starts) {
    std::vector<Index> out(starts.size());
    std::iota(out.begin(), out.end(), Index{0});
    return out;
  }

  // A start that is given is a point on all rows: a sample could lead away from it.
  Fit from_given(const std::vector<Vector>& given) const {
    Starts starts;
    for (const Vector& theta : given) {
      starts.push_back({"given", {}, {}});
      starts.back().optimum.theta = coordinates_.to_standard(theta);
    }
    const std::vector<Index> best = level(data_, starts, all(starts), true, 1, 0);
    Fit fit = finish(std::move(starts), best.front(), false);
    // nothing moved: not by rounding either
    if (fit.iterations == 0) fit.theta = given[static_cast<size_t>(fit.best)];
    return fit;
  }

  // The best few of the starts at this level of rows.
  std::vector<Index> level(const Data& rows, Starts& starts, std::vector<Index> alive, bool last, size_t keep,
                           int round) const {
    const bool several = alive.size() > 1;
    climb(rows, starts, alive, last);
    const Ranking rank = ranking(rows);
    for (Index i : alive) rank.record(starts[static_cast<size_t>(i)], round, last);
    alive = last ? std::vector<Index>{rank.best(starts, alive)} : rank.best_of(starts, alive, keep);
    // while there were several none could take long
    if (last && several && !control_.em && at(starts, alive.front()).status.ended == Ended::max_iter) {
      climb(rows, starts, alive, last);
      rank.record(starts[static_cast<size_t>(alive.front())], round + 1, last);
    }
    return alive;
  }

  // Least squares has no rows of an expert; what was given is not searched.
  bool grows() const { return model_.law && model_.k > 1 && !data_.tau && !control_.em; }

  // Splits of the optimum with one expert fewer, where the data ask for no more, beside what the search has found.
  std::vector<Index> grown(Starts& starts, Index best, int round) const {
    const Subsample sample(data_, model_.k, 100000, control_.seed);
    Starts more = Growth(model_, sample.view(), scaling_, control_, runtime_).run(at(starts, best), round + 2);
    const int last = round + 1 + Growth::rounds;
    std::vector<Index> alive = {best};
    ranking(sample.view()).record(starts[static_cast<size_t>(best)], last, sample.view().n == data_.n);
    for (Start& s : more) {
      if (s.stages.back().round == last) alive.push_back(static_cast<Index>(starts.size()));
      starts.push_back(std::move(s));
    }
    return alive.size() == 1 ? alive : level(data_, starts, alive, true, 1, last + 1);
  }

  // One level: small samples run starts side by side, large ones share their rows among threads.
  void climb(const Data& data, Starts& starts, const std::vector<Index>& alive, bool last) const {
    const bool side_by_side = alive.size() > 1 && data.n <= 20000;
    const Runtime serial = runtime_.alone();
    const RowObjective objective(model_, data, scaling_, side_by_side ? serial : runtime_);
    const Ranking rank = ranking(data);
    const auto one = [&](Index i) {
      Optimum& o = at(starts, alive[static_cast<size_t>(i)]);
      const Optimum before = std::move(o);
      o = optimise(objective, before, last ? control_.tolerance : std::max(control_.tolerance, 1e-5),
                   alive.size() > 1 ? std::min<Index>(100, control_.max_iter) : control_.max_iter);
      o.continue_from(before);
      // What collapses on a sample need not do so on all rows: go on from where it came.
      if (!last && rank.soundness(o) < 3) {
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

  Fit finish(Starts starts, Index best, bool sort) const {
    Fit fit;
    Optimum& o = at(starts, best);
    Data all = data_;
    all.tau = nullptr;
    const RowObjective objective(model_, all, scaling_, runtime_);
    const double total = objective.total_weight();
    const bool bounded = o.status.bound;  // bounds belong to an order of the experts: their gates have a reference
    if (sort && !bounded) reorder(model_, order_of_mass(o.mass), o);
    settle(objective, o);
    const bool finite = std::isfinite(o.gradient) && o.hessian.allFinite();
    if (!finite) o.status.ended = Ended::not_finite;
    fit.held = o.held;
    fit.best = best;
    fit.min_eigenvalue =
        finite ? Eigen::SelfAdjointEigenSolver<Matrix>(-o.hessian, Eigen::EigenvaluesOnly).eigenvalues()[0] /
                     objective.unit(o.value)
               : std::numeric_limits<double>::quiet_NaN();
    fit.theta = coordinates_.to_user(o.theta);
    fit.value = total * coordinates_.user_value(o.value);
    fit.gradient = o.gradient;
    o.status.separated = separated(model_, all, scaling_, runtime_, o.theta);
    fit.status = o.status;
    fit.iterations = o.iterations;
    for (const Start& s : starts) fit.passes += s.optimum.passes;
    fit.scale = coordinates_.value_scale();
    fit.hessian = o.hessian * (total * fit.scale);
    fit.jacobian = coordinates_.jacobian();
    fit.mass = o.mass;
    compare(starts, fit);
    fit.starts = std::move(starts);
    return fit;
  }

  // The value is that at the parameters which are reported: as a start they give it again to the last bit.
  void settle(const RowObjective& objective, Optimum& o) const {
    const Vector theta = coordinates_.to_standard(coordinates_.to_user(o.theta));
    if (!theta.allFinite()) return;
    const bool want = !o.hessian.size() || o.stale;
    Evaluation e = objective.evaluate(theta, want ? kHessian : kValue);
    if (want) o.hessian = std::move(e.hessian);
    if (!std::isfinite(e.value)) return;
    o.theta = theta;
    o.value = e.value;
  }

  // What other starts say of the fit: one alone reached it, or others are as good; or a higher likelihood was not
  // preferred.
  void compare(const Starts& starts, Fit& fit) const {
    const Agreement agreement(starts, fit.best);
    const double rows = data_.effective_rows();
    fit.status.disagree = starts.size() > 4 && starts.front().kind != "given" &&
                          (agreement.agreeing() < 2 || Ranking(model_, control_.min_rows, rows).contested(starts, fit.best));
    for (Index i = 0; i < static_cast<Index>(starts.size()); ++i) {
      const Stage& s = starts[static_cast<size_t>(i)].stages.back();
      if (s.whole && s.soundness > 0 && !agreement.agrees(i) && agreement.difference(i) * rows > 0.01)
        fit.status.set_aside = true;
    }
  }

  const Model& model_;
  const Data& data_;
  const FitControl control_;
  const Runtime& runtime_;
  const Scaling scaling_;
  const Coordinates coordinates_;
  const Bounds bounds_;
};

}  // namespace moerate
