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
  measure$beta0 <- atoms$log_weight[, 1]
  measure$beta1 <- named_columns(atoms$gate, colnames(measure$beta1))
  if (is.null(measure$eta)) {
    measure$a <- named_columns(atoms$slope, colnames(measure$a))
    measure$b <- atoms$intercept[, 1]
  } else {
    measure$eta <- named_columns(atoms$slope, colnames(measure$eta))
  }
  if (!is.null(measure$sigma2)) {
    measure$sigma2 <- atoms$variance[, 1]
    if (any(measure$sigma2 != measure$sigma2[1])) measure$expert$variance <- "free"
  }
  measure
}

# Standard units: the answer must not depend on those of the data -------------------------------------------------

#' The units in which the atoms of a fit are merged; `NULL`: as they are
#' @noRd
merging_units <- function(fit, standardise, call) {
  data <- inherits(fit, "moe")
  if (!check_flag(standardise %||% data, "standardise", call)) return(NULL)
  if (!data) {
    moe_abort(c(
      "{.arg standardise} needs the data of a fit.",
      i = "Pass the fit of {.fn moe} instead of its measure."
    ), call = call)
  }
  standard_units(fit)
}

#' Centres and scales of the response and the covariates of a fit
#' @noRd
standard_units <- function(fit) {
  lapply(list(y = cbind(fit_y(fit)), x = fit_x(fit), z = fit_z(fit)), centre_and_scale, fit_weights(fit))
}

centre_and_scale <- function(m, w) {
  centre <- colSums(w * m) / sum(w)
  list(centre = centre, scale = sqrt(colSums(w * sweep(m, 2, centre)^2) / sum(w)))
}

#' The units that lead back
#' @noRd
inverse_units <- function(units) {
  if (is.null(units)) return(NULL)
  lapply(units, function(u) list(centre = -u$centre / u$scale, scale = 1 / u$scale))
}

#' The same law in terms of (value - centre) / scale of the response and of every covariate
#' @noRd
to_units <- function(measure, units) {
  if (is.null(units)) return(measure)
  y <- units$y
  measure$beta0 <- measure$beta0 + drop(measure$beta1 %*% units$z$centre)
  measure$beta1 <- sweep(measure$beta1, 2, units$z$scale, `*`)
  measure$b <- (measure$b + drop(measure$a %*% units$x$centre) - y$centre) / y$scale
  measure$a <- sweep(measure$a, 2, units$x$scale / y$scale, `*`)
  if (!is.null(measure$sigma2)) measure$sigma2 <- measure$sigma2 / y$scale^2
  measure
}
