# Least squares: what a fit by it has in place of a likelihood --------------------------------------------------

is_lse <- function(fit) inherits(fit, "moe_lse")

#' The response law of the core for a method
#' @noRd
response_law <- function(method) if (method == "lse") "none" else "gaussian"

#' What of a measure a method estimates: least squares no variances
#' @noRd
estimated_part <- function(measure, method) {
  if (method == "lse") measure["sigma2"] <- list(NULL)
  measure
}

#' What a fit by least squares has besides a measure; `value` of the core is -RSS / 2
#'
#' As in [nls()], the log-likelihood is that of normal noise of one variance, which counts as a parameter.
#' @noRd
lse_fields <- function(raw, total) {
  rss <- max(0, -2 * raw$value)
  list(loglik = normal_loglik(rss, total), rss = rss, df = length(raw$theta) + 1)
}

#' Log-likelihood of normal noise with variance RSS / n
#' @noRd
normal_loglik <- function(rss, n) -n / 2 * (log(2 * pi * rss / n) + 1)

#' Degrees of freedom of tests and intervals: infinite where they are normal
#' @noRd
test_df <- function(fit) if (is_lse(fit)) df.residual.moe_lse(fit) else Inf

#' Variance of the noise, RSS / (n - P); none without a degree of freedom
#' @noRd
noise_variance <- function(fit) if (test_df(fit) > 0) fit$rss / test_df(fit) else NA_real_

# What least squares refuses -------------------------------------------------------------------------------------

#' A quantity that needs a law of the response around the experts
#' @noRd
refuse_law <- function(what, instead, call = rlang::caller_env()) {
  moe_abort(c(
    "There are no {what} under least squares, which has no law of the response around the experts.",
    i = paste0("Use ", instead, ", or fit with {.code method = \"mle\"}.")
  ), class = "unsupported", call = call)
}

#' As many rows as parameters, or f goes through all points in many ways
#' @noRd
check_squares <- function(y, spec, call) {
  size <- theta_size(spec)
  if (length(y) >= size) return(invisible())
  moe_abort(c(
    "Least squares needs at least as many rows as parameters.",
    x = "Found {length(y)} row{?s} and {size} parameter{?s}.",
    i = "Fit fewer experts than k = {spec$k}, or experts with fewer parameters."
  ), class = "data", call = call)
}

#' The residual standard error, for what cannot do without
#' @noRd
require_sigma <- function(fit, what, call = rlang::caller_env()) {
  if (test_df(fit) > 0) return(sigma.moe_lse(fit))
  moe_abort(c(
    "There are no {what} of a fit with as many parameters as rows: its noise has no variance.",
    x = "Rows: {fit$nobs}, parameters: {fit$df - 1}.",
    i = "Fit fewer experts than k = {fit$k}, or experts with fewer parameters."
  ), class = "unsupported", call = call)
}

#' Sum of squares around the mean
#' @noRd
total_squares <- function(fit) {
  y <- fit_y(fit)
  w <- stats::model.weights(fit$model)
  if (is.null(w)) sum((y - mean(y))^2) else sum(w * (y - stats::weighted.mean(y, w))^2)
}
