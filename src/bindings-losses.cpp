// Voronoi losses and distances for R. Checked arguments only: R checks at the door.
#include <Rcpp.h>
#include <moerate/losses/density_distance.h>
#include <moerate/losses/voronoi_fixed.h>

namespace {

// `atoms` is what measure_atoms() of R/loss-voronoi.R returns.
moerate::Atoms as_atoms(const Rcpp::List& atoms) {
  const auto matrix = [&](const char* name) {
    Rcpp::NumericMatrix m = atoms[name];
    return moerate::Matrix(Eigen::Map<moerate::Matrix>(m.begin(), m.nrow(), m.ncol()));
  };
  return {matrix("log_weight").col(0), matrix("gate"), matrix("slope"), matrix("intercept"),
          matrix("variance")};
}

Rcpp::IntegerVector one_based(const moerate::Cells& cells) {
  Rcpp::IntegerVector out(cells.begin(), cells.end());
  return out + 1;
}

moerate::NormalMixture mixture_row(const Rcpp::List& parts, int row) {
  const auto values = [&](const char* name) {
    const Rcpp::NumericMatrix m = parts[name];
    moerate::Vector out(m.ncol());
    for (int i = 0; i < m.ncol(); ++i) out[i] = m(row, i);
    return out;
  };
  return {values("log_gate"), values("mean"), values("variance").cwiseSqrt()};
}

}  // namespace

// [[Rcpp::export]]
Rcpp::List voronoi_loss_cpp(Rcpp::List estimate, Rcpp::List truth, std::string loss, double r,
                            bool published = false) {
  const moerate::Atoms from = as_atoms(estimate), to = as_atoms(truth);
  const moerate::LossForm form = published ? moerate::published_form() : moerate::LossForm();
  const moerate::LossValue out = moerate::voronoi_loss(from, to, moerate::loss_rule(loss), r, form);
  using Rcpp::_;
  return Rcpp::List::create(
      _["value"] = out.value, _["cells"] = one_based(out.cells), _["t1"] = out.t1,
      _["t2"] = Rcpp::NumericVector(out.t2.data(), out.t2.data() + out.t2.size()),
      _["saturated"] = out.saturated);
}

// [[Rcpp::export]]
Rcpp::IntegerVector voronoi_cells_cpp(Rcpp::List estimate, Rcpp::List truth, std::string loss,
                                      Rcpp::NumericVector t2) {
  const moerate::Atoms from = as_atoms(estimate), to = as_atoms(truth);
  moerate::Cells cells;
  moerate::VoronoiLoss(from, to, moerate::loss_rule(loss), 1)
      .assign(Eigen::Map<moerate::Vector>(t2.begin(), t2.size()), cells);
  return one_based(cells);
}

// One distance per row of the parts, which are lists of log_gate, mean and variance (n x k).
// [[Rcpp::export]]
Rcpp::NumericVector density_distance_cpp(Rcpp::List truth, Rcpp::List estimate,
                                         std::string metric) {
  const moerate::Metric which = moerate::metric_of(metric);
  const Rcpp::NumericMatrix mean = truth["mean"];
  Rcpp::NumericVector out(mean.nrow());
  for (int row = 0; row < mean.nrow(); ++row) {
    if (row % 64 == 0) Rcpp::checkUserInterrupt();
    out[row] =
        moerate::density_distance(which, mixture_row(truth, row), mixture_row(estimate, row));
  }
  return out;
}
