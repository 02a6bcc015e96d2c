// The one place where R objects become the core's types, and back.
#pragma once

#include <atomic>
#include <exception>
#include <thread>

#include "moerate_types.h"

#include <moerate/optimisation/agreement.h>
#include <moerate/optimisation/fitter.h>
#include <moerate/components/registry.h>
#include <moerate/studies/truth.h>

namespace moerate {

inline MeanOptions as_mean_options(const Rcpp::List& spec) {
  return {Rcpp::as<int>(spec["degree"]), Rcpp::as<int>(spec["hidden"]), Rcpp::as<std::string>(spec["activation"])};
}

inline Model as_model(const Rcpp::List& spec) {
  const bool shared = Rcpp::as<bool>(spec["shared_variance"]);
  const std::string law = Rcpp::as<std::string>(spec["response"]);
  return Model(Rcpp::as<int>(spec["k"]), Rcpp::as<int>(spec["d"]), Rcpp::as<int>(spec["p"]),
               Rcpp::as<bool>(spec["same"]), make(gates(), Rcpp::as<std::string>(spec["gate"])),
               make(means(), Rcpp::as<std::string>(spec["mean"]), as_mean_options(spec)),
               law == "none" ? nullptr : make(laws(), law), shared);
}

inline Vector as_vector(SEXP x) { return Eigen::Map<const Vector>(REAL(x), Rf_xlength(x)); }
inline Rcpp::NumericVector wrap(const Vector& v) { return Rcpp::NumericVector(v.data(), v.data() + v.size()); }
inline Rcpp::NumericMatrix wrap(const Matrix& m) {
  return Rcpp::NumericMatrix(static_cast<int>(m.rows()), static_cast<int>(m.cols()), m.data());
}

inline const double* pointer(SEXP x) { return Rf_isNull(x) ? nullptr : REAL(x); }

// Views of R's memory: y, w and tau may be NULL.
inline Data as_data(SEXP y, const Rcpp::NumericMatrix& x, const Rcpp::NumericMatrix& z, SEXP w,
                    SEXP tau) {
  Data data;
  data.n = x.nrow();
  data.d = x.ncol();
  data.p = z.ncol();
  data.y = pointer(y);
  data.x = x.begin();
  data.z = z.begin();
  data.w = pointer(w);
  data.tau = pointer(tau);
  return data;
}

// Runs tasks on threads that must not throw: the first exception is kept, the tasks that are left are passed over.
class Loop : public RcppParallel::Worker {
 public:
  explicit Loop(const std::function<void(Index)>& task) : task_(task) {}
  void operator()(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end && !failed_; ++i) try {
        task_(static_cast<Index>(i));
      } catch (...) {
        if (!failed_.exchange(true)) problem_ = std::current_exception();
      }
  }
  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  const std::function<void(Index)>& task_;
  std::atomic<bool> failed_{false};
  std::exception_ptr problem_;
};

// R's interrupt check only ever runs on R's thread; the others learn of it by a flag.
inline std::function<void()> interrupt_check() {
  const auto stop = std::make_shared<std::atomic<bool>>(false);
  return [stop, own = std::this_thread::get_id()] {
    if (*stop) throw Rcpp::internal::InterruptedException();
    if (std::this_thread::get_id() != own) return;
    try {
      Rcpp::checkUserInterrupt();
    } catch (...) {
      *stop = true;
      throw;
    }
  };
}

// Threads of RcppParallel.
inline Runtime r_runtime(int threads, SEXP report = R_NilValue) {
  Runtime runtime;
  runtime.poll = interrupt_check();
  if (!Rf_isNull(report))
    runtime.report = [report](double share) {
      const Rcpp::Function tell(report);
      tell(share);
    };
  // more threads than cores would only make the scheduler complain
  threads = std::min(threads, static_cast<int>(std::thread::hardware_concurrency()));
  if (threads > 1)
    runtime.execute = [threads](Index count, const std::function<void(Index)>& task) {
      Loop loop(task);
      RcppParallel::parallelFor(0, static_cast<std::size_t>(count), loop, 1, threads);
      loop.rethrow();
    };
  return runtime;
}

