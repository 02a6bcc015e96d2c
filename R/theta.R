# Measures as the flat parameter vector of the core, and back -----------------------------------------
# theta: gates 1 to k - 1 relative to gate k as (beta0, beta1), then the experts as (b, a), then
# log sigma2 (one number when shared).

#' What the core needs to know of a model
#' @param k,d,p Numbers of experts, of covariates of the experts, and of the gate.
#' @param same Do experts and gate have the same covariates?
#' @noRd
model_spec <- function(gate, expert, k, d, p, same = FALSE) {
  list(
    gate = gate$name, mean = expert$name, response = "gaussian",
    shared_variance = expert$variance == "shared", k = k, d = d, p = p, same = same,
    degree = expert$degree %||% 0L, hidden = expert$hidden %||% 0L, activation = expert$activation %||% ""
  )
}

theta_size <- function(spec) {
  (spec$k - 1) * (spec$p + 1) + spec$k * (spec$d + 1) + if (spec$shared_variance) 1 else spec$k
}

measure_spec <- function(measure, same = FALSE) {
  model_spec(
    measure$gate, measure$expert, n_experts(measure), ncol(measure$a), ncol(measure$beta1), same
  )
}

measure_theta <- function(measure) {
  k <- n_experts(measure)
  gates <- cbind(measure$beta0, measure$beta1)
  gates <- sweep(gates, 2, gates[k, ])[-k, , drop = FALSE]
  # a measure of least squares has no variance: any number serves where only its means are asked for
  sigma2 <- measure$sigma2 %||% rep(1, k)
  if (measure$expert$variance == "shared") sigma2 <- sigma2[1]
  c(t(gates), t(cbind(measure$b, measure$a)), log(sigma2))
}

#' @param x_names,z_names Names of the covariates of the experts and of the gate.
#' @noRd
theta_measure <- function(theta, spec, expert, gate, x_names, z_names) {
  k <- spec$k
  n_gates <- (k - 1) * (spec$p + 1)
  n_experts <- k * (spec$d + 1)
  gates <- rbind(matrix(theta[seq_len(n_gates)], k - 1, spec$p + 1, byrow = TRUE), 0)
  experts <- matrix(theta[n_gates + seq_len(n_experts)], k, spec$d + 1, byrow = TRUE)
  sigma2 <- rep_len(exp(theta[-seq_len(n_gates + n_experts)]), k)
  new_measure(
    beta0 = gates[, 1], beta1 = named_columns(gates[, -1, drop = FALSE], z_names),
    a = named_columns(experts[, -1, drop = FALSE], x_names), b = experts[, 1], sigma2 = sigma2,
    expert = expert, gate = gate
  )
}

named_columns <- function(m, names) {
  colnames(m) <- names
  m
}
