// Bindings of fits and of models evaluated at given parameters. R has checked every argument.
#include "convert.h"

#include <moerate/optimisation/held.h>

using namespace moerate;

// [[Rcpp::export]]
Rcpp::List fit_cpp(SEXP y, Rcpp::NumericMatrix x, Rcpp::NumericMatrix z, SEXP w, SEXP tau,
                   Rcpp::List spec, Rcpp::List starts, Rcpp::List control, int threads,
                   SEXP report) {
  const Model model = as_model(spec);
  Data data = as_data(y, x, z, w, tau);
  data.rows_per_weight = Rcpp::as<double>(control["rows_per_weight"]);
  const Runtime runtime = r_runtime(threads, report);
  std::vector<Vector> given;
  for (R_xlen_t i = 0; i < starts.size(); ++i)
    given.push_back(as_vector(starts[i]));
  const Fitter fitter(model, data, as_control(control), runtime);
  const Fit fit = fitter.run(given);
  Matrix ends(model.size(), static_cast<Index>(fit.starts.size()));
  for (Index i = 0; i < ends.cols(); ++i)
    ends.col(i) = fitter.coordinates().to_user(fit.starts[static_cast<std::size_t>(i)].optimum.theta);
  using Rcpp::_;
  return Rcpp::List::create(
      _["theta"] = wrap(fit.theta), _["value"] = fit.value, _["gradient"] = fit.gradient,
      _["min_eigenvalue"] = fit.min_eigenvalue, _["scale"] = fit.scale,
      _["status"] = fit.status.word(), _["flags"] = fit.status.flags(),
      _["iterations"] = static_cast<int>(fit.iterations), _["passes"] = static_cast<int>(fit.passes),
      _["hessian"] = wrap(fit.hessian), _["jacobian"] = wrap(fit.jacobian),
      _["mass"] = wrap(fit.mass), _["held"] = fit.held, _["ends"] = wrap(ends),
      _["best"] = static_cast<int>(fit.best) + 1,
      _["starts"] = as_list(fit.starts, fit.best, data.total_weight(), fitter.coordinates()));
}

// Mean value, gradient and Hessian at theta, in the user's coordinates.
// [[Rcpp::export]]
Rcpp::List objective_cpp(Rcpp::NumericVector theta, SEXP y, Rcpp::NumericMatrix x,
                         Rcpp::NumericMatrix z, SEXP w, Rcpp::List spec, int order, bool complete,
                         int threads) {
  const Model model = as_model(spec);
  const Data data = as_data(y, x, z, w, R_NilValue);
  const Runtime runtime = r_runtime(threads);
  const Scaling scaling = standardise(data, model, runtime);
  const Coordinates coordinates(model, scaling);
  const RowObjective objective(model, data, scaling, runtime);
  const Evaluation e = objective.evaluate(coordinates.to_standard(as_vector(theta)), order,
                                          complete ? Curvature::complete : Curvature::observed);
  const Matrix J = coordinates.jacobian();
  const double scale = coordinates.value_scale();
  using Rcpp::_;
  Rcpp::List out = Rcpp::List::create(_["value"] = coordinates.user_value(e.value));
  if (order >= kGradient) out["gradient"] = wrap(Vector(scale * J.transpose() * e.gradient));
  if (order >= kHessian) {
    const Matrix H = scale * J.transpose() * e.hessian * J;
    out["hessian"] = wrap(Matrix(0.5 * (H + H.transpose())));
  }
  return out;
}

// n x P scores d log g(y_i | x_i) / d theta, unweighted, in the user's coordinates.
// [[Rcpp::export]]
Rcpp::NumericMatrix scores_cpp(Rcpp::NumericVector theta, SEXP y, Rcpp::NumericMatrix x,
                               Rcpp::NumericMatrix z, Rcpp::List spec) {
  const Model model = as_model(spec);
  const Data data = as_data(y, x, z, R_NilValue, R_NilValue);
  const Runtime runtime = r_runtime(1);
  const RowScores scores(model, data, runtime);
  const Matrix J = scores.jacobian();
  Rcpp::NumericMatrix out(static_cast<int>(data.n), static_cast<int>(model.size()));
  Eigen::Map<Matrix> rows(out.begin(), data.n, model.size());
  scores.visit(as_vector(theta), [&](Index first, const Matrix& s) { rows.middleRows(first, s.rows()) = s * J; });
  return out;
}

// The scores of the rows, in the standardised coordinates of the fit's Hessian, times a matrix with a row per
// parameter.
// [[Rcpp::export]]
Rcpp::NumericMatrix score_products_cpp(Rcpp::NumericVector theta, SEXP y, Rcpp::NumericMatrix x,
                                       Rcpp::NumericMatrix z, SEXP w, Rcpp::List spec, Rcpp::NumericMatrix by) {
  const Model model = as_model(spec);
  const Data data = as_data(y, x, z, w, R_NilValue);
  const Runtime runtime = r_runtime(1);
  const Eigen::Map<const Matrix> right(by.begin(), by.nrow(), by.ncol());
  Rcpp::NumericMatrix out(static_cast<int>(data.n), by.ncol());
  Eigen::Map<Matrix> rows(out.begin(), data.n, by.ncol());
  RowScores(model, data, runtime).visit(as_vector(theta), [&](Index first, const Matrix& s) {
    rows.middleRows(first, s.rows()) = s * right;
  });
  return out;
}

