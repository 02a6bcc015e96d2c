set.seed(1)
measures <- list(
  one = random_measure(1, d = 1), two = random_measure(2, d = 2),
  five = random_measure(5, d = 3, variance = "shared"), constant = random_measure(3, d = 0),
  sharp = random_measure(3, d = 2, scale = 50)
)
covariates <- function(measure, n = 25) matrix(rnorm(n * ncol(measure$a)), n)

test_that("densities, probabilities and means equal the plain ones", {
  for (measure in measures) {
    x <- covariates(measure)
    y <- rnorm(nrow(x), sd = 3)
    expect_equal(dmoe(y, x, measure), ref_dmoe(y, x, measure), tolerance = 1e-12)
    expect_equal(pmoe(y, x, measure), ref_pmoe(y, x, measure), tolerance = 1e-12)
    expect_equal(regression(measure, x), ref_regression(measure, x), tolerance = 1e-12)
    expect_equal(dmoe(y, x, measure, log = TRUE), log(dmoe(y, x, measure)))
    expect_equal(pmoe(y, x, measure, lower.tail = FALSE), 1 - pmoe(y, x, measure))
  }
})

test_that("one expert is the normal distribution", {
  m <- moe_measure(3, 1, 2, 1, 4)
  q <- c(-Inf, -50, 0, 3, 80, Inf)
  expect_equal(dmoe(q, 1, m, log = TRUE), dnorm(q, 3, 2, log = TRUE))
  expect_equal(pmoe(q, 1, m, log.p = TRUE), pnorm(q, 3, 2, log.p = TRUE))
  p <- c(0, 1e-300, 0.2, 1 - 1e-12, 1)
  expect_equal(qmoe(p, 1, m), qnorm(p, 3, 2), tolerance = 1e-14)
  # not against qnorm(), which has eight digits here before R 4.3
  expect_equal(pnorm(qmoe(-1e4, 1, m, log.p = TRUE), 3, 2, log.p = TRUE), -1e4, tolerance = 1e-14)
})

test_that("densities integrate to one, to the probabilities and to the mean", {
  for (measure in measures) {
    x <- covariates(measure, 1)
    f <- function(y) dmoe(y, x, measure)
    range <- qmoe(c(1e-12, 1 - 1e-12), x, measure)
    knots <- sort(c(range, qmoe(c(0.01, 0.3, 0.5, 0.7, 0.99), x, measure)))
    area <- function(g) {
      sum(mapply(function(a, b) integrate(g, a, b, rel.tol = 1e-10)$value, head(knots, -1), knots[-1]))
    }
    expect_equal(area(f), 1, tolerance = 1e-8)
    expect_equal(area(function(y) y * f(y)), regression(measure, x), tolerance = 1e-7)
    part <- integrate(f, knots[3], knots[4], rel.tol = 1e-10)$value
    expect_equal(part, diff(pmoe(knots[3:4], x, measure)), tolerance = 1e-8)
  }
})

test_that("quantiles invert probabilities on all rows and in both tails", {
  for (measure in measures) {
    x <- covariates(measure, 200)
    p <- runif(200)
    y <- qmoe(p, x, measure)
    expect_equal(pmoe(y, x, measure), p, tolerance = 1e-13)
    # relative to the spread, so that a quantile near zero is not held to zero digits
    lp <- -10^runif(200, -3, 6)
    tail <- qmoe(lp, x, measure, log.p = TRUE)
    expect_equal(pmoe(tail, x, measure, log.p = TRUE), lp, tolerance = 1e-10)
    upper <- qmoe(lp, x, measure, lower.tail = FALSE, log.p = TRUE)
    expect_equal(pmoe(upper, x, measure, lower.tail = FALSE, log.p = TRUE), lp, tolerance = 1e-10)
    expect_equal(qmoe(p, x, measure, lower.tail = FALSE), qmoe(1 - p, x, measure), tolerance = 1e-10)
  }
})

