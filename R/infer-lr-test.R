# Likelihood-ratio test of the number of experts ------------------------------------------------------------

#' Test the number of experts by the likelihood ratio
#'
#' Tests k experts against more by \eqn{T = 2 (\ell_{k + 1} - \ell_k)}. Under k experts the larger model is not
#' identified, so \eqn{T} has no chi-squared distribution; its distribution is simulated instead (McLachlan
#' 1987). Each replicate draws responses from the fit with k experts at the covariates of the data, and fits both
#' models: the smaller from the fit on, the larger by a search from as many starts as the larger fit had. With
#' \eqn{T^*_1, \dots, T^*_B}
#' \deqn{p = \frac{1 + \#\{b: T^*_b \ge T\}}{B + 1}.}
#'
#' The test assumes that the rest of the model is right: experts whose law is not Gaussian ask for more of them.
#' Replicates run on the current [future::plan()], and their numbers depend on `seed` alone. Each
#' costs about as much as the larger fit.
#'
#' @param fit A fit of [moe()] with k experts, by maximum likelihood. Weights must be whole numbers.
#' @param larger The number of experts to test against, more than k; or a fit with more experts to the same data.
#' @param reps Number of replicates, a positive integer; a p-value cannot be below 1 / (`reps` + 1).
#' @param seed A whole number; `NULL` draws one from R's generator.
#' @return A list of class `moe_lr_test` and `htest`: `statistic`, `parameter` (the replicates that count), `p.value`,
#'   `estimate` (both log-likelihoods), `method`, `data.name`, and `replicates` (the simulated statistics; `NA` where a
#'   fit found no optimum). Wrong arguments are errors of class `moe_error_input`; weights that are no counts of class
#'   `moe_error_unsupported`.
#' @references McLachlan, G. J. (1987). On bootstrapping the likelihood ratio test statistic for the number of
#'   components in a normal mixture. *Applied Statistics* 36, 318-324. \doi{10.2307/2347790}
#' @seealso [anova.moe()] for models with the same number of experts.
#' @examples
#' data <- rmoe(100, truth_overlap(), seed = 1)
#' one <- moe(y ~ x, data, k = 1, control = moe_control(seed = 1, starts = 10))
#' moe_lr_test(one, 2, reps = 9, seed = 1)
#' @family methods
#' @export
moe_lr_test <- function(fit, larger = fit$k + 1, reps = 199, seed = NULL) {
  here <- rlang::current_env()
  check_likelihood(check_fit(fit))
  reps <- check_count(reps)
  larger <- check_larger(larger, fit, here)
  seed <- check_seed(seed)
  problem <- unweighted(fit_problem(fit), here)
  problem$control$starts <- larger$starts
  theta <- list(measure_theta(fit$measure))
  replicates <- unlist(map_replicates(seq_len(reps), threads = problem$control$threads, function(i, threads) {
    y <- draw_sample(fit, problem, "parametric", seed, i)$y
    null <- refit(problem, fit$k, theta, y = y, threads = threads)
    many <- refit(problem, larger$k, y = y, threads = threads, seed = i)
    if (!is_optimum(null)) return(NA_real_)
    lr_statistic(null$value, many$value)
  }))
  observed <- lr_statistic(fit$loglik, larger$loglik)
  known <- sum(!is.na(replicates))
  structure(list(
    statistic = c(T = observed), parameter = c(replicates = known),
    p.value = (1 + sum(replicates >= observed, na.rm = TRUE)) / (1 + known),
    estimate = c("log-likelihood of smaller" = fit$loglik, "of larger" = larger$loglik),
    alternative = sprintf("the data have %d experts or more", larger$k),
    method = sprintf("Likelihood-ratio test of %d against %d experts, parametric bootstrap", fit$k, larger$k),
    data.name = deparse_one(fit$formula), replicates = replicates, seed = seed
  ), class = c("moe_lr_test", "htest"))
}

#' A search for more experts that ends lower has missed what fewer of them reach
#' @noRd
lr_statistic <- function(smaller, larger) max(0, 2 * (larger - smaller))

#' @return list(k, loglik, starts) of the larger model.
#' @noRd
check_larger <- function(larger, fit, call) {
  if (!inherits(larger, "moe")) {
    k <- check_count(larger, min = fit$k + 1, max = 1000, call = call)
    problem <- fit_problem(fit)
    control <- refit_control(problem$control, problem_spec(problem, k), length(problem$y), problem$total)
    return(list(k = k, loglik = refit(problem, k)$value, starts = control$starts))
  }
  check_fits(list(fit, larger), call)
  if (larger$k <= fit$k) {
    moe_abort("{.arg larger} must have more experts than {.arg fit}: found {larger$k} and {fit$k}.", call = call)
  }
  part <- function(f) f[c("gate", "expert", "method")]
  same <- identical(part(larger), part(fit)) && identical(fit_x(larger), fit_x(fit)) &&
    identical(fit_z(larger), fit_z(fit))
  if (!same) {
    moe_abort(c(
      "{.arg larger} must differ from {.arg fit} in its number of experts only.",
      i = "Make it with {.code update(fit, k = {larger$k})}."
    ), call = call)
  }
  list(k = larger$k, loglik = larger$loglik, starts = nrow(larger$starts))
}
