# The core as R sees it: objective, scores, components and rank, against plain R and numDeriv

mean_loglik <- function(theta, data, w = data$w) {
  measure <- theta_measure(theta, data$spec, data$measure$expert, data$measure$gate, colnames(data$measure$a),
    colnames(data$measure$beta1))
  sum(w * log(ref_dmoe(data$y, data$x, measure, data$z))) / sum(w)
}

evaluate <- function(data, theta = measure_theta(data$measure), order = 2, complete = FALSE, threads = 1, w = data$w) {
  objective_cpp(theta, data$y, data$x, data$z, w, data$spec, order, complete, threads)
}

random_models <- function() {
  grid <- expand.grid(k = 1:5, d = 0:6)
  grid$variance <- c("free", "shared")[(grid$k + grid$d) %% 2 + 1]
  grid$same <- (grid$k + grid$d) %% 3 != 0
  grid$p <- ifelse(grid$same, grid$d, (grid$d + 2) %% 4)
  if (test_level == "quick") grid <- grid[c(1, 3, 7, 13, 16, 24, 30), ]
  split(grid, seq_len(nrow(grid)))
}

for_random_models <- function(n, law) {
  withr::local_seed(1)
  for (m in random_models()) law(random_data(n, m$k, m$d, m$p, m$same, m$variance), paste(names(m), m, collapse = " "))
}

test_that("the value is that of plain R", {
  for_random_models(40, function(data, info) {
    theta <- measure_theta(data$measure)
    expect_equal(evaluate(data)$value, mean_loglik(theta, data), tolerance = 1e-12, info = info)
    expect_equal(evaluate(data, w = NULL)$value, mean_loglik(theta, data, rep(1, 40)), tolerance = 1e-12, info = info)
  })
})

test_that("gradient and Hessian are finite differences", {
  skip_if_not_installed("numDeriv")
  for_random_models(12, function(data, info) {
    theta <- measure_theta(data$measure)
    found <- evaluate(data)
    expect_equal(found$gradient, numDeriv::grad(mean_loglik, theta, data = data), tolerance = 1e-7, info = info)
    gradient <- function(theta) evaluate(data, theta, 1)$gradient
    expect_equal(found$hessian, numDeriv::jacobian(gradient, theta), tolerance = 1e-7, info = info)
    expect_equal(found$hessian, t(found$hessian), tolerance = 1e-14, info = info)
  })
})

test_that("the complete-data Hessian is that of the Q-function", {
  skip_if_not_installed("numDeriv")
  for_random_models(12, function(data, info) {
    theta <- measure_theta(data$measure)
    joint <- function(theta) {
      measure <- theta_measure(theta, data$spec, data$measure$expert, data$measure$gate, NULL, NULL)
      parts <- ref_components(measure, data$x, data$z)
      parts$log_gate + dnorm(data$y, parts$mean, sqrt(parts$variance), log = TRUE)
    }
    tau <- exp(joint(theta))
    tau <- tau / rowSums(tau)
    q <- function(theta) sum(data$w * tau * joint(theta)) / sum(data$w)
    # its curvature along three directions
    for (i in 1:3) {
      direction <- rnorm(length(theta)) / sqrt(length(theta))
      along <- numDeriv::hessian(function(t) q(theta + (t - 1) * direction), 1)
      found <- evaluate(data, complete = TRUE)$hessian
      expect_equal(drop(direction %*% found %*% direction), drop(along), tolerance = 1e-6, info = info)
    }
  })
})

test_that("blocks add up: n at and around all block sizes", {
  withr::local_seed(2)
  data <- random_data(193 * 3, 3, 2)
  theta <- measure_theta(data$measure)
  log_density <- log(ref_dmoe(data$y, data$x, data$measure))
  scores <- scores_cpp(theta, data$y, data$x, data$z, data$spec)
  for (n in c(1, 2, 31:33, 63:65, 127:129, 190:194, 383:386, 575:577)) {
    first <- seq_len(n)
    part <- data
    part[c("y", "w")] <- lapply(data[c("y", "w")], `[`, first)
    part[c("x", "z")] <- lapply(data[c("x", "z")], function(m) m[first, , drop = FALSE])
    found <- evaluate(part)
    w <- part$w / sum(part$w)
    expect_equal(found$value, sum(w * log_density[first]), tolerance = 1e-12, info = n)
    expect_equal(found$gradient, drop(crossprod(scores[first, , drop = FALSE], w)), tolerance = 1e-10, info = n)
  }
})

