# The parts of a model at each row -----------------------------------------------------------------------

#' Log gate probabilities, means and variances of all experts: each an n x k matrix
#' @param x,z Numeric matrices without intercept; rows with NA give NA.
#' @noRd
components <- function(measure, x, z = x) {
  storage.mode(x) <- storage.mode(z) <- "double"
  parts <- components_cpp(measure_theta(measure), x, z, measure_spec(measure))
  parts$variance <- matrix(
    rep(measure$sigma2 %||% NA_real_, each = nrow(x)), nrow(x), n_experts(measure)
  )
  parts
}
