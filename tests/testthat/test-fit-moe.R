# Fits: optima, threads, seeds, weights, starts, statuses

test_that("default fits reach the best log-likelihoods known of ethanol and faithful", {
  skip_if_not_installed("lattice")
  best <- list(
    list(NOx ~ E, lattice::ethanol, c(-31.1090, -6.5198, 15.6527)),
    list(waiting ~ eruptions, faithful, c(-851.3149, -845.4922, -840.3745))
  )
  seeds <- if (test_level == "quick") 1:3 else 1:20
  for (case in best) {
    for (k in 2:4) {
      found <- vapply(seeds, function(seed) {
        fit <- quiet_moe(case[[1]], case[[2]], k, control = moe_control(seed = seed))
        expect_identical(fit_complaint(fit), "")
        expect_true(fit$converged)
        fit$loglik
      }, 0)
      expect_gt(min(found - case[[3]][k - 1]), -1e-3, label = paste(format(case[[1]]), "k =", k))
    }
  }
})

test_that("Newton agrees with optim, to a gradient of 1e-8", {
  withr::local_seed(11)
  for (k in 2:3) {
    data <- random_data(400, k, 2)
    frame <- data.frame(y = data$y, data$x)
    fit <- quiet_moe(y ~ X1 + X2, frame, k, start = data$measure)
    expect_identical(fit$status, "converged")
    expect_lte(fit$gradient, 1e-8)
    value <- function(theta) objective_cpp(theta, data$y, data$x, data$z, NULL, data$spec, 0, FALSE, 1)$value
    gradient <- function(theta) objective_cpp(theta, data$y, data$x, data$z, NULL, data$spec, 1, FALSE, 1)$gradient
    other <- optim(measure_theta(data$measure), value, gradient,
      method = "BFGS", control = list(fnscale = -1, maxit = 2000, reltol = 1e-14)
    )
    expect_equal(fit$loglik / 400, other$value, tolerance = 1e-7)
    expect_lt(max(abs(gradient(measure_theta(fit$measure)))), 1e-6)
    # a local maximum: no direction of the plain log-likelihood goes up
    expect_equal(fit$loglik, sum(log(ref_dmoe(data$y, data$x, fit$measure))), tolerance = 1e-10)
    expect_gt(fit$min_eigenvalue, 0)
  }
})

test_that("a start whose experts coincide is a saddle point, and is left", {
  data <- rmoe(2000, truth_overlap(), seed = 1)
  one <- moe_measure(c(0, 0), c(0, 0), a = c(0, 0), b = c(0, 0), sigma2 = c(1, 1))
  fit <- moe(y ~ x, data, 2, start = one)
  expect_true(fit$converged)
  expect_gt(fit$min_eigenvalue, 0)
  expect_equal(fit$loglik, quiet_moe(y ~ x, data, 2)$loglik, tolerance = 1e-9)
  twice <- moe_measure(c(0, 0, 0), c(2, 2, 0), a = c(1.5, 1.5, -1.5), b = c(2, 2, -2), sigma2 = rep(0.25, 3))
  fit <- quiet_moe(y ~ x, data, 3, start = twice)
  expect_true(fit$converged)
  expect_gt(fit$min_eigenvalue, 0)
})

test_that("rows of weight zero take no part in the fit, whatever they hold", {
  data <- rmoe(200, truth_overlap(), seed = 2)
  data$w <- rep(c(1, 2, 0, 3), 50)
  data$y[c(3, 7)] <- c(1e300, -1e8)
  data$x[11] <- 1e150
  data$rare <- as.numeric(seq_len(200) == 3)
  fit <- quiet_moe(y ~ x + rare, data, 2, weights = w, control = moe_control(seed = 1))
  kept <- quiet_moe(y ~ x, data[data$w > 0, ], 2, weights = w, control = moe_control(seed = 1))
  expect_identical(coef(fit), coef(kept))
  expect_identical(fit$blueprint$dropped, "rare")
  expect_length(fitted(fit), 200)
  tau <- matrix(c(0.9, 0.1), 200, 2, byrow = TRUE)
  tau[data$x > 0, ] <- tau[data$x > 0, 2:1]
  expect_identical(
    coef(quiet_moe(y ~ x, data, 2, weights = w, start = tau)),
    coef(quiet_moe(y ~ x, data[data$w > 0, ], 2, weights = w, start = tau[data$w > 0, ]))
  )
})

