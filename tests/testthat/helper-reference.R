# The oracles: every formula once more in plain, slow R, one row and one expert at a time.

# Gate log weights, means and variances (spec: softmax gate, any experts)
ref_components <- function(measure, x, z = x) {
  x <- as.matrix(x)
  z <- as.matrix(z)
  measure$expert <- measure$expert %||% expert_linear()
  if (is.null(measure$eta)) x <- x[, seq_len(ncol(measure$a)), drop = FALSE] else colnames(x) <- expert_covariates(measure)
  k <- length(measure$beta0)
  n <- nrow(x)
  log_gate <- mean <- variance <- matrix(NA_real_, n, k)
  for (row in seq_len(n)) {
    score <- numeric(k)
    for (i in seq_len(k)) {
      score[i] <- measure$beta0[i] + sum(measure$beta1[i, ] * z[row, ])
      mean[row, i] <- ref_mean(measure, i, x[row, ])
      if (!is.null(measure$sigma2)) variance[row, i] <- measure$sigma2[i]
    }
    log_gate[row, ] <- score - max(score) - log(sum(exp(score - max(score))))
  }
  list(log_gate = log_gate, mean = mean, variance = if (!is.null(measure$sigma2)) variance)
}

ref_dmoe <- function(y, x, measure, z = x) {
  parts <- ref_components(measure, x, z)
  vapply(seq_along(y), function(row) {
    sum(exp(parts$log_gate[row, ]) * dnorm(y[row], parts$mean[row, ], sqrt(parts$variance[row, ])))
  }, numeric(1))
}

ref_pmoe <- function(q, x, measure, z = x) {
  parts <- ref_components(measure, x, z)
  vapply(seq_along(q), function(row) {
    sum(exp(parts$log_gate[row, ]) * pnorm(q[row], parts$mean[row, ], sqrt(parts$variance[row, ])))
  }, numeric(1))
}

ref_regression <- function(measure, x, z = x) {
  parts <- ref_components(measure, x, z)
  rowSums(exp(parts$log_gate) * parts$mean)
}

# A random measure from R's generator
random_measure <- function(k, d, p = d, variance = "free", scale = 1) {
  sigma2 <- if (variance == "shared") exp(rnorm(1)) else exp(rnorm(k))
  moe_measure(
    beta0 = scale * rnorm(k), beta1 = matrix(scale * rnorm(k * p), k, p),
    a = matrix(rnorm(k * d), k, d), b = 2 * rnorm(k), sigma2 = sigma2,
    expert = expert_linear(variance)
  )
}

# The error of an expression, of a class; fails the test when there is none
expect_moe_error <- function(object, class = "input", regexp = NULL) {
  expect_error(object, class = paste0("moe_error_", class), regexp = regexp)
}

# P(expert | x, y), one row and one expert at a time
ref_posterior <- function(y, x, measure, z = x) {
  parts <- ref_components(measure, x, z)
  tau <- exp(parts$log_gate) * NA
  for (row in seq_along(y)) {
    joint <- exp(parts$log_gate[row, ]) * dnorm(y[row], parts$mean[row, ], sqrt(parts$variance[row, ]))
    tau[row, ] <- joint / sum(joint)
  }
  tau
}

# Log-likelihood of a fit as a function of its coefficients in the order of coef(), variances as they are
ref_loglik <- function(estimate, fit, y, x, z = x, w = rep(1, length(y))) {
  sum(w * log(ref_dmoe(y, x, ref_measure(estimate, fit), z)))
}

ref_measure <- function(estimate, fit) {
  k <- fit$k
  p <- ncol(fit$measure$beta1)
  d <- ncol(fit$measure$a)
  gates <- rbind(matrix(estimate[seq_len((k - 1) * (p + 1))], k - 1, p + 1, byrow = TRUE), rep(0, p + 1))
  experts <- matrix(estimate[(k - 1) * (p + 1) + seq_len(k * (d + 1))], k, byrow = TRUE)
  sigma2 <- rep_len(estimate[-seq_len((k - 1) * (p + 1) + k * (d + 1))], k)
  list(
    beta0 = gates[, 1], beta1 = gates[, -1, drop = FALSE], a = experts[, -1, drop = FALSE], b = experts[, 1],
    sigma2 = unname(sigma2)
  )
}
