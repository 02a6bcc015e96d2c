# Atoms that merge: weights that sum to one, and parameters in coordinates that can be compared ------------------
# Atoms are what measure_atoms() returns: matrices of k rows, log_weight, gate, slope, intercept and variance.

n_atoms <- function(atoms) nrow(atoms$log_weight)

take_atoms <- function(atoms, rows) lapply(atoms, function(m) m[rows, , drop = FALSE])

#' Weights of sum one, as logarithms: those of a sharp gate underflow
#' @noRd
normalise_atoms <- function(atoms) {
  atoms$log_weight <- atoms$log_weight - log_sum_exp(t(atoms$log_weight))
  atoms
}

#' The measure with other atoms
#'
#' Merged variances need not be equal where those of the fit were: they are then free.
#' @noRd
replace_atoms <- function(measure, atoms) {
  names <- colnames(expert_parameters(measure))
  measure$beta0 <- atoms$log_weight[, 1]
  measure$beta1 <- named_columns(atoms$gate, colnames(measure$beta1))
  # an expert has either a and b or eta, which is then its slope
  measure <- set_parameters(measure, named_columns(cbind(atoms$intercept, atoms$slope), names))
  if (!is.null(measure$sigma2)) {
    measure$sigma2 <- atoms$variance[, 1]
    if (any(measure$sigma2 != measure$sigma2[1])) measure$expert$variance <- "free"
  }
  measure
}

#' Is h linear in its parameters?
#' @noRd
is_linear <- function(expert) kind_of(expert)$linear || !kind_of(expert)$covariates

# Standard units: the answer must not depend on those of the data -------------------------------------------------

#' The scales of the units in which the atoms of a fit are merged; `NULL`: as they are
#' @noRd
merging_scales <- function(fit, standardise, call) {
  data <- inherits(fit, "moe")
  if (!check_flag(standardise %||% data, "standardise", call)) return(NULL)
  if (!data) {
    moe_abort(c(
      "{.arg standardise} needs the data of a fit.",
      i = "Pass the fit of {.fn moe} instead of its measure."
    ), call = call)
  }
  standard_scales(fit)
}

#' Centres and scales of the response and the covariates of a fit
#' @noRd
standard_scales <- function(fit) {
  lapply(list(y = cbind(fit_y(fit)), x = fit_x(fit), z = fit_z(fit)), centre_and_scale, fit_weights(fit))
}

centre_and_scale <- function(m, w) {
  centre <- colSums(w * m) / sum(w)
  list(centre = centre, scale = sqrt(colSums(w * sweep(m, 2, centre)^2) / sum(w)))
}

#' The scales that lead back
#' @noRd
inverse_scales <- function(scales) {
  if (is.null(scales)) return(NULL)
  lapply(scales, function(u) list(centre = -u$centre / u$scale, scale = 1 / u$scale))
}

#' The same law in terms of (value - centre) / scale of every covariate, and of the response where experts can follow
#'
#' Ridge and polynomial experts have the range of their activation: they keep the units of the response.
#' @noRd
rescale_measure <- function(measure, scales) {
  if (is.null(scales)) return(measure)
  expert <- measure$expert
  y <- if (is_linear(expert) || kind_of(expert)$eta) scales$y else list(centre = 0, scale = 1)
  measure$beta0 <- measure$beta0 + drop(measure$beta1 %*% scales$z$centre)
  measure$beta1 <- sweep(measure$beta1, 2, scales$z$scale, `*`)
  eta <- expert_parameters(measure)
  for (i in seq_len(nrow(eta))) {
    eta[i, ] <- from_units(rescale_units(as_units(eta[i, ], expert), scales$x, y, kind_of(expert)$eta), expert)
  }
  measure <- set_parameters(measure, eta)
  if (!is.null(measure$sigma2)) measure$sigma2 <- measure$sigma2 / y$scale^2
  measure
}

#' @param units What as_units() makes of one expert. `network`: does it have v and u of its own?
#' @noRd
rescale_units <- function(units, x, y, network) {
  slopes <- units$inner[, -1, drop = FALSE]
  units$inner <- cbind(units$inner[, 1] + drop(slopes %*% x$centre), sweep(slopes, 2, x$scale, `*`))
  if (network) {
    units$outer <- units$outer / y$scale
    units$level <- (units$level - y$centre) / y$scale
  } else {
    units$inner[, 1] <- units$inner[, 1] - y$centre
    units$inner <- units$inner / y$scale
  }
  units
}
