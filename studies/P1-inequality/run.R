# P1-inequality: the ratio of the Hellinger distance to D1 (k = k*) and to D2 (k > k*) near the overlap truth.
source("studies/common.R")
seed <- 2305
set.seed(seed)
# The true variances are 0.25: they can move by less than that.
# The search stops at 0.05: quadrature of squared distances below 1e-16 takes seconds.
arguments <- list(sizes = 0.2 / 2^(0:4), searched = 0.2 / 2^(0:2), draws = 100, steps = 200)
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
over <- function(u, size) {
  p <- 0.2 + 0.6 * stats::pnorm(3 * u[16])
  atoms <- true[c(1, 1, 2), ]
  atoms[, "beta0"] <- atoms[, "beta0"] + log(c(p, 1 - p, 1))
  order <- rbind(c(4, 1, 2, 1, 2), c(4, 1, 2, 1, 2), 4)
  measure_of(atoms + size^order * matrix(u[1:15], 3))
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

measure_row <- function(measure, case, family, size) {
  data.frame(
    case = case, family = family, size = size, hellinger = moe_distance(measure, truth),
    d1 = as.numeric(voronoi_loss(measure, truth, "d1")), d2 = as.numeric(voronoi_loss(measure, truth, "d2"))
  )
}

on_sphere <- function(length) {
  u <- rnorm(length)
  u / sqrt(sum(u^2))
}

draw_family <- function(make, case, family, size, length) {
  rows <- lapply(seq_len(arguments$draws), function(i) measure_row(make(on_sphere(length), size), case, family, size))
  do.call(rbind, rows)
}

# The smallest ratio that Nelder and Mead's method finds among directions of length one, from a given direction.
worst <- function(make, case, size, u, loss) {
  ratio <- function(u) {
    at <- make(u / sqrt(sum(u^2)), size)
    log(moe_distance(at, truth) / as.numeric(voronoi_loss(at, truth, loss)))
  }
  found <- stats::optim(u, ratio, control = list(maxit = arguments$steps))$par
  found / sqrt(sum(found^2))
}

# The direction found for one size is where the search for the next, smaller one begins.
descend <- function(make, case, family, u, loss) {
  rows <- list()
  for (size in arguments$searched) {
    u <- worst(make, case, size, u, loss)
    rows <- c(rows, list(measure_row(make(u, size), case, family, size)))
  }
  do.call(rbind, rows)
}

each_size <- function(f) do.call(rbind, lapply(arguments$sizes, f))
ratios <- rbind(
  each_size(function(size) draw_family(exact, "exact", "random", size, 10)),
  each_size(function(size) draw_family(translated, "exact", "gate translated", size, 10)),
  descend(exact, "exact", "searched", on_sphere(10), "d1"),
  each_size(function(size) draw_family(isotropic, "over", "random", size, 15)),
  each_size(function(size) draw_family(over, "over", "scaled by order", size, 16)),
  each_size(function(size) measure_row(over(matched, size), "over", "moments matched", size)),
  descend(over, "over", "searched", matched, "d2")
)
print(aggregate(cbind(hellinger / d1, hellinger / d2) ~ size + family + case, ratios, min))
numbers <- c("hellinger", "d1", "d2")
ratios[numbers] <- lapply(ratios[numbers], as_float)
save_result("P1-inequality", list(ratios = ratios), seed, arguments)
