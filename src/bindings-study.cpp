// Cells of a study for R. Checked arguments only: R checks at the door.
#include "convert.h"

#include <moerate/studies/study.h>

using namespace moerate;

namespace {

NoiseLaw as_noise(const Rcpp::NumericVector& pair) { return {pair[0], pair[1]}; }

StartLaw as_start(const Rcpp::List& law) {
  StartLaw out;
  out.published = Rcpp::as<bool>(law["published"]);
  out.gate = as_noise(law["gate"]);
  out.expert = as_noise(law["expert"]);
  out.variance = as_noise(law["variance"]);
  return out;
}

std::vector<Index> as_columns(const Rcpp::IntegerVector& columns) {
  std::vector<Index> out;
  for (int j : columns) out.push_back(j - 1);
  return out;
}

Study as_study(const Rcpp::List& plan) {
  return Study(as_truth(plan["truth"]), as_design(plan["design"]), as_columns(plan["x"]), as_columns(plan["z"]),
               as_start(plan["start"]), static_cast<std::uint64_t>(Rcpp::as<double>(plan["seed"])));
}

// A model, a control and a number of starts per group of cells; `group` says which is a cell's own.
struct Groups {
  std::vector<Model> models;
  std::vector<FitControl> controls;
  std::vector<CellTask> tasks;

  Groups(const Rcpp::List& plan, const Rcpp::List& cells) {
    const Rcpp::List specs = plan["models"], settings = plan["controls"];
    for (R_xlen_t g = 0; g < specs.size(); ++g) {
      models.push_back(as_model(specs[g]));
      controls.push_back(as_control(settings[g]));
    }
    const Rcpp::IntegerVector starts = plan["starts"], group = cells["group"];
    const Rcpp::IntegerVector n = cells["n"], replicate = cells["replicate"];
    for (R_xlen_t i = 0; i < n.size(); ++i) {
      const auto g = static_cast<std::size_t>(group[i] - 1);
      tasks.push_back({&models[g], &controls[g], starts[group[i] - 1], n[i], replicate[i]});
    }
  }
};

}  // namespace

// [[Rcpp::export]]
Rcpp::List study_cells_cpp(Rcpp::List plan, Rcpp::List cells, int threads) {
  const Groups groups(plan, cells);
  const std::vector<CellResult> results =
      as_study(plan).run(groups.tasks, threads > 1 ? 4 * threads : 1, r_runtime(threads));
  const auto numbers = [&](auto field) {
    std::vector<double> out;
    for (const CellResult& r : results) out.push_back(static_cast<double>(r.*field));
    return out;
  };
  const auto words = [&](auto field) {
    std::vector<std::string> out;
    for (const CellResult& r : results) out.push_back(r.*field);
    return out;
  };
  Rcpp::List estimate(static_cast<R_xlen_t>(results.size()));
  for (std::size_t i = 0; i < results.size(); ++i) estimate[static_cast<R_xlen_t>(i)] = wrap(results[i].theta);
  using Rcpp::_;
  return Rcpp::List::create(
      _["status"] = words(&CellResult::status), _["problem"] = words(&CellResult::problem),
      _["gradient"] = numbers(&CellResult::gradient), _["loglik"] = numbers(&CellResult::value),
      _["iterations"] = numbers(&CellResult::iterations), _["passes"] = numbers(&CellResult::passes),
      _["starts"] = numbers(&CellResult::starts), _["starts_agreeing"] = numbers(&CellResult::agreeing),
      _["seconds"] = numbers(&CellResult::seconds), _["estimate"] = estimate);
}

// The starts of one cell as columns, in the coordinates of theta.
// [[Rcpp::export]]
Rcpp::NumericMatrix study_starts_cpp(Rcpp::List plan, Rcpp::List cells) {
  const Groups groups(plan, cells);
  const std::vector<Vector> starts = as_study(plan).starts(groups.tasks.at(0));
  Matrix out(groups.models[0].size(), static_cast<Index>(starts.size()));
  for (std::size_t s = 0; s < starts.size(); ++s) out.col(static_cast<Index>(s)) = starts[s];
  return wrap(out);
}
