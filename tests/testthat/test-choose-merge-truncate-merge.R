test_that("the result is that of the plain version, on random measures", {
  left <- integer()
  for (seed in seq_len(at_level(120, nightly = 500))) {
    measure <- clustered_measure(seed)
    settings <- withr::with_seed(seed, {
      list(omega = exp(runif(1, -4, 0.5)), c = exp(runif(1, -2, 1)), r = sample(c(1, 2, 2.5), 1))
    })
    random <- seed %% 3 == 0
    weight <- exp(measure$beta0) / sum(exp(measure$beta0))
    visits <- if (random) order(-log(stream_uniform(length(weight), seed, "user")) / weight) else order(-weight)
    order <- if (random) "random" else "weight"
    merged <- merge_truncate_merge(measure, settings$omega, settings$c, settings$r, order, seed)
    wanted <- ref_mtm(measure, settings$omega, settings$c, settings$r, visits)
    expect_identical(merged$k, length(wanted))
    expect_atoms(merged$measure, wanted)
    # who has whose weight
    expect_equal(
      as.vector(tapply(weight, merged$assignment, sum)),
      exp(merged$measure$beta0) / sum(exp(merged$measure$beta0))
    )
    left <- c(left, merged$k - n_experts(measure))
  }
  # the settings reach from nothing to everything
  expect_gt(sum(left == 0), length(left) / 20)
  expect_gt(sum(left < -2), length(left) / 20)
})

test_that("truncated atoms go to the nearest atom left, not to the farthest", {
  measure <- moe_measure(c(0, 0, -8), c(0, 10, 9), c(0, 10, 9), c(0, 10, 9), c(1, 1, 1))
  expect_identical(merge_truncate_merge(measure, 0.1)$assignment, c(1L, 2L, 2L))
})

test_that("a path has a row per constant, and its first result", {
  measure <- clustered_measure(7)
  constants <- 2^seq(-4, 6)
  path <- merge_truncate_merge(measure, 0.2, constants)
  each <- lapply(constants, function(c) merge_truncate_merge(measure, 0.2, c))
  expect_identical(path$path, data.frame(c = constants, k = vapply(each, function(m) m$k, 0L)))
  expect_identical(path$measures, lapply(each, function(m) m$measure))
  expect_identical(path$assignments, lapply(each, function(m) m$assignment))
  expect_identical(path$measure, each[[1]]$measure)
  expect_identical(as_measure(path), path$measure)
  # the heaviest always stays
  expect_identical(path$path$k[length(constants)], 1L)
})

test_that("a fit has a default rate, and its units do not matter", {
  data <- rmoe(500, truth_overlap(), seed = 5)
  fit <- quiet_moe(y ~ x, data, k = 3, control = quick())
  merged <- merge_truncate_merge(fit)
  expect_equal(merged$omega, log(500) / 10 * 500^(-1 / 8))
  expect_true(merged$standardised)
  data$x <- 3 + 100 * data$x
  data$y <- 5 * data$y
  other <- merge_truncate_merge(quiet_moe(y ~ x, data, k = 3, control = quick()), c = 2^seq(-3, 3))
  expect_identical(other$path, merge_truncate_merge(fit, c = 2^seq(-3, 3))$path)
  # atoms stay where they are: a merged measure has some of those of the fit, in the units of the data
  fit <- quiet_moe(y ~ x, data, k = 2, control = quick())
  whole <- merge_truncate_merge(fit, omega = 1e-8)
  expect_equal(coef(whole$measure), coef(fit))
  one <- merge_truncate_merge(fit, omega = 1e8)$measure
  expect_true(one$b %in% fit$measure$b)
})

test_that("weights in standard units are those at the mean of the covariates", {
  fit <- quiet_moe(y ~ x, rmoe(500, truth_lambda(), seed = 5), k = 2, control = quick())
  merged <- merge_truncate_merge(fit, omega = 1e-8)
  expect_equal(coef(merged$measure), coef(fit))
  # all weight at the atom that is heavier at the mean of x
  gate <- predict(fit, data.frame(x = mean(model.frame(fit)$x)), "gate")
  one <- merge_truncate_merge(fit, omega = 1e8)$measure
  expect_equal(one$b, fit$measure$b[which.max(gate)])
})

test_that("random orders depend on the seed alone", {
  # neighbours are close, the ends are not: the first to be visited decides
  chain <- moe_measure(c(0, 0, 0), c(0, 0, 0), c(0, 0, 0), 0:2, c(1, 1, 1))
  one <- function(seed) merge_truncate_merge(chain, 1.2, c = 0.1, order = "random", seed = seed)$assignment
  expect_identical(one(1), one(1))
  expect_gt(length(unique(lapply(1:20, one))), 1)
  set.seed(3)
  a <- one(NULL)
  set.seed(3)
  expect_identical(one(NULL), a)
  # the first to be visited is drawn with probabilities p
  first <- vapply(1:2000, function(seed) random_visits(c(0.7, 0.2, 0.1), seed)[1], 0L)
  expect_gt(stats::chisq.test(tabulate(first, 3), p = c(0.7, 0.2, 0.1))$p.value, 1e-4)
})

test_that("wrong arguments are classed errors", {
  measure <- random_measure(3, 1)
  expect_moe_error(merge_truncate_merge(measure), regexp = "omega")
  for (omega in list(0, -1, NA, "a", c(1, 2), Inf)) {
    expect_moe_error(merge_truncate_merge(measure, omega), regexp = "omega")
  }
  for (c in list(0, -1, c(1, NA), "a", numeric())) {
    expect_moe_error(merge_truncate_merge(measure, 1, c = c), regexp = "`c`")
  }
  for (r in list(0.5, NA, "a")) expect_moe_error(merge_truncate_merge(measure, 1, r = r), regexp = "`r`")
  expect_moe_error(merge_truncate_merge(measure, 1, order = "size"), regexp = "order")
  expect_moe_error(merge_truncate_merge(measure, 1, standardise = TRUE), regexp = "fit")
  expect_moe_error(merge_truncate_merge("a", 1))
  # no weights
  expect_moe_error(merge_truncate_merge(list(beta1 = c(1, 0), a = 1:2, b = 1:2), 1), regexp = "beta0")
})

test_that("a result prints and draws", {
  path <- merge_truncate_merge(clustered_measure(7), 0.2, 2^seq(-4, 6))
  expect_match(capture.output(print(path)), "k = 1", all = FALSE)
  expect_silent(ggplot2::ggplot_build(autoplot(path)))
})
