# Measures as the flat parameter vector of the core, and back -----------------------------------------
# theta: gates 1 to k - 1 relative to gate k as (beta0, beta1), then the parameters of the experts, for most of them
# (b, a), then log sigma2 (one number when shared, none without a law of the response).

#' What the core needs to know of a model
#' @param k,d,p Numbers of experts, of covariates of the experts, and of the gate.
#' @param same Do experts and gate have the same covariates?
#' @param response Law of the response: `"none"` for least squares.
#' @return A list; `q` is the number of parameters of one expert.
#' @noRd
model_spec <- function(gate, expert, k, d, p, same = FALSE, response = c("gaussian", "none")) {
  list(
    gate = gate$name, mean = expert$name, response = response[1],
    shared_variance = expert$variance == "shared", k = k, d = d, p = p, same = same,
    degree = expert$degree %||% 0L, hidden = expert$hidden %||% 0L, activation = expert$activation %||% "",
    q = length(expert_terms(expert, covariate_names("x", d)))
  )
}

theta_size <- function(spec) {
  variances <- if (spec$response == "none") 0 else if (spec$shared_variance) 1 else spec$k
  (spec$k - 1) * (spec$p + 1) + spec$k * spec$q + variances
}

measure_spec <- function(measure, same = FALSE) {
  model_spec(
    measure$gate, measure$expert, n_experts(measure), length(expert_covariates(measure)), ncol(measure$beta1),
    same, if (is.null(measure$sigma2)) "none" else "gaussian"
  )
}

measure_theta <- function(measure) {
  k <- n_experts(measure)
  gates <- cbind(measure$beta0, measure$beta1)
  gates <- (gates - rep(gates[k, ], each = k))[-k, , drop = FALSE]
  sigma2 <- if (measure$expert$variance == "shared") measure$sigma2[1] else measure$sigma2
  c(t(gates), t(expert_parameters(measure)), if (!is.null(sigma2)) log(sigma2))
}

#' @param x_names,z_names Names of the covariates of the experts and of the gate.
#' @noRd
theta_measure <- function(theta, spec, expert, gate, x_names, z_names) {
  k <- spec$k
  n_gates <- (k - 1) * (spec$p + 1)
  n_experts <- k * spec$q
  gates <- rbind(matrix(theta[seq_len(n_gates)], k - 1, spec$p + 1, byrow = TRUE), 0)
  eta <- matrix(theta[n_gates + seq_len(n_experts)], k, spec$q, byrow = TRUE)
  if (!is.null(x_names)) colnames(eta) <- expert_terms(expert, x_names)
  own <- split_parameters(eta, expert)
  new_measure(
    beta0 = gates[, 1], beta1 = named_columns(gates[, -1, drop = FALSE], z_names), a = own$a, b = own$b,
    sigma2 = if (spec$response != "none") rep_len(exp(theta[-seq_len(n_gates + n_experts)]), k),
    expert = expert, gate = gate, eta = own$eta
  )
}

named_columns <- function(m, names) {
  colnames(m) <- names
  m
}