test_that("EM never goes down, and is worse than Newton nowhere it converges", {
  withr::local_seed(12)
  cases <- if (test_level == "quick") 4 else 30
  for (i in seq_len(cases)) {
    data <- random_data(sample(c(30, 100, 300), 1), sample(2:4, 1), sample(0:3, 1))
    frame <- data.frame(y = data$y, data$x)
    covariates <- if (ncol(data$x)) names(frame)[-1] else "1"
    fit <- quiet_moe(stats::reformulate(covariates, "y"), frame, nrow(data$measure$a),
      control = moe_control("em", starts = 3, max_iter = 200, trace = TRUE, seed = i)
    )
    expect_identical(fit_complaint(fit), "")
    steps <- unlist(lapply(split(fit$trace$value, fit$trace$start), function(v) diff(v) / (1 + abs(v[-1]))))
    expect_gte(min(steps, 0), -1e-12)
  }
})

test_that("Newton never goes down", {
  fit <- quiet_moe(y ~ x, crossing_lines(200), 3, control = few(trace = TRUE))
  steps <- unlist(lapply(split(fit$trace$value, fit$trace$start), function(v) diff(v) / (1 + abs(v[-1]))))
  expect_gte(min(steps), -1e-12)
  expect_setequal(fit$trace$start, fit$starts$start)
})

test_that("1, 2 and 3 threads give identical fits", {
  fits <- lapply(1:3, function(threads) quiet_moe(y ~ x, crossing_lines(150), 3, control = few(threads = threads)))
  for (i in 2:3) expect_same_fit(fits[[i]], fits[[1]])
  large <- five_covariates(30000)
  fits <- lapply(1:3, function(threads) {
    quiet_moe(y ~ ., large$data, 3, control = few(4, threads = threads))
  })
  for (i in 2:3) expect_same_fit(fits[[i]], fits[[1]])
  expect_identical(fits[[1]]$status, "converged")
  ems <- lapply(1:2, function(threads) {
    quiet_moe(y ~ x, crossing_lines(5000), 2, control = few(4, optimizer = "em", max_iter = 30, threads = threads))
  })
  expect_same_fit(ems[[1]], ems[[2]])
})

test_that("the seed governs, and set.seed() where there is none", {
  data <- crossing_lines(100)
  fit <- function(...) quiet_moe(y ~ x, data, 3, control = moe_control(starts = 6, ...))
  expect_same_fit(fit(seed = 5), fit(seed = 5))
  expect_false(identical(fit(seed = 5)$starts$value, fit(seed = 6)$starts$value))
  a <- withr::with_seed(1, fit())
  b <- withr::with_seed(1, fit())
  other <- withr::with_seed(2, fit())
  expect_same_fit(a, b)
  expect_false(a$seed == other$seed)
  expect_same_fit(fit(seed = a$seed), a)
  # a given seed leaves R's generator alone
  withr::local_seed(3)
  before <- .Random.seed
  fit(seed = 5)
  expect_identical(.Random.seed, before)
})

test_that("k = 1 is lm", {
  fit <- quiet_moe(mpg ~ wt + factor(cyl) * hp, mtcars, 1)
  line <- lm(mpg ~ wt + factor(cyl) * hp, mtcars)
  found <- c(fit$measure$b, fit$measure$a[1, ])
  names(found) <- c("(Intercept)", colnames(fit$measure$a))
  expect_equal(found[names(coef(line))], coef(line), tolerance = 1e-8)
  expect_equal(fit$loglik, as.numeric(logLik(line)), tolerance = 1e-10)
  expect_equal(fit$measure$sigma2, mean(residuals(line)^2), tolerance = 1e-8)
  expect_identical(fit$df, 8L)
  expect_identical(fit$status, "converged")
  # case weights are repeated rows, not the precisions of lm(): the coefficients are the same
  w <- rep(1:4, 8)
  weighted <- quiet_moe(mpg ~ wt, mtcars, 1, weights = w)
  repeated <- lm(mpg ~ wt, mtcars[rep(1:32, w), ])
  expect_equal(c(weighted$measure$b, weighted$measure$a), unname(coef(repeated)), tolerance = 1e-9)
  expect_equal(weighted$loglik, as.numeric(logLik(repeated)), tolerance = 1e-10)
  expect_equal(weighted$nobs, 80)
  for (optimizer in c("newton", "em")) {
    fit <- quiet_moe(y ~ x, crossing_lines(100), 1, expert = expert_linear("shared"), control = moe_control(optimizer))
    expect_equal(fit$loglik, as.numeric(logLik(lm(y ~ x, crossing_lines(100)))), tolerance = 1e-9)
  }
})