test_that("scores are the gradients of single rows", {
  skip_if_not_installed("numDeriv")
  withr::local_seed(3)
  data <- random_data(25, 3, 2, 1)
  theta <- measure_theta(data$measure)
  scores <- scores_cpp(theta, data$y, data$x, data$z, data$spec)
  one_row <- function(theta, row) {
    measure <- theta_measure(theta, data$spec, data$measure$expert, data$measure$gate, NULL, NULL)
    log(ref_dmoe(data$y[row], data$x[row, , drop = FALSE], measure, data$z[row, , drop = FALSE]))
  }
  for (row in c(1, 12, 25)) {
    expect_equal(scores[row, ], numDeriv::grad(one_row, theta, row = row), tolerance = 1e-7)
  }
  expect_equal(colMeans(scores), evaluate(data, w = NULL)$gradient, tolerance = 1e-12)
})

test_that("the score has mean zero at the truth", {
  withr::local_seed(4)
  data <- random_data(20000, 2, 1)
  scores <- scores_cpp(measure_theta(data$measure), data$y, data$x, data$z, data$spec)
  z <- colMeans(scores) / (apply(scores, 2, sd) / sqrt(nrow(scores)))
  expect_lt(max(abs(z)), 4.5)
})

test_that("1, 2 and 3 threads give identical bits", {
  withr::local_seed(5)
  for (n in c(100, 30000)) {
    data <- random_data(n, 3, 2)
    one <- evaluate(data)
    for (threads in 2:3) expect_identical(evaluate(data, threads = threads), one)
  }
})

test_that("components are those of plain R, with rows of NA kept", {
  for_random_models(30, function(data, info) {
    found <- components(data$measure, data$x, data$z)
    wanted <- ref_components(data$measure, data$x, data$z)
    for (part in names(wanted)) expect_equal(found[[part]], wanted[[part]], tolerance = 1e-12, info = info)
  })
  measure <- random_measure(3, 2)
  x <- rbind(c(1, 2), c(NA, 1), c(0, 1))
  found <- components(measure, x)
  expect_true(all(is.na(found$mean[2, ])) && all(is.na(found$log_gate[2, ])))
  expect_equal(found$mean[-2, ], components(measure, x[-2, ])$mean)
})

test_that("log gate probabilities stay finite far out", {
  measure <- moe_measure(c(1, 2, 0), c(1e4, -1e4, 0), 1:3, 1:3, 1:3)
  parts <- components(measure, cbind(c(-1e3, 0, 1e3)))
  expect_true(all(is.finite(parts$log_gate)))
  expect_equal(rowSums(exp(parts$log_gate)), rep(1, 3))
})

test_that("theta and measure are one another", {
  for_random_models(3, function(data, info) {
    theta <- measure_theta(data$measure)
    back <- theta_measure(theta, data$spec, data$measure$expert, data$measure$gate, colnames(data$measure$a),
      colnames(data$measure$beta1))
    expect_equal(measure_theta(back), theta, tolerance = 1e-14, info = info)
    expect_equal(back$a, data$measure$a, info = info)
    expect_equal(ref_components(back, data$x, data$z), ref_components(data$measure, data$x, data$z), info = info)
  })
})

test_that("the triangle has the rank and the Gram matrix of the standardised design", {
  withr::local_seed(6)
  for (n in c(3, 4, 255, 256, 257, 600)) {
    x <- (matrix(rnorm(3 * n), n) + 5) * rep(c(1, 1e6, 1e-8), each = n)
    found <- triangle_cpp(x, 1)
    z <- cbind(1, sweep(sweep(x, 2, colMeans(x)), 2, sqrt(colMeans(sweep(x, 2, colMeans(x))^2)), `/`))
    expect_equal(crossprod(found), crossprod(z), tolerance = 1e-9, info = n)
  }
})

test_that("the triangle of columns that are nearly dependent has the accuracy of a QR decomposition", {
  withr::local_seed(7)
  u <- rnorm(600)
  for (noise in c(1e-1, 1e-3, 1e-6)) {
    x <- cbind(u, u + noise * rnorm(600))
    z <- cbind(1, scale(x) * sqrt(600 / 599))
    # a Gram matrix leaves four digits at a noise of 1e-6
    expect_equal(abs(diag(triangle_cpp(x, 1))), abs(diag(qr.R(qr(z)))), tolerance = 1e-8, info = noise)
    expect_identical(independent_columns(x, 1), 1:2)
  }
  expect_identical(independent_columns(cbind(u, 2 * u - 3, 0.1), 1), 1L)
})

test_that("ranges of columns tell where one is not finite", {
  x <- cbind(c(3, -1, 2), c(1, NA, 2), c(Inf, 0, 1), c(-Inf, Inf, 0), c(NaN, 1, 1), 1e308)
  expect_identical(ranges_cpp(x, 3), cbind(c(-1, 3), NaN, NaN, NaN, NaN, 1e308))
  expect_identical(dim(ranges_cpp(matrix(0, 3, 0), 3)), c(2L, 0L))
})
