test_that("profiles of one expert are those of a regression", {
  data <- the_data()
  fit <- the_fit("one")
  line <- lm(y ~ x + f, data)
  rss <- sum(residuals(line)^2)
  unscaled <- diag(summary(line)$cov.unscaled)
  # n log(RSS(b) / RSS) = bound, with RSS(b) = RSS + (b - estimate)^2 / unscaled
  exact <- function(level, factor) sqrt(unscaled * rss * expm1(factor * qchisq(level, 1) / 300))
  expect_equal(
    confint(fit, 1:4, method = "profile")[, 2], coef(line) + exact(0.95, 300 / 296),
    ignore_attr = TRUE, tolerance = 1e-6
  )
  expect_equal(
    confint(fit, 1:4, method = "profile", level = 0.99, adjust = FALSE)[, 1], coef(line) - exact(0.99, 1),
    ignore_attr = TRUE, tolerance = 1e-6
  )
  s2 <- rss / 300
  excess <- function(v) 300 * (log(v / s2) + s2 / v - 1) - qchisq(0.95, 1)
  ends <- c(uniroot(excess, c(s2 / 2, s2), tol = 1e-10)$root, uniroot(excess, c(s2, 2 * s2), tol = 1e-10)$root)
  expect_equal(unname(confint(fit, 5, method = "profile", adjust = FALSE)[1, ]), ends, tolerance = 1e-6)
})

test_that("at a limit the likelihood, maximised over the others in plain R, is at its bound", {
  data <- the_data()
  fit <- the_fit("plain")
  limits <- confint(fit, method = "profile", adjust = FALSE)
  unit <- sqrt(diag(vcov(fit, adjust = FALSE)))
  for (j in if (test_level == "quick") 4 else c(2, 4, 7)) {
    for (limit in limits[j, ]) {
      at <- function(u) replace(coef(fit) + replace(unit * 0, -j, unit[-j] * u), j, limit)
      best <- optim(numeric(7), function(u) -ref_loglik(at(u), fit, data$y, cbind(data$x)),
        method = "BFGS", control = list(reltol = 1e-14, maxit = 500)
      )
      expect_equal(2 * (fit$loglik + best$value), qchisq(0.95, 1), tolerance = 1e-5)
    }
  }
})

test_that("profiles know weights, gates of their own, shared variances, and the order asked for", {
  fit <- the_fit("gated")
  all <- confint(fit, method = "profile")
  expect_true(all(all[, 1] < coef(fit) & coef(fit) < all[, 2]))
  # in units of standard errors a profile is near the Wald interval
  expect_lt(max(abs(all - confint(fit)) / sqrt(diag(vcov(fit)))), 0.5)
  expect_identical(confint(fit, c(5, 2), method = "profile"), all[c(5, 2), ])
  expect_identical(confint(fit, -1, method = "profile"), all[-1, ])
  start <- the_fit("plain")
  count <- rep(c(0, 1, 2), 100)
  weighted <- moe(y ~ x, the_data(), k = 2, weights = count, start = start)
  repeated <- moe(y ~ x, the_data()[rep(1:300, count), ], k = 2, start = start)
  expect_equal(
    confint(weighted, method = "profile"), confint(repeated, method = "profile"), tolerance = 1e-6
  )
  point <- confint(start, 2, level = 0, method = "profile")
  expect_equal(point, cbind(coef(start)[2], coef(start)[2]), ignore_attr = TRUE)
})

test_that("limits that do not exist are infinite, missing, or a warning", {
  expect_warning(fit <- moe(y ~ x, separated_data(), k = 2, control = quick()), class = "moe_warning_separated_gate")
  expect_warning(limits <- confint(fit, method = "profile"), class = "moe_warning_separated_gate")
  expect_identical(unname(is.na(limits[, 1])), rep(c(TRUE, FALSE), c(2, 6)))
  # a likelihood that levels off at 1 below its maximum
  level <- list(unit = 1, size = 1, evaluate = function(u) {
    list(value = -u^2 / (1 + u^2), gradient = -2 * u / (1 + u^2)^2, hessian = matrix(-1))
  })
  expect_identical(profile_limit(level, 1, 2), Inf)
  expect_identical(profile_limit(level, -1, 2), -Inf)
  expect_equal(profile_limit(level, -1, 1), -1, tolerance = 1e-5)
  # a fit that is no maximum
  fit <- the_fit("plain")
  fit$measure$b <- fit$measure$b + 0.02
  fit$loglik <- ref_loglik(coef(fit), fit, the_data()$y, cbind(the_data()$x))
  expect_warning(limits <- confint(fit, 3, method = "profile"), class = "moe_warning_convergence")
  expect_true(anyNA(limits))
})
