# Influence of single rows ----------------------------------------------------------------------------------

#' Influence of single rows
#'
#' What leaving a row out would change, by one step of Newton's method from the fit instead of a fit without the row:
#' with the score \eqn{s_i} of row i (times its weight) and the Hessian \eqn{H} of the log-likelihood
#' \deqn{\hat\theta - \hat\theta_{(i)} \approx (-H)^{-1} s_i, \qquad
#'   D_i = \frac{s_i' (-H)^{-1} s_i}{P},}
#' the first by `dfbeta()`, in the units of [coef()], the second by `cooks.distance()`. P is the number of
#' parameters: a row with \eqn{D_i} near one moves the estimate to about the border of its 50 % confidence region.
#' The step is good for rows of little influence and says which rows have much; how much these have, a fit
#' without them says.
#'
#' @param model A fit of [moe()] by maximum likelihood: others are errors of class `moe_error_unsupported`.
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#' @return `dfbeta()`: a matrix with one row per row of the data and one column per coefficient.
#'   `cooks.distance()`: a number per row. With [na.exclude()] also for the dropped rows, as `NA`. Coefficients without
#'   a standard error are `NA` in the former and take no part in the latter, with the warning of [vcov.moe()].
#' @references Cook, R. D. (1986). Assessment of local influence. *Journal of the Royal Statistical Society B* 48,
#'   133-169. \doi{10.1111/j.2517-6161.1986.tb01398.x}
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 1)
#' tail(sort(cooks.distance(fit)))
#' head(dfbeta(fit))
#' @name influence.moe
#' @family methods
NULL

#' @rdname influence.moe
#' @importFrom stats dfbeta
#' @export
dfbeta.moe <- function(model, ...) {
  check_dots_empty(...)
  check_likelihood(model)
  covariance <- vcov.moe(model, adjust = FALSE)
  known <- which(!is.na(diag(covariance)))
  steps <- matrix(NA_real_, nrow(model$model), ncol(covariance))
  steps[, known] <- with_scores(model, score_products_cpp, to_scores(model, known) %*% covariance[known, known]) *
    fit_weights(model)
  dimnames(steps) <- list(row_labels(model$model), colnames(covariance))
  stats::naresid(model$na.action, steps)
}

#' @rdname influence.moe
#' @importFrom stats cooks.distance
#' @export
cooks.distance.moe <- function(model, ...) {
  check_dots_empty(...)
  check_likelihood(model)
  distance <- cooks_distance(model, vcov.moe(model, adjust = FALSE))
  stats::naresid(model$na.action, stats::setNames(distance, row_labels(model$model)))
}

cooks_distance <- function(fit, covariance) {
  known <- which(!is.na(diag(covariance)))
  if (length(known) == 0) return(rep(NA_real_, nrow(fit$model)))
  root <- covariance_root(covariance[known, known, drop = FALSE])
  fit_weights(fit)^2 * with_scores(fit, score_lengths_cpp, to_scores(fit, known) %*% root) / length(known)
}

#' What turns scores in standardised coordinates into those of some coefficients
#' @noRd
to_scores <- function(fit, known) {
  fit$jacobian[, known, drop = FALSE] %*% diag(1 / coef_units(fit)[known], length(known))
}
