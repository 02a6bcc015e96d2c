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
  # drops d that level off at 2
  level <- list(error = 1, climb = function(theta) {
    drop <- 2 * theta^2 / (1 + theta^2)
    list(theta = theta, tangent = 1, at = theta, drop = drop, slope = 4 * theta / (1 + theta^2)^2, ok = TRUE)
  })
  level$start <- level$climb(0)
  expect_identical(walk_profile(level, 1, 2)[1:2], list(limit = Inf, word = "flat"))
  expect_identical(walk_profile(level, -1, 2)[1:2], list(limit = -Inf, word = "flat"))
  expect_equal(walk_profile(level, -1, 1)$limit, -1, tolerance = 1e-6)
  expect_equal(walk_profile(level, 1, 1, to = 0.3)$limit, 0.3)
  # a drop that jumps by less than the bound: no continuation
  jump <- level
  jump$climb <- function(theta) {
    point <- level$climb(theta)
    point$drop <- point$drop + 0.7 * (theta > 0.5)
    point
  }
  expect_identical(walk_profile(jump, 1, 1.2)[1:2], list(limit = NA_real_, word = "lost"))
  # a fit that is no maximum
  fit <- the_fit("plain")
  fit$measure$b <- fit$measure$b + 0.02
  fit$loglik <- ref_loglik(coef(fit), fit, the_data()$y, cbind(the_data()$x))
  expect_warning(limits <- confint(fit, 3, method = "profile"), class = "moe_warning_convergence")
  expect_true(anyNA(limits))
})

# the profile by optim() in plain R, one small step after the other, each from the one before
ref_profile <- function(fit, j, values, y, x) {
  unit <- sqrt(diag(silently(vcov(fit, adjust = FALSE))))
  at <- coef(fit)
  vapply(values, function(value) {
    best <- optim(0 * at[-j], function(u) {
      theta <- replace(at, j, value)
      theta[-j] <- theta[-j] + unit[-j] * u
      if (any(theta[grepl("sigma2", names(theta))] <= 0)) return(1e10)
      -ref_loglik(theta, fit, y, x)
    }, method = "BFGS", control = list(reltol = 1e-12, maxit = 300))
    at <<- replace(at, j, value)
    at[-j] <<- at[-j] + unit[-j] * best$par
    2 * (fit$loglik + best$value)
  }, 0)
}

test_that("the profile of a steep gate stays with its experts, and is open above", {
  fit <- moe(waiting ~ eruptions, faithful, k = 2, control = quick())
  expect_message(
    limits <- confint(fit, "gate1:eruptions", method = "profile", adjust = FALSE), class = "moe_message_open_interval"
  )
  up <- coef(fit)[["gate1:eruptions"]] > 0
  expect_identical(unname(limits[, if (up) 2 else 1]), if (up) Inf else -Inf)
  limit <- limits[, if (up) 1 else 2]
  expect_equal(abs(limit), 3.05, tolerance = 0.03)
  path <- seq(coef(fit)[["gate1:eruptions"]], limit, length.out = 8)[-1]
  drops <- ref_profile(fit, 2, path, faithful$waiting, cbind(faithful$eruptions))
  expect_equal(drops[7], qchisq(0.95, 1), tolerance = 1e-3)
  curve <- profile(fit, 2)
  expect_identical(unique(curve$term), "gate1:eruptions")
  expect_equal(2 * (fit$loglik - curve$logLik), curve$root^2, tolerance = 1e-5)
  expect_false(is.unsorted(curve$value))
  drops <- approx(curve$value, curve$root^2, path[1:3])$y
  expect_equal(drops, ref_profile(fit, 2, path[1:3], faithful$waiting, cbind(faithful$eruptions)), tolerance = 0.1)
})
