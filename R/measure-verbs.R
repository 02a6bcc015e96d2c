# What one does with a measure: convert, canonicalise, permute, translate, print ------------------

#' Convert to a mixing measure
#'
#' @param x A [moe_measure()], a fit of [moe()], a named truth such as [truth_overlap()], or a list
#'   with the fields of a measure.
#' @param ... Not used.
#' @param call Frame that an error names as its origin.
#' @return An object of class `moe_measure`. Anything else is an error of class `moe_error_input`.
#' @examples
#' as_measure(list(beta0 = c(0, 0), beta1 = c(2, 0), a = c(1, -1), b = c(2, -2)))
#' as_measure(truth_overlap())
#' @family structure
#' @export
as_measure <- function(x, ..., call = rlang::current_env()) UseMethod("as_measure")

#' @export
as_measure.moe_measure <- function(x, ...) x

#' @export
as_measure.moe <- function(x, ...) x$measure

#' @export
as_measure.moe_truth <- function(x, ...) x$measure

#' @export
as_measure.list <- function(x, ..., call = rlang::current_env()) {
  expert <- if (inherits(x$expert, "moe_expert")) x$expert else expert_linear()
  required <- c("beta0", "beta1", parameter_fields(expert))
  known <- setdiff(names(formals(moe_measure)), "...")
  absent <- setdiff(required, names(x))
  extra <- setdiff(names(x), known)
  if (length(absent) || length(extra) || anyDuplicated(names(x))) {
    moe_abort(c(
      "A list must have the fields of a mixing measure.",
      x = if (length(absent)) "Absent: {.field {absent}}.",
      x = if (length(extra)) "Unknown: {.field {extra}}.",
      i = "Fields: {.field {known}}."
    ), call = call)
  }
  build_measure(x, call)
}

#' @export
as_measure.default <- function(x, ..., call = rlang::current_env()) {
  found <- describe(x)
  moe_abort(c(
    "{.arg x} must be a mixing measure, a fit or a list, not {found}.",
    i = "Make a measure with {.fn moe_measure}."
  ), call = call)
}

#' Equivalent forms of a measure
#'
#' A measure describes the same conditional law when its experts are listed in another order, and
#' when all its gates are translated together. `permute_experts()` reorders the experts,
#' `translate_gate()` adds `t0` to every gate intercept and `t1` to every row of gate slopes.
#' `canonical()` applies the translation that makes the gate of the last expert zero, and takes one of
#' the equivalent parameters of each expert. Printing and [coef()] show the gate in canonical form, and the
#' experts as they are.
#'
#' @section Equivalent parameters of an expert:
#' The experts of this table have several parameters that give the same function. The canonical form is the one
#' in the last column. A sign that it leaves open is that with which the first non-zero number of \eqn{a}, or of
#' \eqn{W_j}, is positive; where all are zero, \eqn{b} or \eqn{c_j} is the one nearest to zero, or positive.
#'
#' | expert | the same function | canonical |
#' |---|---|---|
#' | polynomial of even degree | \eqn{(-a, -b)} | sign left open |
#' | sine | \eqn{(-a, \pi - b)}, \eqn{(a, b + 2 \pi m)} | \eqn{|b| \le \pi} |
#' | feed-forward | its units in another order | sorted by \eqn{(W_j, c_j, v_j)} |
#' | tanh or sine units | \eqn{(-W_j, -c_j, -v_j)} | \eqn{v_j > 0} |
#' | sine units | \eqn{(W_j, c_j + \pi m, (-1)^m v_j)} | \eqn{|c_j| \le \pi} |
#' | sigmoid units | \eqn{(-W_j, -c_j, -v_j)} and \eqn{u + v_j} | \eqn{v_j > 0} |
#' | ReLU units | \eqn{(s W_j, s c_j, v_j / s)}, \eqn{s > 0} | \eqn{|v_j| = 1} |
#'
#' @param measure A [moe_measure()], or anything [as_measure()] takes.
#' @param order A permutation of `1:k`: expert `i` of the result is expert `order[i]` of `measure`.
#' @param t0 One number.
#' @param t1 One number per gate covariate, or one number for all.
#' @return An object of class `moe_measure`.
#' @examples
#' measure <- moe_measure(beta0 = c(1, 2), beta1 = c(3, 1), a = c(1, -1), b = c(0, 1))
#' canonical(measure)$beta0
#' permute_experts(measure, 2:1)$b
#' translate_gate(measure, t0 = 5, t1 = -1)$beta1
#' @family structure
#' @export
canonical <- function(measure) {
  measure <- check_measure(measure)
  measure <- set_parameters(measure, canonical_forms(expert_parameters(measure), measure$expert))
  canonical_gate(measure)
}

canonical_gate <- function(measure) {
  k <- n_experts(measure)
  # x - x is exactly zero, so the last gate is exactly zero
  shift_gate(measure, -measure$beta0[k], -measure$beta1[k, ])
}