// The squared lengths of the rows of that product, which is not held.
// [[Rcpp::export]]
Rcpp::NumericVector score_lengths_cpp(Rcpp::NumericVector theta, SEXP y, Rcpp::NumericMatrix x,
                                      Rcpp::NumericMatrix z, SEXP w, Rcpp::List spec, Rcpp::NumericMatrix by) {
  const Model model = as_model(spec);
  const Data data = as_data(y, x, z, w, R_NilValue);
  const Runtime runtime = r_runtime(1);
  const Eigen::Map<const Matrix> right(by.begin(), by.nrow(), by.ncol());
  Rcpp::NumericVector out(data.n);
  RowScores(model, data, runtime).visit(as_vector(theta), [&](Index first, const Matrix& s) {
    Eigen::Map<Vector>(out.begin() + first, s.rows()) = (s * right).rowwise().squaredNorm();
  });
  return out;
}

// sum of times_i s_i s_i', for scores s_i in standardised coordinates.
// [[Rcpp::export]]
Rcpp::NumericMatrix score_gram_cpp(Rcpp::NumericVector theta, SEXP y, Rcpp::NumericMatrix x,
                                   Rcpp::NumericMatrix z, SEXP w, Rcpp::List spec, Rcpp::NumericVector times) {
  const Model model = as_model(spec);
  const Data data = as_data(y, x, z, w, R_NilValue);
  const Runtime runtime = r_runtime(1);
  Matrix sum = Matrix::Zero(model.size(), model.size());
  RowScores(model, data, runtime).visit(as_vector(theta), [&](Index first, const Matrix& s) {
    const Eigen::Map<const Vector> m(times.begin() + first, s.rows());
    sum.noalias() += s.transpose() * m.asDiagonal() * s;
  });
  return wrap(sum);
}

// Maximises the objective from theta on with the coefficients of the numbers `held` as they are: the maximum, its value
// and gradient in units of the mean, and how both move with the first of them (user's coordinates).
// [[Rcpp::export]]
Rcpp::List climb_cpp(Rcpp::NumericVector theta, SEXP y, Rcpp::NumericMatrix x, Rcpp::NumericMatrix z, SEXP w,
                     Rcpp::List spec, Rcpp::IntegerVector held, double tol, int threads) {
  const Model model = as_model(spec);
  const Data data = as_data(y, x, z, w, R_NilValue);
  const Runtime runtime = r_runtime(threads);
  const Scaling scaling = standardise(data, model, runtime);
  const Coordinates coordinates(model, scaling);
  const RowObjective objective(model, data, scaling, runtime);
  std::vector<Index> fixed;
  for (int j : held) fixed.push_back(j - 1);
  const HeldClimb climb(objective, coordinates.jacobian(), fixed);
  const HeldMaximum top = climb.run(coordinates.to_standard(as_vector(theta)), tol);
  using Rcpp::_;
  return Rcpp::List::create(
      _["theta"] = wrap(coordinates.to_user(top.theta)), _["value"] = coordinates.user_value(top.value),
      _["gradient"] = top.gradient, _["slope"] = top.slope, _["tangent"] = wrap(top.tangent));
}

// log pi_i(x), h(x, eta_i) and the variance of every expert at every row.
// [[Rcpp::export]]
Rcpp::List components_cpp(Rcpp::NumericVector theta, Rcpp::NumericMatrix x, Rcpp::NumericMatrix z,
                          Rcpp::List spec) {
  const Model model = as_model(spec);
  const Data data = as_data(R_NilValue, x, z, R_NilValue, R_NilValue);
  const Components c = components(model, data, as_vector(theta));
  using Rcpp::_;
  return Rcpp::List::create(_["log_gate"] = wrap(c.log_gate), _["mean"] = wrap(c.mean));
}

// Per expert: h(x, eta_i) and its first and second derivatives in the mean's predictors (packed pairs).
// [[Rcpp::export]]
Rcpp::List mean_terms_cpp(Rcpp::NumericVector theta, Rcpp::NumericMatrix x, Rcpp::NumericMatrix z, Rcpp::List spec) {
  const Model model = as_model(spec);
  const Data data = as_data(R_NilValue, x, z, R_NilValue, R_NilValue);
  const Matrix u = predictors(model, data, as_vector(theta), 0, data.n);
  const Index m = model.mean_size;
  Rcpp::List out(model.k);
  for (Index i = 0; i < model.k; ++i) {
    Vector mu(data.n);
    Matrix d1 = Matrix::Ones(data.n, m), d2 = Matrix::Zero(data.n, m * (m + 1) / 2);
    model.mean->evaluate(u.middleCols(model.mean_predictor(i, 0), m), kHessian, mu, d1, d2);
    using Rcpp::_;
    out[i] = Rcpp::List::create(_["mu"] = wrap(mu), _["d1"] = wrap(d1), _["d2"] = wrap(d2));
  }
  return out;
}

// The least and the largest number of every column of n rows; NaN where one is not finite.
// [[Rcpp::export]]
Rcpp::NumericMatrix ranges_cpp(Rcpp::NumericVector x, int n) {
  Matrix out(2, n > 0 ? x.size() / n : 0);
  for (Index j = 0; j < out.cols(); ++j) std::tie(out(0, j), out(1, j)) = range(x.begin() + j * n, n);
  return wrap(out);
}

// R of a QR decomposition of the rows of (1, standardised x), block by block.
// [[Rcpp::export]]
Rcpp::NumericMatrix triangle_cpp(Rcpp::NumericMatrix x, int threads) {
  return wrap(triangle(Eigen::Map<const Matrix>(x.begin(), x.nrow(), x.ncol()), r_runtime(threads)));
}
