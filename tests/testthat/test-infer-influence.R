test_that("the step is about what leaving a row out changes", {
  data <- the_data()
  fit <- the_fit("plain")
  unit <- sqrt(diag(vcov(fit)))
  step <- dfbeta(fit)
  expect_identical(dimnames(step), list(rownames(data), names(coef(fit))))
  rows <- order(-cooks.distance(fit))[c(1:3, 50, 250)]
  for (row in rows) {
    without <- moe(y ~ x, data[-row, ], k = 2, start = fit)
    # in standard errors: to a fifth, and what is smaller than a hundredth of one
    change <- (coef(fit) - coef(without)) / unit
    expect_lt(max(abs(step[row, ] / unit - change) - 0.2 * abs(change)), 0.01)
  }
})

test_that("distances are quadratic forms of the steps", {
  for (name in c("plain", "gated")) {
    fit <- the_fit(name)
    step <- dfbeta(fit)
    information <- solve(vcov(fit, adjust = FALSE))
    expect_equal(
      unname(cooks.distance(fit)), rowSums((step %*% information) * step) / ncol(step), ignore_attr = TRUE,
      tolerance = 1e-6
    )
  }
  # one expert, without the variance's share: Cook's distance of lm() but for its leverage
  fit <- the_fit("one")
  line <- lm(y ~ x + f, the_data())
  e <- residuals(line)
  s2 <- mean(e^2)
  h <- hatvalues(line)
  expect_equal(
    unname(cooks.distance(fit)), unname((h * e^2 / s2 + (e^2 / s2 - 1)^2 / 2 / 300) / 5), tolerance = 1e-6
  )
})

test_that("rows count with their weights, dropped ones are missing, as are coefficients without errors", {
  data <- the_data()
  start <- the_fit("plain")
  count <- rep(c(0, 1, 2), 100)
  weighted <- moe(y ~ x, data, k = 2, weights = count, start = start)
  repeated <- moe(y ~ x, data[rep(1:300, count), ], k = 2, start = start)
  expect_equal(unname(dfbeta(weighted)[3, ]), 2 * unname(dfbeta(repeated)[2, ]), tolerance = 1e-5)
  expect_identical(unname(cooks.distance(weighted)[1]), 0)
  data$x[4] <- NA
  fit <- moe(y ~ x, data, k = 2, start = start, na.action = na.exclude)
  expect_identical(which(is.na(cooks.distance(fit))), c("4" = 4L))
  suppressWarnings(separated <- moe(y ~ x, separated_data(), k = 2, control = quick()))
  expect_warning(step <- dfbeta(separated), class = "moe_warning_separated_gate")
  expect_identical(unname(is.na(step[1, ])), rep(c(TRUE, FALSE), c(2, 6)))
  expect_warning(distance <- cooks.distance(separated), class = "moe_warning_separated_gate")
  expect_false(anyNA(distance))
})

test_that("one coefficient with a standard error, or none, is enough", {
  fit <- the_fit("one")
  fit$held <- c(TRUE, TRUE, TRUE, TRUE, FALSE)
  expect_warning(step <- dfbeta(fit), class = "moe_warning_boundary")
  expect_identical(unname(is.na(step[1, ])), c(TRUE, TRUE, TRUE, TRUE, FALSE))
  e <- residuals(lm(y ~ x + f, the_data()))
  # the variance alone: (e^2 - s2) / n
  expect_equal(unname(step[, 5]), unname(e^2 - mean(e^2)) / 300, tolerance = 1e-6)
  expect_warning(distance <- cooks.distance(fit), class = "moe_warning_boundary")
  expect_equal(unname(distance), unname((e^2 / mean(e^2) - 1)^2 / 600), tolerance = 1e-6)
  fit$held[] <- TRUE
  expect_true(all(is.na(silently(dfbeta(fit)))))
  expect_true(all(is.na(silently(cooks.distance(fit)))))
})

test_that("scores are not held", {
  skip_below("full")
  data <- rmoe(2e5, truth_overlap(), seed = 1)
  fit <- moe(y ~ x, data, k = 2, start = truth_overlap()$measure)
  covariance <- vcov(fit, adjust = FALSE)
  gc(reset = TRUE)
  before <- sum(gc()[, 2])
  distance <- cooks_distance(fit, covariance)
  # a dozen vectors of the length of the data, where scores and their products were thirty
  expect_lt(sum(gc()[, 6]) - before, 12 * 8 * 2e5 / 2^20)
})
