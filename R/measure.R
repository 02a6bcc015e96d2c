# The mixing measure G = sum_i exp(beta0_i) delta_(beta1_i, a_i, b_i, sigma2_i) ------------------

#' Mixing measures
#'
#' A mixing measure is a gate, an expert and the numbers of k components: the truth of a simulation
#' and the estimate of a fit are objects of this one class. With the softmax gate and linear experts
#' \deqn{g_G(y \mid x) = \sum_i \pi_i(x) N(y;\, a_i'x + b_i,\, \sigma_i^2), \quad
#'   \pi_i(x) \propto \exp(\beta_{0i} + \beta_{1i}'x).}
#' All indices of experts are rows.
#'
#' @param beta0 Gate intercepts: numeric vector of length k.
#' @param beta1 Gate slopes: numeric k x p matrix, one row per expert. A vector of length k when
#'   there is one gate covariate, `NULL` when there is none. Column names are kept as the names of
#'   the covariates.
#' @param a Expert slopes: numeric k x d matrix, or as for `beta1`. The gate covariates may differ
#'   from those of the experts.
#' @param b Expert intercepts: numeric vector of length k.
#' @param sigma2 Variances (not standard deviations): k positive numbers; one number, or k equal
#'   ones, for experts with a shared variance; `NULL` for a regression function without a law of the
#'   response (least squares).
#' @param eta Parameters of experts that are not described by `a` and `b`. Linear experts have none.
#' @param expert An expert such as [expert_linear()].
#' @param gate A gate such as [gate_softmax()].
#'
#' @return A list of class `moe_measure` with fields `beta0` (k), `beta1` (k x p matrix), `a` (k x d
#'   matrix), `b` (k), `sigma2` (k or `NULL`), `expert` and `gate`. Wrong shapes, numbers that are
#'   not finite and variances that are not positive are errors of class `moe_error_input`.
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
#' @family structure
#' @export
moe_measure <- function(beta0, beta1, a, b, sigma2 = NULL, eta = NULL,
                        expert = expert_linear(), gate = gate_softmax()) {
  build_measure(beta0, beta1, a, b, sigma2, eta, expert, gate, call = rlang::current_env())
}

build_measure <- function(beta0, beta1, a, b, sigma2 = NULL, eta = NULL,
                          expert = expert_linear(), gate = gate_softmax(), call) {
  expert <- check_expert(expert, call = call)
  gate <- check_gate(gate, call = call)
  if (!is.null(eta)) {
    moe_abort(c(
      "{.arg eta} must be {.code NULL} for a {expert$name} expert, not {describe(eta)}.",
      i = "Its parameters are {.arg a} and {.arg b}."
    ), call = call)
  }
  beta0 <- check_vector(beta0, "beta0", call = call)
  k <- length(beta0)
  if (k == 0) moe_abort("{.arg beta0} must have one number per expert, not none.", call = call)
  b <- check_per_expert(b, "b", k, call)
  beta1 <- check_slopes(beta1, "beta1", k, call)
  a <- check_slopes(a, "a", k, call)
  sigma2 <- check_sigma2(sigma2, k, expert, call)
  new_measure(beta0, beta1, a, b, sigma2, expert, gate)
}

#' The unchecked constructor: right shapes are the caller's promise; names the covariates
#' @noRd
new_measure <- function(beta0, beta1, a, b, sigma2 = NULL,
                        expert = expert_linear(), gate = gate_softmax()) {
  same <- ncol(beta1) == ncol(a)
  x_names <- colnames(a) %||% (if (same) colnames(beta1)) %||% covariate_names("x", ncol(a))
  z_names <- colnames(beta1) %||% (if (same) x_names) %||% covariate_names("z", ncol(beta1))
  dimnames(a) <- list(NULL, x_names)
  dimnames(beta1) <- list(NULL, z_names)
  structure(
    list(
      beta0 = as.vector(beta0), beta1 = beta1, a = a, b = as.vector(b), sigma2 = sigma2,
      expert = expert, gate = gate
    ),
    class = "moe_measure"
  )
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
      i = "Use {.code expert_linear(variance = \"free\")} for one variance per expert."
    ), call = call)
  }
  sigma2
}
