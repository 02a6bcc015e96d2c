# The oracle of strong identifiability: derivatives of the experts, and the families, in plain R

ref_activation <- function(name, u, degree = 1) {
  s <- 1 / (1 + exp(-u))
  t <- tanh(u)
  zero <- 0 * u
  switch(name,
    linear = list(u, zero + 1, zero),
    constant = list(u, zero + 1, zero),
    polynomial = list(u^degree, degree * u^(degree - 1), degree * (degree - 1) * u^max(degree - 2, 0)),
    sigmoid = list(s, s * (1 - s), s * (1 - s) * (1 - 2 * s)),
    tanh = list(t, 1 - t^2, -2 * t * (1 - t^2)),
    gelu = list(u * pnorm(u), pnorm(u) + u * dnorm(u), (2 - u^2) * dnorm(u)),
    relu = list(pmax(u, 0), as.double(u > 0), zero),
    softplus = list(log1p(exp(u)), s, s * (1 - s)),
    sine = list(sin(u), cos(u), -sin(u))
  )
}

# For every expert mu, and its derivatives in the linear predictors: d1, and d2 by pairs (row by row)
ref_mean_terms <- function(measure, x) {
  expert <- measure$expert
  lapply(seq_along(measure$beta0), function(j) {
    if (expert$name == "feedforward") return(ref_network_terms(expert, measure$eta[j, ], x))
    u <- as.vector(x %*% measure$a[j, ]) + measure$b[j]
    a <- ref_activation(expert$name, u, expert$degree %||% 1)
    list(mu = a[[1]], d1 = cbind(a[[2]]), d2 = cbind(a[[3]]))
  })
}

# predictors: hidden units, then v, then u
ref_network_terms <- function(expert, eta, x) {
  h <- expert$hidden
  inner <- matrix(eta[seq_len(h * (ncol(x) + 1))], h, byrow = TRUE)
  v <- eta[h * (ncol(x) + 1) + seq_len(h)]
  a <- lapply(seq_len(h), function(j) ref_activation(expert$activation, as.vector(cbind(1, x) %*% inner[j, ])))
  pick <- function(order, j) a[[j]][[order + 1]]
  mu <- Reduce(`+`, lapply(seq_len(h), function(j) v[j] * pick(0, j))) + eta[length(eta)]
  d1 <- do.call(cbind, c(
    lapply(seq_len(h), function(j) v[j] * pick(1, j)), lapply(seq_len(h), function(j) pick(0, j)), list(1 + 0 * mu)
  ))
  m <- 2 * h + 1
  d2 <- NULL
  for (s in seq_len(m)) for (t in s:m) {
    both <- if (s <= h && t == s) v[s] * pick(2, s) else if (s <= h && t == h + s) pick(1, s) else 0 * mu
    d2 <- cbind(d2, both)
  }
  list(mu = mu, d1 = unname(d1), d2 = unname(d2))
}

# The mean of one expert as a function of its parameters, in the order of theta
ref_mean_at <- function(measure, x, parameters) {
  if (measure$expert$name == "feedforward") {
    return(ref_network_terms(measure$expert, parameters, x)$mu)
  }
  u <- as.vector(cbind(1, x) %*% parameters)
  ref_activation(measure$expert$name, u, measure$expert$degree %||% 1)[[1]]
}

# Singular values of normalised functions, the squares of which are the eigenvalues of their Gram matrix
ref_singular <- function(gram) {
  norm <- sqrt(diag(gram))
  norm[norm == 0] <- 1
  sqrt(pmax(eigen(gram / outer(norm, norm), symmetric = TRUE)$values, 0))
}

# E X^n of U(-r, r)
uniform_moment <- function(n, r) ifelse(n %% 2 == 0, r^n / (n + 1), 0)

one_expert <- function(expert, ..., a = 2, b = 1, design = design_uniform(-3, 3)) {
  strong_identifiability(expert, list(a = a, b = b), design, ...)
}

network <- function(eta, hidden, activation, ...) {
  strong_identifiability(expert_feedforward(hidden, activation), rbind(eta), design_uniform(-3, 3), ...)
}

expect_relations <- function(result, relations) {
  expect_true(all(relations %in% result$relations$relation), info = paste(result$relations$relation, collapse = "\n"))
}

# The L2 distance that is left when b of the first of two tanh experts is split by +-delta into halves of equal weight,
# and all else is fitted to the truth, by the Levenberg-Marquardt method
distance_of_split <- function(a, delta) {
  x <- seq(-3, 3, length.out = 101)
  f <- function(beta0, beta1, a, b) {
    gate <- exp(outer(x, beta1) + rep(beta0, each = length(x)))
    rowSums(gate * tanh(outer(x, a) + rep(b, each = length(x)))) / rowSums(gate)
  }
  truth <- f(c(0, 0), c(1, 0), a, c(1, -1))
  off <- function(p) f(c(p[1], p[1], 0), c(p[2:3], 0), p[4:6], c(p[7] + delta, p[7] - delta, p[8])) - truth
  slope <- function(p, s) (off(replace(p, s, p[s] + 1e-5)) - off(replace(p, s, p[s] - 1e-5))) / 2e-5
  p <- c(log(0.5), 1, 1, a[1], a[1], a[2], 1, -1)
  damping <- 1e-3
  for (i in 1:100) {
    jacobian <- vapply(seq_along(p), slope, x, p = p)
    step <- solve(crossprod(jacobian) + damping * diag(8), crossprod(jacobian, -off(p)))
    better <- sum(off(p + step)^2) < sum(off(p)^2)
    if (better) p <- p + drop(step)
    damping <- if (better) max(damping / 5, 1e-11) else damping * 4
  }
  sqrt(mean(off(p)^2))
}
