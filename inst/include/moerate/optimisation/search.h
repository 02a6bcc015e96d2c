// Many starts on a small sample: first partitions drawn at random, then split-and-merge moves from
// the best of them, each wave run to a loose tolerance.
#pragma once

#include <moerate/optimisation/ranking.h>
#include <moerate/components/laws/gaussian.h>
#include <moerate/optimisation/starts.h>
#include <moerate/optimisation/subsample.h>

namespace moerate {

// Starts of least squares come from partitions too, by the EM algorithm for the same gate and means with
// normal errors of one variance: the partition model.
class Search {
 public:
  Search(const Model& model, const Data& data, const Scaling& scaling, const Bounds& bounds,
         const FitControl& control, const Runtime& runtime)
      : model_(model), data_(data), scaling_(scaling), bounds_(bounds), control_(control),
        runtime_(runtime), serial_(runtime.alone()), ranking_(model, control.min_rows, data.effective_rows()),
        sample_(draw_sample(data, scaling, model.law.get())), mean_y_(mean_y(data)),
        objective_(model, without_tau(data), scaling, serial_),
        partition_(model.law ? model : model.with_law(std::make_shared<GaussianLaw>(), true)),
        partition_bounds_(parameter_bounds(partition_, scaling, control)),
        partition_objective_(partition_, without_tau(data), scaling, serial_) {}

  Starts run(bool whole) const {
    Starts all = optima();
    for (Start& s : all) ranking_.record(s, 0, whole);
    return all;
  }

 private:
  Starts optima() const {
    if (data_.tau || (model_.k == 1 && model_.mean->identity())) {
      Starts one(1);
      one[0].kind = data_.tau ? "posterior" : "lm";
      const Matrix ones = Matrix::Ones(data_.n, 1);
      Stream stream(control_.seed, Purpose::start);
      one[0].optimum = from_posterior(data_.tau ? data_.tau : ones.data(), 4, stream);
      if (!model_.law) one[0].optimum = without_law(one[0].optimum);
      return one;
    }
    Starts all;
    constexpr int waves = 4;  // of which the first is random; one expert cannot be split
    const Index share = model_.k == 1 ? 0 : (control_.starts + 1) / (waves + 1);
    wave(all, control_.starts - (waves - 1) * share, {});
    for (int w = 1; w < waves && share > 0; ++w) {
      std::vector<Index> indices(all.size());
      std::iota(indices.begin(), indices.end(), Index{0});
      std::vector<Matrix> parents;
      for (Index i : ranking_.best_of(all, indices, 4))
        parents.push_back(posterior(all[static_cast<size_t>(i)].optimum));
      wave(all, share, parents);
    }
    return all;
  }

  void wave(Starts& all, Index count, const std::vector<Matrix>& parents) const {
    constexpr Index batch = 16;
    const size_t base = all.size();
    all.resize(base + static_cast<size_t>(count));
    for (Index first = 0; first < count; first += batch) {
      runtime_.poll();
      runtime_.report(static_cast<double>(base + first) / static_cast<double>(control_.starts));
      runtime_.execute(std::min(batch, count - first), [&](Index i) {
        const size_t index = base + static_cast<size_t>(first + i);
        one(index, parents, all[index]);
      });
    }
  }

  void one(size_t index, const std::vector<Matrix>& parents, Start& start) const {
    Stream stream(control_.seed, Purpose::start, index);
    if (!model_.law && parents.empty() && index % 2 == 1) return from_gates(stream, start);
    const auto& kinds = start_kinds();
    const StartKind& kind = kinds[(model_.law ? index : index / 2) % kinds.size()];
    start.kind = parents.empty() ? kind.name : "split";
    const Labels labels = parents.empty()
                              ? kind.make(sample_, model_.k, stream)
                              : split_labels(sample_, parents[index % parents.size()], stream);
    const bool hard = parents.empty() ? kind.hard : index % 2 == 1;
    start.optimum = from_posterior(soften(labels, model_.k, hard).data(), hard ? 10 : 4, stream);
    EmControl em;
    em.max_iter = control_.em ? control_.max_iter : control_.em_steps;
    em.tolerance = control_.em ? control_.tolerance : 0;
    em.trace = control_.trace;
    Optimum warm = Em(partition_objective_, partition_bounds_).run(start.optimum.theta, em);
    if (!model_.law) warm = without_law(warm);
    if (!control_.em) warm = then_newton(warm);
    start.optimum = std::move(warm);
  }

  // Least squares where clusters of y tell nothing: random gates, experts to match.
  void from_gates(Stream& stream, Start& start) const {
    start.kind = "gates";
    start.optimum.theta = first_guess(stream);
    for (Index m = 0; m < model_.gate_size; ++m) {
      const Predictor& q = model_.predictors[static_cast<size_t>(m)];
      for (Index j = 0; j < q.size; ++j) start.optimum.theta[q.offset + j] = 2 * stream.normal();
    }
    start.optimum = then_newton(without_law(start.optimum));
  }

