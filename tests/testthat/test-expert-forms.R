# Largest difference of the means of two measures over random rows
mean_gap <- function(one, other, d) {
  gaps <- replicate(5, {
    x <- stats::setNames(rnorm(d), expert_covariates(one))
    max(vapply(seq_along(one$beta0), function(i) abs(ref_mean(one, i, x) - ref_mean(other, i, x)), 0))
  })
  max(gaps)
}

test_that("all forms have one canonical form, which is the same function and its own canonical form", {
  set.seed(1)
  for (expert in all_experts()) {
    for (repeats in seq_len(at_level(6, 20))) {
      d <- if (kind_of(expert)$covariates) repeats %% 3 else 0
      measure <- random_experts(expert, 2, d, p = 1)
      form <- canonical(measure)
      info <- paste(expert_label(expert), d)
      expect_lt(mean_gap(measure, form, d), 1e-12)
      other <- random_forms(measure)
      expect_lt(mean_gap(measure, other, d), 1e-12)
      expect_equal(canonical(other), form, tolerance = 1e-12, info = info)
      expect_identical(canonical(form), form, info = info)
    }
  }
})

test_that("canonical units are those of the table in the documentation", {
  set.seed(2)
  for (expert in with_units()) {
    eta <- canonical(random_forms(random_experts(expert, 3, 2)))$eta
    hidden <- seq_len(expert$hidden)
    v <- eta[, paste0("v", hidden), drop = FALSE]
    first <- eta[, paste0("W", hidden, ".x1"), drop = FALSE]
    if (expert$activation %in% c("tanh", "sine", "sigmoid")) expect_true(all(v > 0))
    if (expert$activation == "relu") expect_equal(abs(v), v / v, ignore_attr = TRUE)
    if (expert$activation == "sine") expect_true(all(abs(eta[, paste0("c", hidden)]) <= pi) && all(first > 0))
    expect_true(all(apply(first, 1, Negate(is.unsorted))))
  }
  polynomial <- canonical(moe_measure(1:2, 1:2, rbind(c(-1, 2), c(0, 1)), c(3, -2), expert = expert_polynomial(2)))
  expect_identical(unname(cbind(polynomial$a, polynomial$b)), rbind(c(1, -2, -3), c(0, 1, -2)))
  sine <- canonical(moe_measure(0, 1, -2, 1, expert = expert_sine()))
  expect_equal(c(sine$a, sine$b), c(2, pi - 1))
})

test_that("units that do nothing are no trouble", {
  for (expert in with_units()) {
    zero <- moe_measure(0, 1, eta = matrix(0, 1, expert$hidden * 3 + 1), expert = expert)
    expect_identical(canonical(zero)$eta, zero$eta)
    expect_equal(as.numeric(voronoi_loss(zero, zero, "d1_lse")), 0)
  }
})

# The least distance of two vectors of parameters over every form of the first: all permutations and signs, periods
# within two turns
brute_distance <- function(eta, target, expert) {
  hidden <- expert$hidden
  unit <- function(eta, j) eta[grep(sprintf("^(c%d|W%d[.].*|v%d)$", j, j, j), names(eta))]
  flips <- function(u) {
    n <- length(u)
    if (expert$activation == "tanh") return(list(u, -u))
    if (expert$activation != "sine") return(list(u))
    do.call(c, lapply(-4:4, function(m) {
      turned <- u + c(pi * m, rep(0, n - 1))
      turned[n] <- u[n] * (-1)^m
      other <- c(pi * m - u[1], -u[-1])
      other[n] <- -u[n] * (-1)^m
      list(turned, other)
    }))
  }
  cost <- outer(seq_len(hidden), seq_len(hidden), Vectorize(function(j, l) {
    min(vapply(flips(unit(eta, j)), function(u) sum((u - unit(target, l))^2), 0))
  }))
  totals <- vapply(orders(hidden), function(o) sum(cost[cbind(o, seq_len(hidden))]), 0)
  sqrt(min(totals) + (eta[["u"]] - target[["u"]])^2)
}

test_that("the nearest form is the one that an enumeration finds, and has the same mean", {
  set.seed(3)
  for (expert in list(
    expert_feedforward(1, "tanh"), expert_feedforward(2, "gelu"), expert_feedforward(3, "tanh"),
    expert_feedforward(2, "sine"), expert_feedforward(4, "softplus")
  )) {
    for (repeats in 1:10) {
      pair <- canonical(random_experts(expert, 2, 1 + repeats %% 2))
      near <- nearest_forms(pair$eta[1, , drop = FALSE], pair$eta[2, , drop = FALSE], expert)
      distance <- sqrt(sum((near - pair$eta[2, ])^2))
      expect_equal(distance, brute_distance(pair$eta[1, ], pair$eta[2, ], expert), info = expert_label(expert))
      moved <- pair
      moved$eta[1, ] <- near
      expect_lt(mean_gap(pair, moved, length(expert_covariates(pair))), 1e-12)
    }
  }
})

