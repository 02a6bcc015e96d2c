test_that("a replicate is the likelihood ratio of two fits to the sample it drew", {
  data <- the_data()
  fit <- the_fit("plain")
  test <- moe_lr_test(update(fit, data = data), 3, reps = 3, seed = 4)
  fit$control$starts <- 20L
  problem <- fit_problem(fit)
  y <- draw_sample(fit, problem, "parametric", 4, 2)$y
  data$y <- y
  small <- moe(y ~ x, data, k = 2, start = fit)
  starts <- refit_control(problem$control, problem_spec(problem, 3), 300, 300)$starts
  large <- quiet_moe(y ~ x, data, k = 3, control = moe_control(seed = 2, starts = starts, threads = 1))
  # the search, or a fit from a split of an expert of the smaller model
  tau <- predict(small, type = "posterior")
  tops <- vapply(1:2, function(i) {
    side <- y > predict(small, type = "expert")[, i]
    split <- cbind(tau[, -i], tau[, i] * side, tau[, i] * !side)
    top <- quiet_moe(y ~ x, data, k = 3, start = split, control = moe_control(threads = 1))
    if (top$ends$soundness[top$starts$best] == 3) top$loglik else -Inf
  }, 0)
  found <- 2 * (max(large$loglik, tops) - small$loglik)
  expect_gte(test$replicates[2], found - 1e-4)
  expect_lt(test$replicates[2], found + 5)
  expect_identical(unname(test$p.value), (1 + sum(test$replicates >= test$statistic)) / 4)
  expect_output(print(test), "2 against 3 experts")
})

test_that("one line is told from two, and two are enough", {
  data <- the_data()
  one <- moe(y ~ x, data, k = 1)
  test <- moe_lr_test(one, 2, reps = 19, seed = 1)
  expect_identical(test$p.value, 0.05)
  expect_equal(unname(test$statistic), 2 * (the_fit("plain")$loglik - one$loglik), tolerance = 1e-6)
  # a fit serves as well as its k
  expect_equal(moe_lr_test(one, the_fit("plain"), reps = 2, seed = 1)$statistic, test$statistic)
  skip_below("full")
  expect_gt(moe_lr_test(the_fit("plain"), reps = 39, seed = 1)$p.value, 0.1)
})

test_that("the test keeps its level", {
  skip_below("nightly")
  truth <- moe_measure(0, 0, 1, 0, 0.25)
  p <- vapply(1:200, function(i) {
    fit <- moe(y ~ x, rmoe(100, truth, design_uniform(-2, 2), seed = i), k = 1)
    moe_lr_test(fit, reps = 19, seed = i)$p.value
  }, 0)
  # two tenths of p-values of 19 replicates are at most 0.2
  expect_lt(abs(mean(p <= 0.2) - 0.2), 4 * sqrt(0.2 * 0.8 / 200))
})

test_that("what cannot be compared is refused", {
  fit <- the_fit("plain")
  expect_moe_error(moe_lr_test(fit, 2), regexp = "at least 3")
  expect_moe_error(moe_lr_test(fit, the_fit("one")))
  expect_moe_error(moe_lr_test(the_fit("one"), fit), regexp = "only")
  expect_moe_error(moe_lr_test(1, 2))
  expect_moe_error(moe_lr_test(fit, reps = 0))
  class(fit) <- c("moe_lse", "moe")
  expect_moe_error(moe_lr_test(fit), "unsupported")
  expect_moe_error(moe_bootstrap(fit), "unsupported")
  expect_moe_error(moe_optima(fit), "unsupported")
  expect_moe_error(cooks.distance(fit), "unsupported")
  expect_moe_error(dfbeta(fit), "unsupported")
})

test_that("statistics of the data and of replicates come from one procedure, and none is below zero", {
  fit <- the_fit("plain")
  problem <- fit_problem(fit)
  # a search that finds nothing: one start, stopped at once
  problem$control$starts <- 1
  problem$control$max_iter <- 1
  null <- list(theta = measure_theta(fit$measure), value = fit$loglik)
  expect_gte(lr_statistic(problem, 2, 3, null, problem$y, seed = 1)$statistic, 0)
  # a split finds what was left out: two lines taken for one
  one <- moe(y ~ x, the_data(), k = 1)
  problem <- fit_problem(one)
  null <- list(theta = measure_theta(one$measure), value = one$loglik)
  split <- vapply(split_posteriors(null, problem, 1), function(tau) refit(problem, 2, posterior = tau)$value, 0)
  expect_equal(max(split), the_fit("plain")$loglik, tolerance = 1e-8)
  better <- the_fit("plain")
  better$loglik <- better$loglik + 1
  expect_warning(moe_lr_test(one, better, reps = 1, seed = 1), class = "moe_warning_convergence", "starts")
})

test_that("the argument is larger, not k", {
  expect_moe_error(moe_lr_test(the_fit("plain"), k = 3), regexp = "larger")
  expect_moe_error(moe_lr_test(the_fit("plain"), 3, replicates = 3), regexp = "replicates")
  expect_moe_error(moe_lr_test(the_fit("plain"), 3, progress = NA))
})

test_that("replicates with a separated gate are said", {
  test <- structure(list(
    statistic = c(T = 1), parameter = c(replicates = 3), p.value = 0.5, method = "m", data.name = "d", separated = 2L
  ), class = c("moe_lr_test", "htest"))
  expect_output(print(test), "separates 2 of the samples")
})

test_that("an expert without rows has no side to split", {
  expect_null(along_covariates(matrix(c(1, 2, 4)), numeric(3)))
  fit <- the_fit("plain")
  empty <- fit$measure
  empty$beta0 <- empty$beta0 + c(0, -1e4)
  sides <- split_posteriors(list(theta = measure_theta(empty)), fit_problem(fit), 2)
  # above and below the line of both experts, and along x where there are rows
  expect_length(sides, 3)
  expect_true(all(is.finite(unlist(sides))))
})
