# the gradient in plain R: a central difference for every coefficient
ref_errors <- function(fit, covariance, f) {
  unit <- sqrt(diag(covariance))
  gradient <- vapply(seq_along(unit), function(j) {
    move <- replace(0 * unit, j, 1e-4 * unit[j])
    (f(ref_measure(coef(fit) + move, fit)) - f(ref_measure(coef(fit) - move, fit))) / (2e-4 * unit[j])
  }, f(fit$measure))
  dim(gradient) <- c(length(f(fit$measure)), length(unit))
  sqrt(rowSums((gradient %*% covariance) * gradient))
}

test_that("standard errors of predictions are those of the delta method", {
  data <- the_data()
  rows <- c(1, 50, 200)
  for (name in c("plain", "gated")) {
    fit <- the_fit(name)
    x <- model.matrix(fit, "experts")[rows, -1, drop = FALSE]
    z <- model.matrix(fit, "gate")[rows, -1, drop = FALSE]
    functions <- list(
      response = function(m) ref_regression(m, x, z), gate = function(m) exp(ref_components(m, x, z)$log_gate),
      expert = function(m) ref_components(m, x, z)$mean, posterior = function(m) ref_posterior(data$y[rows], x, m, z),
      density = function(m) ref_dmoe(data$y[rows], x, m, z)
    )
    for (type in names(functions)) {
      p <- predict(fit, data[rows, ], type, se.fit = TRUE)
      expect_identical(p$fit, predict(fit, data[rows, ], type))
      expect_identical(attributes(p$se.fit), attributes(p$fit))
      expect_equal(as.vector(p$se.fit), ref_errors(fit, vcov(fit), functions[[type]]), tolerance = 1e-5)
    }
  }
  # a quantile moves by - dF / density
  p <- predict(fit, data[rows, ], "quantile", probs = 0.8, se.fit = TRUE)
  cdf <- function(m) ref_pmoe(p$fit[, 1], x, m, z)
  density <- ref_dmoe(p$fit[, 1], x, fit$measure, z)
  expect_equal(as.vector(p$se.fit), ref_errors(fit, vcov(fit), cdf) / density, tolerance = 1e-5)
})

test_that("one expert has the standard errors of predict.lm(), robust ones those of its sandwich", {
  data <- the_data()
  fit <- the_fit("one")
  line <- lm(y ~ x + f, data)
  expect_equal(unname(predict(fit, se.fit = TRUE)$se.fit), predict(line, se.fit = TRUE)$se.fit, tolerance = 1e-6)
  skip_if_not_installed("sandwich")
  x <- model.matrix(line)
  expect_equal(
    predict(fit, se.fit = TRUE, vcov = "sandwich", adjust = FALSE)$se.fit,
    sqrt(rowSums((x %*% sandwich::sandwich(line)) * x)), tolerance = 1e-6
  )
})

test_that("rows with missing values, coefficients without errors, types without errors", {
  fit <- the_fit("plain")
  p <- predict(fit, data.frame(x = c(1, NA, 0)), se.fit = TRUE)
  expect_identical(unname(is.na(p$se.fit)), c(FALSE, TRUE, FALSE))
  suppressWarnings(separated <- moe(y ~ x, separated_data(), k = 2, control = quick()))
  expect_warning(p <- predict(separated, se.fit = TRUE), class = "moe_warning_separated_gate")
  expect_true(all(is.na(p$se.fit)) && !anyNA(p$fit))
  expect_moe_error(predict(fit, type = "class", se.fit = TRUE), "unsupported", "posterior")
  expect_moe_error(predict(fit, type = "interval", se.fit = TRUE), "unsupported", "quantile")
  expect_moe_error(predict(fit, se.fit = NA))
  expect_moe_error(predict(fit, se.fit = TRUE, vcov = "HC9"))
})

test_that("units do not show in standard errors", {
  data <- the_data()
  fit <- the_fit("plain")
  far <- moe(y ~ x, transform(data, y = 1e6 * y + 1e9), k = 2, start = moe_measure(
    fit$measure$beta0, fit$measure$beta1, 1e6 * fit$measure$a, 1e6 * fit$measure$b + 1e9, 1e12 * fit$measure$sigma2
  ))
  expect_equal(predict(far, se.fit = TRUE)$se.fit, 1e6 * predict(fit, se.fit = TRUE)$se.fit, tolerance = 1e-5)
})
