# For the sandwich package --------------------------------------------------------------------------------

#' Scores and bread for robust covariance matrices
#'
#' With these methods [sandwich::sandwich()] and [sandwich::vcovCL()] work on a fit: covariance matrices
#' that stay valid when the law of the response around the experts is not the Gaussian one of the model.
#'
#' `estfun()` gives the scores \eqn{\partial \log g(y_i \mid x_i) / \partial \theta} of the observations,
#' whose sums over rows vanish at an optimum; `bread()` the inverse of the mean observed information,
#' without finite-sample correction. A row of weight 2 is two observations and has two rows of scores (a
#' cluster variable must be repeated likewise). Where weights are not whole numbers, every row has one row
#' of scores, multiplied by its weight.
#'
#' @param x A fit of [moe()].
#' @param ... Not used.
#' @return `estfun()`: a matrix with one row per observation and one column per coefficient.
#'   `bread()`: a P x P matrix; with a warning and `NA` where [vcov.moe()] has them.
#' @references Zeileis, A. (2006). Object-oriented computation of sandwich estimators. *Journal of
#'   Statistical Software* 16(9). \doi{10.18637/jss.v016.i09}
#' @examplesIf requireNamespace("sandwich", quietly = TRUE)
#' data <- rmoe(500, truth_overlap(), seed = 1)
#' fit <- moe(y ~ x, data, k = 2, control = moe_control(seed = 1))
#' robust <- sandwich::sandwich(fit)
#' cbind(model = sqrt(diag(vcov(fit))), robust = sqrt(diag(robust)))
#' @name estfun.moe
#' @family methods
#' @rawNamespace S3method(sandwich::estfun, moe)
estfun.moe <- function(x, ...) {
  w <- stats::model.weights(x$model)
  scores <- sweep(row_scores(x), 2, coef_units(x), `/`)
  dimnames(scores) <- list(row_labels(x$model), names(coef(x)))
  if (is.null(w)) return(scores)
  if (whole(w)) scores[rep(seq_along(w), w), , drop = FALSE] else w * scores
}

#' @rdname estfun.moe
#' @exportS3Method sandwich::bread
bread.moe <- function(x, ...) {
  w <- fit_weights(x)
  # sandwich() divides by the number of rows of estfun()
  rows <- if (whole(w)) sum(w) else length(w)
  rows * vcov.moe(x, adjust = FALSE)
}

#' Are weights numbers of rows?
#' @noRd
whole <- function(w) all(w == round(w))

#' d log g(y_i | x_i) / d theta of some rows of the fit, without weights
#' @noRd
row_scores <- function(fit, rows = seq_len(nrow(fit$model)), x = fit_x(fit), z = fit_z(fit), y = fit_y(fit)) {
  spec <- measure_spec(fit$measure, fit$blueprint$same)
  scores_cpp(
    measure_theta(fit$measure), y[rows], x[rows, , drop = FALSE], z[rows, , drop = FALSE], spec
  )
}

#' sum_i s_i s_i' over the observations, for scores in the standardised coordinates of the fit's Hessian
#'
#' A row of weight 2 is two observations; one of weight 2.5 is one, with 2.5 times the score.
#' @noRd
score_products <- function(fit, size = 50000) {
  w <- fit_weights(fit)
  weight <- if (whole(w)) w else w^2
  x <- fit_x(fit)
  z <- fit_z(fit)
  y <- fit_y(fit)
  back <- backsolve(fit$jacobian, diag(ncol(fit$jacobian)))
  total <- 0
  for (first in seq(1, length(y), by = size)) {
    rows <- first:min(length(y), first + size - 1)
    scores <- row_scores(fit, rows, x, z, y) %*% back
    total <- total + crossprod(sqrt(weight[rows]) * scores)
  }
  total
}
