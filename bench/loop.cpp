// The yardstick of one pass: bare loops over rows with the exponentials, logarithms and multiply-adds that value,
// gradient and Hessian of a softmax-gated Gaussian mixture need (d covariates, k experts), and nothing else; and the
// pass of the package's core, timed by itself. All on one thread.
#include <Rcpp.h>
#include <time.h>

#include <moerate/components/gates/softmax.h>
#include <moerate/components/means/linear.h>
#include <moerate/evaluation/row_objective.h>
#include <moerate/components/laws/gaussian.h>

// [[Rcpp::plugins(cpp17)]]
// [[Rcpp::depends(moerate, RcppEigen)]]

using moerate::Matrix;
using moerate::Vector;

constexpr int D = 5, K = 3;
constexpr int W = D + 1;              // columns of a design
constexpr int FULL = 2 * K - 1;       // predictors with covariates: gates and means
constexpr int PRODUCTS = W * (W + 1) / 2;
constexpr int PAIRS = FULL * (FULL + 1) / 2;    // second derivatives: gates and means
constexpr int CROSS = FULL * K;                 // a gate or mean with a variance
constexpr int CONSTANT = K * (K + 1) / 2 + K;   // two variances; and the gradient of each

static double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Per row.
// [[Rcpp::export]]
Rcpp::NumericVector loop_counts() {
  using Rcpp::_;
  return Rcpp::NumericVector::create(
      _["exponentials"] = 2 * K, _["logarithms"] = 2, _["predictors"] = FULL * W, _["products"] = PRODUCTS,
      _["hessian"] = PAIRS * PRODUCTS + CROSS * W, _["gradient"] = FULL * W, _["constant"] = CONSTANT);
}

// Every factor is an exponential and one addition, so that no two sums are the same and none can be left out.
struct Totals {
  double value = 0, pairs[PAIRS][PRODUCTS] = {}, cross[CROSS][W] = {}, gradient[FULL][W] = {}, constant[CONSTANT] = {};
};

static void row(const double* x, const double* theta, const double* shift, Totals& t) {
  double u[FULL], product[PRODUCTS], e[2 * K];
  for (int m = 0; m < FULL; ++m) {
    u[m] = 0;
    for (int j = 0; j < W; ++j) u[m] += theta[m * W + j] * x[j];
  }
  for (int a = 0, c = 0; a < W; ++a)
    for (int b = a; b < W; ++b) product[c++] = x[a] * x[b];
  double first = 0, second = 0;
  for (int i = 0; i < K; ++i) first += e[i] = std::exp(u[i]);
  for (int i = 0; i < K; ++i) second += e[K + i] = std::exp(u[FULL - K + i]);
  t.value += std::log(first) + std::log(second);
  int s = 0;
  const auto factor = [&] { const double f = e[s % (2 * K)] + shift[s]; ++s; return f; };
  for (auto& sum : t.pairs) {
    const double f = factor();
    for (int q = 0; q < PRODUCTS; ++q) sum[q] += f * product[q];
  }
  for (auto& sum : t.cross) {
    const double f = factor();
    for (int q = 0; q < W; ++q) sum[q] += f * x[q];
  }
  for (auto& sum : t.gradient) {
    const double f = factor();
    for (int q = 0; q < W; ++q) sum[q] += f * x[q];
  }
  for (double& sum : t.constant) sum += factor();
}

// Row by row, as anyone would write it: processor seconds, and a sum that keeps the work alive.
// [[Rcpp::export]]
Rcpp::NumericVector loop_rows(Rcpp::NumericMatrix x, Rcpp::NumericVector theta, Rcpp::NumericVector shift) {
  Totals t;
  const double* table = x.begin();
  const R_xlen_t n = x.nrow();
  const double before = cpu_seconds();
  for (R_xlen_t i = 0; i < n; ++i) {
    double one[W] = {1.0};
    for (int j = 0; j < D; ++j) one[j + 1] = table[j * n + i];
    row(one, theta.begin(), shift.begin(), t);
  }
  const double spent = cpu_seconds() - before;
  double check = t.value;
  for (const double* sum = &t.pairs[0][0]; sum < &t.constant[0] + CONSTANT; ++sum) check += *sum;
  return {spent, check};
}

// The same in blocks of rows with Eigen's exponentials and matrix products: the tools that the core has.
// [[Rcpp::export]]
Rcpp::NumericVector loop_blocks(Rcpp::NumericMatrix x, Rcpp::NumericVector theta, Rcpp::NumericVector shift) {
  constexpr int B = 200;
  const Eigen::Map<const Matrix> table(x.begin(), x.nrow(), D), coefficients(theta.begin(), W, FULL);
  Matrix one = Matrix::Ones(B, W), u(B, FULL), product(B, PRODUCTS), e(B, 2 * K);
  Matrix pairs_h(B, PAIRS), cross_h(B, CROSS + FULL);
  Matrix pairs = Matrix::Zero(PRODUCTS, PAIRS), cross = Matrix::Zero(W, CROSS + FULL);
  double value = 0, constant[CONSTANT] = {};
  const double before = cpu_seconds();
  for (R_xlen_t first = 0; first + B <= x.nrow(); first += B) {
    one.rightCols(D) = table.middleRows(first, B);
    u.noalias() = one * coefficients;
    for (int a = 0, c = 0; a < W; ++a)
      for (int b = a; b < W; ++b) product.col(c++) = one.col(a).cwiseProduct(one.col(b));
    e.leftCols(K) = u.leftCols(K).array().exp();
    e.rightCols(K) = u.rightCols(K).array().exp();
    value += e.leftCols(K).rowwise().sum().array().log().sum() + e.rightCols(K).rowwise().sum().array().log().sum();
    int s = 0;
    const auto factor = [&] { const auto f = e.col(s % (2 * K)).array() + shift[s]; ++s; return f; };
    for (int p = 0; p < PAIRS; ++p) pairs_h.col(p) = factor();
    for (int p = 0; p < CROSS + FULL; ++p) cross_h.col(p) = factor();
    for (double& sum : constant) sum += factor().sum();
    pairs.noalias() += product.transpose() * pairs_h;
    cross.noalias() += one.transpose() * cross_h;
  }
  const double spent = cpu_seconds() - before;
  double check = value + pairs.sum() + cross.sum();
  for (double sum : constant) check += sum;
  return {spent, check};
}

// Processor seconds of one pass of the core with derivatives of the order asked for (0, 1 or 2).
// [[Rcpp::export]]
double core_pass(Rcpp::NumericVector y, Rcpp::NumericMatrix x, Rcpp::NumericVector theta, int order) {
  using namespace moerate;
  const Model model(K, D, D, true, std::make_shared<SoftmaxGate>(), std::make_shared<LinearMean>(),
                    std::make_shared<GaussianLaw>(), false);
  Data data;
  data.n = x.nrow();
  data.d = data.p = D;
  data.y = y.begin();
  data.x = data.z = x.begin();
  const Runtime runtime;
  const Scaling scaling = standardise(data, model, runtime);
  const RowObjective objective(model, data, scaling, runtime);
  const Vector at = Coordinates(model, scaling).to_standard(Eigen::Map<const Vector>(theta.begin(), theta.size()));
  const double before = cpu_seconds();
  const Evaluation e = objective.evaluate(at, order);
  return cpu_seconds() - before + 0 * e.value;
}
