test_that("one expert has the standard errors of lm()", {
  fit <- the_fit("one")
  line <- lm(y ~ x + f, the_data())
  expect_equal(vcov(fit)[1:4, 1:4], vcov(line), ignore_attr = TRUE, tolerance = 1e-9)
  expect_equal(vcov(fit, adjust = FALSE), vcov(fit) * 296 / 300)
  s2 <- mean(residuals(line)^2)
  expect_equal(vcov(fit, adjust = FALSE)[5, 5], 2 * s2^2 / 300, tolerance = 1e-9)
  expect_equal(unname(vcov(fit)[1:4, 5]), rep(0, 4), tolerance = 1e-9)
  # normal instead of t quantiles, and nothing else
  ratio <- qnorm(0.975) / qt(0.975, 296)
  expect_equal(confint(fit)[1:4, ] - coef(line), (confint(line) - coef(line)) * ratio, ignore_attr = TRUE, tolerance = 1e-7)
  expect_identical(colnames(confint(fit)), colnames(confint(line)))
  expect_identical(colnames(confint(fit, level = 0.9)), colnames(confint(line, level = 0.9)))
})

test_that("the inverse is that of a numerical Hessian, in the units of the coefficients", {
  skip_if_not_installed("numDeriv")
  data <- the_data()
  for (name in c("plain", "gated")) {
    fit <- the_fit(name)
    x <- model.matrix(fit, "experts")[, -1, drop = FALSE]
    z <- model.matrix(fit, "gate")[, -1, drop = FALSE]
    # in units of standard errors
    unit <- sqrt(diag(vcov(fit, adjust = FALSE)))
    hessian <- numDeriv::hessian(function(u) ref_loglik(coef(fit) + unit * u, fit, data$y, x, z), 0 * unit,
      method.args = list(eps = 0.02)
    )
    expect_equal(solve(-hessian), cov2cor(vcov(fit, adjust = FALSE)), ignore_attr = TRUE, tolerance = 1e-5)
  }
})

test_that("units of the data change nothing but units", {
  data <- the_data()
  fit <- the_fit("plain")
  # y in units of 1e-6, x in units of 1e8 and far from its origin
  scaled <- moe(y ~ x, data.frame(y = 1e6 * data$y, x = 1e-8 * data$x + 1e-6), k = 2, start = moe_measure(
    beta0 = fit$measure$beta0 - 100 * fit$measure$beta1[, 1], beta1 = 1e8 * fit$measure$beta1,
    a = 1e14 * fit$measure$a, b = 1e6 * (fit$measure$b - 100 * fit$measure$a[, 1]), sigma2 = 1e12 * fit$measure$sigma2
  ))
  slopes <- c("gate1:x", "expert1:x", "expert2:x")
  expect_equal(diag(vcov(scaled))[slopes], diag(vcov(fit))[slopes] * c(1e8, 1e14, 1e14)^2, tolerance = 1e-6)
  expect_equal(tidy(scaled)$statistic[c(2, 4, 6)], tidy(fit)$statistic[c(2, 4, 6)], tolerance = 1e-6)
})

test_that("confidence intervals are Wald intervals, of the logarithm for variances", {
  fit <- the_fit("plain")
  error <- sqrt(diag(vcov(fit)))
  limits <- confint(fit, level = 0.9)
  expect_equal(limits[1:6, 2], coef(fit)[1:6] + qnorm(0.95) * error[1:6])
  expect_equal(log(limits[7:8, 1]), log(coef(fit)[7:8]) - qnorm(0.95) * (error / coef(fit))[7:8])
  expect_true(all(confint(fit, level = 0.999999)[7:8, ] > 0))
  expect_identical(confint(fit, 2), confint(fit)[2, , drop = FALSE])
  expect_identical(confint(fit, c("gate1:x", "expert2:sigma2")), confint(fit)[c(2, 8), ])
  expect_identical(confint(fit, -1), confint(fit)[-1, ])
  expect_moe_error(confint(fit, "x"), regexp = "gate1:x")
  expect_moe_error(confint(fit, 9))
  expect_moe_error(confint(fit, TRUE))
  expect_moe_error(confint(fit, level = 2))
  expect_moe_error(vcov(fit, type = "sandwich"))
})

