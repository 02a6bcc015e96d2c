# Standard errors -----------------------------------------------------------------------------------------

vcov_types <- c("observed", "sandwich", "outer")

#' Covariance matrix of the coefficients
#'
#' With \eqn{H} the Hessian of the log-likelihood at the fit and \eqn{s_i} the scores of the n observations,
#'
#' | `type` | estimate | valid |
#' |---|---|---|
#' | `"observed"` | \eqn{(-H)^{-1}} | when the model is right |
#' | `"sandwich"` | \eqn{(-H)^{-1} \left(\sum_i s_i s_i'\right) (-H)^{-1}} | also when it is not (White 1982) |
#' | `"outer"` | \eqn{\left(\sum_i s_i s_i'\right)^{-1}} | when the model is right |
#'
#' each carried to the coefficients of [coef()] by the delta method. Where the model is right the three
#' estimate the same matrix; a sandwich that differs much from `"observed"` says that it is not. The sandwich
#' is for a law around the experts that is not Gaussian, or has a variance that depends on the covariates; it
#' gives the variance about the coefficients whose model is nearest to the truth. Observations are
#' independent in all three: for clusters use [sandwich::vcovCL()], which [estfun.moe()] serves.
#'
#' With `adjust = TRUE` the matrix is multiplied by
#' \deqn{\frac{n}{n - q}, \quad q = k (d + 1),}
#' where n is [nobs()] and q counts the coefficients of the k regressions: maximum likelihood
#' underestimates the variance of an expert that has n/k rows because d + 1 of them are used up. With one
#' expert this makes `"observed"` the covariance matrix of [lm()]; `adjust = FALSE` gives the plain estimate.
#'
#' @section Where there are no standard errors:
#' Some coefficients of some fits have none. Their rows and columns are `NA`, and a warning says why and
#' which they are:
#' * `moe_warning_separated_gate`: the gate separates the data, and its coefficients grow without bound.
#'   The covariance of the experts is that for the gate as it is.
#' * `moe_warning_variance_floor`: a variance ended on its floor, whatever the status of the fit. The others are
#'   computed as if it were known.
#' * `moe_warning_boundary`: a coefficient ended on the bound of [moe_control()], whatever the status. All coefficients
#'   of that gate or expert are held; the others are computed as if these were known.
#' * `moe_warning_overspecified`: the information is singular (an eigenvalue below 1e-10, with a unit
#'   diagonal). Some direction of the coefficients is not determined by the data, as when two experts are
#'   the same; coefficients with no share in that direction keep their standard errors. Or a gate is all but a
#'   step: over the data, the standard error of its log-odds is above 100. Or there are no more rows than
#'   coefficients of gate and experts; or weights that sum to no more than the coefficients of the experts leave no
#'   room for `adjust = TRUE`.
#' * `moe_warning_convergence`: the information has a negative eigenvalue, so the fit is no maximum, or it is not a
#'   number.
#' * `moe_warning_range`: a variance is too large or too small for a number: y is in units of 1e80, say.
#'
#' @section Too many experts:
#' Standard errors assume that the number of experts is right: with more experts than the data have, estimates
#' converge more slowly than \eqn{n^{-1/2}} (Nguyen, Nguyen and Ho 2023). The matrix is then still given, with a
#' warning of class `moe_warning_overspecified`, if BIC is lower with one expert less (the likelihood is
#' maximised from this fit, with two experts taken together or one shared out), or if two experts do not differ
#' by more than their standard errors: a Wald test, of level 0.01, that gate slopes, coefficients and variances
#' are the same. Choose k with [select_k()]. The models with one expert less, at most four of them, are fitted when they
#' are first asked for and kept with the fit.
#'
#' @param object A fit of [moe()].
#' @param type Which estimate: see the table.
#' @param adjust Logical: the finite-sample correction above.
#' @param complete Not used, because no coefficient is `NA`: other packages pass it.
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#' @return A P x P matrix, rows and columns named as [coef()]; variances in the units of the data, not as
#'   logarithms.
#' @references Louis, T. A. (1982). Finding the observed information matrix when using the EM algorithm.
#'   *Journal of the Royal Statistical Society B* 44, 226-233.
#'   \doi{10.1111/j.2517-6161.1982.tb01203.x}
#'
#'   White, H. (1982). Maximum likelihood estimation of misspecified models. *Econometrica* 50, 1-25.
#'   \doi{10.2307/1912526}
#'
#'   Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in Gaussian mixture of
#'   experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#' @examples
#' data <- rmoe(500, truth_overlap(), seed = 1)
#' fit <- moe(y ~ x, data, k = 2, control = moe_control(seed = 1))
#' sqrt(diag(vcov(fit)))
#' # the model is right: the sandwich is much the same
#' sqrt(diag(vcov(fit, type = "sandwich")))
#'
#' one <- update(fit, k = 1)
#' all.equal(vcov(one)[1:2, 1:2], vcov(lm(y ~ x, data)), check.attributes = FALSE)
#' @seealso [confint.moe()], [summary.moe()]
#' @family methods
#' @export
vcov.moe <- function(object, type = c("observed", "sandwich", "outer"), adjust = TRUE, ..., complete = TRUE) {
  check_dots_empty(...)
  type <- check_choice(type, vcov_types)
  adjust <- check_flag(adjust)
  inverse <- lose_rows(invert_information(object, type), object, adjust)
  warn_no_errors(inverse, object, rlang::current_env())
  # said once: these are the same trouble
  if (!any(inverse$why %in% c("overspecified", "few_rows", "small_weights", "not_finite"))) {
    warn_overspecified(object, inverse$covariance, rlang::current_env())
  }
  if (adjust) inverse$covariance * correction(object) else inverse$covariance
}

