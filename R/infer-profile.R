# Profile likelihood --------------------------------------------------------------------------------------
# A profile is followed from the estimate outwards: each point starts from the one before, moved along the tangent, and
# is taken only if the likelihood fell by as much as its slopes at both ends say. Where it did not, the climb has left
# for another maximum, and a shorter step is tried. Where no step is short enough the maximum ends there: the climb then
# leads to one that is higher, which belongs to the profile if its experts are those of the fit and not exchanged.

#' @return A matrix of limits, one row per element of `chosen`.
#' @noRd
profile_limits <- function(fit, chosen, level, adjust, call) {
  error <- sqrt(diag(vcov.moe(fit, adjust = adjust)))
  bound <- stats::qnorm((1 + level) / 2) * if (adjust) sqrt(correction(fit)) else 1
  names <- names(coef(fit))
  variance <- coef_parts(fit$measure)$part == "variance"
  limits <- matrix(NA_real_, length(chosen), 2)
  for (row in which(!is.na(error[chosen]))) {
    j <- chosen[row]
    profile <- new_profile(fit, j, error)
    ends <- lapply(c(-1, 1), function(side) walk_profile(profile, side, bound))
    limits[row, ] <- vapply(ends, function(end) end$limit, 0)
    words <- vapply(ends, function(end) end$word, "")
    if (any(words == "lost")) warn_profile(names[j], call)
    if (any(words == "flat")) inform_open(names[j], c("lower", "upper")[words == "flat"])
    if (variance[j]) limits[row, ] <- exp(limits[row, ])
  }
  limits
}

#' The profile of coefficient j
#' @param error Standard errors: coefficients without one are held.
#' @return list(climb: theta -> the maximum with coefficient j as in theta, start: the same at the estimate, error: of
#'   coefficient j in theta). A maximum is a list of theta, tangent, at (its coefficient j), drop (twice the
#'   log-likelihood ratio), slope (of the drop), ok.
#' @noRd
new_profile <- function(fit, j, error) {
  problem <- fit_problem(fit)
  spec <- problem_spec(problem, fit$k)
  held <- c(j, setdiff(which(is.na(error)), j))
  climb <- function(theta) {
    top <- climb_cpp(
      theta, problem$y, problem$designs$x, problem$designs$z, problem$w, spec, held, 1e-8, problem$control$threads
    )
    drop <- 2 * (fit$loglik - fit$nobs * top$value)
    ok <- isTRUE(top$gradient < 1e-5) && all(is.finite(c(drop, top$slope, top$tangent)))
    slope <- -2 * fit$nobs * top$slope
    list(theta = top$theta, tangent = top$tangent, at = top$theta[j], drop = drop, slope = slope, ok = ok)
  }
  delayedAssign("reference", posterior_of(fit$measure, problem))
  same_experts <- function(theta) {
    posterior <- posterior_of(refit_measure(list(theta = theta), problem, fit$k), problem)
    identical(as.integer(align_experts(reference, posterior)), seq_len(fit$k))
  }
  list(
    climb = climb, same_experts = same_experts, start = climb(measure_theta(fit$measure)),
    error = if (is.na(error[j])) 1 else unname((error / coef_units(fit))[j])
  )
}

#' From the estimate to where the drop is bound^2, or to where the coefficient is `to`
#' @param side 1: upwards, -1: downwards.
#' @return list(limit, word, points): "bound" or "to", it was reached; "flat", the likelihood levels off above the
#' bound,
#'   and the limit is infinite; "lost", it is exceeded or the path ends, and the limit is `NA`.
#' @noRd
walk_profile <- function(profile, side, bound, to = side * Inf) {
  start <- profile$start
  points <- list(start)
  done <- function(limit, word) list(limit = limit, word = word, points = points)
  # a tenth of a standard error away from the maximum is too far
  if (!start$ok || start$drop < -1e-4 || abs(start$slope) * profile$error > 0.2) return(done(NA_real_, "lost"))
  if (bound == 0) return(done(start$at, "bound"))
  here <- start
  step <- profile$error / 4
  level <- 0
  while (length(points) < 500 && level < 3) {
    step <- min(step, abs(to - here$at))
    there <- profile$climb(here$theta + side * step * here$tangent)
    if (!follows(here, there, bound)) {
      step <- step / 2
      if (step >= 1e-4 * profile$error) next
      step <- min(1e-3 * profile$error, abs(to - here$at))
      there <- profile$climb(here$theta + side * step * here$tangent)
      if (!there$ok || there$drop > here$drop || !profile$same_experts(there$theta)) return(done(NA_real_, "lost"))
    }
    points <- c(points, list(there))
    if (there$drop < -1e-4) return(done(NA_real_, "lost"))
    if (is.finite(to) && abs(there$at - to) <= 1e-9 * profile$error) return(done(to, "to"))
    if (is.infinite(to) && there$drop >= bound^2) return(done(cross_bound(profile, here, there, bound), "bound"))
    # three times as far, the likelihood has moved by next to nothing
    still <- abs(there$slope * (there$at - start$at)) < 0.01 * (bound^2 - there$drop)
    level <- if (still && abs(there$at - start$at) > 10 * profile$error) level + 1 else 0
    step <- min(3 * step, bound^2 / 5 / abs(there$slope))
    here <- there
  }
  if (is.infinite(to) && level == 3) done(side * Inf, "flat") else done(NA_real_, "lost")
}

