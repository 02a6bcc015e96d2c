pair <- function() {
  estimate <- moe_measure(
    c(0.1, 0, -0.5), c(1.9, 0, 0.3), c(1.4, -1.6, -1.3), c(2.1, -2, -1.8), c(0.3, 0.2, 0.01)
  )
  list(estimate = estimate, truth = truth_overlap()$measure)
}

integrate_distance <- function(estimate, truth, x, metric) {
  p <- function(y) dmoe(y, x, truth)
  q <- function(y) dmoe(y, x, estimate)
  f <- switch(metric,
    hellinger = function(y) (sqrt(p(y)) - sqrt(q(y)))^2 / 2,
    tv = function(y) abs(p(y) - q(y)) / 2,
    kl = function(y) ifelse(p(y) > 0, p(y) * (dmoe(y, x, truth, TRUE) - dmoe(y, x, estimate, TRUE)), 0)
  )
  # piece by piece: integrate() misses narrow peaks of a wide interval
  parts <- lapply(list(estimate, truth), function(m) cbind(as.vector(m$a * x) + m$b, sqrt(m$sigma2)))
  parts <- do.call(rbind, parts)
  breaks <- sort(unique(as.vector(outer(parts[, 2], -10:10) + parts[, 1])))
  value <- sum(vapply(seq_along(breaks)[-1], function(i) {
    stats::integrate(f, breaks[i - 1], breaks[i],
      rel.tol = 1e-10, abs.tol = 1e-14, subdivisions = 1000, stop.on.error = FALSE
    )$value
  }, 0))
  if (metric == "hellinger") sqrt(value) else value
}

test_that("density distances equal stats::integrate to 1e-6", {
  measures <- pair()
  for (metric in c("hellinger", "tv", "kl")) {
    for (x in c(-1.9, 0, 0.7)) {
      expect_equal(
        moe_distance(measures$estimate, measures$truth, x, metric),
        integrate_distance(measures$estimate, measures$truth, x, metric),
        tolerance = 1e-6
      )
    }
  }
})

test_that("two normal laws have their closed-form distances", {
  one <- function(b, sigma2) moe_measure(0, 0, 0, b, sigma2)
  p <- one(1, 4)
  q <- one(1.5, 1)
  expect_equal(moe_distance(q, p, 0, "kl"), log(1 / 2) + (4 + 0.25) / 2 - 0.5, tolerance = 1e-9)
  expect_equal(moe_distance(q, p, 0), sqrt(1 - sqrt(4 / 5) * exp(-0.25 / 20)), tolerance = 1e-9)
  expect_equal(moe_distance(one(1.5, 4), p, 0, "tv"), 2 * pnorm(0.125) - 1, tolerance = 1e-9)
  # far below one, far above it, and out of each other's sight
  expect_equal(moe_distance(one(1 + 1e-7, 4), p, 0, "kl"), 1e-14 / 8, tolerance = 1e-5)
  expect_equal(moe_distance(one(1e4, 4), one(0, 4), 0, "kl"), 1e8 / 8, tolerance = 1e-9)
  expect_equal(moe_distance(one(1e4, 4), one(0, 4), 0, "tv"), 1, tolerance = 1e-9)
})

test_that("distances vanish only between equal models, and see neither labels nor translations", {
  truth <- truth_overlap()
  same <- translate_gate(permute_experts(as_measure(truth), 2:1), 3, -2)
  for (metric in c("hellinger", "tv", "kl", "l2")) {
    expect_lt(moe_distance(same, truth, metric = metric), 1e-12)
    value <- moe_distance(pair()$estimate, truth, metric = metric)
    expect_gt(value, 1e-3)
    expect_equal(moe_distance(translate_gate(pair()$estimate, 5, 1), truth, metric = metric), value)
  }
})

test_that("inequalities between the distances hold", {
  for (seed in 1:10) {
    measures <- random_pair(2 * seed)
    x <- 0.3 * seed - 1
    of <- function(metric) moe_distance(measures$estimate, measures$truth, x, metric)
    expect_lte(of("hellinger")^2, of("tv"))
    expect_lte(of("tv"), sqrt(2) * of("hellinger"))
    expect_lte(2 * of("hellinger")^2, of("kl"))
  }
})

test_that("the average over a design is that of its quadrature rule, rows or draws", {
  measures <- pair()
  at <- function(x) vapply(x, function(x) moe_distance(measures$estimate, measures$truth, x), 0)
  of <- function(design, ...) moe_distance(measures$estimate, measures$truth, design, ...)
  expect_equal(of(design_uniform(-2, 2)), integrate(at, -2, 2, rel.tol = 1e-8)$value / 4, tolerance = 1e-6)
  normal <- integrate(function(x) at(x) * dnorm(x, 1, 0.5), -4, 6, rel.tol = 1e-8)$value
  expect_equal(of(design_normal(1, 0.5)), normal, tolerance = 1e-6)
  x <- c(-1, 0, 0.5)
  expect_equal(of(x), mean(at(x)))
  expect_equal(of(design_empirical(x)), mean(at(x)))
  expect_equal(of(data.frame(x = x)), mean(at(x)))
  expect_equal(of(design_grid(0, 1), nodes = 11), mean(at(seq(0, 1, 0.1))))
  expect_equal(of(design_uniform(-2, 2), nodes = 5), of(design_uniform(-2, 2)), tolerance = 0.2)
})

