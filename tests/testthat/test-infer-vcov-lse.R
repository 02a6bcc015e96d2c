# Gradient of f by finite differences of the plain R formula
numeric_gradient <- function(fit, x, z) {
  numDeriv::jacobian(function(theta) ref_regression_at(theta, fit, x, z), coef(fit))
}

test_that("the gradient of f is that of plain R, for every expert", {
  skip_if_not_installed("numDeriv")
  withr::local_seed(4)
  for (expert in all_experts()) {
    for (d in if (test_level == "quick") 2 else 1:2) {
      measure <- random_experts(expert, 3, d, variance = FALSE)
      covariates <- expert_covariates(measure)
      x <- matrix(rnorm(7 * length(covariates)), 7, dimnames = list(NULL, covariates))
      z <- matrix(rnorm(7 * d), 7)
      slope <- regression_gradient(measure, x, z)
      fit <- structure(list(measure = canonical_gate(measure)), class = "moe")
      expect_equal(slope$f, ref_regression(measure, x, z), tolerance = 1e-12)
      expect_equal(slope$gradient, numeric_gradient(fit, x, z), tolerance = 1e-6, info = expert_label(expert))
    }
  }
})

test_that("covariance matrices are those of the formulas", {
  skip_if_not_installed("numDeriv")
  for (name in c("tanh", if (test_level != "quick") "linear")) {
    fit <- the_lse(name)
    x <- fit_x(fit)
    y <- fit_y(fit)
    unit <- sqrt(diag(vcov(fit, "expected")))
    # in units of standard errors
    gradient <- sweep(numeric_gradient(fit, x, x), 2, unit, `*`)
    rss <- function(u) sum((y - ref_regression_at(coef(fit) + unit * u, fit, x, x))^2) / 2
    hessian <- numDeriv::hessian(rss, 0 * unit, method.args = list(eps = 0.02))
    residual <- y - ref_regression(fit$measure, x)
    n <- length(y)
    p <- length(unit)
    s2 <- sum(residual^2) / (n - p)
    in_units <- function(v) unname(v / outer(unit, unit))
    expect_equal(in_units(vcov(fit, "expected")), s2 * solve(crossprod(gradient)), tolerance = 1e-5)
    expect_equal(in_units(vcov(fit, "observed")), s2 * solve(hessian), tolerance = 1e-4)
    sandwich <- solve(hessian) %*% crossprod(residual * gradient) %*% solve(hessian)
    expect_equal(in_units(vcov(fit)), sandwich * n / (n - p), tolerance = 1e-4)
    expect_equal(vcov(fit, adjust = FALSE), vcov(fit) * (n - p) / n)
  }
})

test_that("the sandwich package gives the sandwich, and that of lm() for one linear expert", {
  skip_if_not_installed("sandwich")
  fit <- the_lse("tanh")
  expect_equal(sandwich::sandwich(fit), vcov(fit, adjust = FALSE), tolerance = 1e-8)
  one <- the_lse("one")
  expect_equal(vcov(one, adjust = FALSE), sandwich::sandwich(lm(y ~ x + f, the_data())), ignore_attr = TRUE, tolerance = 1e-7)
  # one row of scores per row of the data, with its weight
  w <- rep(1:2, 150)
  weighted <- update(one, weights = w)
  line <- lm(y ~ x + f, the_data(), weights = w)
  expect_equal(sandwich::sandwich(weighted), sandwich::sandwich(line), ignore_attr = TRUE, tolerance = 1e-7)
})

test_that("intervals are those of the t distribution, bands those of the delta method", {
  skip_if_not_installed("numDeriv")
  fit <- the_lse("tanh")
  reach <- qt(0.95, df.residual(fit))
  expect_equal(confint(fit, level = 0.9)[, 2], coef(fit) + reach * sqrt(diag(vcov(fit))))
  expect_identical(confint(fit, 2), confint(fit)[2, , drop = FALSE])
  expect_equal(tidy(fit, conf.int = TRUE)$conf.low, unname(confint(fit)[, 1]))
  x <- cbind(x = c(-2, 0, 1.3))
  gradient <- numeric_gradient(fit, x, x)
  variance <- rowSums((gradient %*% vcov(fit)) * gradient)
  f <- ref_regression(fit$measure, x)
  for (interval in c("confidence", "prediction")) {
    error <- sqrt(variance + if (interval == "prediction") sigma(fit)^2 else 0)
    expected <- cbind(fit = f, lwr = f - reach * error, upr = f + reach * error)
    got <- predict(fit, data.frame(x = c(-2, 0, 1.3)), "interval", level = 0.9, interval = interval)
    expect_equal(unname(got), unname(expected), tolerance = 1e-6)
  }
  expect_true(all(is.na(predict(fit, data.frame(x = c(NA, 1)), "interval")[1, ])))
  table <- augment(fit, interval = "confidence")
  expect_equal(table$.lower, unname(predict(fit, type = "interval")[, "lwr"]))
})

test_that("lines under a constant gate are one line: no coefficients, but a band", {
  data <- the_data()
  fit <- quiet_moe(y ~ x | 1, data, k = 2, method = "lse", control = quick())
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified")
  expect_true(all(is.na(diag(v))))
  line <- lm(y ~ x, data)
  expect_equal(deviance(fit), deviance(line), tolerance = 1e-8)
  # the same f with fewer degrees of freedom
  scale <- qt(0.975, df.residual(fit)) / qt(0.975, 298) * sqrt(298 / df.residual(fit))
  mine <- predict(fit, data[1:4, ], "interval", vcov = "expected")
  reference <- predict(line, data[1:4, ], interval = "confidence")
  expect_equal(unname(mine[, "upr"] - mine[, "fit"]), unname(reference[, "upr"] - reference[, "fit"]) * scale, tolerance = 1e-4)
  expect_warning(table <- anova(fit, the_lse("linear")), class = "moe_warning_not_nested")
  expect_identical(table[["Pr(>F)"]], c(NA, NA))
})

test_that("confint() takes its covariance by the argument that other fits have for it", {
  fit <- moe(y ~ x, the_data(), k = 1, method = "lse")
  expect_identical(confint(fit, vcov = "expected"), confint(fit, type = "expected"))
  expect_identical(confint(fit, vcov = vcov(fit, "observed")), confint(fit, type = "observed"))
  expect_identical(confint(fit, vcov = function(fit) vcov(fit)), confint(fit))
  expect_false(identical(confint(fit, vcov = "expected"), confint(fit)))
  expect_moe_error(confint(fit, vcov = "outer"), regexp = "expected")
})