#' Is there a continuation of here? The drop is the integral of its slope.
#' @noRd
follows <- function(here, there, bound) {
  if (!there$ok) return(FALSE)
  gained <- there$drop - here$drop
  expected <- (there$at - here$at) * (here$slope + there$slope) / 2
  abs(gained - expected) <= 0.1 * max(abs(gained), abs(expected)) + 0.005 * bound^2
}

#' Where the drop is bound^2: Newton's method on its root, which is nearly linear
#' @noRd
cross_bound <- function(profile, below, above, bound, tol = 1e-7) {
  for (iteration in seq_len(50)) {
    roots <- sqrt(pmax(c(below$drop, above$drop), 0))
    near <- if (which.min(abs(roots - bound)) == 1) below else above
    root <- min(roots[abs(roots - bound) == min(abs(roots - bound))])
    if (abs(root - bound) <= tol * bound) break
    at <- near$at + (bound - root) * 2 * root / near$slope
    ends <- sort(c(below$at, above$at))
    if (!isTRUE(at > ends[1] && at < ends[2])) at <- mean(ends)
    if (diff(ends) <= tol * profile$error) break
    there <- profile$climb(near$theta + (at - near$at) * near$tangent)
    if (there$drop >= bound^2) above <- there else below <- there
  }
  near$at
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

inform_open <- function(name, ends) {
  moe_inform(c(
    i = paste(
      "The {ends} {cli::qty(length(ends))}limit{?s} of {.field {name}} {cli::qty(length(ends))}{?is/are} infinite:",
      "the likelihood levels off above its bound."
    ),
    i = "A gate that is a step fits nearly as well."
  ), class = "open_interval")
}

#' Profile likelihood of coefficients
#'
#' The log-likelihood maximised over all other coefficients, at values of one coefficient on both sides of its estimate,
#' as far as the intervals of `confint(method = "profile")` reach. Profiles stay with the optimum of the fit.
#'
#' @param fitted A fit of [moe()] by maximum likelihood: others are errors of class `moe_error_unsupported`.
#' @param which Names or numbers of coefficients; all by default.
#' @param level Confidence level up to whose limits the profile is followed, above 0 and below 1.
#' @param ... Not used.
#' @return A data frame with a row per point: `term`, `value` of the coefficient, `logLik`, and `root`, the signed
#' root of
#'   twice the log-likelihood ratio, which for a quadratic likelihood is a straight line. No rows for coefficients
#'   without a standard error, with the warning of [vcov.moe()].
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' curve <- profile(fit, "gate1:eruptions")
#' plot(root ~ value, curve, type = "b", log = "x")
#' @seealso [confint.moe()]
#' @family methods
#' @importFrom stats profile
#' @export
profile.moe <- function(fitted, which, level = 0.95, ...) {
  check_dots_empty(...)
  check_likelihood(fitted)
  level <- check_number(level, min = 0, max = 1, exclusive_min = TRUE, exclusive_max = TRUE)
  names <- names(coef(fitted))
  chosen <- seq_along(names)
  if (!missing(which)) chosen <- match(names[check_parm(which, names, arg = "which")], names)
  error <- sqrt(diag(vcov.moe(fitted, adjust = FALSE)))
  variance <- coef_parts(fitted$measure)$part == "variance"
  tables <- lapply(chosen[!is.na(error[chosen])], function(j) {
    curve <- new_profile(fitted, j, error)
    ends <- lapply(c(-1, 1), function(side) walk_profile(curve, side, stats::qnorm((1 + level) / 2))$points)
    points <- c(rev(ends[[1]][-1]), ends[[2]])
    value <- vapply(points, function(p) p$at, 0)
    drop <- vapply(points, function(p) p$drop, 0)
    data.frame(
      term = names[j], value = if (variance[j]) exp(value) else value, logLik = fitted$loglik - drop / 2,
      root = sign(value - curve$start$at) * sqrt(pmax(drop, 0))
    )
  })
  do.call(rbind, tables)
}
