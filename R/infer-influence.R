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
  known <- !is.na(diag(covariance))
  scores <- weighted_scores(model)
  scores[, known] <- scores[, known] %*% covariance[known, known]
  scores[, !known] <- NA
  stats::naresid(model$na.action, scores)
}

#' @rdname influence.moe
#' @importFrom stats cooks.distance
#' @export
cooks.distance.moe <- function(model, ...) {
  check_dots_empty(...)
  check_likelihood(model)
  stats::naresid(model$na.action, cooks_distance(model, vcov.moe(model, adjust = FALSE)))
}

cooks_distance <- function(fit, covariance) {
  known <- !is.na(diag(covariance))
  scores <- weighted_scores(fit)[, known, drop = FALSE]
  rowSums((scores %*% covariance[known, known]) * scores) / sum(known)
}

#' Scores in the coordinates of coef(), each row with its weight
#' @noRd
weighted_scores <- function(fit) {
  scores <- sweep(row_scores(fit), 2, coef_units(fit), `/`) * fit_weights(fit)
  dimnames(scores) <- list(row_labels(fit$model), names(coef(fit)))
  scores
}
