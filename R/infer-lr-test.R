# Likelihood-ratio test of the number of experts ------------------------------------------------------------

#' Test the number of experts by the likelihood ratio
#'
#' Tests k experts against more by \eqn{T = 2 (\ell_{k + 1} - \ell_k)}. Under k experts the larger model is not
#' identified, so \eqn{T} has no chi-squared distribution; its distribution is simulated instead (McLachlan
#' 1987). Each replicate draws responses from the fit with k experts at the covariates of the data, and fits both
#' models. With \eqn{T^*_1, \dots, T^*_B}
#' \deqn{p = \frac{1 + \#\{b: T^*_b \ge T\}}{B + 1}.}
#'
#' The statistic of the data and those of the replicates come from one procedure. The smaller model is fitted from the
#' fit on. The larger one is searched for from as many starts as the larger fit had, and besides from the smaller fit
#' with each of its experts split in two, by the side of the expert on which a row lies and by its covariates. The best
#' optimum counts, the smaller model itself being one: no statistic is below zero.
#'
#' The test assumes that the rest of the model is right: experts whose law is not Gaussian ask for more of them.
#' Replicates run on the current [future::plan()], and their numbers depend on `seed` alone. Each
#' costs about as much as the larger fit.
#'
#' @param fit A fit of [moe()] with k experts, by maximum likelihood. Weights must be whole numbers.
#' @param larger The number of experts to test against, more than k; or a fit with more experts to the same data.
#' @param reps Number of replicates, a positive integer; a p-value cannot be below 1 / (`reps` + 1).
#' @param seed A whole number; `NULL` draws one from R's generator.
#' @param progress Logical: show a progress bar. Progress is signalled through the package progressr in any case.
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#' @return A list of class `moe_lr_test` and `htest`: `statistic`, `parameter` (the replicates that count), `p.value`,
#'   `estimate` (both log-likelihoods), `method`, `data.name`, `replicates` (the simulated statistics; `NA` where a
#'   fit found no optimum), and `separated` (in how many replicates the gate of the larger model separates the sample).
#'   A `larger` fit whose log-likelihood the procedure does not reach is a warning of class
#'   `moe_warning_convergence`. Wrong arguments are errors of class `moe_error_input`; weights that are no counts of
#'   class
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
moe_lr_test <- function(fit, larger = fit$k + 1, reps = 199, seed = NULL, progress = interactive(), ...) {
  here <- rlang::current_env()
  check_no_k(..., call = here)
  check_likelihood(check_fit(fit))
  reps <- check_count(reps)
  progress <- check_flag(progress)
  larger <- check_larger(larger, fit, here)
  seed <- check_seed(seed)
  problem <- unweighted(fit_problem(fit), here)
  problem$control$starts <- larger$starts
  theta <- list(measure_theta(fit$measure))
  whole <- lr_statistic(problem, fit$k, larger$k, list(theta = theta[[1]], value = fit$loglik), problem$y,
    seed = problem$control$seed
  )
  observed <- observed_statistic(whole, fit, larger, here)
  runs <- with_bar(progress, map_replicates(seq_len(reps), threads = problem$control$threads, function(i, threads) {
    y <- draw_sample(fit, problem, "parametric", seed, i)$y
    null <- refit(problem, fit$k, theta, y = y, threads = threads)
    if (!is_optimum(null)) return(list(statistic = NA_real_, separated = FALSE))
    lr_statistic(problem, fit$k, larger$k, null, y, seed = i, threads = threads)
  }), "Replicates")
  replicates <- vapply(runs, function(run) run$statistic, 0)
  known <- sum(!is.na(replicates))
  structure(list(
    statistic = c(T = observed), parameter = c(replicates = known),
    p.value = (1 + sum(replicates >= observed, na.rm = TRUE)) / (1 + known),
    estimate = c("log-likelihood of smaller" = fit$loglik, "of larger" = fit$loglik + observed / 2),
    alternative = sprintf("the data have %d experts or more", larger$k),
    method = sprintf("Likelihood-ratio test of %d against %d experts, parametric bootstrap", fit$k, larger$k),
    data.name = deparse_one(fit$formula), replicates = replicates,
    separated = sum(vapply(runs, function(run) run$separated, NA)), seed = seed
  ), class = c("moe_lr_test", "htest"))
}

