// The polynomial system for R. Checked arguments only: R checks at the door.
#include <Rcpp.h>
#include <moerate/losses/polynomial_system.h>

// One start per column of c, a and b; start s draws from the stream (seed, start, s).
// [[Rcpp::export]]
Rcpp::List solve_polynomial_system_cpp(int m, int r, int starts, double seed) {
  const moerate::PolynomialSystem system(m, r);
  moerate::Matrix c(m, starts), a(m, starts), b(m, starts);
  Rcpp::NumericVector residual(starts);
  for (int s = 0; s < starts; ++s) {
    Rcpp::checkUserInterrupt();
    const moerate::PolynomialSolution end = system.solve(
        moerate::Stream(static_cast<std::uint64_t>(seed), moerate::Purpose::start, s + 1));
    c.col(s) = end.c, a.col(s) = end.a, b.col(s) = end.b;
    residual[s] = end.residual;
  }
  const auto matrix = [](const moerate::Matrix& x) {
    return Rcpp::NumericMatrix(static_cast<int>(x.rows()), static_cast<int>(x.cols()), x.data());
  };
  using Rcpp::_;
  return Rcpp::List::create(_["c"] = matrix(c), _["a"] = matrix(a), _["b"] = matrix(b),
                            _["residual"] = residual);
}
