# Standard errors of least squares ----------------------------------------------------------------------------

lse_covariances <- c("sandwich", "observed", "expected")

#' Covariance matrix and confidence intervals of a least-squares fit
#'
#' With \eqn{s_i = (y_i - f(x_i)) \nabla f(x_i)}, \eqn{J} the n x P matrix of the gradients \eqn{\nabla f(x_i)} and
#' \eqn{H} the Hessian of half the residual sum of squares RSS,
#'
#' | `type` | covariance matrix | valid when |
#' |---|---|---|
#' | `"sandwich"` | \eqn{H^{-1} (\sum_i s_i s_i') H^{-1}} | always: noise of any kind, any truth |
#' | `"observed"` | \eqn{s^2 H^{-1}} | the noise has one variance |
#' | `"expected"` | \eqn{s^2 (J'J)^{-1}}, that of [nls()] and [lm()] | so, and f holds the truth |
#'
#' With `adjust = TRUE`, \eqn{s^2} is RSS / (n - P) and the sandwich is multiplied by n / (n - P); without, \eqn{s^2} is
#' RSS / n and there is no factor. The sandwich is the default because least squares assumes no more of the
#' response than that \eqn{E(y \mid x) = f(x)} (White 1981). A row of weight w counts as w rows.
#'
#' `confint()` gives \eqn{\hat\theta \pm t\, \mathrm{se}} with quantiles of the t distribution with n - P degrees of
#' freedom.
#'
#' Where the curvature is singular, the coefficients concerned have no standard errors: `NA`, and a warning that names
#' them, as in [vcov.moe()]. So it is for experts whose activation is saturated on all rows, for two experts that
#' coincide, and nearly always for polynomial experts of which there are too many.
#'
#' @param object,x A fit of [moe()] with `method = "lse"`.
#' @param type Which covariance matrix: see the table.
#' @param vcov The same by the argument that [confint.moe()] has for it, used in place of `type`: a type, a P x P
#'   matrix, or a function of the fit that gives one, such as [sandwich::vcovCL()].
#' @param adjust Logical: the finite-sample correction above.
#' @param parm Names or numbers of the coefficients; all by default.
#' @param level Confidence level, between 0 and 1.
#' @param complete Not used, because no coefficient is `NA`: other packages pass it.
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#' @return `vcov()`: a P x P matrix, rows and columns named as [coef()]. `confint()`: a matrix with one row per
#'   coefficient and the two limits as columns. `estfun()` and `bread()` are what [sandwich::sandwich()] and
#'   [sandwich::vcovCL()] ask for: the scores \eqn{s_i}, a row of the data each and multiplied by its weight, and the
#'   number of rows times the inverse of H.
#' @references White, H. (1981). Consequences and detection of misspecified nonlinear regression models. *Journal of
#'   the American Statistical Association* 76, 419-433. \doi{10.1080/01621459.1981.10477663}
#' @examples
#' fit <- moe(accel ~ times | 1, MASS::mcycle, k = 1, method = "lse", control = moe_control(seed = 1))
#' sqrt(diag(vcov(fit)))
#' line <- lm(accel ~ times, MASS::mcycle)
#' all.equal(vcov(fit, "expected"), vcov(line), check.attributes = FALSE)
#' confint(fit)
#' @family methods
#' @export
vcov.moe_lse <- function(object, type = c("sandwich", "observed", "expected"), adjust = TRUE, ...,
                         complete = TRUE) {
  check_dots_empty(...)
  estimate <- lse_covariance(object, check_choice(type, lse_covariances), check_flag(adjust))
  warn_no_errors(estimate, object, rlang::current_env())
  estimate$covariance
}

#' @rdname vcov.moe_lse
#' @export
confint.moe_lse <- function(object, parm, level = 0.95, type = c("sandwich", "observed", "expected"),
                            adjust = TRUE, vcov = NULL, ...) {
  check_dots_empty(...)
  level <- check_number(level, min = 0, max = 1)
  estimate <- coef(object)
  covariance <- check_vcov(vcov %||% check_choice(type, lse_covariances), object, adjust)
  limits <- t_limits(estimate, sqrt(diag(covariance)), level, object)
  tail <- (1 - level) / 2
  dimnames(limits) <- list(
    names(estimate), paste(format(100 * c(tail, 1 - tail), trim = TRUE, digits = 3), "%")
  )
  if (missing(parm)) limits else limits[check_parm(parm, names(estimate)), , drop = FALSE]
}

t_limits <- function(estimate, error, level, fit) {
  df <- test_df(fit)
  if (df <= 0 && !all(is.na(error))) {
    moe_warn(c(
      "There are no intervals: no degree of freedom is left.",
      i = "Fit fewer experts than k = {fit$k}, or experts with fewer parameters."
    ), class = "overspecified", call = rlang::caller_env())
  }
  reach <- unname(stats::qt((1 + level) / 2, if (df > 0) df else NA) * error)
  cbind(estimate - reach, estimate + reach)
}

