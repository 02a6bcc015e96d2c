# What the theorems say of the errors of a study -----------------------------------------------------------

#' Rates that the theory gives
#'
#' The slope of log(loss) on log(n) for every loss and parameter of a study, up to logarithmic factors, with
#' the statement behind it. Here k* is the number of true experts, m the number of estimated atoms in a Voronoi cell,
#' and \eqn{\bar r(m) = 2m}, see [rbar()].
#'
#' Maximum likelihood with linear experts (Nguyen, Nguyen and Ho 2023):
#'
#' | quantity | k = k* | k* < k < 2k* |
#' |---|---|---|
#' | Hellinger distance, total variation, L2 | -1/2 | -1/2 |
#' | Kullback-Leibler divergence | -1 | -1 |
#' | `d1` | -1/2 | |
#' | `d2` and `dfra` | -1/2 | -1/2 |
#' | errors of true atoms with one estimated atom, all weights | -1/2 | -1/2 |
#' | \eqn{\beta_1} and b of true atoms with m estimated ones | | \eqn{-1/(2 \bar r(m)) = -1/(4m)} |
#' | a and \eqn{\sigma^2} of true atoms with m estimated ones | | \eqn{-1/\bar r(m) = -1/(2m)} |
#'
#' Least squares (Nguyen, Ho and Rinaldo 2024):
#'
#' | experts | quantity | k = k* | k* < k < 2k* |
#' |---|---|---|---|
#' | all | L2 of the regression functions | -1/2 | -1/2 |
#' | feed-forward: sigmoid, tanh, GELU, no idle unit | `d1_lse`; true atoms with one atom, all weights | -1/2 | -1/2 |
#' | | parameters of true atoms with several | | -1/4 |
#' | sigmoid, tanh, GELU, all \eqn{a^*_j \ne 0} | as feed-forward | -1/2 | -1/2; -1/4 |
#' | sigmoid, tanh, GELU, some \eqn{a^*_j = 0} | `d1_lse`, `dr` | -1/2 | 0 |
#' | linear, polynomial | `d1_lse`, `dr`; atoms of shared cells | | 0 |
#'
#' A slope of 0 means slower than any power of n: no estimator has the rate \eqn{n^{-1/(2r)}} over all measures near the
#' truth, whatever r. Where \eqn{a^*_j = 0} this takes two atoms: both with a = 0 and the gate slope of the expert, they
#' give the same f whenever \eqn{w_1 A(b_1) + w_2 A(b_2) = w A(b^*_j)}, \eqn{w_1 + w_2 = w}. With k = k* the model is
#' regular: the gradients of f in \eqn{\beta_{1j}} and \eqn{a_j} are \eqn{\pi_j x (A(b_j) - f)} and
#' \eqn{\pi_j x A'(b_j)}, which are independent. Averages over a shared cell (`b.mean`) may converge where its atoms do
#' not; the theorems have no rate for them.
#'
#' The rates are upper bounds of the error in the worst case: a study may be faster. For the parameters of shared cells
#' m is the largest possible, k - k* + 1. No rate is given (`NA`) where the theorems are silent. With k < k* losses
#' and distances tend to positive constants, slope 0.
#'
#' @param study A study of [moe_study()].
#' @param ... Not used.
#' @return A data frame with a row for every k and loss or parameter: `k`, `loss`, `slope`, `statement` and
#'   `source`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#'
#'   Nguyen, H., Ho, N. and Rinaldo, A. (2024). On least squares estimation in softmax gating mixture of
#'   experts. *ICML*. \doi{10.48550/arXiv.2402.02952}
#' @examples
#' study <- moe_study(truth_overlap(), k = 2:3, n = c(200, 400), reps = 2, seed = 1)
#' theory(study)
#' @family studies
#' @export
theory <- function(study, ...) {
  check_dots_empty(...)
  spec <- attr(check_study(study), "spec")
  names <- c(spec$loss, parameter_columns(study))
  rows <- lapply(spec$k, function(k) do.call(rbind, lapply(names, theory_row, k = k, spec = spec)))
  do.call(rbind, rows)
}

theory_row <- function(name, k, spec) {
  rule <- theory_rule(name, k, spec)
  data.frame(k = k, loss = name, slope = rule$slope, statement = rule$statement, source = rule$source)
}

