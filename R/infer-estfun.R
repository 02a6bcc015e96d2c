# For the sandwich package --------------------------------------------------------------------------------

#' Scores and bread for robust covariance matrices
#'
#' With these methods [sandwich::sandwich()] and [sandwich::vcovCL()] work on a fit: covariance matrices
#' that stay valid when the law of the response around the experts is not the Gaussian one of the model.
#'
#' `estfun()` gives the scores \eqn{\partial \log g(y_i \mid x_i) / \partial \theta} of the rows of the data,
#' multiplied by their weights, whose sums vanish at an optimum; `bread()` the inverse of the mean observed information,
#' without finite-sample correction. As for [lm()] and [glm()] there is one row of scores per row of the data, whatever
#' its weight, so that a cluster variable has that length too. A row of weight 2 is then one observation with twice the
#' score, which for clusters that hold all copies of a row is the same as two. Where weights are counts of independent
#' rows, `vcov(fit, "sandwich")` counts them as such; [sandwich::sandwich()] does not.
#'
#' [sandwich::vcovHC()] and [sandwich::vcovBS()] are errors of class `moe_error_unsupported`. The former corrects for
#' leverages, which a mixture does not have. The latter fits again from new starts, after which expert 1 may be another
#' one; [moe_bootstrap()] keeps their numbers.
#'
#' @param x A fit of [moe()].
#' @param ... Not used.
#' @return `estfun()`: a matrix with one row per row of the data and one column per coefficient, which for many rows is
#'   large: [vcov.moe()] and [cooks.distance.moe()] do without it. `bread()`: a P x P matrix; with a warning and `NA`
#'   where [vcov.moe()] has them.
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
  scores <- scores_cpp(
    measure_theta(x$measure), fit_y(x), fit_x(x), fit_z(x), measure_spec(x$measure, x$blueprint$same)
  )
  scores <- sweep(scores * fit_weights(x), 2, coef_units(x), `/`)
  dimnames(scores) <- list(row_labels(x$model), names(coef(x)))
  scores
}

#' @rdname estfun.moe
#' @exportS3Method sandwich::bread
bread.moe <- function(x, ...) {
  # sandwich() divides by the number of rows of estfun()
  nrow(x$model) * vcov.moe(x, adjust = FALSE)
}

#' @exportS3Method sandwich::vcovHC
vcovHC.moe <- function(x, ...) {
  moe_abort(c(
    "{.fn vcovHC} corrects for leverages, which a mixture of experts does not have.",
    i = "Use {.code vcov(fit, \"sandwich\")}, which has a correction for the number of coefficients."
  ), class = "unsupported")
}

#' @exportS3Method sandwich::vcovBS
vcovBS.moe <- function(x, ...) {
  moe_abort(c(
    "{.fn vcovBS} fits again from new starts, after which the experts may have other numbers.",
    i = "Use {.code vcov(moe_bootstrap(fit, type = \"cases\"))}, or {.fn sandwich::vcovCL} for clusters."
  ), class = "unsupported")
}

# Scores, block by block ------------------------------------------------------------------------------------------

#' What the functions of scores in C++ take: their scores are in the standardised coordinates of the fit's Hessian
#' @param f One of these functions.
#' @param by What the scores are multiplied by.
#' @noRd
with_scores <- function(fit, f, by) {
  f(
    measure_theta(fit$measure), fit_y(fit), fit_x(fit), fit_z(fit), as.double(fit_weights(fit)),
    measure_spec(fit$measure, fit$blueprint$same), by
  )
}

#' Are weights numbers of rows?
#' @noRd
whole <- function(w) all(w == round(w))

#' sum_i s_i s_i' over the observations, for scores in the standardised coordinates of the fit's Hessian
#'
#' A row of weight 2 is two observations; one of weight 2.5 is one, with 2.5 times the score.
#' @noRd
score_products <- function(fit) {
  w <- as.double(fit_weights(fit))
  with_scores(fit, score_gram_cpp, if (whole(w)) w else w^2)
}