test_that("intervals cover", {
  skip_below("full")
  truth <- truth_overlap()
  covered <- vapply(1:300, function(i) {
    fit <- moe(y ~ x, rmoe(500, truth, seed = i), k = 2, start = truth$measure)
    limits <- confint(fit)
    limits[, 1] <= coef(truth$measure) & coef(truth$measure) <= limits[, 2]
  }, logical(8))
  expect_true(all(abs(rowMeans(covered) - 0.95) < 4 * sqrt(0.95 * 0.05 / 300)))
})

test_that("a separated gate has no standard errors, its experts do", {
  data <- separated_data()
  expect_warning(fit <- moe(y ~ x, data, k = 2, control = quick()), class = "moe_warning_separated_gate")
  expect_warning(v <- vcov(fit), class = "moe_warning_separated_gate")
  expect_true(all(is.na(v[1:2, ])) && all(is.na(v[, 1:2])))
  left <- lm(y ~ x, data, subset = x < 0)
  first <- which(abs(fit$measure$a[, 1] - coef(left)[2]) < 1e-6)
  names <- paste0("expert", first, c(":(Intercept)", ":x"))
  # n / (n - q) is 100 / 96 for the mixture and 50 / 48 for the line: the same
  expect_equal(v[names, names], vcov(left), ignore_attr = TRUE, tolerance = 1e-6)
  expect_warning(limits <- confint(fit), class = "moe_warning_separated_gate")
  expect_identical(unname(is.na(limits[, 1])), rep(c(TRUE, FALSE), c(2, 6)))
  expect_no_warning <- function(x) expect_warning(x, NA)
  expect_no_warning(s <- summary(fit))
  expect_match(s$note, "separates")
})

test_that("a variance on its floor has no standard error", {
  x <- seq(-2, 2, length.out = 60)
  y <- ifelse(x < 0, 1 + x, -5 - x + sin(1:60 * 7))
  expect_warning(fit <- moe(y ~ x, k = 2, start = cbind(x < 0, x >= 0) + 1e-9), class = "moe_warning_variance_floor")
  expect_warning(v <- vcov(fit), class = "moe_warning_variance_floor")
  expect_true(is.na(v["expert1:sigma2", "expert1:sigma2"]))
  expect_true(v["expert2:sigma2", "expert2:sigma2"] > 0)
})

test_that("directions without information cost only the coefficients in them", {
  fit <- the_fit("plain")
  # a model whose first expert does not matter: its information is zero
  fit$hessian[3:4, ] <- fit$hessian[, 3:4] <- 0
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified")
  expect_identical(unname(is.na(diag(v))), 1:8 %in% 3:4)
  # the sum of two coefficients is known, not their difference
  fit <- the_fit("plain")
  fit$hessian[7:8, ] <- fit$hessian[, 7:8] <- 0
  fit$hessian[7:8, 7:8] <- -50
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified")
  expect_identical(unname(is.na(diag(v))), 1:8 %in% 7:8)
  # nothing is known where the fit is no maximum
  fit <- the_fit("plain")
  fit$hessian[1:2, ] <- fit$hessian[, 1:2] <- 0
  fit$hessian[1:2, 1:2] <- c(3, 1, 1, 3)
  expect_warning(v <- vcov(fit), class = "moe_warning_convergence")
  expect_identical(unname(is.na(diag(v))), 1:8 %in% 1:2)
  expect_snapshot(v <- vcov(fit))
})

test_that("standard errors are not corrected when there are no rows left", {
  data <- the_data()[1:4, ]
  suppressWarnings(fit <- moe(y ~ x, data, k = 2, control = quick()))
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified")
  expect_true(all(is.na(v)))
  suppressWarnings(plain <- vcov(fit, adjust = FALSE))
  expect_false(all(is.na(plain)))
})

