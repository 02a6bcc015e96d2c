# Standard errors -----------------------------------------------------------------------------------------

#' Covariance matrix and confidence intervals of the coefficients
#'
#' The covariance matrix is the inverse of the observed information (minus the Hessian of the
#' log-likelihood at the fit), carried to the coefficients of [coef()] by the delta method. With
#' `adjust = TRUE` it is multiplied by
#' \deqn{\frac{n}{n - q}, \quad q = k (d + 1),}
#' where n is [nobs()] and q counts the coefficients of the k regressions: maximum likelihood
#' underestimates the variance of an expert that has n/k rows because d + 1 of them are used up. With one
#' expert this is the covariance matrix of [lm()]; `adjust = FALSE` gives the plain inverse information.
#'
#' `confint()` gives Wald intervals with normal quantiles, \eqn{\hat\theta \pm z\, \mathrm{se}}. For a
#' variance they are computed for its logarithm,
#' \eqn{\hat\sigma^2 \exp(\pm z\, \mathrm{se} / \hat\sigma^2)}, so that they are positive.
#'
#' @section Where there are no standard errors:
#' Some coefficients of some fits have none. Their rows and columns are `NA`, and a warning says why and
#' which they are:
#' * `moe_warning_separated_gate`: the gate separates the data, and its coefficients grow without bound.
#'   The covariance of the experts is that for the gate as it is.
#' * `moe_warning_variance_floor`: a variance ended on its floor. The others are computed as if it were
#'   known.
#' * `moe_warning_overspecified`: the information is singular (an eigenvalue below 1e-10, with a unit
#'   diagonal). Some direction of the coefficients is not determined by the data, as when two experts are
#'   the same; coefficients with no share in that direction keep their standard errors. Or a gate is all but a
#'   step: over the data, the standard error of its log-odds is above 100. Or there are no more rows than
#'   coefficients, so that `adjust = TRUE` is not possible.
#' * `moe_warning_convergence`: the information has a negative eigenvalue, so the fit is no maximum.
#'
#' Standard errors also assume that the number of experts is right: with more experts than the data have,
#' estimates converge more slowly than \eqn{n^{-1/2}} (Nguyen, Nguyen and Ho 2023).
#'
#' @param object A fit of [moe()].
#' @param parm Names or numbers of the coefficients; all by default.
#' @param level Confidence level, between 0 and 1.
#' @param adjust Logical: the finite-sample correction above.
#' @param complete Not used, because no coefficient is `NA`: other packages pass it.
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#' @return `vcov()`: a P x P matrix, rows and columns named as [coef()]; variances in the units of the data,
#'   not as logarithms. `confint()`: a matrix with one row per coefficient and the two limits as columns.
#' @references Louis, T. A. (1982). Finding the observed information matrix when using the EM algorithm.
#'   *Journal of the Royal Statistical Society B* 44, 226-233.
#'   \doi{10.1111/j.2517-6161.1982.tb01203.x}
#'
#'   Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in Gaussian mixture of
#'   experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#' @examples
#' data <- rmoe(500, truth_overlap(), seed = 1)
#' fit <- moe(y ~ x, data, k = 2, control = moe_control(seed = 1))
#' sqrt(diag(vcov(fit)))
#' confint(fit, level = 0.9)
#'
#' one <- update(fit, k = 1)
#' all.equal(vcov(one)[1:2, 1:2], vcov(lm(y ~ x, data)), check.attributes = FALSE)
#' @family methods
#' @export
vcov.moe <- function(object, adjust = TRUE, ..., complete = TRUE) {
  check_dots_empty(...)
  adjust <- check_flag(adjust)
  inverse <- invert_information(object)
  value <- inverse$covariance
  q <- sum(coef_parts(object$measure)$part == "expert")
  if (adjust && object$nobs <= q) {
    inverse$reason <- "few_rows"
    inverse$absent[] <- TRUE
    value[] <- NA
  }
  warn_no_errors(inverse, object, rlang::current_env())
  if (adjust) value * (object$nobs / (object$nobs - q)) else value
}

