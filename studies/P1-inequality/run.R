# P1-inequality: the ratio of the Hellinger distance to D1 (k = k*), and to D2 and its sharp form (k > k*).
source("studies/common.R")
seed <- 2305
set.seed(seed)
# The true variances are 0.25: they can move by less than that.
# The search stops at 0.05: quadrature of squared distances below 1e-16 takes seconds.
arguments <- list(
  sizes = 0.2 / 2^(0:4), searched = 0.2 / 2^(0:2), split = 0.4 / 2^(0:4), three = 0.8 / 2^(0:4 / 2),
  draws = 100, starts = 8, steps = 400, limit_starts = 40
)
truth <- truth_overlap()
true <- with(truth$measure, cbind(beta0, beta1 = beta1[, 1], a = a[, 1], b, sigma2))

# A measure from a matrix with a row per atom and the columns of `true`.
measure_of <- function(atoms) {
  moe_measure(atoms[, "beta0"], atoms[, "beta1"], atoms[, "a"], atoms[, "b"], atoms[, "sigma2"])
}

# Exact: every parameter is moved by an amount of order `size`.
exact <- function(u, size) measure_of(true + size * matrix(u, nrow(true)))

# Over-specified: true atom 1 is split with shares p and 1 - p. D2 weighs beta1 and b by the fourth power, a and
# sigma2 by the second: the split atoms move by size and size^2, the rest by size^4, so that no part hides another.
over <- function(u, size, order = c(4, 1, 2, 1, 2)) {
  p <- 0.2 + 0.6 * stats::pnorm(3 * u[16])
  atoms <- true[c(1, 1, 2), ]
  atoms[, "beta0"] <- atoms[, "beta0"] + log(c(p, 1 - p, 1))
  measure_of(atoms + size^rbind(order, order, 4) * matrix(u[1:15], 3))
}
# The sharp form weighs beta1 by its square too.
over_sharp <- function(u, size) over(u, size, c(4, 2, 2, 1, 2))

# One parameter of the true atom in two halves, moved by `size` there and back.
split <- function(name) {
  function(size) {
    atoms <- true[c(1, 1, 2), ]
    atoms[1:2, "beta0"] <- atoms[1:2, "beta0"] - log(2)
    atoms[1:2, name] <- atoms[1:2, name] + c(size, -size)
    measure_of(atoms)
  }
}

# The same with free shares and all parameters moved alike.
isotropic <- function(u, size) {
  atoms <- true[c(1, 1, 2), ]
  atoms[, "beta0"] <- atoms[, "beta0"] + log(c(0.5, 0.5, 1))
  measure_of(atoms + size * matrix(u[1:15], 3))
}

# Two atoms at b + c size and b - c size, each with a variance smaller by (c size)^2: the moments up to the third are
# those of the true atom, which is how the polynomial system has a solution of order three. c = c2^(1/2) makes the
# direction one of length one.
matched <- local({
  c2 <- (sqrt(3) - 1) / 2
  u <- matrix(0, 3, 5, dimnames = list(NULL, colnames(true)))
  u[1:2, "b"] <- sqrt(c2) * c(1, -1)
  u[1:2, "sigma2"] <- -c2
  c(u, 0)
})

# The gate translated by t, which changes no model and no Voronoi loss, and then every parameter moved.
translated <- function(u, size) {
  moved <- exact(u, size)
  moved$beta0 <- moved$beta0 + 3
  moved$beta1 <- moved$beta1 - 2
  moved
}

measure_row <- function(measure, case, family, size, of = truth$measure) {
  value <- function(loss) as.numeric(voronoi_loss(measure, of, loss))
  losses <- list(d1 = value("d1"), d2 = value("d2"), d2_sharp = value("d2_sharp"))
  data.frame(case = case, family = family, size = size, hellinger = moe_distance(measure, of, truth$design), losses)
}

on_sphere <- function(length) {
  u <- rnorm(length)
  u / sqrt(sum(u^2))
}

draw_family <- function(make, case, family, size, length) {
  rows <- lapply(seq_len(arguments$draws), function(i) measure_row(make(on_sphere(length), size), case, family, size))
  do.call(rbind, rows)
}

# The Hellinger distance by a fixed rule, for searches: Gauss and Legendre in x, equal steps in y.
rule <- local({
  n <- 24
  j <- seq_len(n - 1)
  jacobi <- matrix(0, n, n)
  jacobi[cbind(j, j + 1)] <- jacobi[cbind(j + 1, j)] <- j / sqrt(4 * j^2 - 1)
  e <- eigen(jacobi, symmetric = TRUE)
  y <- seq(-8.5, 8.5, by = 0.05)
  list(x = 2 * e$values, weight = e$vectors[1, ]^2, y = y, at = data.frame(x = rep(2 * e$values, each = length(y))))
})
densities <- function(measure, log = FALSE) {
  matrix(dmoe(rep(rule$y, length(rule$x)), rule$at, measure, log = log), length(rule$y))
}
root <- sqrt(densities(truth$measure))
fixed_distance <- function(measure) {
  sum(rule$weight * sqrt(colSums((sqrt(densities(measure)) - root)^2) * 0.05 / 2))
}

