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
#' | `d2`, `d2_sharp` and `dfra` | -1/2 | -1/2 |
#' | weights of cells, true atoms with one estimated atom | -1/2 | -1/2 |
#' | \eqn{\beta_1} and a of true atoms with m estimated ones | | -1/4 |
#' | b of true atoms with m estimated ones | | \eqn{-1/(2 \bar r(m)) = -1/(4m)} |
#' | \eqn{\sigma^2} of true atoms with m estimated ones | | \eqn{-1/\bar r(m) = -1/(2m)} |
#'
#' The paper gives \eqn{\beta_1} the rate of b, and a that of \eqn{\sigma^2}. These are upper bounds that are not
#' attained: `vignette("polynomial-system")` proves -1/4 for both, whatever m, when \eqn{k^* < k < 2k^*} and the experts
#' of the truth are distinct.
#'
#' Least squares (Nguyen, Ho and Rinaldo 2024):
#'
#' | experts | quantity | k = k* | k* < k < 2k* |
#' |---|---|---|---|
#' | all | L2 of the regression functions | -1/2 | -1/2 |
#' | sigmoid, tanh, GELU, all \eqn{a^*_j \ne 0} | `d1_lse`; weights of cells, true atoms with one atom | -1/2 | -1/2 |
#' | | parameters of true atoms with several | | -1/4 |
#' | sigmoid, tanh, GELU, some \eqn{a^*_j = 0} | `d1_lse`, `dr` | -1/2 or 0 | 0 |
#' | feed-forward: sigmoid, tanh, GELU, no idle unit | `d1_lse`, `dr` | -1/2 or 0 | 0 |
#' | linear, polynomial, ReLU | `d1_lse`, `dr`; atoms of shared cells | silent or 0 | 0 |
#'
#' @section Slope 0: experts that split:
#' An expert *splits* where two atoms with its gate slope can stand for it exactly:
#' * linear and polynomial experts and ReLU: \eqn{h(x, c\eta) = c^p h(x, \eta)}, so any \eqn{c_1, c_2} with
#'   \eqn{w_1 c_1^p + w_2 c_2^p = w_1 + w_2} will do;
#' * feed-forward experts, which are linear in their outer weights v and bias u: any two (v, u) with the right mean;
#' * ridge experts with \eqn{a^* = 0} and \eqn{A'(b^*) \ne 0}: any \eqn{b_1, b_2} with
#'   \eqn{w_1 A(b_1) + w_2 A(b_2) = (w_1 + w_2) A(b^*)}.
#'
#' With k > k* a single such expert is enough. With k = k* it takes two of them with the same gate slope, which can trade
#' what they split: the slope is 0 then too. Otherwise the gradients of f in all parameters are independent, up to the
#' translation of the gate, and the model is regular. (If all experts are constants, the sums of two of their gate slopes must
#' differ too: weights 1, 2, 1 at gate slopes 0, 1, 2 are \eqn{(1 + e^x)^2}, which has fewer experts.)
#'
#' A slope of 0 is a constant, not a slow rate. Two measures with the same f have the same law of the data. So any
#' estimate has, under one of the two, an expected error of at least half their distance, for every n (Le Cam's two points).
#' The paper states less, that no rate \eqn{n^{-1/(2r)}} holds. Averages over a shared cell (`b.mean`) may converge
#' where its atoms do not; the theorems have no rate for them.
#'
#' @section What the slopes are:
#' Rates are upper bounds of the error in the worst case: a study may be faster. For the parameters of shared cells
#' m is the largest possible, k - k* + 1. No rate is given (`NA`) where the theorems are silent. With k < k* losses
#' and distances tend to positive constants, slope 0.
#'
#' The Gaussian theorem is about \eqn{E_X[h]}, h the Hellinger distance given x. L2 and Kullback-Leibler need
#' \eqn{E_X[h^2]}, which has the order log n / n by van de Geer (2000, Theorem 7.4), from the same entropy bound. On a
#' compact set \eqn{(f_G(x) - f_{G_*}(x))^2 \le C h^2}, as second moments are bounded; and the Kullback-Leibler divergence
#' is at most \eqn{C h^2 \log(1/h)}, as \eqn{E (p/q)^\delta} is bounded for some \eqn{\delta > 0} (Wong and Shen 1995,
#' Theorem 5): one logarithm more.
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
#'
#'   van de Geer, S. (2000). *Empirical processes in M-estimation*. Cambridge University Press.
#'
#'   Wong, W. H. and Shen, X. (1995). Probability inequalities for likelihood ratios and convergence rates of sieve MLEs.
#'   *Annals of Statistics* 23, 339-362. \doi{10.1214/aos/1176324524}
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
  kl = rule(-1, "at most the squared Hellinger distance, up to logarithms, on a compact set", "Wong and Shen (1995)"),
  l2 = rule(-1 / 2, "root mean squared Hellinger distance bounds L2 on a compact set", "van de Geer (2000)")
)

exact_rule <- function(name) {
  if (name == "wasserstein") return(no_theory("not invariant under translations of the gate"))
  if (endsWith(name, ".over")) return(no_theory("k = k*: no shared cells in the limit"))
  statement <- if (name == "d1") "k = k*: D1 = O((log n / n)^(1/2))" else "k = k*: at most a constant times D1"
  rule(-1 / 2, statement, if (name == "d1") gaussian_paper else "follows from D1")
}

sharp_source <- "vignette(\"polynomial-system\")"

#' @param m Number of atoms in the fullest cell possible.
#' @noRd
over_rule <- function(name, m, expert) {
  if (expert$variance == "shared") return(no_theory("the theorem is for free variances"))
  part <- sub("[.].*", "", name)
  if (is_parameter(name) && (endsWith(name, ".single") || part == "weight")) {
    return(rule(-1 / 2, "k* < k < 2k*: D2 bounds its error and the weight of its cell"))
  }
  if (is_parameter(name)) {
    order <- c(beta1 = 4, a = 4, b = 2 * rbar(m), sigma2 = rbar(m))[[part]]
    source <- if (part %in% c("beta1", "a")) sharp_source else gaussian_paper
    return(rule(-1 / order, sprintf("k* < k < 2k*: n^(-1/%d) in a cell of m = %d atoms", order, m), source))
  }
  switch(name,
    d2 = rule(-1 / 2, "k* < k < 2k*: D2 = O((log n / n)^(1/2))"),
    d2_sharp = rule(-1 / 2, "k* < k < 2k*: the powers of D2 that are attained", sharp_source),
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