test_that("scores are gradients of the log-density and sum to zero", {
  skip_if_not_installed("sandwich")
  skip_if_not_installed("numDeriv")
  data <- the_data()
  for (name in c("plain", "gated", "one")) {
    fit <- the_fit(name)
    scores <- sandwich::estfun(fit)
    expect_identical(dimnames(scores), list(rownames(data), names(coef(fit))))
    unit <- sqrt(diag(vcov(fit)))
    expect_lt(max(abs(colSums(scores) * unit)), 1e-4)
    rows <- c(1, 100, 200)
    x <- model.matrix(fit, "experts")[rows, -1, drop = FALSE]
    z <- model.matrix(fit, "gate")[rows, -1, drop = FALSE]
    slopes <- numDeriv::jacobian(function(u) {
      log(ref_dmoe(data$y[rows], x, ref_measure(coef(fit) + unit * u, fit), z))
    }, 0 * unit)
    expect_equal(sweep(scores[rows, ], 2, unit, `*`), slopes, ignore_attr = TRUE, tolerance = 1e-6)
  }
})

test_that("sandwich covariances work, and agree with those of lm()", {
  skip_if_not_installed("sandwich")
  fit <- the_fit("one")
  line <- lm(y ~ x + f, the_data())
  expect_equal(sandwich::sandwich(fit)[1:4, 1:4], sandwich::sandwich(line), ignore_attr = TRUE, tolerance = 1e-6)
  id <- rep(1:50, 6)
  expect_equal(
    sandwich::vcovCL(fit, id, cadjust = FALSE)[1:4, 1:4], sandwich::vcovCL(line, id, cadjust = FALSE, type = "HC0"),
    ignore_attr = TRUE, tolerance = 1e-6
  )
  two <- the_fit("plain")
  robust <- sandwich::sandwich(two)
  expect_identical(dimnames(robust), dimnames(vcov(two)))
  # the model is true: both estimate the same
  expect_lt(max(abs(log(diag(robust) / diag(vcov(two))))), 1)
})

test_that("sandwich covariances of weighted rows are those of repeated rows", {
  skip_if_not_installed("sandwich")
  data <- the_data()
  count <- rep(c(0, 1, 3), 100)
  start <- the_fit("plain")
  weighted <- moe(y ~ x, data, k = 2, weights = count, start = start)
  repeated <- moe(y ~ x, data[rep(1:300, count), ], k = 2, start = start)
  expect_identical(dim(sandwich::estfun(weighted)), dim(sandwich::estfun(repeated)))
  expect_equal(sandwich::sandwich(weighted), sandwich::sandwich(repeated), tolerance = 1e-6)
  # scaling sampling weights changes nothing
  half <- moe(y ~ x, data, k = 2, weights = count / 2.5, start = start)
  third <- moe(y ~ x, data, k = 2, weights = count / 7.5, start = start)
  expect_equal(sandwich::sandwich(half), sandwich::sandwich(third), tolerance = 1e-6)
  expect_lt(max(abs(colSums(sandwich::estfun(half)) * sqrt(diag(vcov(half))))), 1e-4)
})

test_that("a gate that is all but a step has no standard errors, whatever the status", {
  data <- withr::with_seed(3, data.frame(x = rnorm(80), noise = rnorm(80)))
  data$y <- ifelse(data$x > 0.8, 3, data$noise)
  sound <- function(fit) {
    errors <- suppressWarnings(sqrt(diag(vcov(fit))), classes = "moe_warning")
    gate <- coef_parts(fit$measure)$part == "gate"
    spread <- ifelse(coef_parts(fit$measure)$term == "x", sd(fit$model$x), 1)[gate]
    expect_true(all(is.na(errors[gate]) | errors[gate] * spread < 101))
    if (anyNA(errors[gate])) expect_match(summary(fit)$note, "gate", all = FALSE)
  }
  for (k in 2:4) sound(quiet_moe(y ~ x, data, k, control = few(min_rows = 1)))
  tiny <- withr::with_seed(4, data.frame(x = rnorm(8), y = rnorm(8)))
  fit <- quiet_moe(y ~ x, tiny, 2, control = few(min_rows = 1))
  sound(fit)
  # a flat direction of the gate that is put into an information which had none
  fit <- the_fit("plain")
  fit$hessian[1:2, ] <- fit$hessian[, 1:2] <- 0
  diag(fit$hessian)[1:2] <- -1e-5
  expect_warning(value <- vcov(fit), class = "moe_warning_overspecified")
  expect_identical(unname(is.na(diag(value))), rep(c(TRUE, FALSE), c(2, 6)))
})