test_that("quantiles equal uniroot() to ten digits", {
  measure <- measures$five
  x <- covariates(measure, 20)
  p <- seq(0.01, 0.99, length.out = 20)
  slow <- vapply(1:20, function(i) {
    f <- function(y) ref_pmoe(y, x[i, , drop = FALSE], measure) - p[i]
    uniroot(f, c(-50, 50), tol = 1e-14)$root
  }, numeric(1))
  expect_equal(qmoe(p, x, measure), slow, tolerance = 1e-10)
})

test_that("quantiles of separated, tiny and huge components are found", {
  apart <- moe_measure(c(0, 0), NULL, NULL, c(-1e6, 1e6), c(1e-6, 1e-6))
  p <- c(0.1, 0.49, 0.51, 0.9)
  expect_equal(pmoe(qmoe(p, NULL, apart), NULL, apart), p, tolerance = 1e-7)
  # the median is anywhere in the gap, where the distribution function is flat
  expect_equal(pmoe(qmoe(0.5, NULL, apart), NULL, apart), 0.5, tolerance = 1e-12)
  scales <- moe_measure(c(0, 0), NULL, NULL, c(0, 0), c(1e-20, 1e20))
  expect_equal(pmoe(qmoe(p, NULL, scales), NULL, scales), p, tolerance = 1e-12)
  unlikely <- moe_measure(c(0, -700), NULL, NULL, c(0, 1e8), c(1, 1))
  expect_equal(qmoe(p, NULL, unlikely), qnorm(p), tolerance = 1e-12)
})

test_that("the far tails are right", {
  measure <- moe_measure(c(0, 0), NULL, NULL, c(-1, 1), c(1, 4))
  # far out the wider expert is all that is left
  expect_equal(dmoe(1e6, NULL, measure, log = TRUE), log(0.5) + dnorm(1e6, 1, 2, log = TRUE))
  upper <- pmoe(1e4, NULL, measure, lower.tail = FALSE, log.p = TRUE)
  expect_equal(upper, log(0.5) + pnorm(1e4, 1, 2, lower.tail = FALSE, log.p = TRUE))
  # a gate weight below the smallest double still counts where the other expert is further below
  gate <- moe_measure(c(-800, 0), NULL, NULL, c(100, 0), c(1, 1))
  expect_equal(dmoe(100, NULL, gate, log = TRUE), -800 + dnorm(0, log = TRUE))
  expect_identical(dmoe(c(-Inf, Inf), NULL, measure), c(0, 0))
  expect_identical(pmoe(c(-Inf, Inf), NULL, measure), c(0, 1))
  expect_identical(qmoe(0:1, NULL, measure), c(-Inf, Inf))
  expect_identical(qmoe(c(-Inf, 0), NULL, measure, log.p = TRUE), c(-Inf, Inf))
})

test_that("arguments recycle as in dnorm()", {
  measure <- truth_overlap()$measure
  x <- c(-1, 0, 1)
  expect_identical(dmoe(0, x, measure), dmoe(c(0, 0, 0), x, measure))
  expect_identical(dmoe(c(0, 1, 2), 1, measure), dmoe(c(0, 1, 2), c(1, 1, 1), measure))
  expect_identical(dmoe(1:6, x, measure), dmoe(1:6, c(x, x), measure))
  expect_identical(dmoe(1, x, measure, z = 0), dmoe(1, x, measure, z = c(0, 0, 0)))
  expect_identical(qmoe(c(0.1, 0.9), 1, measure), qmoe(c(0.1, 0.9), c(1, 1), measure))
  none <- numeric(0)
  for (f in list(dmoe, pmoe, qmoe)) {
    expect_identical(f(none, 1, measure), none)
    expect_identical(f(0.5, none, measure), none)
    expect_identical(f(none, none, measure), none)
  }
  expect_identical(regression(measure, none), none)
})

