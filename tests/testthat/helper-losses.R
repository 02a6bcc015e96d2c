# Slow, obvious versions of the Voronoi losses: the oracles of test-losses.R.

# Losses that compare variances
gaussian_losses <- c("d1", "d2", "d2_sharp", "dfra")

random_truth <- function(k, d, spread = 1) {
  matrix_of <- function() matrix(spread * stats::rnorm(k * d), k, d)
  moe_measure(
    beta0 = c(stats::rnorm(k - 1), 0), beta1 = matrix_of(), a = matrix_of(), b = spread * stats::rnorm(k),
    sigma2 = exp(stats::rnorm(k) / 2)
  )
}

# k atoms, each near an atom of the truth, every atom of which comes up where k allows
random_estimate <- function(truth, k, noise) {
  near <- c(sample(length(truth$b)), sample(length(truth$b), k, replace = TRUE))[seq_len(k)]
  d <- ncol(truth$a)
  moe_measure(
    beta0 = truth$beta0[near] - log(tabulate(near, length(truth$b))[near]) + noise * stats::rnorm(k),
    beta1 = truth$beta1[near, , drop = FALSE] + noise * stats::rnorm(k * d),
    a = truth$a[near, , drop = FALSE] + noise * stats::rnorm(k * d),
    b = truth$b[near] + noise * stats::rnorm(k),
    sigma2 = truth$sigma2[near] * exp(noise * stats::rnorm(k))
  )
}

# One random pair of every kind: d = 1 or 2, up to four atoms, near, far and very far
random_pair <- function(seed) {
  withr::with_seed(seed, {
    d <- 1 + seed %% 2
    truth <- random_truth(sample(4, 1), d)
    noise <- sample(c(0.03, 0.2, 0.5, 1), 1)
    list(truth = truth, estimate = random_estimate(truth, sample(4, 1), noise), d = d)
  })
}

norm_rows <- function(m) sqrt(rowSums(m^2))

# The loss with t1 minimised out, at each row of t2 (cells at that t2)
ref_loss_at <- function(estimate, truth, loss, t2, r = NULL) {
  vapply(seq_len(nrow(t2)), function(n) ref_loss_at_one(estimate, truth, loss, t2[n, ], r), 0)
}

ref_parts <- function(estimate, truth, loss, t2) {
  k <- length(estimate$b)
  gaussian <- loss %in% gaussian_losses
  parts <- function(m, i) list(beta1 = m$beta1[i, ], a = m$a[i, ], b = m$b[i], sigma2 = if (gaussian) m$sigma2[i])
  difference <- function(i, j) {
    out <- Map(`-`, parts(estimate, i), parts(truth, j))
    out$beta1 <- out$beta1 - t2
    out
  }
  cells <- vapply(seq_len(k), function(i) {
    which.min(vapply(seq_along(truth$b), function(j) sum(unlist(difference(i, j))^2), 0))
  }, 1L)
  list(cells = cells, delta = lapply(seq_len(k), function(i) difference(i, cells[i])))
}

ref_atoms_term <- function(estimate, parts, loss, r) {
  w <- exp(estimate$beta0)
  size <- tabulate(parts$cells)[parts$cells]
  norm <- function(...) sqrt(sum(c(...)^2))
  term <- function(delta, m) {
    switch(loss,
      d1 = norm(unlist(delta)),
      d2 = , dfra = if (m == 1) norm(unlist(delta)) else
        norm(delta$beta1, delta$b)^(2 * m) + norm(delta$a, delta$sigma2)^m,
      d2_sharp = if (m == 1) norm(unlist(delta)) else
        norm(delta$beta1)^2 + norm(delta$a)^2 + abs(delta$b)^(2 * m) + abs(delta$sigma2)^m,
      d1_lse = norm(delta$beta1)^min(m, 2) + norm(delta$a, delta$b)^min(m, 2),
      dr = norm(delta$beta1)^r + norm(delta$a, delta$b)^r
    )
  }
  total <- sum(w * mapply(term, parts$delta, size))
  if (loss != "dfra") return(total)
  averages <- vapply(unique(parts$cells[size > 1]), function(j) {
    i <- which(parts$cells == j)
    sum_over <- function(f) Reduce(`+`, Map(function(delta, w) w * f(delta), parts$delta[i], w[i]))
    norm(sum_over(function(x) x$beta1)) + abs(sum_over(function(x) x$b)) +
      norm(sum_over(function(x) x$a + x$beta1 * x$b)) + abs(sum_over(function(x) x$sigma2 + x$b^2))
  }, 0)
  total + sum(averages)
}

# The minimum over u = exp(-t1) >= 0 of u A + sum |u S - w*| is at 0 or at a kink
ref_weigh <- function(atoms, mass, weight) {
  u <- c(0, (weight / mass)[mass > 0])
  min(vapply(u, function(u) u * atoms + sum(abs(u * mass - weight)), 0))
}