test_that("a weight of w is the row w times, a weight of zero no row", {
  data <- crossing_lines(200)
  data$w <- rep(c(2, 0, 1, 3), 50)
  start <- moe_measure(c(0, 0), c(1, 0), c(1, -1), c(0, 0), c(1, 1))
  weighted <- quiet_moe(y ~ x, data, 2, weights = w, start = start)
  repeated <- quiet_moe(y ~ x, data[rep(1:200, data$w), ], 2, start = start)
  for (field in c("loglik", "mass", "gradient", "min_eigenvalue", "hessian")) {
    expect_equal(weighted[[field]], repeated[[field]], tolerance = 1e-6, info = field)
  }
  expect_equal(weighted$measure, repeated$measure, tolerance = 1e-8)
  expect_equal(weighted$nobs, 300)
  expect_identical(weighted$status, repeated$status)
  expect_equal(nrow(weighted$model), 200)
  # searches from scratch end in the same optimum
  a <- quiet_moe(y ~ x, data, 2, weights = w, control = few(20))
  b <- quiet_moe(y ~ x, data[rep(1:200, data$w), ], 2, control = few(20))
  expect_equal(a$loglik, b$loglik, tolerance = 1e-8)
  expect_equal(quiet_moe(y ~ x, data, 2, weights = 7 * w, start = start)$measure, weighted$measure, tolerance = 1e-7)
})

test_that("starts: a measure, a fit, several, a posterior; experts keep their places", {
  data <- crossing_lines(300)
  best <- quiet_moe(y ~ x, data, 2, control = few())
  swapped <- best$measure
  for (field in c("beta0", "b", "sigma2")) swapped[[field]] <- rev(swapped[[field]])
  for (field in c("beta1", "a")) swapped[[field]] <- swapped[[field]][2:1, , drop = FALSE]
  from <- function(start) quiet_moe(y ~ x, data, 2, start = start)
  expect_equal(from(best)$loglik, best$loglik)
  expect_equal(from(best)$measure$a, best$measure$a, tolerance = 1e-6)
  expect_equal(from(swapped)$measure$a, best$measure$a[2:1, , drop = FALSE], tolerance = 1e-6, ignore_attr = TRUE)
  poor <- moe_measure(c(0, 0), c(0, 0), c(0, 0.1), c(0, 0.1), c(5, 5))
  several <- from(list(poor, best, swapped))
  expect_identical(nrow(several$starts), 3L)
  expect_equal(several$loglik, best$loglik)
  parts <- components(best$measure, cbind(data$x))
  tau <- exp(parts$log_gate) * dnorm(data$y, parts$mean, sqrt(parts$variance))
  tau <- tau / rowSums(tau)
  expect_equal(from(tau)$loglik, best$loglik)
  expect_equal(from(tau[, 2:1])$measure$a, best$measure$a[2:1, , drop = FALSE], tolerance = 1e-6, ignore_attr = TRUE)
  expect_identical(unique(from(tau)$starts$kind), "posterior")
  # a hard partition, and rows of tau for rows that na.action drops
  hard <- diag(2)[max.col(tau), ]
  expect_equal(from(hard)$loglik, best$loglik)
  with_na <- rbind(data, data.frame(x = NA, y = 1))
  fit <- quiet_moe(y ~ x, with_na, 2, start = rbind(hard, 0.5))
  expect_equal(fit$loglik, best$loglik)
})

