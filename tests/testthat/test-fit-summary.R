print_quietly <- function(x) {
  utils::capture.output(value <- withVisible(print(x)))
  if (value$visible) value$value else invisible(value$value)
}

test_that("every fit prints: no covariates, one column, coefficients without errors", {
  data <- the_data()
  constant <- moe(y ~ 1 | x, data, k = 2, control = quick())
  expect_match(format(summary(constant)), "Gate, log-odds of expert 1", all = FALSE)
  gateless <- moe(y ~ x | 1, data, k = 2, control = quick())
  expect_match(format(gateless), "Gate", all = FALSE)
  suppressWarnings(separated <- moe(y ~ x, separated_data(), k = 2, control = quick()))
  expect_match(format(summary(separated)), "no standard errors", all = FALSE)
  expect_true(all(nchar(format(separated)) < 100))
})

# numbers are printed with few digits, so that they are the same on all machines
test_that("fits and summaries print what a reader needs", {
  withr::local_options(width = 100, show.signif.stars = TRUE)
  fit <- the_fit("gated")
  fit$starts$agrees <- TRUE
  fit$gradient <- 1e-10
  fit$call <- quote(moe(y ~ x + f | x + z, data, k = 2))
  expect_snapshot(print(fit, digits = 3))
  expect_snapshot(print(summary(fit), digits = 2, signif.stars = FALSE))
  one <- the_fit("one")
  one$gradient <- 1e-10
  expect_snapshot(print(one, digits = 3))
})

test_that("dropped rows and columns, weights and statuses are said", {
  data <- transform(the_data(), twice = 2 * x)
  data$x[c(2, 7)] <- NA
  suppressMessages(fit <- moe(y ~ x + twice, data, k = 1, weights = rep(2, 300)))
  expect_match(format(fit), "298 rows (weights sum to 596), 2 rows dropped because of missing values", fixed = TRUE, all = FALSE)
  expect_match(format(fit), "Dropped as constant or collinear: twice", all = FALSE)
  expect_match(format(summary(fit)), "2 rows dropped", all = FALSE)
  statuses <- c(
    variance_floor = "floor", small_change = "little", max_iter = "NOT CONVERGED", stalled = "NOT CONVERGED"
  )
  fit <- the_fit("plain")
  fit$flags <- "separated"
  expect_match(format(fit), "gate separates", all = FALSE)
  for (status in names(statuses)) {
    fit$status <- status
    expect_match(format(fit), statuses[[status]], all = FALSE)
  }
})

test_that("a summary holds the coefficient table and no data", {
  fit <- the_fit("plain")
  s <- summary(fit)
  expect_identical(dimnames(coef(s)), list(names(coef(fit)), c("Estimate", "Std. Error", "z value", "Pr(>|z|)")))
  expect_equal(unname(coef(s)), unname(as.matrix(tidy(fit)[4:7])))
  expect_equal(unname(s$residuals), unname(quantile(residuals(fit, "quantile"), type = 1)))
  expect_lt(length(serialize(s, NULL)), 20000)
  expect_invisible(print_quietly(s))
  expect_moe_error(summary(fit, correlation = TRUE))
})
