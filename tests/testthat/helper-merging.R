# Slow versions of the algorithms that merge atoms, one atom and one pair at a time, with plain weights

# Atoms as a list of lists, one per expert; linear experts, the gate with the covariates of the experts
ref_atoms <- function(measure) {
  p <- exp(measure$beta0) / sum(exp(measure$beta0))
  lapply(seq_along(p), function(i) {
    list(w = p[i], beta1 = measure$beta1[i, ], a = measure$a[i, ], b = measure$b[i], sigma2 = measure$sigma2[i])
  })
}

ref_d <- function(g, h) {
  slow <- sum((g$beta1 - h$beta1)^2) + (g$b - h$b)^2
  fast <- sqrt(sum((g$a - h$a)^2) + (g$sigma2 - h$sigma2)^2)
  g$w * h$w / (g$w + h$w) * (slow + fast)
}

ref_join <- function(g, h, moments) {
  w <- g$w + h$w
  mean <- function(f) (g$w * f(g) + h$w * f(h)) / w
  beta1 <- mean(function(t) t$beta1)
  b <- mean(function(t) t$b)
  list(
    w = w, beta1 = beta1, b = b,
    a = mean(function(t) t$a + moments * (t$beta1 - beta1) * (t$b - b)),
    sigma2 = mean(function(t) t$sigma2 + moments * (t$b - b)^2)
  )
}

# Heights from the first merge on, the atoms of every level, and who is in which of them
ref_dendrogram <- function(measure, moments = TRUE) {
  atoms <- ref_atoms(measure)
  members <- as.list(seq_along(atoms))
  out <- list(height = numeric(), atoms = list(), members = list())
  out$atoms[[length(atoms)]] <- atoms
  out$members[[length(atoms)]] <- members
  while (length(atoms) > 1) {
    best <- c(0, 0)
    least <- Inf
    for (i in seq_along(atoms)) for (j in seq_along(atoms)) {
      if (i < j && ref_d(atoms[[i]], atoms[[j]]) < least) {
        least <- ref_d(atoms[[i]], atoms[[j]])
        best <- c(i, j)
      }
    }
    out$height <- c(out$height, least)
    atoms[[best[1]]] <- ref_join(atoms[[best[1]]], atoms[[best[2]]], moments)
    members[[best[1]]] <- c(members[[best[1]]], members[[best[2]]])
    atoms[[best[2]]] <- members[[best[2]]] <- NULL
    out$atoms[[length(atoms)]] <- atoms
    out$members[[length(atoms)]] <- members
  }
  out
}

ref_gap <- function(g, h) sqrt(sum((g$beta1 - h$beta1)^2, (g$a - h$a)^2, (g$b - h$b)^2, (g$sigma2 - h$sigma2)^2))

# Algorithm 1 of Guha, Ho and Nguyen (2021), the visits given: the atoms left with their weights
ref_mtm <- function(measure, omega, c, r, visits) {
  atoms <- ref_atoms(measure)
  kept <- list()
  for (i in visits) {
    gaps <- vapply(kept, function(g) ref_gap(g, atoms[[i]]), 0)
    if (length(gaps) && min(gaps) <= omega) {
      j <- which.min(gaps)
      kept[[j]]$w <- kept[[j]]$w + atoms[[i]]$w
    } else {
      kept <- c(kept, atoms[i])
    }
  }
  kept <- kept[order(-vapply(kept, function(g) g$w, 0))]
  q <- vapply(kept, function(g) g$w, 0)
  A <- which(q > (c * omega)^r)
  if (length(A) == 0) A <- 1
  for (i in A) {
    above <- A[A < i]
    gaps <- vapply(above, function(j) ref_gap(kept[[i]], kept[[j]]), 0)
    if (any(q[i] * gaps^r <= (c * omega)^r)) A <- setdiff(A, i)
  }
  result <- kept[A]
  for (i in setdiff(seq_along(kept), A)) {
    j <- which.min(vapply(A, function(j) ref_gap(kept[[i]], kept[[j]]), 0))
    result[[j]]$w <- result[[j]]$w + q[i]
  }
  result
}

# One row per atom, in an order that does not matter
atom_table <- function(atoms) {
  table <- do.call(rbind, lapply(atoms, function(g) unlist(g[c("w", "beta1", "a", "b", "sigma2")])))
  table[do.call(order, as.data.frame(round(table, 9))), , drop = FALSE]
}

expect_atoms <- function(measure, atoms, tolerance = 1e-10) {
  expect_equal(atom_table(ref_atoms(measure)), atom_table(atoms), tolerance = tolerance, ignore_attr = TRUE)
}

# Random measures with atoms on top of each other, light ones, and up to three covariates
clustered_measure <- function(seed) {
  withr::local_seed(seed)
  k <- sample(2:8, 1)
  d <- sample(3, 1)
  measure <- random_measure(k, d)
  copied <- sample(k, sample(0:k, 1))
  from <- sample(k, length(copied), replace = TRUE)
  near <- function(m) m + 0.1 * rnorm(length(m)) * stats::rbinom(1, 1, 0.7)
  measure$beta1[copied, ] <- near(measure$beta1[from, ])
  measure$a[copied, ] <- near(measure$a[from, ])
  measure$b[copied] <- near(measure$b[from])
  measure$sigma2[copied] <- measure$sigma2[from] * exp(0.1 * rnorm(length(copied)))
  measure$beta0 <- measure$beta0 * sample(c(1, 3), 1)
  measure
}