test_that("experts are sorted by mass, and the fields are what they are said to be", {
  fit <- quiet_moe(y ~ x | 1, crossing_lines(300), 3, control = few())
  expect_false(is.unsorted(-fit$mass))
  expect_equal(sum(fit$mass), 300)
  expect_identical(fit$df, length(measure_theta(fit$measure)))
  expect_identical(dim(fit$measure$beta1), c(3L, 0L))
  expect_identical(fit$measure$beta0[3], 0)
  expect_s3_class(fit$measure, "moe_measure")
  expect_identical(names(fit$starts)[1:8], c("start", "kind", "value", "gradient", "status", "iterations", "agrees", "best"))
  expect_identical(dim(fit$hessian), c(fit$df, fit$df))
  expect_gte(max(fit$starts$value[fit$starts$best]), max(fit$starts$value[fit$starts$status == "converged"]) - 1e-4)
  expect_null(fit$trace)
})

test_that("shared variances are one number", {
  fit <- quiet_moe(y ~ x, crossing_lines(300), 2, expert = expert_linear("shared"), control = few())
  free <- quiet_moe(y ~ x, crossing_lines(300), 2, control = few())
  expect_identical(fit$measure$sigma2[1], fit$measure$sigma2[2])
  expect_identical(fit$df, free$df - 1L)
  expect_lt(fit$loglik, free$loglik)
  expect_equal(fit$loglik, sum(log(ref_dmoe(fit_y(fit), fit_x(fit), fit$measure))), tolerance = 1e-10)
})

test_that("the log-likelihood is that of plain R for factors, splines and a gate of its own", {
  skip_if_not_installed("splines")
  data <- transform(mtcars, cyl = factor(cyl))
  for (formula in c(
    mpg ~ wt + cyl, mpg ~ poly(wt, 2) | hp, mpg ~ splines::ns(wt, 2), mpg ~ wt:hp | cyl, mpg ~ 1 | wt, log(mpg) ~ wt | 1
  )) {
    fit <- quiet_moe(formula, data, 2, control = few())
    expect_identical(fit_complaint(fit), "")
    wanted <- sum(log(ref_dmoe(fit_y(fit), fit_x(fit), fit$measure, fit_z(fit))))
    expect_equal(fit$loglik, wanted, tolerance = 1e-8, info = format(formula))
  }
})

test_that("a fit can be saved and loaded", {
  fit <- quiet_moe(y ~ x, crossing_lines(100), 2, control = few())
  file <- withr::local_tempfile()
  saveRDS(fit, file)
  expect_same_fit(readRDS(file), fit)
})

test_that("EM goes on from posterior probabilities to its own end", {
  data <- crossing_lines(150)
  best <- quiet_moe(y ~ x, data, 2, control = few())
  posterior <- predict(best, type = "posterior")
  fit <- quiet_moe(y ~ x, data, 2, start = posterior^0.5, control = moe_control(optimizer = "em", tol = 1e-10))
  expect_identical(fit$status, "small_change")
  expect_equal(fit$loglik, best$loglik, tolerance = 1e-6)
})

test_that("more starts do not end lower, and starts that agree say so", {
  few_starts <- quiet_moe(y ~ x, crossing_lines(150), 3, control = few(4))
  many <- quiet_moe(y ~ x, crossing_lines(150), 3, control = few(60))
  expect_gte(many$loglik, few_starts$loglik - 1e-6)
  expect_gte(sum(many$starts$agrees), 1)
  close <- abs(many$starts$value - many$loglik) < 1e-8
  expect_true(all(many$starts$agrees[close]))
})

test_that("large tables converge first on samples, and end at the optimum of all rows", {
  skip_below("full")
  data <- crossing_lines(2e5)
  fit <- quiet_moe(y ~ x, data, 2, control = few(10))
  expect_identical(fit$status, "converged")
  truth <- moe_measure(c(0.5, 0), c(2, 0), c(1.5, -1), c(1, -1), c(0.3, 0.5))
  near <- quiet_moe(y ~ x, data, 2, start = truth)
  expect_equal(fit$loglik, near$loglik, tolerance = 1e-10)
  expect_equal(near$measure$a, truth$a, tolerance = 0.02)
})
