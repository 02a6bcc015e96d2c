# The mixing measure G = sum_i exp(beta0_i) delta_(beta1_i, eta_i), eta_i = (a_i, b_i, sigma2_i) -----------

#' Mixing measures
#'
#' A mixing measure is a gate, an expert and the numbers of k components: the truth of a simulation
#' and the estimate of a fit are objects of this one class. With the softmax gate, Gaussian responses and
#' experts \eqn{h(x, \eta_i)}, for linear ones \eqn{h(x, \eta_i) = a_i'x + b_i},
#' \deqn{g_G(y \mid x) = \sum_i \pi_i(x) N(y;\, h(x, \eta_i),\, \sigma_i^2), \quad
#'   \pi_i(x) \propto \exp(\beta_{0i} + \beta_{1i}'x).}
#' All indices of experts are rows.
#'
#' @param beta0 Gate intercepts: numeric vector of length k.
#' @param beta1 Gate slopes: numeric k x p matrix, one row per expert. A vector of length k when
#'   there is one gate covariate, `NULL` when there is none. Column names are kept as the names of
#'   the covariates.
#' @param a Expert slopes: numeric k x d matrix, or as for `beta1`. The gate covariates may differ
#'   from those of the experts. Constant experts have none.
#' @param b Expert intercepts: numeric vector of length k.
#' @param sigma2 Variances (not standard deviations): k positive numbers; one number, or k equal
#'   ones, for experts with a shared variance; `NULL` for a regression function without a law of the
#'   response (least squares).
#' @param eta Parameters of experts that are not described by `a` and `b`: a k x q matrix. For
#'   [expert_feedforward()] its columns are \eqn{c_1, W_1, \ldots, c_H, W_H, v_1, \ldots, v_H, u}, in all
#'   \eqn{q = H (d + 2) + 1}; they may be named so, as `c1`, `W1.x`, ..., `v1`, ..., `u` with the names of
#'   the covariates.
#' @param expert An expert such as [expert_linear()].
#' @param gate A gate such as [gate_softmax()].
#'
#' @return A list of class `moe_measure` with fields `beta0` (k), `beta1` (k x p matrix), `a` (k x d
#'   matrix), `b` (k), `sigma2` (k or `NULL`), `expert` and `gate`, and for experts with such parameters `eta`
#'   (k x q matrix; `a` and `b` are then `NULL`). Wrong shapes, numbers that are not finite and variances that
#'   are not positive are errors of class `moe_error_input`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#' @examples
#' measure <- moe_measure(
#'   beta0 = c(0, 0), beta1 = c(2, 0), a = c(1.5, -1.5), b = c(2, -2), sigma2 = c(0.25, 0.25)
#' )
#' measure
#' coef(measure)
#'
#' # two covariates in the experts, one in the gate
#' moe_measure(
#'   beta0 = c(1, 0), beta1 = cbind(age = c(0.1, 0)),
#'   a = cbind(dose = c(1, 2), age = c(0, 1)), b = c(0, 1), sigma2 = 1,
#'   expert = expert_linear(variance = "shared")
#' )
#'
#' # feed-forward experts with two hidden units: c1, W1, c2, W2, v1, v2, u
#' moe_measure(
#'   beta0 = c(1, 0), beta1 = c(3, 0),
#'   eta = rbind(c(-1, 2, 1, 3, 1, -1, 0), c(0, 1, 2, 2, 1, 1, -3)),
#'   expert = expert_feedforward(2, "tanh")
#' )
#' @family structure
#' @export
moe_measure <- function(beta0, beta1, a, b, sigma2 = NULL, eta = NULL,
                        expert = expert_linear(), gate = gate_softmax()) {
  fields <- list(beta0 = beta0, beta1 = beta1, sigma2 = sigma2, eta = eta, expert = expert, gate = gate)
  if (!missing(a)) fields["a"] <- list(a)
  if (!missing(b)) fields["b"] <- list(b)
  build_measure(fields, call = rlang::current_env())
}

#' A measure of the fields that a user gave
#' @noRd
build_measure <- function(fields, call) {
  expert <- check_expert(if ("expert" %in% names(fields)) fields$expert else expert_linear(), "expert", call)
  gate <- check_gate(if ("gate" %in% names(fields)) fields$gate else gate_softmax(), "gate", call)
  check_given(fields, expert, call)
  beta0 <- check_vector(fields$beta0, "beta0", call = call)
  k <- length(beta0)
  if (k == 0) moe_abort("{.arg beta0} must have one number per expert, not none.", call = call)
  network <- kind_of(expert)$eta
  b <- if (!network) check_per_expert(fields[["b"]], "b", k, call)
  beta1 <- check_slopes(fields$beta1, "beta1", k, call)
  a <- if (!network) check_slopes(fields[["a"]], "a", k, call)
  eta <- if (network) check_eta(fields$eta, k, expert, call)
  sigma2 <- check_sigma2(fields$sigma2, k, expert, call)
  new_measure(beta0, beta1, a, b, sigma2, expert, gate, eta)
}

#' The fields of a measure that hold the parameters of its experts
#' @noRd
parameter_fields <- function(expert) {
  kind <- kind_of(expert)
  if (kind$eta) "eta" else c(if (kind$covariates) "a", "b")
}