# The smallest ratio among directions of length one that Nelder and Mead's method finds from given ones.
worst <- function(make, size, starts, loss) {
  ratio <- function(u) {
    at <- make(u / sqrt(sum(u^2)), size)
    log(fixed_distance(at) / as.numeric(voronoi_loss(at, truth, loss)))
  }
  ends <- lapply(starts, function(u) stats::optim(u, ratio, control = list(maxit = arguments$steps)))
  ends <- ends[order(vapply(ends, `[[`, 0, "value"))]
  lapply(ends, function(end) end$par / sqrt(sum(end$par^2)))
}

# From random directions, and those given, at the largest size; the best three are where the next, smaller one begins.
descend <- function(make, case, family, length, loss, given = list()) {
  starts <- c(given, replicate(arguments$starts, on_sphere(length), simplify = FALSE))
  rows <- list()
  for (size in arguments$searched) {
    starts <- worst(make, size, starts, loss)[1:3]
    rows <- c(rows, list(measure_row(make(starts[[1]], size), case, family, size)))
  }
  do.call(rbind, rows)
}

# The infimum of h / D1 as the size tends to zero: h is then a mean of lengths of the score, D1 homogeneous.
limit <- function() {
  step <- 1e-4
  score <- vapply(seq_along(true), function(i) {
    at <- function(by) {
      moved <- true
      moved[i] <- moved[i] + by
      densities(measure_of(moved), log = TRUE)
    }
    (at(step) - at(-step)) / (2 * step) * root
  }, root)
  roots <- lapply(seq_along(rule$x), function(i) chol(crossprod(score[, i, ]) * 0.05 + diag(1e-14, length(true))))
  ratio <- function(u) {
    u <- u / sqrt(sum(u^2))
    h <- sum(rule$weight * vapply(roots, function(R) sqrt(sum((R %*% u)^2) / 8), 0))
    h / (as.numeric(voronoi_loss(measure_of(true + 1e-6 * u), truth, "d1")) / 1e-6)
  }
  again <- function(u) {
    for (i in 1:2) u <- stats::optim(u, ratio, control = list(maxit = arguments$steps))$par
    ratio(u)
  }
  vapply(replicate(arguments$limit_starts, on_sphere(length(true)), simplify = FALSE), again, 0)
}

# Three atoms for one of three true experts, as the Gauss-Hermite rule has them: moments up to the fifth are right.
three <- moe_measure(c(0, 0, 0), c(2, 0, -2), c(1, -1, 2), c(2, -2, 0), rep(1, 3))
hermite <- function(size) {
  m <- three
  i <- c(1, 1, 1, 2, 3)
  moe_measure(
    m$beta0[i] + log(c(1 / 6, 2 / 3, 1 / 6, 1, 1)), m$beta1[i, ], m$a[i, ],
    m$b[i] + size * c(-sqrt(3), 0, sqrt(3), 0, 0), m$sigma2[i] - size^2 * c(1, 1, 1, 0, 0)
  )
}

each_size <- function(f, sizes = arguments$sizes) do.call(rbind, lapply(sizes, f))
ratios <- rbind(
  each_size(function(size) draw_family(exact, "exact", "random", size, 10)),
  each_size(function(size) draw_family(translated, "exact", "gate translated", size, 10)),
  descend(exact, "exact", "searched", 10, "d1"),
  each_size(function(size) draw_family(isotropic, "over", "random", size, 15)),
  each_size(function(size) draw_family(over, "over", "scaled by order", size, 16)),
  each_size(function(size) measure_row(over(matched, size), "over", "moments matched", size)),
  descend(over, "over", "searched", 16, "d2", list(matched)),
  descend(over_sharp, "over", "searched, sharp", 16, "d2_sharp", list(matched)),
  each_size(function(size) measure_row(split("beta1")(size), "over", "gate split", size), arguments$split),
  each_size(function(size) measure_row(split("a")(size), "over", "slope split", size), arguments$split),
  each_size(function(size) measure_row(hermite(size), "three", "Gauss-Hermite", size, three), arguments$three)
)
limits <- limit()
print(aggregate(cbind(hellinger / d1, hellinger / d2, hellinger / d2_sharp) ~ size + family + case, ratios, min))
print(sort(limits))
numbers <- c("hellinger", "d1", "d2", "d2_sharp")
ratios[numbers] <- lapply(ratios[numbers], as_float)
save_result("P1-inequality", list(ratios = ratios, limits = as_float(limits)), seed, arguments)
