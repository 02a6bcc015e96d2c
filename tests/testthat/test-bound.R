# Bounds on coefficients -------------------------------------------------------------------------------------

# Covariates of mean zero and variance one: the coordinates of the bound are those of the data
standard_data <- function(n = 400) {
  x <- qnorm((seq_len(n) - 0.5) / n)
  x <- x / sqrt(mean(x^2))
  data.frame(x = x, y = tanh(2.5 * x - 0.5) + 0.1 * cos(7 * seq_len(n)))
}

test_that("a bounded fit is the optimum within the bounds", {
  data <- standard_data()
  fit <- function(bound) {
    quiet_moe(y ~ x | 1, data, 1, expert = expert_tanh(), method = "lse", control = moe_control(seed = 1, bound = bound))
  }
  free <- fit(Inf)
  expect_gt(max(abs(coef(free))), 2)
  bounded <- fit(1.5)
  peer <- nls(y ~ tanh(a * x + b), data, list(a = 1, b = 0), algorithm = "port", upper = c(1.5, 1.5), lower = c(-1.5, -1.5))
  expect_identical(bounded$status, "boundary")
  expect_true(bounded$converged)
  expect_equal(unname(coef(bounded)), unname(coef(peer)[c("b", "a")]), tolerance = 1e-6)
  expect_equal(deviance(bounded), deviance(peer), tolerance = 1e-9)
  expect_gt(deviance(bounded), deviance(free))
  # a bound that does not bind changes nothing
  expect_identical(coef(fit(50)), coef(free))
  expect_identical(fit(50)$status, "converged")
})

test_that("no coefficient is beyond its bound, whatever the likelihood", {
  data <- standard_data()
  for (method in c("mle", "lse")) {
    fit <- quiet_moe(y ~ x, data, 3, expert = expert_tanh(), method = method, control = moe_control(seed = 1, starts = 20, bound = 2))
    expect_identical(fit$status, "boundary")
    expect_lte(max(abs(coef(fit)[coef_parts(fit$measure)$part != "variance"])), 2 * (1 + 1e-12))
  }
  # slopes on other scales
  wide <- transform(data, x = 100 * x + 7)
  scaled <- quiet_moe(y ~ x, wide, 3, expert = expert_tanh(), method = "lse", control = moe_control(seed = 1, starts = 20, bound = 2))
  expect_equal(deviance(scaled), deviance(fit), tolerance = 1e-6)
  expect_equal(max(abs(coef(scaled)[grepl(":x", names(coef(scaled)))])), 2 / 100, tolerance = 1e-6)
})

test_that("a fit on the bound says so, and its other coefficients have standard errors", {
  data <- standard_data()
  expect_warning(
    fit <- moe(y ~ x, data, 2,
      expert = expert_tanh(), method = "lse", control = moe_control(seed = 1, starts = 20, bound = 4, progress = FALSE)
    ),
    class = "moe_warning_boundary"
  )
  expect_output(print(fit), "on the bound")
  expect_warning(v <- vcov(fit), class = "moe_warning_boundary")
  none <- is.na(diag(v))
  held <- abs(coef(fit)) >= 4 * (1 - 1e-9)
  expect_true(any(held))
  expect_false(all(none))
  expect_true(all(none[held]))
  expect_true(all(diag(v)[!none] > 0))
})

test_that("bounds are positive numbers, and not for EM", {
  for (value in list("a", NA, c(1, 2), -1, 0, NaN, list())) {
    expect_moe_error(moe_control(bound = value), "input", "bound")
  }
  expect_moe_error(moe_control("em", bound = 3), "unsupported", "bound")
  expect_identical(moe_control("em")$bound, Inf)
  expect_moe_error(
    moe_study(truth_lambda(), 2, 100, 1, protocol = "published", control = moe_control(bound = 3)), "unsupported", "bound"
  )
})

test_that("least squares from a given start ends at the optimum that nls() finds there", {
  data <- rmoe(20000, tanh_pair(), design_uniform(-3, 3), noise = 0.1, seed = 5)
  near <- moe_measure(c(0.2, 0), c(2, 0), a = c(1.8, -1.4), b = c(1.1, -0.9), expert = expert_tanh())
  peer <- nls(
    y ~ tanh(a2 * x + b2) + (tanh(a1 * x + b1) - tanh(a2 * x + b2)) / (1 + exp(-u - v * x)), data,
    list(a1 = 1.8, b1 = 1.1, a2 = -1.4, b2 = -0.9, u = 0.2, v = 2)
  )
  for (seed in 1:5) {
    fit <- moe(y ~ x, data, 2, expert = expert_tanh(), method = "lse", start = near, control = moe_control(seed = seed))
    expect_equal(deviance(fit), deviance(peer), tolerance = 1e-9)
  }
})

test_that("without subsamples every start ends at an optimum of all rows", {
  data <- standard_data(5000)
  fit <- function(...) {
    quiet_moe(y ~ x, data, 2, expert = expert_tanh(), method = "lse", control = moe_control(seed = 1, starts = 10, ...))
  }
  expect_same_fit(fit(subsample = TRUE), fit())
  expect_false(identical(fit(subsample = FALSE)$starts$value, fit()$starts$value))
  near <- lapply(1:4, function(i) moe_measure(c(0.1 * i, 0), c(1, 0), a = c(2, 3), b = c(0, -i / 4), expert = expert_tanh()))
  given <- quiet_moe(y ~ x, data, 2, expert = expert_tanh(), method = "lse", start = near)
  ended <- is_optimum_word(given$starts$status)
  expect_true(any(ended))
  expect_true(all(given$starts$gradient[ended] <= 1e-8))
  # values on samples would be of fewer rows: on all of them none is above the best
  expect_lte(max(given$starts$value), -deviance(given) / 2 * (1 - 1e-9))
  for (value in list("a", NA, 1, c(TRUE, FALSE))) expect_moe_error(moe_control(subsample = value), "input", "subsample")
})