#' Are the parameters there that the expert has, and no others? The slopes `a` of no covariates may be NULL.
#' @noRd
check_given <- function(fields, expert, call) {
  needed <- parameter_fields(expert)
  given <- intersect(names(fields), c("a", "b", "eta"))
  empty <- vapply(fields[given], is.null, NA) | given == "a" & vapply(fields[given], NCOL, 0L) == 0
  absent <- setdiff(needed, given[!empty | given == "a"])
  extra <- setdiff(given[!empty], needed)
  if (length(absent) == 0 && length(extra) == 0) return(invisible())
  moe_abort(c(
    "Parameters of {expert_label(expert)} experts: {.arg {needed}}.",
    x = if (length(absent)) "Absent: {.arg {absent}}.",
    x = if (length(extra)) "Not among them: {.arg {extra}}."
  ), call = call)
}

#' The parameters of feed-forward experts: of a width that fits, with the names of theta or none
#' @noRd
check_eta <- function(eta, k, expert, call) {
  eta <- check_matrix(eta, "eta", call = call)
  hidden <- expert$hidden
  d <- network_width(ncol(eta), expert)
  if (nrow(eta) != k || d < 0 || d != round(d)) {
    moe_abort(c(
      "{.arg eta} must have one row per expert and {hidden} (d + 2) + 1 columns, with d covariates.",
      x = "{.arg beta0} has length {k}, {.arg eta} is {describe(eta)}.",
      i = "One covariate makes {3 * hidden + 1} columns, two make {4 * hidden + 1}."
    ), call = call)
  }
  names <- expert_terms(expert, eta_covariates(eta, d) %||% character())
  if (!is.null(colnames(eta)) && (!identical(colnames(eta), names) || anyDuplicated(names))) {
    needed <- expert_terms(expert, covariate_names("x", d))
    moe_abort(c(
      "The columns of {.arg eta} must have the names of the parameters in their order, or none.",
      x = "Found {.field {colnames(eta)}}.", i = "For example {.field {needed}}."
    ), call = call)
  }
  eta
}

#' Number of covariates of a feed-forward expert with q parameters
#' @noRd
network_width <- function(q, expert) (q - 1) / expert$hidden - 2

#' Names of the covariates, from those of the parameters
#' @noRd
eta_covariates <- function(eta, d = match("c2", colnames(eta), match("v1", colnames(eta))) - 2) {
  if (is.null(colnames(eta))) NULL else sub("^W1[.]", "", colnames(eta)[1 + seq_len(d)])
}

#' The unchecked constructor: right shapes are the caller's promise; names the covariates
#' @noRd
new_measure <- function(beta0, beta1, a, b, sigma2 = NULL,
                        expert = expert_linear(), gate = gate_softmax(), eta = NULL) {
  d <- if (is.null(eta)) ncol(a) else network_width(ncol(eta), expert)
  same <- ncol(beta1) == d
  x_names <- colnames(a) %||% eta_covariates(eta, d) %||% (if (same) colnames(beta1)) %||% covariate_names("x", d)
  z_names <- colnames(beta1) %||% (if (same) x_names) %||% covariate_names(if (d == 0) "x" else "z", ncol(beta1))
  dimnames(beta1) <- list(NULL, z_names)
  if (is.null(eta)) {
    dimnames(a) <- list(NULL, x_names)
    b <- as.vector(b)
  } else {
    dimnames(eta) <- list(NULL, expert_terms(expert, x_names))
  }
  fields <- list(
    beta0 = as.vector(beta0), beta1 = beta1, a = a, b = b, sigma2 = sigma2, expert = expert, gate = gate
  )
  structure(c(fields, if (!is.null(eta)) list(eta = eta)), class = "moe_measure")
}

covariate_names <- function(stem, d) if (d == 1) stem else paste0(rep(stem, d), seq_len(d))

check_per_expert <- function(x, arg, k, call) {
  x <- check_vector(x, arg, call = call)
  if (length(x) != k) {
    moe_abort(c(
      "{.arg {arg}} must have one number per expert.",
      x = "{.arg beta0} has length {k}, {.arg {arg}} has length {length(x)}."
    ), call = call)
  }
  x
}

check_slopes <- function(x, arg, k, call) {
  if (is.null(x)) return(matrix(0, k, 0))
  x <- check_matrix(x, arg, call = call)
  if (nrow(x) != k) {
    moe_abort(c(
      "{.arg {arg}} must have one row per expert and one column per covariate.",
      x = "{.arg beta0} has length {k}, {.arg {arg}} has {nrow(x)} row{?s}.",
      i = "A vector is accepted for one covariate only."
    ), call = call)
  }
  name <- colnames(x)
  if (anyDuplicated(name) || any(is.na(name) | name == "")) {
    moe_abort("The columns of {.arg {arg}} must have unique names, or none.", call = call)
  }
  x
}

check_sigma2 <- function(sigma2, k, expert, call) {
  if (is.null(sigma2)) return(NULL)
  shared <- expert$variance == "shared"
  if (shared && length(sigma2) == 1) sigma2 <- rep(sigma2, k)
  sigma2 <- check_per_expert(sigma2, "sigma2", k, call)
  if (any(sigma2 <= 0)) {
    moe_abort(c(
      "{.arg sigma2} must be positive.",
      x = "Expert {which(sigma2 <= 0)[1]} has variance {min(sigma2)}."
    ), call = call)
  }
  if (shared && any(sigma2 != sigma2[1])) {
    moe_abort(c(
      "{.arg sigma2} must be one number, or equal numbers, when the variance is shared.",
      i = "Use {.code {expert_code(expert, \"free\")}} for one variance per expert."
    ), call = call)
  }
  sigma2
}