test_that("where the canonical form jumps, the nearest form does not", {
  near <- function(eta, truth, expert) {
    forms <- nearest_forms(canonical_forms(eta, expert), canonical_forms(truth, expert), expert)
    sqrt(sum((forms - canonical_forms(truth, expert))^2))
  }
  # equal first weights: the order of the units is decided by the error
  tied <- expert_feedforward(5, "tanh")
  eta <- rbind(c(rbind(c(-2, -1, 0, 1, 2), 1), 1:5, 0))
  error <- 1e-6 * withr::with_seed(1, rnorm(length(eta)))
  expect_equal(near(eta + error, eta, tied), sqrt(sum(error^2)), tolerance = 1e-6)
  # a slope of zero decides the sign, a phase of pi the period
  expect_equal(near(rbind(c(1, -1e-6, 2)), rbind(c(1, 1e-6, 2)), expert_polynomial(2)), 2e-6)
  expect_equal(near(rbind(c(pi + 1e-6, 2)), rbind(c(pi - 1e-6, 2)), expert_sine()), 2e-6, tolerance = 1e-6)
})

test_that("losses do not depend on the form of either side, and vanish at equal functions", {
  set.seed(4)
  for (expert in all_experts()) {
    if (!symmetries(expert)$any) next
    d <- sample(2, 1)
    truth <- random_experts(expert, 2, d, variance = FALSE)
    estimate <- random_experts(expert, 3, d, variance = FALSE)
    for (loss in c("d1_lse", "dr")) {
      r <- if (loss == "dr") 1.5
      value <- as.numeric(voronoi_loss(estimate, truth, loss, r))
      other <- as.numeric(voronoi_loss(random_forms(estimate), random_forms(truth), loss, r))
      expect_equal(other, value, tolerance = 1e-8, info = expert_label(expert))
    }
    same <- as.numeric(voronoi_loss(random_forms(truth), permute_experts(random_forms(truth), 2:1), "d1_lse"))
    expect_lt(same, 1e-12)
  }
})

test_that("with variances d1 compares them too; d2 and dfra are for linear experts", {
  set.seed(6)
  for (expert in c(all_experts(), all_experts("shared"))) {
    d <- if (kind_of(expert)$covariates) 1 else 0
    truth <- random_experts(expert, 2, d)
    far <- truth
    far$sigma2 <- far$sigma2 + 0.1
    weight <- sum(exp(canonical(truth)$beta0))
    expect_equal(as.numeric(voronoi_loss(far, truth, "d1")), 0.1 * weight, tolerance = 1e-6)
    expect_lt(as.numeric(voronoi_loss(random_forms(truth), truth, "d1")), 1e-12)
    if (expert$name == "linear") next
    for (loss in c("d2", "dfra")) expect_moe_error(voronoi_loss(truth, truth, loss), "unsupported")
  }
  expect_snapshot(error = TRUE, {
    voronoi_loss(far, far, "d2")
    voronoi_loss(far, random_experts(expert_feedforward(2, "tanh"), 2, 1), "d1")
  })
})

test_that("optimal transport uses the nearest forms", {
  skip_if_not_installed("lpSolve")
  set.seed(7)
  for (expert in with_units()) {
    truth <- random_experts(expert, 2, 1, variance = FALSE)
    expect_lt(moe_distance(random_forms(truth), random_forms(truth), metric = "wasserstein"), 1e-6)
  }
})

test_that("with one expert the loss is the distance of the nearest form", {
  set.seed(5)
  for (expert in list(expert_feedforward(2, "tanh"), expert_feedforward(3, "gelu"), expert_feedforward(2, "sine"))) {
    truth <- random_experts(expert, 1, 1, variance = FALSE)
    estimate <- random_forms(truth)
    estimate$eta[] <- estimate$eta + 0.05 * rnorm(length(estimate$eta))
    expected <- brute_distance(canonical(estimate)$eta[1, ], canonical(truth)$eta[1, ], expert)
    expect_equal(as.numeric(voronoi_loss(estimate, truth, "d1_lse")), exp(canonical(truth)$beta0) * expected)
  }
})