#' @rdname vcov.moe
#' @export
confint.moe <- function(object, parm, level = 0.95, adjust = TRUE, ...) {
  check_dots_empty(...)
  level <- check_number(level, min = 0, max = 1)
  estimate <- coef(object)
  tail <- (1 - level) / 2
  limits <- wald_limits(object, sqrt(diag(vcov(object, adjust = adjust))), level)
  dimnames(limits) <- list(
    names(estimate), paste(format(100 * c(tail, 1 - tail), trim = TRUE, digits = 3), "%")
  )
  if (missing(parm)) limits else limits[check_parm(parm, names(estimate)), , drop = FALSE]
}

#' @return A matrix with two columns, one row per coefficient.
#' @noRd
wald_limits <- function(fit, error, level) {
  estimate <- unname(coef(fit))
  reach <- stats::qnorm((1 + level) / 2) * unname(error)
  variance <- coef_parts(fit$measure)$part == "variance"
  limits <- cbind(estimate - reach, estimate + reach)
  ratio <- exp(reach[variance] / estimate[variance])
  limits[variance, ] <- cbind(estimate[variance] / ratio, estimate[variance] * ratio)
  limits
}

check_parm <- function(parm, names, call = rlang::caller_env()) {
  bad <- if (is.character(parm)) !parm %in% names else !parm %in% c(seq_along(names), -seq_along(names))
  if (!is.character(parm) && !is.numeric(parm) || any(bad)) {
    found <- if (is.atomic(parm) && any(bad)) parm[bad][1] else describe(parm)
    moe_abort(c(
      "{.arg parm} must hold names or numbers of coefficients, not {.val {found}}.",
      i = "Coefficients: {.val {names}}."
    ), call = call)
  }
  parm
}

# The information and its inverse -------------------------------------------------------------------------

#' Inverse observed information of a fit, in the coordinates of coef()
#' @return list(covariance = P x P matrix with NA, absent = logical P, reason = why, or NULL).
#' @noRd
invert_information <- function(fit) {
  held <- held_coefficients(fit)
  free <- which(!held$which)
  estimate <- coef(fit)
  # theta has log sigma2: d sigma2 = sigma2 d(log sigma2)
  unit <- ifelse(coef_parts(fit$measure)$part == "variance", estimate, 1)
  # Whole linear predictors are held, within which the jacobian is triangular: blocks invert as blocks.
  # No general solve(): covariates in units of 1e8 are nothing singular.
  back <- (unit * backsolve(fit$jacobian, diag(length(unit))))[free, free, drop = FALSE]
  inverse <- invert_symmetric(-fit$hessian[free, free, drop = FALSE], fit$nobs)
  share <- function(directions) rowSums((back %*% directions)^2)
  # rounding turns eigenvectors by less than 1e-5
  lost <- share(inverse$weak) > 1e-10 * (share(inverse$weak) + share(inverse$strong))
  absent <- stats::setNames(held$which, names(estimate))
  absent[free[lost]] <- TRUE
  vague <- free[vague_gates(coef_parts(fit$measure)[free, ], rowSums(inverse$root^2))]
  absent[vague] <- TRUE
  covariance <- matrix(NA_real_, length(unit), length(unit))
  covariance[free, free] <- tcrossprod(back %*% inverse$root)
  covariance[absent, ] <- NA
  covariance[, absent] <- NA
  dimnames(covariance) <- list(names(estimate), names(estimate))
  singular <- if (any(lost) && inverse$negative) "convergence" else if (any(absent)) "overspecified"
  list(covariance = covariance, absent = absent, reason = held$reason %||% singular)
}

#' Gates that are a step to all practical purposes: over the data, a standard error of the log-odds above 100
#' @param variance Of the coefficients for standardised covariates.
#' @noRd
vague_gates <- function(parts, variance) {
  gate <- parts$part == "gate"
  which(gate & stats::ave(variance, parts$part, parts$expert, FUN = sum) > 100^2)
}

