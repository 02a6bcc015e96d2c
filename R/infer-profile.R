# Profile likelihood --------------------------------------------------------------------------------------
# Coordinates u = L^{-1} (theta - estimate), with LL' the covariance and the coefficient in question first:
# L is lower triangular, so holding theta_j holds u_1, near the optimum the log-likelihood falls by |u|^2 / 2,
# and u_2, ..., u_P = 0 is the tangent of the profile.

#' @return A matrix of limits, one row per element of `chosen`.
#' @noRd
profile_limits <- function(fit, chosen, level, adjust, call) {
  covariance <- vcov.moe(fit, adjust = FALSE)
  problem <- fit_problem(fit)
  bound <- stats::qnorm((1 + level) / 2) * if (adjust) sqrt(correction(fit)) else 1
  variance <- coef_parts(fit$measure)$part == "variance"
  estimate <- measure_theta(fit$measure)
  limits <- matrix(NA_real_, length(chosen), 2)
  for (row in which(!is.na(diag(covariance)[chosen]))) {
    j <- chosen[row]
    profile <- new_profile(fit, problem, covariance, j)
    # a tenth of a standard error away from the maximum is too far
    at_maximum <- sum(profile$evaluate(numeric(profile$size))$gradient^2) < 0.01
    reach <- vapply(c(-1, 1), function(side) if (at_maximum) profile_limit(profile, side, bound) else NA, 0)
    if (anyNA(reach)) warn_profile(names(coef(fit))[j], call)
    limits[row, ] <- estimate[j] + profile$unit * reach
    if (variance[j]) limits[row, ] <- exp(limits[row, ])
  }
  limits
}

#' The log-likelihood in the coordinates above, less its maximum
#' @noRd
new_profile <- function(fit, problem, covariance, j) {
  known <- which(!is.na(diag(covariance)))
  order <- c(j, setdiff(known, j))
  unit <- coef_units(fit)[order]
  root <- triangular_root(covariance[order, order, drop = FALSE] / outer(unit, unit))
  estimate <- measure_theta(fit$measure)
  spec <- problem_spec(problem, fit$k)
  evaluate <- function(u) {
    theta <- estimate
    theta[order] <- theta[order] + drop(root %*% u)
    e <- objective_cpp(
      theta, problem$y, problem$designs$x, problem$designs$z, problem$w, spec, 2L, FALSE,
      problem$control$threads
    )
    list(
      value = fit$nobs * e$value - fit$loglik, gradient = fit$nobs * drop(e$gradient[order] %*% root),
      hessian = fit$nobs * crossprod(root, e$hessian[order, order] %*% root)
    )
  }
  list(evaluate = evaluate, unit = root[1, 1], size = length(order))
}

triangular_root <- function(covariance) {
  scale <- sqrt(diag(covariance))
  scale * t(chol(covariance / outer(scale, scale)))
}

#' The u_1 at which twice the log-likelihood ratio is bound^2: Newton's method on its root, which is nearly u_1
#' @return NA if the likelihood of the fit is exceeded, infinite if the bound is not reached.
#' @noRd
profile_limit <- function(profile, side, bound, tol = 1e-6) {
  if (bound == 0) return(0)
  u <- c(side * bound, numeric(profile$size - 1))
  ends <- c(0, Inf)
  for (iteration in seq_len(60)) {
    here <- climb(profile, u)
    if (is.null(here) || here$value > 1e-5 * (1 + bound^2)) return(NA_real_)
    root <- sqrt(max(-2 * here$value, 0))
    reach <- abs(u[1])
    if (abs(root - bound) <= tol * bound) return(u[1])
    ends <- if (root < bound) c(reach, ends[2]) else c(ends[1], reach)
    if (ends[1] > 100 * bound) return(side * Inf)
    slope <- -side * here$gradient[1] / root
    following <- reach + (bound - root) / slope
    inside <- is.finite(following) && following > ends[1] && following < min(ends[2], 3 * reach)
    if (!inside) following <- if (is.finite(ends[2])) mean(ends) else 2 * reach
    # the path of the other coordinates is a parabola to begin with
    u <- c(side * following, here$u[-1] * (following / reach)^2)
    if (diff(ends) <= tol * bound) return(u[1])
  }
  NA_real_
}

#' Maximise over u_2, ..., u_P: Newton steps with the curvature made negative, halved until they go up
#' @return list(u, value, gradient), or NULL when no maximum was reached.
#' @noRd
climb <- function(profile, u, max_iter = 100) {
  here <- profile$evaluate(u)
  free <- seq_along(u)[-1]
  for (iteration in seq_len(max_iter)) {
    if (!all(is.finite(c(here$value, here$gradient)))) return(NULL)
    g <- here$gradient[free]
    if (length(free) == 0 || sum(g^2) < 1e-9) return(c(list(u = u), here))
    e <- eigen(-here$hessian[free, free, drop = FALSE], symmetric = TRUE)
    step <- drop(e$vectors %*% (crossprod(e$vectors, g) / pmax(abs(e$values), 1e-6)))
    # one is a standard error
    step <- step * min(1, 3 / sqrt(sum(step^2)))
    moved <- uphill(profile, u, here, replace(0 * u, free, step))
    # what rounding hides is no longer worth a step
    if (is.null(moved)) return(if (sum(g^2) < 1e-6) c(list(u = u), here))
    u <- moved$u
    here <- moved$here
  }
  NULL
}

uphill <- function(profile, u, here, step) {
  for (halving in seq_len(40)) {
    there <- profile$evaluate(u + step)
    if (is.finite(there$value) && there$value > here$value) return(list(u = u + step, here = there))
    step <- step / 2
  }
  NULL
}

warn_profile <- function(name, call) {
  moe_warn(c(
    "The profile of {.field {name}} does not belong to the fit: a limit is {.val {NA}}.",
    i = paste(
      "The likelihood is higher elsewhere, or has no maximum with this coefficient held.",
      "Fit again with more {.arg starts}, or fit fewer experts."
    )
  ), class = "convergence", call = call)
}
