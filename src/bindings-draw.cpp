// Random streams for R. Checked arguments only: R checks at the door.
#include <Rcpp.h>
#include <moerate/draw.h>

namespace {

// seed and index are whole numbers held in doubles
moerate::Stream stream(double seed, const std::string& purpose, const Rcpp::NumericVector& index) {
  const auto word = [](double x) { return static_cast<std::uint64_t>(x); };
  return moerate::Stream(word(seed), moerate::purpose_of(purpose),
                         index.size() > 0 ? word(index[0]) : 0,
                         index.size() > 1 ? word(index[1]) : 0);
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