#' The covariance matrix of coef(), and what of it does not exist
#'
#' @return list(covariance, with NA; full, without: along directions that the data do not determine it is zero, as
#'   suits predictions; why).
#' @noRd
lse_covariance <- function(fit, type, adjust) {
  inverse <- invert_free(fit, lse_curvature(fit, type), total_squares(fit))
  n <- fit$nobs
  df <- n - length(coef(fit))
  # of the noise: the scores are taken in its units, whose squares are numbers
  variance <- fit$rss / n
  scale <- variance * n / (if (adjust) df else n)
  directions <- inverse$directions
  if (type == "sandwich") directions <- directions %*% covariance_root(lse_meat(fit, variance, directions))
  full <- scale * tcrossprod(directions)
  why <- inverse$why
  why[!nzchar(why) & inverse$vague * fit$rss / max(df, 1) > 100^2] <- "overspecified"
  if (adjust && df <= 0) why[] <- "few_rows"
  dimnames(full) <- list(names(why), names(why))
  c(without(full, why), list(full = full))
}

#' The curvature of RSS / 2, or that of Gauss and Newton, in the standardised coordinates of theta
#' @noRd
lse_curvature <- function(fit, type) {
  if (type != "expected") return(-fit$hessian)
  back <- backsolve(fit$jacobian, diag(ncol(fit$jacobian)))
  crossprod(back, lse_gram(fit) %*% back)
}

# Sums over rows, block by block --------------------------------------------------------------------------------

#' D' (sum of w s s') D, s = (y - f) grad f in units of the standard deviation of the noise; zero where that is zero
#' @noRd
lse_meat <- function(fit, variance, directions) {
  y <- fit_y(fit)
  meat <- gradient_gram(fit, function(f, rows) if (variance > 0) (y[rows] - f)^2 / variance else 0 * f)
  crossprod(directions, meat %*% directions)
}

#' J'WJ
#' @noRd
lse_gram <- function(fit) gradient_gram(fit, function(f, rows) rep(1, length(rows)))

#' @param weight Of rows, from f and their numbers: sum of w weight grad f grad f'
#' @noRd
gradient_gram <- function(fit, weight) {
  data <- data_rows(fit, "none")
  w <- fit_weights(fit)
  sums <- lapply(row_blocks(length(w)), function(rows) {
    slope <- regression_gradient(fit$measure, data$x[rows, , drop = FALSE], data$z[rows, , drop = FALSE])
    crossprod(slope$gradient, w[rows] * weight(slope$f, rows) * slope$gradient)
  })
  Reduce(`+`, sums)
}

row_blocks <- function(n, size = 20000) {
  lapply(seq(1, max(n, 1), by = size), function(first) seq(first, length.out = min(size, n - first + 1)))
}

#' f and its derivatives in the parameters of coef(): n numbers, and an n x P matrix
#' @param x,z Numeric matrices without intercept and without NA.
#' @noRd
regression_gradient <- function(measure, x, z) {
  parts <- components(measure, x, z)
  gate <- exp(parts$log_gate)
  f <- rowSums(gate * parts$mean)
  k <- n_experts(measure)
  storage.mode(x) <- storage.mode(z) <- "double"
  terms <- mean_terms_cpp(measure_theta(measure), x, z, measure_spec(measure))
  gates <- lapply(seq_len(k - 1), function(l) gate[, l] * (parts$mean[, l] - f) * cbind(1, z))
  experts <- lapply(seq_len(k), function(i) predictor_columns(gate[, i] * terms[[i]]$d1, x, measure$expert))
  list(f = f, gradient = unname(do.call(cbind, c(gates, experts))))
}

#' Derivatives in the coefficients from those in the predictors: hidden ones have covariates, output ones none
#' @noRd
predictor_columns <- function(d1, x, expert) {
  inner <- max(1, expert$hidden)
  columns <- lapply(seq_len(ncol(d1)), function(m) if (m <= inner) d1[, m] * cbind(1, x) else d1[, m])
  do.call(cbind, columns)
}

# For the sandwich package --------------------------------------------------------------------------------------

#' @rdname vcov.moe_lse
#' @rawNamespace S3method(sandwich::estfun, moe_lse)
estfun.moe_lse <- function(x, ...) {
  slope <- regression_gradient(x$measure, fit_x(x), fit_z(x))
  scores <- (fit_y(x) - slope$f) * slope$gradient
  dimnames(scores) <- list(row_labels(x$model), names(coef(x)))
  fit_weights(x) * scores
}

#' @rdname vcov.moe_lse
#' @exportS3Method sandwich::bread
bread.moe_lse <- function(x, ...) {
  # sandwich() divides by the number of rows of estfun()
  nrow(x$model) * x$nobs / x$rss * vcov.moe_lse(x, "observed", adjust = FALSE)
}
