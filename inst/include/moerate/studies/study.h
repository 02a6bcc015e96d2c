// One cell of a study: data drawn for (n, replicate), starts near the truth, an estimate. Cells are
// independent and each is serial inside, so that threads and chunks never change a number.
#pragma once

#include <ctime>

#include <moerate/optimisation/agreement.h>
#include <moerate/optimisation/fitter.h>
#include <moerate/studies/start_law.h>

namespace moerate {

struct CellTask {
  const Model* model = nullptr;
  const FitControl* control = nullptr;
  Index starts = 0;  // near the truth; 0: the fit makes its own
  Index n = 0, replicate = 0;
};

struct CellResult {
  std::string status = "error", problem;  // the name of a refusal, which the host has words for, or of an exception
  Vector theta;
  double value = 0, gradient = 0, seconds = 0;
  Index iterations = 0, passes = 0, starts = 0, agreeing = 0;
};

// Processor seconds of this thread.
inline double thread_seconds() {
#ifdef CLOCK_THREAD_CPUTIME_ID
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
#else
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
#endif
}

class Study {
 public:
  Study(Truth truth, DesignLaw design, std::vector<Index> x_columns, std::vector<Index> z_columns,
        StartLaw start, std::uint64_t seed)
      : truth_(std::move(truth)), design_(std::move(design)), x_columns_(std::move(x_columns)),
        z_columns_(std::move(z_columns)), start_(start), seed_(seed) {}

  // Batches of cells, so that the host is polled between them.
  std::vector<CellResult> run(const std::vector<CellTask>& tasks, Index batch, const Runtime& runtime) const {
    std::vector<CellResult> out(tasks.size());
    const Index count = static_cast<Index>(tasks.size());
    for (Index first = 0; first < count; first += batch) {
      runtime.poll();
      runtime.execute(std::min(batch, count - first), [&](Index i) {
        out[static_cast<size_t>(first + i)] = cell(tasks[static_cast<size_t>(first + i)]);
      });
    }
    return out;
  }

  // What goes wrong in a cell is its status: the others go on.
  CellResult cell(const CellTask& task) const {
    const double before = thread_seconds();
    CellResult out;
    try {
      estimate(task, out);
    } catch (const std::exception& problem) {
      out = CellResult();
      out.problem = problem.what();
    }
    out.seconds = thread_seconds() - before;
    return out;
  }

  std::vector<Vector> starts(const CellTask& task) const {
    return start_.draw(task.starts, truth_, *task.model, task.n, key(task));
  }

 private:
  struct Sample {
    Vector y;
    Matrix covariates, x, z;
    Data data;
  };

  DrawKey key(const CellTask& task) const {
    return {seed_, static_cast<std::uint64_t>(task.n), static_cast<std::uint64_t>(task.replicate)};
  }

  void draw(const CellTask& task, Sample& s) const {
    const Index n = task.n;
    s.covariates.resize(n, design_.width());
    design_.draw(n, key(task), s.covariates.data());
    s.data.n = n;
    s.data.d = static_cast<Index>(x_columns_.size());
    s.data.p = static_cast<Index>(z_columns_.size());
    s.data.x = select(s.covariates, x_columns_, s.x);
    s.data.z = z_columns_ == x_columns_ ? s.data.x : select(s.covariates, z_columns_, s.z);
    s.y.resize(n);
    truth_.draw(s.data, key(task), s.y.data(), nullptr);
    s.data.y = s.y.data();
  }

  static const double* select(const Matrix& table, const std::vector<Index>& columns, Matrix& copy) {
    bool whole = static_cast<Index>(columns.size()) <= table.cols();
    for (size_t j = 0; j < columns.size(); ++j) whole = whole && columns[j] == static_cast<Index>(j);
    if (whole) return table.data();
    copy.resize(table.rows(), static_cast<Index>(columns.size()));
    for (size_t j = 0; j < columns.size(); ++j) copy.col(static_cast<Index>(j)) = table.col(columns[j]);
    return copy.data();
  }

  static void check(const Sample& s, const Model& model) {
    if (s.data.n < model.k) throw std::runtime_error("fewer_rows_than_experts");
    // as in moe(): more parameters than rows fit anything
    if (!model.law && s.data.n < model.size())
      throw std::runtime_error("fewer_rows_than_parameters");
    if (!s.y.allFinite() || !s.covariates.allFinite())
      throw std::runtime_error("data_not_finite");
    const double low = s.y.minCoeff(), high = s.y.maxCoeff();
    if (high - low <= 1e-14 * std::max(std::abs(low), std::abs(high)))
      throw std::runtime_error("constant_response");
  }

  void estimate(const CellTask& task, CellResult& out) const {
    Sample sample;
    draw(task, sample);
    check(sample, *task.model);
    const std::vector<Vector> given = starts(task);
    if (start_.published) published(task, sample.data, given, out);
    else converged(task, sample.data, given, out);
  }

  void converged(const CellTask& task, const Data& data, const std::vector<Vector>& given,
                 CellResult& out) const {
    FitControl control = *task.control;
    // starts and subsamples of the fit itself: another for every cell
    control.seed = key(task).stream(Purpose::subsample).engine()();
    const Runtime serial;
    const Fit fit = Fitter(*task.model, data, control, serial).run(given);
    out.status = fit.status.word();
    out.theta = fit.theta;
    out.value = fit.value;
    out.gradient = fit.gradient;
    out.iterations = fit.iterations;
    out.passes = fit.passes;
    count_starts(fit.starts, fit.best, out);
  }

  // EM alone, every start on all rows, the highest log-likelihood kept.
  void published(const CellTask& task, const Data& data, const std::vector<Vector>& given,
                 CellResult& out) const {
    const Runtime serial;
    const Scaling scaling = standardise(data, *task.model, serial);
    const Coordinates coordinates(*task.model, scaling);
    const RowObjective objective(*task.model, data, scaling, serial);
    const Bounds bounds = parameter_bounds(*task.model, scaling, *task.control);
    const Em em(objective, bounds);
    EmControl control;
    control.tolerance = task.control->tolerance;
    control.max_iter = task.control->max_iter;
    control.offset = coordinates.log_jacobian();
    const Ranking ranking(*task.model, 0, data.effective_rows());
    Starts ends;
    Index best = -1;
    for (const Vector& start : given) {
      ends.push_back({"given", em.run(coordinates.to_standard(start), control), {}});
      ranking.record(ends.back(), 0, true);
      const Optimum& o = ends.back().optimum;
      out.passes += o.passes;
      if (std::isfinite(o.value) && (best < 0 || o.value > ends[static_cast<size_t>(best)].optimum.value))
        best = static_cast<Index>(ends.size()) - 1;
    }
    if (best < 0) throw std::runtime_error("no_start");
    const Optimum& kept = ends[static_cast<size_t>(best)].optimum;
    out.status = kept.status.word();
    out.theta = coordinates.to_user(kept.theta);
    out.value = objective.total_weight() * coordinates.user_value(kept.value);
    out.gradient = kept.gradient;
    out.iterations = kept.iterations;
    count_starts(ends, best, out);
  }

  static void count_starts(const Starts& starts, Index best, CellResult& out) {
    out.starts = static_cast<Index>(starts.size());
    out.agreeing = Agreement(starts, best).agreeing();
  }

  Truth truth_;
  DesignLaw design_;
  std::vector<Index> x_columns_, z_columns_;
  StartLaw start_;
  std::uint64_t seed_;
};

}  // namespace moerate
