test_that("defaults depend on the optimiser", {
  newton <- moe_control(progress = FALSE)
  em <- moe_control("em", progress = FALSE)
  expect_s3_class(newton, "moe_control")
  expect_identical(newton[c("optimizer", "tol", "trace", "seed")], list(optimizer = "newton", tol = 1e-8, trace = FALSE, seed = NULL),
    ignore_attr = TRUE
  )
  expect_identical(em$optimizer, "em")
  expect_gt(em$max_iter, newton$max_iter)
})

test_that("values are coerced and kept", {
  control <- moe_control("em", tol = 1e-3, max_iter = 7, starts = 3, threads = 1, variance_floor = 0.1, seed = 9, trace = TRUE)
  expect_identical(control$max_iter, 7L)
  expect_identical(control$starts, 3L)
  expect_identical(control$seed, 9)
  expect_identical(control$variance_floor, 0.1)
  expect_true(control$trace)
})

test_that("a list will do where moe_control() will", {
  data <- crossing_lines(60)
  a <- quiet_moe(y ~ x, data, 2, control = list(starts = 3, seed = 1))
  b <- quiet_moe(y ~ x, data, 2, control = moe_control(starts = 3, seed = 1))
  expect_same_fit(a, b)
})

test_that("the number of threads has an option", {
  withr::local_options(moerate.threads = 1L)
  expect_identical(moe_control()$threads, 1L)
  withr::local_options(moerate.threads = "many")
  expect_moe_error(moe_control(), "input", "threads")
})

test_that("controls do what they say", {
  data <- crossing_lines(100)
  fit <- function(...) quiet_moe(y ~ x, data, 2, control = moe_control(seed = 1, ...))
  expect_identical(nrow(fit(starts = 5)$starts), 5L)
  expect_identical(nrow(fit(starts = 1)$starts), 1L)
  # ten steps of EM, then Newton's method twice: loosely to rank the starts, and to finish those that are left
  expect_lte(max(fit(starts = 5, max_iter = 3)$iterations), 13)
  few <- fit(starts = 5, max_iter = 3)$starts$iterations
  expect_lte(max(few), 10 + 2 * 3)
  expect_gt(max(fit(starts = 5)$starts$iterations), max(few))
  expect_lte(fit(starts = 5, tol = 1e-12)$gradient, 1e-12)
  expect_identical(fit(starts = 5)$status, "converged")
  loose <- fit(starts = 5, tol = 0.05)
  expect_true(loose$gradient <= 0.05 && loose$gradient > 1e-8 || loose$gradient <= 1e-8)
  floor <- quiet_moe(y ~ x, data, 2, control = moe_control(seed = 1, starts = 5, variance_floor = 0.5))
  expect_gte(min(floor$measure$sigma2), 0.5 * mean((data$y - mean(data$y))^2) * (1 - 1e-12))
  expect_identical(floor$status, "variance_floor")
  em <- fit(optimizer = "em", starts = 3)
  expect_true(em$status %in% c("small_change", "max_iter"))
  expect_identical(unique(em$starts$status) %in% c("small_change", "max_iter", "stalled"), rep(TRUE, length(unique(em$starts$status))))
})

test_that("min_rows prefers experts with rows", {
  data <- crossing_lines(100)
  fit <- quiet_moe(y ~ x, data, 3, control = moe_control(seed = 1, starts = 30, min_rows = 10))
  free <- quiet_moe(y ~ x, data, 3, control = moe_control(seed = 1, starts = 30, min_rows = 0))
  expect_gte(free$loglik, fit$loglik - 1e-6)
  if (any(vapply(list(fit), function(f) min(f$mass) < 10, NA))) expect_true(all(fit$starts$value <= fit$loglik + 1e-4))
})

test_that("wrong values are refused by name", {
  local_reproducible_output(width = 120)
  expect_snapshot(error = TRUE, {
    moe_control("bfgs")
    moe_control(tol = 0)
    moe_control(max_iter = 1.5)
    moe_control(starts = 0)
    moe_control(threads = "two")
    moe_control(variance_floor = -1)
    moe_control(seed = -1)
    moe_control(trace = NA)
    moe(y ~ x, data.frame(x = 1:9, y = c(2, 4, 3, 6, 5, 8, 7, 1, 9)), 2, control = list(start = 3))
  })
  for (field in c("tol", "max_iter", "starts", "threads", "variance_floor", "min_rows", "seed")) {
    for (value in list("a", NA, c(1, 2), -1, Inf, NaN, list())) {
      expect_moe_error(do.call(moe_control, stats::setNames(list(value), field)), "input", field)
    }
  }
  expect_moe_error(moe_control(nstart = 3), regexp = "nstart")
})

test_that("a control prints", {
  expect_output(print(moe_control(seed = 3)), "seed = 3")
})

test_that("no more threads than there are cores to use", {
  cores <- unname(future::availableCores())
  expect_identical(moe_control()$threads, min(2L, as.integer(cores)))
  expect_message(control <- moe_control(threads = 1024), "1024.*more than the number of available cores", class = "moe_message_threads")
  expect_identical(control$threads, as.integer(cores))
})

test_that("coef() refuses what it does not know", {
  fit <- moe(waiting ~ eruptions, faithful, 1)
  expect_moe_error(coef(fit, "expert"), "input", "too many")
  expect_identical(coef(fit, complete = FALSE), coef(fit))
})
