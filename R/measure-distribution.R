# The conditional distribution of the response -----------------------------------------------------

#' The distribution of a mixture of experts
#'
#' Density, distribution function and quantile function of the response given the covariates,
#' \deqn{g_G(y \mid x) = \sum_i \pi_i(x) N(y;\, h(x, \eta_i),\, \sigma_i^2),}
#' and its mean, the regression function \eqn{f_G(x) = \sum_i \pi_i(x) h(x, \eta_i)}, with the means
#' \eqn{h(x, \eta_i)} of the [experts], for linear ones \eqn{a_i'x + b_i}.
#'
#' Responses (or probabilities) and rows of covariates are recycled to the longer of the two, as in
#' [dnorm()]. All computations are done with logarithms, so that `log = TRUE` and `log.p = TRUE` are
#' accurate in the far tails.
#'
#' @param y,q Numeric vector of responses.
#' @param p Numeric vector of probabilities (or of their logarithms).
#' @param x Covariates of the experts: a numeric vector for one covariate, a matrix with one column
#'   per covariate, or a data frame whose columns are found by name. A row with `NA` gives `NA`.
#' @param measure A [moe_measure()], or anything [as_measure()] takes.
#' @param log,log.p Logical: logarithms of densities or probabilities.
#' @param lower.tail Logical: probabilities of \eqn{y \le q}, or of \eqn{y > q}.
#' @param z Covariates of the gate, in the same forms; those of the experts by default.
#' @return A numeric vector. A measure without variances has no density: an error of class
#'   `moe_error_unsupported`, except in `regression()`. Covariates of the wrong shape are errors of
#'   class `moe_error_input`.
#' @examples
#' measure <- truth_overlap()$measure
#' dmoe(c(-1, 0, 1), x = 0.5, measure)
#' pmoe(0, x = c(-1, 0, 1), measure)
#' qmoe(c(0.05, 0.5, 0.95), x = 0.5, measure)
#' regression(measure, x = c(-1, 0, 1))
#'
#' # accurate where the density itself is zero in double precision
#' dmoe(1e3, 0, measure, log = TRUE)
#' @family distributions
#' @export
dmoe <- function(y, x, measure, log = FALSE, z = x) {
  measure <- require_variance(check_measure(measure))
  log <- check_flag(log)
  rows <- match_rows(list(y = y), measure_parts(measure, x, z))
  mixture_density(rows$y, rows$parts, log)
}

#' @rdname dmoe
#' @export
pmoe <- function(q, x, measure, lower.tail = TRUE, log.p = FALSE, z = x) {
  measure <- require_variance(check_measure(measure))
  lower.tail <- check_flag(lower.tail)
  log.p <- check_flag(log.p)
  rows <- match_rows(list(q = q), measure_parts(measure, x, z))
  mixture_cdf(rows$q, rows$parts, lower.tail, log.p)
}

#' @rdname dmoe
#' @export
qmoe <- function(p, x, measure, lower.tail = TRUE, log.p = FALSE, z = x) {
  measure <- require_variance(check_measure(measure))
  lower.tail <- check_flag(lower.tail)
  log.p <- check_flag(log.p)
  rows <- match_rows(list(p = p), measure_parts(measure, x, z))
  bad <- which(if (log.p) rows$p > 0 else rows$p < 0 | rows$p > 1)
  if (length(bad)) {
    range <- if (log.p) "must be logarithms of probabilities" else "must be between 0 and 1"
    moe_abort(c(
      "{.arg p} {range}.",
      x = "{length(bad)} value{?s} {?is/are} not; the first is {rows$p[bad[1]]}."
    ))
  }
  mixture_quantile(rows$p, rows$parts, lower.tail, log.p)
}

#' @rdname dmoe
#' @export
regression <- function(measure, x, z = x) {
  mixture_mean(measure_parts(check_measure(measure), x, z))
}

#' components() of checked covariates; rows with NA have NA log weights
#' @noRd
measure_parts <- function(measure, x, z, call = rlang::caller_env()) {
  x <- check_covariates(x, expert_covariates(measure), "x", call)
  z <- check_covariates(z, colnames(measure$beta1), "z", call)
  n <- recycled_length(nrow(x), nrow(z))
  missing <- rep_len(rowSums(is.na(x)) > 0, n) | rep_len(rowSums(is.na(z)) > 0, n)
  x[is.na(x)] <- 0
  z[is.na(z)] <- 0
  if (nrow(x) != n) x <- x[rep_len(seq_len(nrow(x)), n), , drop = FALSE]
  if (nrow(z) != n) z <- z[rep_len(seq_len(nrow(z)), n), , drop = FALSE]
  parts <- components(measure, x, z)
  parts$log_gate[missing, ] <- NA
  parts
}

#' The covariates called `names`, as a matrix: by name where there are names, else by position
#' @noRd
check_covariates <- function(x, names, arg, call = rlang::caller_env()) {
  d <- length(names)
  # nothing is needed from x, which may be the default of z
  if (d == 0) return(matrix(0, if (is.null(x)) 1 else NROW(x), 0))
  absent <- setdiff(names, colnames(x))
  if (is.data.frame(x) && length(absent)) {
    moe_abort(c(
      "{.arg {arg}} must have a column for every covariate of the {if (arg == 'z') 'gate' else 'experts'}.",
      x = "Absent: {.field {absent}}."
    ), call = call)
  }
  if (!is.null(colnames(x)) && length(absent) == 0) x <- x[, names, drop = FALSE]
  x <- check_matrix(x, arg, allow_na = TRUE, call = call)
  if (ncol(x) != d) {
    moe_abort(c(
      "{.arg {arg}} must have {d} column{?s} ({.field {names}}), not {ncol(x)}.",
      i = if (arg == "z") "{.arg z} holds the covariates of the gate; it is {.arg x} unless given."
    ), call = call)
  }
  x
}

recycled_length <- function(...) if (min(...) == 0) 0 else max(...)

#' Recycle one vector and the rows of parts to their common length, as dnorm() does
#' @param values A list of one vector, named as the user's argument.
#' @noRd
match_rows <- function(values, parts, call = rlang::caller_env()) {
  arg <- names(values)
  value <- check_vector(values[[1]], arg, allow_na = TRUE, allow_infinite = TRUE, call = call)
  rows <- nrow(parts$mean)
  n <- recycled_length(length(value), rows)
  if (rows != n) parts <- take_rows(parts, rep_len(seq_len(rows), n))
  stats::setNames(list(rep_len(value, n), parts), c(arg, "parts"))
}