#' @rdname moe_lr_test
#' @param x A test.
#' @export
print.moe_lr_test <- function(x, ...) {
  NextMethod()
  if (x$separated) cat(sprintf("The gate of the larger model separates %d of the samples drawn\n\n", x$separated))
  invisible(x)
}

check_no_k <- function(..., call) {
  if ("k" %in% ...names()) {
    moe_abort(c(
      "Unknown argument {.arg k}.", i = "The number of experts to test against is the argument {.arg larger}."
    ), call = call)
  }
  check_dots_empty(..., call = call, fn = moe_lr_test)
}

#' What the procedure finds for the data; a fit that was given is only expected to be found
#' @noRd
observed_statistic <- function(found, fit, larger, call) {
  given <- 2 * (larger$loglik - fit$loglik)
  if (isTRUE(given > found$statistic + 0.02)) {
    moe_warn(c(
      "The search misses the optimum of {.arg larger}, whose statistic is {format(given, digits = 4)}.",
      x = "It finds {format(found$statistic, digits = 4)}, and may miss as much in the replicates.",
      i = "Fit {.arg larger} with more {.arg starts}: the search has as many."
    ), class = "convergence", call = call)
  }
  max(found$statistic, given, 0, na.rm = TRUE)
}

# The statistic of a sample -----------------------------------------------------------------------------------------

#' @param null A fit of k experts to y: list(theta, value).
#' @return list(statistic, separated).
#' @noRd
lr_statistic <- function(problem, k, larger, null, y, seed, threads = problem$control$threads) {
  problem$y <- y
  smallest <- null$value
  best <- list(value = null$value, separated = FALSE)
  take <- function(raw) {
    if (is_sound(raw) && raw$value > best$value) best <<- list(value = raw$value, separated = is_separated(raw))
  }
  take(refit(problem, larger, threads = threads, seed = seed))
  while (k < larger) {
    splits <- lapply(split_posteriors(null, problem, k), function(tau) {
      refit(problem, k + 1, posterior = tau, threads = threads)
    })
    splits <- splits[vapply(splits, is_sound, NA)]
    if (length(splits) == 0) break
    null <- splits[[which.max(vapply(splits, function(raw) raw$value, 0))]]
    k <- k + 1
  }
  if (k == larger) take(null)
  list(statistic = 2 * (best$value - smallest), separated = best$separated)
}

#' Is it an optimum that a search would take: no variance on the floor, no expert of a handful of rows?
#' @noRd
is_sound <- function(raw) is_optimum(raw) && raw$starts$soundness[raw$best] == 3

#' Posterior probabilities in which one expert is two: rows above and below it, and rows on both sides along the
#' direction in which its covariates vary most
#' @noRd
split_posteriors <- function(raw, problem, k) {
  measure <- refit_measure(raw, problem, k)
  posterior <- posterior_of(measure, problem)
  rows <- c(problem$designs, list(y = problem$y, missing = rep(FALSE, length(problem$y))))
  residual <- by_blocks(measure, rows, function(parts, y) y - parts$mean)
  z <- problem$designs[[if (ncol(problem$designs$z)) "z" else "x"]]
  unlist(lapply(seq_len(k), function(i) {
    sides <- list(residual[, i] > 0, along_covariates(z, posterior[, i]))
    lapply(sides[lengths(sides) > 0], function(side) {
      cbind(posterior[, -i, drop = FALSE], posterior[, i] * side, posterior[, i] * !side)
    })
  }), recursive = FALSE)
}

#' Is a row above the mean along the first principal axis of the covariates, with weights w? NULL without covariates or
#' where no row has weight.
#' @noRd
along_covariates <- function(z, w) {
  if (ncol(z) == 0 || !any(w > 0)) return(NULL)
  z <- scale(z)
  centre <- colSums(z * w) / sum(w)
  z <- sweep(z, 2, centre)
  drop(z %*% eigen(crossprod(z * sqrt(w)), symmetric = TRUE)$vectors[, 1]) > 0
}

#' @return list(k, loglik, starts) of the larger model.
#' @noRd
check_larger <- function(larger, fit, call) {
  if (!inherits(larger, "moe")) {
    k <- check_count(larger, min = fit$k + 1, max = 1000, call = call)
    problem <- fit_problem(fit)
    control <- refit_control(problem$control, problem_spec(problem, k), length(problem$y), problem$total)
    return(list(k = k, loglik = NA_real_, starts = control$starts))
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
