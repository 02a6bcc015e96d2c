// Random streams and drawn data for R. Checked arguments only: R checks at the door.
#include "convert.h"

namespace {

moerate::Stream stream(double seed, const std::string& purpose, const Rcpp::NumericVector& index) {
  return moerate::as_key(seed, index).stream(moerate::purpose_of(purpose));
}

}  // namespace

// [[Rcpp::export]]
Rcpp::NumericVector stream_uniform_cpp(double n, double seed, std::string purpose,
                                       Rcpp::NumericVector index) {
  moerate::Stream draws = stream(seed, purpose, index);
  Rcpp::NumericVector out(Rcpp::no_init(static_cast<R_xlen_t>(n)));
  for (double& value : out) value = draws.uniform();
  return out;
}

// [[Rcpp::export]]
Rcpp::NumericVector stream_normal_cpp(double n, double seed, std::string purpose,
                                      Rcpp::NumericVector index) {
  moerate::Stream draws = stream(seed, purpose, index);
  Rcpp::NumericVector out(Rcpp::no_init(static_cast<R_xlen_t>(n)));
  for (double& value : out) value = draws.normal();
  return out;
}

// A sample without replacement of `size` of the numbers 1, ..., n.
// [[Rcpp::export]]
Rcpp::NumericVector stream_sample_cpp(double n, double size, double seed, std::string purpose,
                                      Rcpp::NumericVector index) {
  moerate::Stream draws = stream(seed, purpose, index);
  std::vector<double> rows(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i + 1);
  const auto count = static_cast<std::size_t>(size);
  draws.shuffle(rows, count);
  return Rcpp::NumericVector(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count));
}

// [[Rcpp::export]]
Rcpp::NumericMatrix draw_design_cpp(double n, Rcpp::List design, double seed, Rcpp::NumericVector index) {
  const moerate::DesignLaw law = moerate::as_design(design);
  Rcpp::NumericMatrix out(Rcpp::no_init(static_cast<int>(n), static_cast<int>(law.width())));
  law.draw(out.nrow(), moerate::as_key(seed, index), out.begin());
  return out;
}

// Responses at given covariates, and the labels of their experts (zeros where there are none).
// [[Rcpp::export]]
Rcpp::List draw_response_cpp(Rcpp::NumericMatrix x, Rcpp::NumericMatrix z, Rcpp::List truth, double seed,
                             Rcpp::NumericVector index) {
  Rcpp::NumericVector y(Rcpp::no_init(x.nrow()));
  Rcpp::IntegerVector label(x.nrow(), -1);
  moerate::as_truth(truth).draw(moerate::as_data(R_NilValue, x, z, R_NilValue, R_NilValue),
                                moerate::as_key(seed, index), y.begin(), label.begin());
  using Rcpp::_;
  return Rcpp::List::create(_["y"] = y, _["label"] = label + 1);
}
