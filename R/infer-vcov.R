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
#' * `moe_warning_variance_floor`: a variance ended on its floor. The others are computed as if it were
#'   known.
#' * `moe_warning_boundary`: a coefficient ended on the bound of [moe_control()]. All coefficients of that gate or
#'   expert are held; the others are computed as if these were known.
#' * `moe_warning_overspecified`: the information is singular (an eigenvalue below 1e-10, with a unit
#'   diagonal). Some direction of the coefficients is not determined by the data, as when two experts are
#'   the same; coefficients with no share in that direction keep their standard errors. Or a gate is all but a
#'   step: over the data, the standard error of its log-odds is above 100. Or there are no more rows than
#'   coefficients, so that `adjust = TRUE` is not possible.
#' * `moe_warning_convergence`: the information has a negative eigenvalue, so the fit is no maximum.
#'
#' @section Too many experts:
#' Standard errors assume that the number of experts is right: with more experts than the data have, estimates
#' converge more slowly than \eqn{n^{-1/2}} (Nguyen, Nguyen and Ho 2023). The matrix is then still given, with a
#' warning of class `moe_warning_overspecified`, if BIC is lower with one expert less (the likelihood is
#' maximised from this fit, with two experts taken together or one shared out), or if two experts do not differ
#' by more than their standard errors: a Wald test, of level 0.01, that gate slopes, coefficients and variances
#' are the same. Choose k with [select_k()].
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
  inverse <- invert_information(object, type)
  value <- inverse$covariance
  q <- sum(coef_parts(object$measure)$part == "expert")
  if (adjust && object$nobs <= q) {
    inverse$reason <- "few_rows"
    inverse$absent[] <- TRUE
    value[] <- NA
  }
  warn_no_errors(inverse, object, rlang::current_env())
  # said once: a singular information and too few rows are the same trouble
  if (!isTRUE(inverse$reason %in% c("overspecified", "few_rows"))) {
    warn_overspecified(object, value, rlang::current_env())
  }
  if (adjust) value * correction(object) else value
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
  dimnames(value) <- list(names, names)
  value
}

# The information and its inverse -------------------------------------------------------------------------

#' Covariance of a fit, in the coordinates of coef()
#' @return list(covariance = P x P matrix with NA, absent = logical P, reason = why, or NULL).
#' @noRd
invert_information <- function(fit, type = "observed") {
  products <- if (type != "observed") score_products(fit)
  inverse <- invert_free(fit, if (type == "outer") products else -fit$hessian, fit$nobs)
  spread <- if (type == "sandwich") crossprod(inverse$root, products[inverse$free, inverse$free] %*% inverse$root)
  covariance <- if (is.null(spread)) {
    tcrossprod(inverse$directions)
  } else {
    symmetric(inverse$directions %*% spread %*% t(inverse$directions))
  }
  absent <- inverse$absent | inverse$vague > 100^2
  singular <- if (any(inverse$absent)) inverse$singular else if (any(absent)) "overspecified"
  list(covariance = without(covariance, absent), absent = absent, reason = inverse$held %||% singular)
}

#' The inverse D D' of a curvature, on the directions of the free coefficients that the data determine
#' @param curvature P x P, in the standardised coordinates of theta, positive where the fit is an optimum.
#' @param total What its diagonal is small beside: see invert_symmetric().
#' @return list(directions = D, in the coordinates of coef(); root, the same in those of theta, for the coefficients
#'   `free`; absent = coefficients with a share in other directions, or held; vague = for gates the variance of the
#'   log-odds over the data; held = why some are held, or NULL; singular = what to call other directions).
#' @noRd
invert_free <- function(fit, curvature, total) {
  parts <- coef_parts(fit$measure)
  size <- nrow(parts)
  held <- held_coefficients(fit)
  free <- which(!held$which)
  # Whole linear predictors are held, within which the jacobian is triangular: blocks invert as blocks.
  # No general solve(): covariates in units of 1e8 are nothing singular.
  back <- (coef_units(fit) * backsolve(fit$jacobian, diag(size)))[free, free, drop = FALSE]
  inverse <- invert_symmetric(curvature[free, free, drop = FALSE], total)
  share <- function(directions) rowSums((back %*% directions)^2)
  absent <- stats::setNames(held$which, names(coef(fit)))
  # rounding turns eigenvectors by less than 1e-5
  absent[free] <- share(inverse$weak) > 1e-10 * (share(inverse$weak) + share(inverse$strong))
  directions <- matrix(0, size, ncol(inverse$root))
  directions[free, ] <- back %*% inverse$root
  variance <- numeric(size)
  variance[free] <- rowSums(inverse$root^2)
  list(
    directions = directions, root = inverse$root, free = free, absent = absent,
    vague = (parts$part == "gate") * stats::ave(variance, parts$part, parts$expert, FUN = sum),
    held = held$reason, singular = if (inverse$negative) "convergence" else "overspecified"
  )
}