  Optimum then_newton(const Optimum& warm) const {
    NewtonControl c;
    c.tolerance = 1e-5;  // enough to rank; the best are finished by the caller
    c.max_iter = std::min<Index>(control_.max_iter, 150);
    c.smooth = model_.mean->smooth();
    c.stop_on_floor = true;
    c.trace = control_.trace;
    Optimum out = Newton(objective_, bounds_, c).run(warm.theta);
    out.continue_from(warm);
    return out;
  }

  // A few M-steps with the posterior weights held: more of them for a sharper gate, and for bent means.
  Optimum from_posterior(const double* tau, Index steps, Stream& stream) const {
    Data labelled = data_;
    labelled.tau = tau;
    EmControl c;
    c.max_iter = model_.mean->identity() ? steps : 3 * steps;
    return Em(RowObjective(partition_, labelled, scaling_, serial_), partition_bounds_)
        .run(first_guess(stream), c);
  }

  // Where the law begins, and zero but for the coefficients that a mean wants drawn at random.
  Vector first_guess(Stream& stream) const {
    Vector out = Vector::Zero(partition_.size());
    const double location = partition_.law->initial(mean_y_);
    for (Index i = 0; i < model_.k; ++i)
      if (model_.mean->identity())
        out[partition_.predictors[static_cast<size_t>(partition_.mean_predictor(i, 0))].offset] = location;
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.mean_size; ++s) {
        const double spread = model_.mean->spread(s);
        const Predictor& q = partition_.predictors[static_cast<size_t>(partition_.mean_predictor(i, s))];
        for (Index j = 0; spread > 0 && j < q.size; ++j) out[q.offset + j] = spread * stream.normal();
      }
    return out;
  }

  // From the partition model to least squares: a solve of all coefficients in which f is linear (Golub and
  // Pereyra 1973, SIAM J. Numer. Anal. 10:413), then the method of Gauss and Newton.
  Optimum without_law(const Optimum& o) const {
    Vector theta = o.theta.head(model_.size());
    solve_linear(theta);
    NewtonControl c;
    c.curvature = Curvature::complete;
    c.smooth = model_.mean->smooth();
    c.tolerance = 1e-2;
    c.max_iter = 20;
    c.trace = control_.trace;
    Optimum out = Newton(objective_, bounds_, c).run(theta);
    out.hessian = Matrix();
    out.continue_from(o);
    return out;
  }

  void solve_linear(Vector& theta) const {
    Vector free = Vector::Zero(model_.size());
    for (Index i = 0; i < model_.k; ++i)
      for (Index s = 0; s < model_.mean_size; ++s) {
        const Predictor& q = model_.predictors[static_cast<size_t>(model_.mean_predictor(i, s))];
        free.segment(q.offset, q.size).setConstant(model_.mean->linear(s));
      }
    if (free.isZero()) return;
    const Evaluation e = objective_.evaluate(theta, kHessian, Curvature::complete);
    Matrix B = -(free.asDiagonal() * e.hessian * free.asDiagonal());
    const double largest = B.diagonal().maxCoeff();
    B.diagonal() += Vector::Ones(free.size()) - free + 1e-8 * largest * free;
    const Vector step = B.ldlt().solve(free.cwiseProduct(e.gradient));
    if (step.allFinite()) theta += step;
  }

  Matrix posterior(const Optimum& o) const {
    Vector theta(partition_.size());
    theta.head(model_.size()) = o.theta;
    if (!model_.law)
      theta[model_.size()] = std::log(std::max(-2 * o.value, control_.floor)) + 2 * std::log(scaling_.spread);
    Matrix tau(data_.n, model_.k);
    partition_objective_.visit(theta, kValue, [&](Index first, const Block& block) {
      tau.middleRows(first, block.rows) = block.tau.topRows(block.rows);
    });
    return tau;
  }

  static double mean_y(const Data& data) {
    double sum = 0;
    for (Index i = 0; i < data.n; ++i) sum += (data.w ? data.w[i] : 1) * data.y[i];
    return sum / data.total_weight();
  }
  static Data without_tau(Data data) {
    data.tau = nullptr;
    return data;
  }

  const Model& model_;
  const Data& data_;
  const Scaling& scaling_;
  const Bounds& bounds_;
  const FitControl& control_;
  const Runtime& runtime_;
  const Runtime serial_;
  Ranking ranking_;
  Sample sample_;
  const double mean_y_;
  RowObjective objective_;
  const Model partition_;
  const Bounds partition_bounds_;
  RowObjective partition_objective_;
};

}  // namespace moerate
