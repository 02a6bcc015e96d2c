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
  expect_equal(test$replicates[2], 2 * (large$loglik - small$loglik), tolerance = 1e-6)
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