#' Eigendecomposition of a symmetric matrix scaled to a unit diagonal
#' @param total Number of rows: a diagonal element below 1e-12 of it is not scaled up.
#' @return `root` with root root' the inverse on the strong directions; the weak and the strong directions.
#' @noRd
invert_symmetric <- function(information, total) {
  scale <- sqrt(pmax(abs(diag(information)), 1e-12 * total))
  e <- eigen(information / outer(scale, scale), symmetric = TRUE)
  strong <- e$values > 1e-10
  directions <- e$vectors / scale
  list(
    root = directions[, strong, drop = FALSE] %*% diag(1 / sqrt(e$values[strong]), sum(strong)),
    strong = directions[, strong, drop = FALSE], weak = directions[, !strong, drop = FALSE],
    negative = any(e$values < -1e-10)
  )
}

#' Coefficients that sit on a boundary, where a quadratic approximation is meaningless
#' @return list(which = logical P, reason)
#' @noRd
held_coefficients <- function(fit) {
  parts <- coef_parts(fit$measure)
  if (fit$status == "gate_separated") return(list(which = parts$part == "gate", reason = "separated_gate"))
  which <- rep(FALSE, nrow(parts))
  if (fit$status != "variance_floor") return(list(which = which))
  y <- fit_y(fit)
  w <- fit_weights(fit)
  spread <- stats::weighted.mean((y - stats::weighted.mean(y, w))^2, w)
  variance <- parts$part == "variance"
  which[variance] <- coef(fit)[variance] <= spread * fit$control$variance_floor * (1 + 1e-6)
  list(which = which, reason = "variance_floor")
}

warn_no_errors <- function(inverse, fit, call) {
  if (!any(inverse$absent)) return(invisible())
  names <- names(inverse$absent)[inverse$absent]
  known <- cli::qty(length(names))
  moe_warn(c(
    switch(inverse$reason,
      separated_gate = "The gate separates the data perfectly, so its coefficients have no standard errors.",
      variance_floor = "A variance ended on its floor and has no standard error; the others are as if it were known.",
      convergence = "The information has a negative eigenvalue: the fit is no maximum of the likelihood.",
      overspecified = "The information is singular: the data do not determine all coefficients.",
      few_rows = "Standard errors cannot be corrected: there are no more rows than coefficients of the experts."
    ),
    x = "No standard error{known}{?s} for {.field {names}}.",
    i = switch(inverse$reason,
      separated_gate = "Standard errors of the experts hold for the gate as it is.",
      convergence = "Its status is {.val {fit$status}}. Fit again from other starts.",
      few_rows = "Fit fewer experts. {.code adjust = FALSE} leaves out the correction.",
      if (fit$k == 1) {
        "The covariates determine the response: there is no variance to estimate."
      } else {
        "Fit fewer experts than k = {fit$k}, or share the variance with {.code expert_linear(\"shared\")}."
      }
    )
  ), class = if (inverse$reason == "few_rows") "overspecified" else inverse$reason, call = call)
}

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
  measure <- x$measure
  spec <- measure_spec(measure, x$blueprint$same)
  scores <- scores_cpp(measure_theta(measure), fit_y(x), fit_x(x), fit_z(x), spec)
  estimate <- coef(x)
  variance <- which(coef_parts(measure)$part == "variance")
  scores[, variance] <- sweep(scores[, variance, drop = FALSE], 2, estimate[variance], `/`)
  dimnames(scores) <- list(row_labels(x$model), names(estimate))
  w <- stats::model.weights(x$model)
  if (is.null(w)) return(scores)
  if (all(w == round(w))) scores[rep(seq_along(w), w), , drop = FALSE] else w * scores
}

#' @rdname estfun.moe
#' @exportS3Method sandwich::bread
bread.moe <- function(x, ...) {
  w <- fit_weights(x)
  # sandwich() divides by the number of rows of estfun()
  rows <- if (all(w == round(w))) sum(w) else length(w)
  rows * vcov.moe(x, adjust = FALSE)
}
