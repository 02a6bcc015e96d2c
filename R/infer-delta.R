# Standard errors of what is computed from the coefficients -------------------------------------------------

#' Standard errors of f(measure) by the delta method
#'
#' Derivatives are central differences along the axes of the ellipsoid of the covariance, in steps of a thousandth
#' of a standard error: that suits every expert and every quantity, in any units, to about seven digits.
#' @param covariance Of the coefficients. Where some have none, neither has f.
#' @param f A function of a measure that gives a vector or a matrix.
#' @noRd
delta_errors <- function(fit, covariance, f, step = 1e-3) {
  value <- f(fit$measure)
  if (anyNA(covariance)) return(replace(value, TRUE, NA_real_))
  unit <- coef_units(fit)
  root <- covariance_root(covariance / outer(unit, unit))
  theta <- measure_theta(fit$measure)
  spec <- measure_spec(fit$measure)
  names <- fit$blueprint[c("x_names", "z_names")]
  at <- function(theta) f(theta_measure(theta, spec, fit$expert, fit$gate, names[[1]], names[[2]]))
  variance <- 0 * value
  for (axis in seq_len(ncol(root))) {
    move <- step * root[, axis]
    variance <- variance + ((at(theta + move) - at(theta - move)) / (2 * step))^2
  }
  sqrt(variance)
}

#' R with RR' a covariance matrix, which may be singular
#' @noRd
covariance_root <- function(covariance) {
  if (length(covariance) == 0 || !all(is.finite(covariance))) return(covariance * NaN)
  scale <- sqrt(pmax(diag(covariance), .Machine$double.xmin))
  e <- eigen(covariance / outer(scale, scale), symmetric = TRUE)
  (scale * e$vectors) %*% diag(sqrt(pmax(e$values, 0)), length(scale))
}
