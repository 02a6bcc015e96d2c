test_that("optima are those that fits from the same starts would have", {
  data <- the_data()
  fit <- quiet_moe(y ~ x, data, k = 3, control = few(40, threads = 1))
  optima <- moe_optima(fit)
  expect_identical(sum(optima$starts), nrow(fit$starts))
  expect_identical(sum(optima$fit), 1L)
  own <- optima[optima$fit, ]
  expect_identical(c(own$difference, own$agreement), c(0, 1))
  expect_identical(own$starts, sum(fit$starts$agrees))
  expect_false(is.unsorted(-optima$logLik))
  # where a start ended has the likelihood that the table says
  x <- cbind(data$x)
  at <- vapply(seq_len(nrow(fit$starts)), function(i) {
    m <- theta_measure(fit$ends$theta[, i], measure_spec(fit$measure), fit$expert, fit$gate, "x", "x")
    sum(log(ref_dmoe(data$y, x, m)))
  }, 0)
  expect_equal(max(at[fit$starts$best]), fit$loglik, tolerance = 1e-8)
  # splits of one expert that were given up are known from its rows alone
  seen <- fit$ends$whole == 1
  expect_gt(sum(seen), 40)
  expect_lt(max(abs(at - fit$starts$value)[seen]), 1e-6)
})

test_that("agreement does not depend on the numbers of experts", {
  fit <- the_fit("plain")
  problem <- fit_problem(fit)
  kept <- posterior_of(fit$measure, problem)
  swapped <- measure_theta(permute_experts(fit$measure, 2:1))
  expect_identical(compare_end(fit, swapped, problem, kept)$agreement, 1)
  # the plain-R oracle
  other <- fit$measure
  other$b <- other$b + c(0.5, -1)
  labels <- function(m) max.col(ref_posterior(the_data()$y, cbind(the_data()$x), m))
  found <- compare_end(fit, measure_theta(other), problem, kept)
  expect_equal(found$agreement, mean(labels(other) == labels(fit$measure)))
  expect_equal(found$smallest, min(colMeans(ref_posterior(the_data()$y, cbind(the_data()$x), other))))
})

test_that("weights, one expert, given starts and many rows", {
  count <- rep(c(0, 1, 2), 100)
  weighted <- moe(y ~ x, the_data(), k = 2, weights = count, control = quick())
  expect_identical(sum(moe_optima(weighted)$starts), 20L)
  expect_identical(nrow(moe_optima(the_fit("one"))), 1L)
  given <- moe(y ~ x, the_data(), k = 2, start = the_fit("plain"))
  expect_identical(moe_optima(given)$starts, 1L)
  expect_identical(length(thinned(fit_problem(weighted), 50)$y), 50L)
  large <- moe(y ~ x, rmoe(9000, truth_overlap(), seed = 1), k = 2, control = quick())
  optima <- moe_optima(large, max_rows = 100)
  expect_equal(optima$logLik[optima$fit], large$loglik)
  expect_moe_error(moe_optima(1))
  expect_moe_error(moe_optima(given, 0))
})

test_that("no sound optimum lies above the fit, and all that end at its likelihood agree", {
  skip_if_not_installed("lattice")
  # gates that are steps: the search stops in flat places at several heights
  formula <- NOx ~ poly(E, 2, raw = TRUE) + C | E
  fit <- quiet_moe(formula, lattice::ethanol, k = 3, control = moe_control(seed = 1, threads = 1))
  same <- abs(fit$starts$value - fit$loglik) < 1e-5
  expect_gt(sum(same), 1)
  expect_true(all(fit$starts$agrees[same]))
  optima <- moe_optima(fit)
  expect_true(all(optima$difference <= 0 | nzchar(optima$flaw)))
  expect_identical(optima$starts[optima$fit], sum(fit$starts$agrees))
  expect_identical(sum(optima$starts), nrow(fit$starts))
  # several samples of the rows, on which the order of the optima changes
  large <- quiet_moe(y ~ x, rmoe(9000, truth_overlap(), seed = 1), k = 3, control = few(40))
  optima <- moe_optima(large)
  expect_true(all(optima$difference <= 0 | nzchar(optima$flaw)))
  expect_true(all(optima$flaw %in% c("", "few_rows", "variance_floor", "price", "sample")))
})

test_that("ten optima are printed, and how to see the others", {
  fit <- the_fit("plain")
  optima <- moe_optima(fit)
  expect_s3_class(optima, "data.frame")
  many <- optima[rep(1, 14), ]
  shown <- capture.output(print(many))
  expect_length(shown, 12)
  expect_match(shown[12], "4 more: print(x, n = Inf)", fixed = TRUE)
  expect_length(capture.output(print(many, n = Inf)), 15)
  expect_length(capture.output(print(many, n = 3)), 5)
  expect_moe_error(print(many, n = 0))
})

test_that("an optimum that was set aside is said, and is a fit by as_fit()", {
  # eleven rows that lie on a line, to ten seconds, where the others scatter by six minutes
  fit <- quiet_moe(waiting ~ eruptions | 1, faithful, k = 2, control = moe_control(seed = 1, threads = 1))
  expect_equal(fit$loglik, -864.2996, tolerance = 1e-6)
  expect_true("set_aside" %in% fit$flags)
  expect_match(format(fit), "set aside", all = FALSE)
  expect_match(glance(fit)$flags, "set_aside")
  optima <- moe_optima(fit)
  i <- which(optima$flaw == "price")[1]
  expect_gt(optima$logLik[i], fit$loglik + 1)
  other <- as_fit(optima, i)
  expect_equal(other$loglik, optima$logLik[i], tolerance = 1e-6)
  expect_identical(other$status, "converged")
  expect_identical(as_fit(optima, which(optima$fit)), fit)
  expect_equal(predict(other), predict(update(fit, start = other)), tolerance = 1e-6)
  expect_moe_error(as_fit(optima, nrow(optima) + 1), "input")
  expect_moe_error(as_fit(optima[1:2, ], 1), "input", "whole")
  expect_moe_error(as_fit(fit, 1), "input", "optima")
})

test_that("galaxies: three experts are those that most starts reach, seven, seventy-two and three of them", {
  skip_if_not_installed("MASS")
  galaxies <- data.frame(g = MASS::galaxies / 1000)
  fit <- quiet_moe(g ~ 1 | 1, galaxies, k = 3, control = moe_control(seed = 1, threads = 1))
  expect_equal(fit$loglik, -203.1792, tolerance = 1e-6)
  expect_equal(sort(fit$mass), c(3, 7, 72), tolerance = 1e-2)
})