test_that("several covariates are averaged over drawn rows, governed by the seed", {
  truth <- withr::with_seed(1, random_truth(2, 3))
  estimate <- withr::with_seed(2, random_estimate(truth, 3, 0.1))
  of <- function(seed = NULL) moe_distance(estimate, truth, design_normal(0, 1, d = 3), nodes = 50, seed = seed)
  expect_identical(of(1), of(1))
  expect_false(identical(of(1), of(2)))
  expect_identical(withr::with_seed(1, of()), withr::with_seed(1, of()))
})

test_that("L2 compares regression functions, with or without variances", {
  measures <- lapply(pair(), function(m) {
    m["sigma2"] <- list(NULL)
    m
  })
  x <- seq(-2, 2, length.out = 50)
  expected <- sqrt(mean((regression(measures$estimate, x) - regression(measures$truth, x))^2))
  expect_equal(moe_distance(measures$estimate, measures$truth, x, "l2"), expected)
  expect_error(moe_distance(measures$estimate, measures$truth, x, "kl"), class = "moe_error_unsupported")
})

test_that("the Wasserstein distance is that of optimal transport", {
  skip_if_not_installed("lpSolve")
  of <- function(estimate, truth, r = 1) moe_distance(estimate, truth, metric = "wasserstein", r = r)
  line <- function(b, w) moe_measure(log(w), 0 * b, 0 * b, b, 0 * b + 1)
  # on a line: the quantile coupling
  estimate <- line(c(0, 1, 5), c(1, 1, 2))
  truth <- line(c(0, 4), c(1, 1))
  expect_equal(of(estimate, truth), 0.25 * 1 + 0.5 * 1)
  expect_equal(of(estimate, truth, 2), sqrt(0.25 * 1 + 0.5 * 1))
  measure <- withr::with_seed(1, random_truth(4, 2))
  expect_equal(of(permute_experts(measure, 4:1), measure), 0)
  expect_equal(of(translate_gate(measure, t0 = 3), measure), 0)
  # what a Voronoi loss divides out, it cannot see
  expect_equal(of(translate_gate(measure, t1 = 2), measure), sqrt(8))
  expect_lt(as.numeric(voronoi_loss(translate_gate(measure, t1 = 2), measure)), 1e-12)
})

test_that("Gauss rules are exact to their degree", {
  for (m in c(1, 2, 5, 20)) {
    degrees <- 0:min(2 * m - 1, 20)
    uniform <- gauss_rule(m, "uniform")
    moments <- vapply(degrees, function(n) sum(uniform$weight * uniform$x^n), 0)
    expect_equal(moments, ifelse(degrees %% 2 == 0, 1 / (degrees + 1), 0))
    normal <- gauss_rule(m, "normal")
    moments <- vapply(degrees, function(n) sum(normal$weight * normal$x^n), 0)
    double_factorial <- function(n) if (n < 2) 1 else prod(seq(n, 1, by = -2))
    exact <- vapply(degrees, function(n) if (n %% 2) 0 else double_factorial(n - 1), 0)
    expect_equal(moments / exact[pmax(1, 2 * (degrees %/% 2) + 1)], ifelse(degrees %% 2 == 0, 1, 0))
  }
})

test_that("bad input is a classed error", {
  truth <- truth_overlap()
  measure <- truth$measure
  two <- withr::with_seed(1, random_truth(2, 2))
  expect_snapshot(error = TRUE, {
    moe_distance(measure, measure)
    moe_distance(measure, truth, "uniform")
    moe_distance(measure, truth, design_uniform(0, 1, d = 2))
    moe_distance(measure, truth, c(0, NA))
    moe_distance(measure, truth, numeric(0))
    moe_distance(two, truth)
    moe_distance(measure, truth, metric = "l3")
    moe_distance(measure, truth, nodes = 0)
    moe_distance(measure, truth, metric = "wasserstein", r = 0.5)
    moe_distance(measure, truth, node = 5)
  })
  expect_error(moe_distance(measure, truth, c(0, Inf)), class = "moe_error_input")
})

test_that("the Wasserstein distance of parameters whose squares overflow", {
  skip_if_not_installed("lpSolve")
  u <- function(v) moe_measure(c(0, 0), c(1, -1), c(1, -1), c(0, 1), v)
  # all but the variance of one atom of weight 1/2 is nothing
  expect_equal(moe_distance(u(c(1e300, 1)), u(c(1, 1)), metric = "wasserstein"), 0.5e300, tolerance = 1e-9)
  expect_equal(moe_distance(u(c(1e300, 1)), u(c(1, 1)), metric = "wasserstein", r = 2), 1e300 * sqrt(0.5), tolerance = 1e-9)
})