#' A covariance matrix with NA for the coefficients that have no standard error
#' @noRd
without <- function(covariance, absent) {
  dimnames(covariance) <- list(names(absent), names(absent))
  covariance[absent, ] <- NA
  covariance[, absent] <- NA
  covariance
}

#' d coef / d theta, which is a diagonal matrix: theta has log sigma2
#' @noRd
coef_units <- function(fit) {
  estimate <- unname(coef(fit))
  ifelse(coef_parts(fit$measure)$part == "variance", estimate, 1)
}

symmetric <- function(m) (m + t(m)) / 2

#' Eigendecomposition of a symmetric matrix scaled to a unit diagonal
#' @param total Number of rows: a diagonal element below 1e-12 of it is not scaled up.
#' @return `root` with root root' the inverse on the strong directions; the weak and the strong directions.
#' @noRd
invert_symmetric <- function(information, total) {
  scale <- sqrt(pmax(abs(diag(information)), 1e-12 * total))
  if (length(scale) == 0) return(list(root = information, strong = information, weak = information, negative = FALSE))
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
  if (fit$status == "boundary") {
    # whole predictors, in which centring mixes coefficients
    which <- stats::ave(fit$held, parts$part, parts$expert, FUN = any)
    return(list(which = as.logical(which), reason = "boundary"))
  }
  if (fit$status != "variance_floor") return(list(which = which))
  y <- fit_y(fit)
  w <- fit_weights(fit)
  spread <- stats::weighted.mean((y - stats::weighted.mean(y, w))^2, w)
  variance <- parts$part == "variance"
  which[variance] <- coef(fit)[variance] <= spread * fit$control$variance_floor * (1 + 1e-6)
  list(which = which, reason = "variance_floor")
}

#' Why coefficients have no standard error, by method, and what to do
#' @noRd
no_error_causes <- list(
  mle = c(
    separated_gate = "The gate separates the data perfectly, so its coefficients have no standard errors.",
    boundary = "A coefficient ended on its bound. The gate or expert that it belongs to is held as it is.",
    variance_floor = "A variance ended on its floor and has no standard error; the others are as if it were known.",
    convergence = "The information has a negative eigenvalue: the fit is no maximum of the likelihood.",
    overspecified = "The information is singular: the data do not determine all coefficients.",
    few_rows = "Standard errors cannot be corrected: there are no more rows than coefficients of the experts."
  ),
  lse = c(
    separated_gate = "The gate separates the data perfectly, so its coefficients have no standard errors.",
    boundary = "A coefficient ended on its bound. The gate or expert that it belongs to is held as it is.",
    convergence = "The residual sum of squares has a direction of descent: the fit is no minimum of it.",
    overspecified = "The data do not determine all coefficients: the residual sum of squares is flat.",
    few_rows = "No degree of freedom is left: there are as many coefficients as rows."
  )
)

no_error_advice <- function(reason, fit) {
  switch(reason,
    separated_gate = "Standard errors of the experts hold for the gate as it is.",
    boundary = "Standard errors of the others hold for these as they are.",
    convergence = "Its status is {.val {fit$status}}. Fit again from other starts.",
    few_rows = "Fit fewer experts. {.code adjust = FALSE} leaves out the correction.",
    if (is_lse(fit)) {
      "Fitted values and their bands do not depend on it. Fit fewer experts than k = {fit$k} for coefficients to read."
    } else if (fit$k == 1) {
      "The covariates determine the response: there is no variance to estimate."
    } else if (fit$expert$variance == "shared") {
      "Fit fewer experts than k = {fit$k}."
    } else {
      "Fit fewer experts than k = {fit$k}, or share the variance with {.code {expert_code(fit$expert, \"shared\")}}."
    }
  )
}

#' @param estimate Has `absent`, named, and `reason`.
#' @noRd
warn_no_errors <- function(estimate, fit, call) {
  if (!any(estimate$absent)) return(invisible())
  names <- names(estimate$absent)[estimate$absent]
  reason <- estimate$reason
  moe_warn(c(
    no_error_causes[[fit$method]][[reason]],
    x = "No standard {cli::qty(length(names))}error{?s} for {.field {names}}.", i = no_error_advice(reason, fit)
  ), class = if (reason == "few_rows") "overspecified" else reason, call = call)
}