inline FitControl as_control(const Rcpp::List& control) {
  FitControl c;
  c.em = Rcpp::as<std::string>(control["optimizer"]) == "em";
  c.tolerance = Rcpp::as<double>(control["tol"]);
  c.max_iter = Rcpp::as<int>(control["max_iter"]);
  c.starts = Rcpp::as<int>(control["starts"]);
  c.floor = Rcpp::as<double>(control["variance_floor"]);
  c.subsample = Rcpp::as<bool>(control["subsample"]);
  c.bound = Rcpp::as<double>(control["bound"]);
  c.seed = static_cast<std::uint64_t>(Rcpp::as<double>(control["seed"]));
  c.trace = Rcpp::as<bool>(control["trace"]);
  c.min_rows = Rcpp::as<double>(control["min_rows"]);
  return c;
}

// What design_law() of R/study-design.R returns.
inline DesignLaw as_design(const Rcpp::List& law) {
  const Rcpp::NumericMatrix rows = law["rows"];
  return {Rcpp::as<std::string>(law["kind"]), as_vector(law["origin"]), as_vector(law["scale"]),
          Matrix(Eigen::Map<const Matrix>(rows.begin(), rows.nrow(), rows.ncol()))};
}

// What truth_law() of R/measure-rmoe.R returns.
inline Truth as_truth(const Rcpp::List& law) {
  return {as_model(law["model"]), as_vector(law["theta"]), as_vector(law["sd"]), Rcpp::as<double>(law["noise"])};
}

// Whole numbers held in doubles.
inline DrawKey as_key(double seed, const Rcpp::NumericVector& index) {
  const auto word = [](double x) { return static_cast<std::uint64_t>(x); };
  return {word(seed), index.size() > 0 ? word(index[0]) : 0, index.size() > 1 ? word(index[1]) : 0};
}

// Starts as columns: the value on the user's scale, and the trace in long form.
inline Rcpp::List as_list(const Starts& starts, Index best, double total, const Coordinates& coordinates) {
  std::vector<std::string> kind, status;
  std::vector<double> value, difference, price, gradient, trace_value, trace_gradient;
  std::vector<int> optimum, soundness, whole, iterations, trace_start, trace_iteration;
  const Agreement agreement(starts, best);
  for (Index i = 0; i < static_cast<Index>(starts.size()); ++i) {
    const Start& s = starts[static_cast<std::size_t>(i)];
    optimum.push_back(static_cast<int>(agreement.optimum(i)) + 1);
    difference.push_back(agreement.difference(i));
    soundness.push_back(s.stages.back().soundness);
    price.push_back(s.stages.back().merit - s.stages.back().criterion);
    whole.push_back(s.stages.back().whole);
    kind.push_back(s.kind);
    status.push_back(s.optimum.status.word());
    value.push_back(total * coordinates.user_value(s.optimum.value));
    gradient.push_back(s.optimum.gradient);
    iterations.push_back(static_cast<int>(s.optimum.iterations));
    for (const TracePoint& t : s.optimum.trace) {
      trace_start.push_back(static_cast<int>(kind.size()));
      trace_iteration.push_back(static_cast<int>(t.iteration));
      trace_value.push_back(total * coordinates.user_value(t.value));
      trace_gradient.push_back(t.gradient);
    }
  }
  using Rcpp::_;
  return Rcpp::List::create(_["kind"] = kind, _["value"] = value, _["gradient"] = gradient, _["status"] = status,
                            _["iterations"] = iterations, _["optimum"] = optimum, _["difference"] = difference,
                            _["soundness"] = soundness, _["price"] = price, _["whole"] = whole,
                            _["trace_start"] = trace_start, _["trace_iteration"] = trace_iteration,
                            _["trace_value"] = trace_value, _["trace_gradient"] = trace_gradient);
}

}  // namespace moerate