#' The regime of k first, then the quantity
#' @noRd
theory_rule <- function(name, k, spec) {
  truth <- spec$truth
  true_k <- n_experts(truth)
  parameter <- is_parameter(name)
  if (!in_theory(spec)) return(no_theory("not the model of the theorems"))
  if (k < true_k) {
    if (parameter || name == "wasserstein") return(no_theory("k < k*: no consistent estimate"))
    return(rule(0, "k < k*: tends to a positive constant", "the model does not hold the truth"))
  }
  if (spec$method == "lse") return(lse_rule(name, k, spec))
  if (name %in% names(distance_rules)) return(distance_rules[[name]])
  if (k == true_k) return(exact_rule(name))
  if (k >= 2 * true_k) return(no_theory("k >= 2k*: the gate does not identify the atoms"))
  over_rule(name, k - true_k + 1, spec$expert)
}

gaussian_paper <- "Nguyen, Nguyen and Ho (2023)"

rule <- function(slope, statement, source = gaussian_paper) {
  list(slope = slope, statement = statement, source = source)
}

no_theory <- function(statement) rule(NA_real_, statement, NA_character_)

distance_rules <- list(
  hellinger = rule(-1 / 2, "Hellinger distance = O((log n / n)^(1/2))"),
  tv = rule(-1 / 2, "total variation <= 2^(1/2) Hellinger distance", "follows from the Hellinger distance"),
  kl = rule(-1, "of the order of the squared Hellinger distance", "follows from the Hellinger distance"),
  l2 = rule(-1 / 2, "L2 of the regression functions <= C Hellinger distance", "follows from the Hellinger distance")
)

exact_rule <- function(name) {
  if (name == "wasserstein") return(no_theory("not invariant under translations of the gate"))
  if (endsWith(name, ".over")) return(no_theory("k = k*: no shared cells in the limit"))
  statement <- if (name == "d1") "k = k*: D1 = O((log n / n)^(1/2))" else "k = k*: at most a constant times D1"
  rule(-1 / 2, statement, if (name == "d1") gaussian_paper else "follows from D1")
}

#' @param m Number of atoms in the fullest cell possible.
#' @noRd
over_rule <- function(name, m, expert) {
  shared <- expert$variance == "shared"
  if (shared) return(no_theory("the theorem is for free variances"))
  part <- sub("[.].*", "", name)
  if (is_parameter(name) && (endsWith(name, ".single") || part == "weight")) {
    return(rule(-1 / 2, "k* < k < 2k*: D2 bounds its error and the weight of its cell"))
  }
  if (is_parameter(name)) {
    order <- if (part %in% c("beta1", "b")) 2 * rbar(m) else rbar(m)
    return(rule(-1 / order, sprintf("k* < k < 2k*: n^(-1/%d) in a cell of m = %d atoms", order, m)))
  }
  switch(name,
    d2 = rule(-1 / 2, "k* < k < 2k*: D2 = O((log n / n)^(1/2))"),
    dfra = rule(-1 / 2, "k* < k < 2k*: first-order averages of a cell are parametric", "doi:10.48550/arXiv.2510.12744"),
    no_theory("k > k*: no statement for this loss under maximum likelihood")
  )
}

#' Linear Gaussian experts under maximum likelihood, experts of the true kind under least squares
#' @noRd
in_theory <- function(spec) {
  expert <- spec$expert
  truth <- spec$truth
  if (!same_mean(expert, truth$expert)) return(FALSE)
  if (spec$method == "lse") return(TRUE)
  !is.null(truth$sigma2) && expert$name == "linear" &&
    (expert$variance == truth$expert$variance || expert$variance == "free")
}

# Which columns of a study are errors of parameters ----------------------------------------------------------

is_parameter <- function(name) grepl("[.](single|over|mean)$", name)

parameter_columns <- function(study) names(study)[is_parameter(names(study))]

check_study <- function(study, arg = rlang::caller_arg(study), call = rlang::caller_env()) {
  if (!inherits(study, "moe_study") || is.null(attr(study, "spec"))) {
    moe_abort("{.arg {arg}} must be a study of {.fn moe_study}, not {describe(study)}.", call = call)
  }
  study
}
