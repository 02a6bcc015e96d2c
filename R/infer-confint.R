# Confidence intervals ------------------------------------------------------------------------------------

#' Confidence intervals of the coefficients
#'
#' | `method` | interval |
#' |---|---|
#' | `"wald"` | \eqn{\hat\theta \pm z\, \mathrm{se}}, for a variance that of its logarithm |
#' | `"profile"` | all \eqn{\theta_j} with \eqn{2 \{\ell(\hat\theta) - \max_{\theta_j \textrm{ held}} \ell\} \le z^2} |
#' | `"boot"` | bias-corrected percentiles of a bootstrap, see [moe_bootstrap()] |
#'
#' with \eqn{z} the normal quantile of the level: a profile interval has the values that a likelihood-ratio test
#' does not reject. All give positive variances. A Wald interval is
#' immediate and symmetric; the coefficients of a gate whose experts hardly overlap have a skewed likelihood,
#' for which profile and bootstrap do better: a Wald interval of such a coefficient is a warning of class
#' `moe_warning_wald`, see [summary.moe()]. Profiles are followed from the estimate outwards and stay with the
#' optimum of
#' the fit. Where the likelihood levels off before it has fallen to its bound, because a gate that is a step fits nearly
#' as well, the limit is infinite, and a message of class `moe_message_open_interval` says so. Profiles
#' assume that the model is right, as `"wald"` with the observed information does; a sandwich does not.
#'
#' With `adjust = TRUE` the variances of Wald intervals, and the \eqn{z^2} of profiles, are multiplied by the
#' finite-sample correction of [vcov.moe()]; the bootstrap has no use for it.
#'
#' @param object A fit of [moe()].
#' @param parm Names or numbers of the coefficients; all by default.
#' @param level Confidence level, above 0 and below 1.
#' @param method How: see the table; `"bootstrap"` is understood.
#' @param vcov The covariance matrix, for `"wald"`: one of the types of [vcov.moe()], the observed information by
#'   default; a P x P matrix; or a function of the fit that gives one, such as [sandwich::sandwich()]. It is always
#'   chosen here: `type` is how a bootstrap draws its samples.
#' @param adjust Logical: the finite-sample correction.
#' @param ... For `"boot"`: `reps`, `type` and `seed` of [moe_bootstrap()]. Otherwise not used: an unknown
#'   argument is an error of class `moe_error_input`.
#' @return A matrix with one row per coefficient and the two limits as columns. `NA` for coefficients
#'   without a standard error, with the warning of [vcov.moe()] that says why. A profile that finds a higher
#'   likelihood than that of the fit, or that ends on its way, is a warning of class `moe_warning_convergence`, and
#'   its limit `NA`.
#' @references Venzon, D. J. and Moolgavkar, S. H. (1988). A method for computing profile-likelihood-based
#'   confidence intervals. *Applied Statistics* 37, 87-94. \doi{10.2307/2347496}
#'
#'   Efron, B. and Tibshirani, R. J. (1993). *An introduction to the bootstrap*, chapter 14. Chapman & Hall.
#'   \doi{10.1007/978-1-4899-4541-9}
#' @examples
#' data <- rmoe(500, truth_overlap(), seed = 1)
#' fit <- moe(y ~ x, data, k = 2, control = moe_control(seed = 1))
#' confint(fit, level = 0.9)
#' confint(fit, "gate1:x", method = "profile")
#' confint(fit, vcov = "sandwich")
#' confint(fit, "gate1:x", method = "boot", reps = 99, seed = 1)
#' @family methods
#' @export
confint.moe <- function(object, parm, level = 0.95, method = c("wald", "profile", "boot"), vcov = NULL,
                        adjust = TRUE, ...) {
  if (identical(method, "bootstrap")) method <- "boot"
  method <- check_choice(method, c("wald", "profile", "boot"))
  if (method == "boot") return(confint(moe_bootstrap(object, ...), parm, level))
  check_dots_empty(...)
  level <- check_number(level, min = 0, max = 1)
  adjust <- check_flag(adjust)
  names <- names(coef(object))
  chosen <- seq_along(names)
  if (!missing(parm)) chosen <- match(names[check_parm(parm, names)], names)
  limits <- if (method == "wald") {
    warn_wald(object, rlang::current_env(), names[chosen])
    wald_limits(object, sqrt(diag(check_vcov(vcov, object, adjust))), level)[chosen, , drop = FALSE]
  } else {
    profile_limits(object, chosen, level, adjust, rlang::current_env())
  }
  label_limits(limits, names[chosen], level)
}

label_limits <- function(limits, names, level) {
  tail <- (1 - level) / 2
  dimnames(limits) <- list(names, paste(format(100 * c(tail, 1 - tail), trim = TRUE, digits = 3), "%"))
  limits
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

check_parm <- function(parm, names, arg = "parm", call = rlang::caller_env()) {
  numbers <- c(seq_along(names), -seq_along(names))
  bad <- if (is.character(parm)) !parm %in% names else !parm %in% numbers
  if (!is.character(parm) && !is.numeric(parm) || any(bad)) {
    found <- if (is.atomic(parm) && any(bad)) parm[bad][1] else describe(parm)
    moe_abort(c(
      "{.arg {arg}} must hold names or numbers of coefficients, not {.val {found}}.",
      i = "Coefficients: {.val {names}}."
    ), call = call)
  }
  if (is.character(parm)) match(parm, names) else parm
}
