# Other packages from the same start

test_that("from one start flexmix and moerate agree to 1e-6 per observation", {
  skip_if_not_installed("flexmix")
  sizes <- list(c(2000, 2, 1))
  if (test_level != "quick") sizes <- c(sizes, list(c(3000, 2, 2), c(2000, 3, 1), c(4000, 3, 3), c(6000, 2, 5)))
  for (i in seq_along(sizes)) {
    n <- sizes[[i]][1]
    k <- sizes[[i]][2]
    problem <- peer_problem(i, n, k, sizes[[i]][3])
    formula <- stats::reformulate(colnames(problem$x), "y")
    ours <- quiet_moe(formula, problem$data, k, start = problem$tau)
    theirs <- flexmix_fit(problem, k, stats::reformulate(colnames(problem$x)))
    expect_identical(ours$status, "converged")
    expect_true(theirs@converged)
    measure <- flexmix_measure(theirs, k)
    # flexmix divides by n - d - 1 in its variances, which costs (d + 1)^2 / (4 n^2) per observation
    loglik <- sum(log(ref_dmoe(problem$data$y, problem$x, measure)))
    expect_lt(abs(loglik - ours$loglik) / n, 1e-6, label = paste("problem", i))
    expect_lte(loglik, ours$loglik + 1e-6)
  }
})

test_that("a gate without experts' covariates, and the reverse, agree with flexmix", {
  skip_if_not_installed("flexmix")
  problem <- peer_problem(21, 2000, 2, 1)
  ours <- quiet_moe(y ~ x1 | 1, problem$data, 2, start = problem$tau)
  theirs <- flexmix_fit(problem, 2, ~1)
  measure <- flexmix_measure(theirs, 2)
  loglik <- sum(log(ref_dmoe(problem$data$y, problem$x, measure, matrix(0, 2000, 0))))
  expect_lt(abs(loglik - ours$loglik) / 2000, 1e-6)
})

test_that("a known partition is multinomial regression and one regression for each expert", {
  skip_if_not_installed("nnet")
  # experts two hundred standard deviations apart: the labels are known to every digit. No further, as the floor of
  # a variance is 1e-6 of the variance of y.
  problem <- withr::with_seed(22, {
    x <- rnorm(400)
    label <- ifelse(runif(400) < plogis(0.5 + x), 1, 2)
    data.frame(x = x, label = label, y = c(100, -100)[label] + x * c(1, -2)[label] + rnorm(400))
  })
  fit <- quiet_moe(y ~ x, problem, 2, start = diag(2)[problem$label, ])
  gate <- nnet::multinom(factor(label, levels = 2:1) ~ x, problem, trace = FALSE, reltol = 1e-14, abstol = 1e-14, maxit = 1000)
  expect_equal(c(fit$measure$beta0[1], fit$measure$beta1[1, ]), coef(gate), tolerance = 1e-4, ignore_attr = TRUE)
  lines <- lapply(1:2, function(i) lm(y ~ x, problem[problem$label == i, ]))
  for (i in 1:2) expect_equal(c(fit$measure$b[i], fit$measure$a[i, ]), coef(lines[[i]]), tolerance = 1e-7, ignore_attr = TRUE)
  wanted <- as.numeric(logLik(gate)) + sum(vapply(lines, function(l) as.numeric(logLik(l)), 0))
  expect_equal(fit$loglik, wanted, tolerance = 1e-8)
})
