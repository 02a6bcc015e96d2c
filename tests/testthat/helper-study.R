# A specification of a study as study_cells() takes it, made by hand: the grid of cells is given apart.
cell_spec <- function(truth = truth_overlap(), protocol = "converged", loss = c("d1", "d2"), seed = 1,
                      start = study_start(), design = truth$design, noise = NULL, control = moe_control()) {
  measure <- as_measure(truth)
  structure(list(
    truth = measure, truth_name = truth$name, design = design, method = "mle", expert = measure$expert, loss = loss,
    r = NULL, start = if (protocol == "converged") start, noise = noise, protocol = protocol, seed = seed,
    control = control
  ), class = "moe_study_spec")
}

grid_cells <- function(k, n, reps) {
  expand.grid(replicate = seq_len(reps), n = as.integer(n), k = as.integer(k))[c("k", "n", "replicate")]
}

without_seconds <- function(rows) {
  rownames(rows) <- NULL
  rows[setdiff(names(rows), "seconds")]
}

# The published loss: the estimate as it stands, sums of absolute differences to the powers of the table
ref_published <- function(estimate, truth, loss) {
  parts <- ref_parts(estimate, truth, loss, 0 * truth$beta1[1, ])
  size <- tabulate(parts$cells, length(truth$b))
  w <- exp(estimate$beta0)
  term <- function(x, m) {
    if (loss == "d1" || m == 1) return(sum(abs(unlist(x))))
    sum(abs(c(x$beta1, x$b))^(2 * m)) + sum(abs(c(x$a, x$sigma2))^m)
  }
  atoms <- sum(w * mapply(term, parts$delta, size[parts$cells]))
  mass <- vapply(seq_along(size), function(j) sum(w[parts$cells == j]), 0)
  atoms + sum(abs(mass - exp(truth$beta0)))
}

# Generalised EM in plain R: exact experts, one Newton step of the gate, halved until the likelihood rises; stops
# at a relative change of the log-likelihood in the units of the data.
ref_em <- function(data, gate, coef, sigma2, tol, max_iter = 2000) {
  x <- cbind(1, data$x)
  k <- length(sigma2)
  log_terms <- function(p) {
    u <- cbind(x %*% p$gate, 0)
    u <- u - log(rowSums(exp(u - apply(u, 1, max)))) - apply(u, 1, max)
    u + vapply(seq_len(k), function(i) dnorm(data$y, x %*% p$coef[, i], sqrt(p$sigma2[i]), log = TRUE), data$y)
  }
  value <- function(p) {
    terms <- log_terms(p)
    top <- apply(terms, 1, max)
    sum(top + log(rowSums(exp(terms - top))))
  }
  m_step <- function(p) {
    terms <- log_terms(p)
    tau <- exp(terms - apply(terms, 1, max))
    tau <- tau / rowSums(tau)
    u <- cbind(x %*% p$gate, 0)
    pi <- exp(u - apply(u, 1, max))
    pi <- pi / rowSums(pi)
    q <- ncol(x)
    inner <- seq_len(k - 1)
    score <- as.vector(crossprod(x, (tau - pi)[, inner, drop = FALSE]))
    information <- matrix(0, q * (k - 1), q * (k - 1))
    for (l in inner) for (m in inner) {
      information[(l - 1) * q + seq_len(q), (m - 1) * q + seq_len(q)] <- crossprod(x, pi[, l] * ((l == m) - pi[, m]) * x)
    }
    new <- p
    new$gate <- p$gate + matrix(solve(information, score), q)
    for (i in seq_len(k)) {
      new$coef[, i] <- solve(crossprod(x, tau[, i] * x), crossprod(x, tau[, i] * data$y))
      new$sigma2[i] <- sum(tau[, i] * (data$y - x %*% new$coef[, i])^2) / sum(tau[, i])
    }
    new
  }
  between <- function(p, q, h) {
    list(
      gate = p$gate + h * (q$gate - p$gate), coef = p$coef + h * (q$coef - p$coef),
      sigma2 = exp(log(p$sigma2) + h * (log(q$sigma2) - log(p$sigma2)))
    )
  }
  p <- list(gate = gate, coef = coef, sigma2 = sigma2)
  now <- value(p)
  for (iteration in seq_len(max_iter)) {
    q <- m_step(p)
    h <- 1
    while ((after <- value(between(p, q, h))) < now && h > 1e-6) h <- h / 2
    change <- (after - now) / abs(now)
    p <- between(p, q, h)
    now <- after
    if (change <= tol) break
  }
  list(iterations = iteration, loglik = now, point = p)
}