test_that("missing values give missing values", {
  measure <- truth_overlap()$measure
  expect_identical(is.na(dmoe(c(0, NA, 0), c(0, 0, NaN), measure)), c(FALSE, TRUE, TRUE))
  expect_identical(is.na(pmoe(0, c(0, NA), measure)), c(FALSE, TRUE))
  expect_identical(is.na(qmoe(c(0.5, NA, 0, 0.5), c(0, 0, NA, NA), measure)), c(FALSE, TRUE, TRUE, TRUE))
  expect_identical(is.na(regression(measure, NA)), TRUE)
  expect_identical(is.na(dmoe(NA, 0, measure)), TRUE)
  expect_identical(is.na(dmoe(0, 0:1, measure, z = c(NA, 1))), c(TRUE, FALSE))
})

test_that("covariates are found by name in data frames and named matrices", {
  measure <- moe_measure(
    beta0 = c(1, 0), beta1 = cbind(age = c(0.1, 0)), a = cbind(dose = c(1, 2), age = c(0, 1)),
    b = c(0, 1), sigma2 = c(1, 1)
  )
  data <- data.frame(age = c(3, 4), other = "a", dose = c(1, 2))
  positional <- dmoe(0, cbind(data$dose, data$age), measure, z = data$age)
  expect_identical(dmoe(0, data, measure), positional)
  expect_identical(dmoe(0, as.matrix(data[c("age", "dose")]), measure), positional)
  expect_identical(regression(measure, data), regression(measure, data, z = data$age))
})

test_that("wrong calls are refused by name", {
  measure <- truth_overlap()$measure
  two <- moe_measure(c(0, 0), matrix(0, 2, 2), matrix(0, 2, 2), c(0, 0), c(1, 1))
  expect_snapshot(error = TRUE, {
    dmoe("a", 1, measure)
    dmoe(1, "a", measure)
    dmoe(1, Inf, measure)
    dmoe(1, cbind(1, 2), measure)
    dmoe(1, c(1, 2), two)
    dmoe(1, data.frame(u = 1), measure)
    dmoe(1, 1, "measure")
    dmoe(1, 1, measure, log = NA)
    dmoe(1, cbind(1, 2), two, z = 1)
    pmoe(1, 1, measure, lower.tail = 2)
    qmoe(c(0.1, 2), 1, measure)
    qmoe(1, 1, measure, log.p = TRUE)
    dmoe(1, 1, moe_measure(1, 1, 1, 1))
  })
  expect_moe_error(pmoe(1, 1, moe_measure(1, 1, 1, 1)), "unsupported")
  expect_moe_error(qmoe(1, 1, moe_measure(1, 1, 1, 1)), "unsupported")
  expect_identical(regression(moe_measure(1, 1, 1, 1), 2), 3)
})

test_that("quantiles of experts whose standard deviations differ by more than the range of a single bisection", {
  for (ratio in c(1e40, 1e80, 1e150)) {
    m <- moe_measure(c(0, 0), c(0, 0), c(0, 0), c(0, 0), c(1 / ratio, ratio))
    p <- c(0.2, 0.3, 0.4, 0.6, 0.9)
    expect_equal(pmoe(qmoe(p, 0, m), 0, m), p, tolerance = 1e-9, info = ratio)
  }
  m <- moe_measure(c(0, 0), c(0, 0), c(0, 0), c(0, 0), c(1e-160, 1e160))
  # the wide expert has passed half of its rows, the narrow one a tenth
  expect_equal(qmoe(0.3, 0, m), 1e-80 * qnorm(0.1), tolerance = 1e-9)
})

test_that("all of the mass is exactly one", {
  m <- moe_measure(c(0.1, 0.2, 0.7), 1:3, 1:3, 1:3, 1:3)
  for (x in c(-1, 0, 0.3)) {
    expect_identical(pmoe(c(Inf, -Inf), x, m), c(1, 0))
    expect_identical(pmoe(c(Inf, -Inf), x, m, lower.tail = FALSE), c(0, 1))
  }
  expect_identical(pmoe(c(NA, Inf), c(0, NA), m), c(NA_real_, NA_real_))
})