#' @rdname canonical
#' @export
permute_experts <- function(measure, order) {
  measure <- check_measure(measure)
  k <- n_experts(measure)
  if (!is.numeric(order) || !identical(sort(as.double(order)), as.double(seq_len(k)))) {
    moe_abort("{.arg order} must be a permutation of 1 to {k}, not {describe(order)}.")
  }
  measure$beta0 <- measure$beta0[order]
  measure$beta1 <- measure$beta1[order, , drop = FALSE]
  # assigning a NULL element would remove the field
  if (!is.null(measure$sigma2)) measure$sigma2 <- measure$sigma2[order]
  set_parameters(measure, expert_parameters(measure)[order, , drop = FALSE])
}

#' @rdname canonical
#' @export
translate_gate <- function(measure, t0 = 0, t1 = 0) {
  measure <- check_measure(measure)
  t0 <- check_number(t0)
  p <- ncol(measure$beta1)
  t1 <- check_vector(if (length(t1) == 1) rep(t1, p) else t1, "t1", length = p)
  shift_gate(measure, t0, t1)
}

shift_gate <- function(measure, t0, t1) {
  measure$beta0 <- measure$beta0 + t0
  measure$beta1 <- sweep(measure$beta1, 2, t1, `+`)
  measure
}

n_experts <- function(measure) length(measure$beta0)

#' The parameters of the experts in the order of theta: a k x q matrix with named columns
#' @noRd
expert_parameters <- function(measure) {
  if (!is.null(measure$eta)) return(measure$eta)
  named_columns(cbind(measure$b, measure$a), expert_terms(measure$expert, expert_covariates(measure)))
}

#' The same parameters as the fields of a measure
#' @noRd
split_parameters <- function(eta, expert) {
  if (kind_of(expert)$eta) return(list(eta = eta))
  list(a = named_columns(eta[, -1, drop = FALSE], colnames(eta)[-1]), b = as.vector(eta[, 1]))
}

set_parameters <- function(measure, eta) {
  fields <- split_parameters(eta, measure$expert)
  measure[names(fields)] <- fields
  measure
}

#' Names of the covariates of the experts
#' @noRd
expert_covariates <- function(measure) {
  (if (is.null(measure$eta)) colnames(measure$a) else eta_covariates(measure$eta)) %||% character()
}

#' Refuse quantities that need a law of the response when the measure has none
#' @noRd
require_variance <- function(measure, arg = "measure", call = rlang::caller_env()) {
  if (is.null(measure$sigma2)) {
    moe_abort(c(
      "{.arg {arg}} has no variance, so the response has no density.",
      i = "Give {.arg sigma2} in {.fn moe_measure}, or use {.fn regression}."
    ), class = "unsupported", call = call)
  }
  invisible(measure)
}

#' Coefficients of a measure
#'
#' The measure as a named vector: gates 1 to k - 1 relative to the last one, then the
#' experts, then the variances (one when shared, none for least squares).
#'
#' @param object A [moe_measure()].
#' @param ... Not used.
#' @return A named numeric vector with names such as `gate1:x`, `expert2:(Intercept)` and
#'   `expert1:sigma2`.
#' @examples
#' coef(moe_measure(beta0 = c(0, 0), beta1 = c(2, 0), a = c(1, -1), b = c(2, -2), sigma2 = c(1, 2)))
#' @family structure
#' @export
coef.moe_measure <- function(object, ...) {
  measure <- canonical_gate(object)
  k <- n_experts(measure)
  gates <- cbind(measure$beta0, measure$beta1)[-k, , drop = FALSE]
  sigma2 <- if (measure$expert$variance == "shared") measure$sigma2[1] else measure$sigma2
  stats::setNames(c(t(gates), t(expert_parameters(measure)), sigma2), coef_names(measure))
}

#' Names of the parameters, in the order of theta
#' @noRd
coef_names <- function(measure) {
  parts <- coef_parts(measure)
  owner <- paste0(ifelse(parts$part == "gate", "gate", "expert"), parts$expert, ":")
  paste0(ifelse(is.na(parts$expert), "", owner), parts$term)
}

#' @export
format.moe_measure <- function(x, ..., digits = max(3, getOption("digits") - 3), n = 20) {
  k <- n_experts(x)
  law <- if (is.null(x$sigma2)) "no" else x$expert$variance
  head <- sprintf(
    "<Mixing measure: %d %s %s, %s variance, %s gate>", k, expert_label(x$expert),
    if (k == 1) "expert" else "experts", law, x$gate$name
  )
  rows <- seq_len(min(k, n))
  x <- canonical_gate(x)
  gate <- named_columns(cbind(x$beta0, x$beta1), paste0("gate:", c("(Intercept)", colnames(x$beta1))))
  table <- cbind(gate, expert_parameters(x), sigma2 = x$sigma2)[rows, , drop = FALSE]
  rownames(table) <- paste("expert", rows)
  table <- format(as.data.frame(signif(table, digits), optional = TRUE), digits = digits)
  more <- if (k > n) sprintf("# ... with %d more experts", k - n)
  c(head, utils::capture.output(print(table)), more)
}

#' @export
print.moe_measure <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}