ref_loss_at_one <- function(estimate, truth, loss, t2, r = NULL) {
  parts <- ref_parts(estimate, truth, loss, t2)
  mass <- vapply(seq_along(truth$b), function(j) sum(exp(estimate$beta0)[parts$cells == j]), 0)
  ref_weigh(ref_atoms_term(estimate, parts, loss, r), mass, exp(truth$beta0))
}

# All rows of t2 at once: the same numbers as ref_loss_at(), for grids
fast_loss_at <- function(estimate, truth, loss, t2, r = NULL) {
  k <- length(estimate$b)
  k_true <- length(truth$b)
  gaussian <- loss %in% gaussian_losses
  w <- exp(estimate$beta0)
  square <- function(field, i, j) sum((as.matrix(estimate[[field]])[i, ] - as.matrix(truth[[field]])[j, ])^2)
  gate <- function(i, j) sweep(-t2, 2, estimate$beta1[i, ] - truth$beta1[j, ], `+`)
  rest <- function(i, j) square("a", i, j) + square("b", i, j) + if (gaussian) square("sigma2", i, j) else 0
  cells <- vapply(seq_len(k), function(i) {
    distance <- vapply(seq_len(k_true), function(j) rowSums(gate(i, j)^2) + rest(i, j), numeric(nrow(t2)))
    max.col(-matrix(distance, nrow(t2)), ties.method = "first")
  }, integer(nrow(t2)))
  cells <- matrix(cells, nrow(t2))
  atoms <- numeric(nrow(t2))
  mass <- matrix(0, nrow(t2), k_true)
  for (j in seq_len(k_true)) {
    inside <- cells == j
    m <- rowSums(inside)
    mass[, j] <- inside %*% w
    sums <- list(beta1 = 0 * t2, b = 0, a = 0 * t2, sigma2 = 0)
    for (i in seq_len(k)) {
      g <- gate(i, j)
      g2 <- rowSums(g^2)
      b <- estimate$b[i] - truth$b[j]
      eta <- sqrt(square("a", i, j) + b^2)
      value <- switch(loss,
        d1 = sqrt(g2 + rest(i, j)),
        d2 = , dfra = ifelse(m == 1, sqrt(g2 + rest(i, j)),
          sqrt(g2 + b^2)^(2 * m) + sqrt(square("a", i, j) + square("sigma2", i, j))^m),
        d2_sharp = ifelse(m == 1, sqrt(g2 + rest(i, j)),
          g2 + square("a", i, j) + abs(b)^(2 * m) + sqrt(square("sigma2", i, j))^m),
        d1_lse = sqrt(g2)^pmin(m, 2) + eta^pmin(m, 2),
        dr = sqrt(g2)^r + eta^r
      )
      atoms <- atoms + inside[, i] * w[i] * value
      if (loss != "dfra") next
      weight <- w[i] * inside[, i] * (m > 1)
      a <- matrix(estimate$a[i, ] - truth$a[j, ], nrow(t2), ncol(t2), byrow = TRUE)
      sums$beta1 <- sums$beta1 + weight * g
      sums$b <- sums$b + weight * b
      sums$a <- sums$a + weight * (a + g * b)
      sums$sigma2 <- sums$sigma2 + weight * (estimate$sigma2[i] - truth$sigma2[j] + b^2)
    }
    if (loss == "dfra") {
      atoms <- atoms + norm_rows(sums$beta1) + abs(sums$b) + norm_rows(sums$a) + abs(sums$sigma2)
    }
  }
  weight <- exp(truth$beta0)
  best <- rep(sum(weight), nrow(t2))
  for (j in seq_len(k_true)) {
    u <- ifelse(mass[, j] > 0, weight[j] / mass[, j], 0)
    best <- pmin(best, u * atoms + rowSums(abs(u * mass - rep(weight, each = nrow(t2)))))
  }
  best
}

# Brute force: a fine grid of t2, then ever finer grids around the best points
brute_infimum <- function(estimate, truth, loss, r = NULL, keep = 40) {
  d <- ncol(truth$a)
  delta <- do.call(rbind, lapply(seq_along(truth$b), function(j) sweep(estimate$beta1, 2, truth$beta1[j, ])))
  low <- apply(delta, 2, min) - 0.5
  high <- apply(delta, 2, max) + 0.5
  size <- if (d == 1) 2001 else 61
  axes <- Map(function(a, b) seq(a, b, length.out = size), low, high)
  step <- (high - low) / (size - 1)
  points <- rbind(as.matrix(expand.grid(axes)), delta)
  offsets <- as.matrix(expand.grid(rep(list(-4:4 / 4), d)))
  value <- fast_loss_at(estimate, truth, loss, points, r)
  while (max(step) > 1e-9) {
    points <- points[order(value)[seq_len(min(keep, length(value)))], , drop = FALSE]
    points <- do.call(rbind, lapply(seq_len(nrow(points)), function(i) {
      sweep(sweep(offsets, 2, step, `*`), 2, points[i, ], `+`)
    }))
    points <- unique(points)
    value <- fast_loss_at(estimate, truth, loss, points, r)
    step <- step / 3
  }
  min(value)
}