#' Without a degree of freedom there is no standard error
#' @param adjust Is the finite-sample correction wanted, which needs the sum of the weights to be large enough?
#' @noRd
lose_rows <- function(inverse, fit, adjust) {
  count <- table(factor(coef_parts(fit$measure)$part, c("gate", "expert", "variance")))
  rows <- sum(fit_weights(fit) > 0)
  lost <- if (rows <= count[["gate"]] + count[["expert"]]) {
    "few_rows"
  } else if (adjust && fit$nobs <= count[["expert"]]) {
    "small_weights"
  }
  if (is.null(lost)) return(inverse)
  inverse$why[] <- lost
  inverse$covariance[] <- NA
  inverse
}

#' n / (n - q): what the coefficients of the experts use up
#' @noRd
correction <- function(fit) {
  fit$nobs / (fit$nobs - sum(coef_parts(fit$measure)$part == "expert"))
}

#' The covariance matrix that a user asks for by `vcov`
#' @param vcov NULL for the default of vcov(), one of its types, a P x P matrix, or a function of the
#'   fit that gives one.
#' @noRd
check_vcov <- function(vcov, fit, adjust, call = rlang::caller_env()) {
  types <- if (is_lse(fit)) lse_covariances else vcov_types
  if (is.character(vcov) || is.null(vcov)) {
    type <- check_choice(vcov %||% types[1], types, "vcov", call)
    return(stats::vcov(fit, type, check_flag(adjust, call = call)))
  }
  value <- if (is.function(vcov)) vcov(fit) else vcov
  names <- names(coef(fit))
  size <- length(names)
  if (!is.numeric(value) || !is.matrix(value) || any(dim(value) != size)) {
    moe_abort(c(
      "{.arg vcov} must be a type, a {size} x {size} matrix, or a function of the fit that gives one.",
      x = "Found {describe(value)}.",
      i = "Types: {.val {types}}. Rows and columns are as in {.fn coef}."
    ), call = call)
  }
  if (any(diag(value) < 0, na.rm = TRUE)) {
    negative <- names[which(diag(value) < 0)]
    moe_abort("{.arg vcov} has a negative variance for {.field {negative}}.", call = call)
  }
  dimnames(value) <- list(names, names)
  value
}
