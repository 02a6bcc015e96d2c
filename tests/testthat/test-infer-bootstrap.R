test_that("a replicate is a fit to the sample it drew", {
  fit <- the_fit("plain")
  data <- the_data()
  problem <- fit_problem(fit)
  boot <- moe_bootstrap(fit, 3, "cases", seed = 5)
  drawn <- draw_sample(fit, problem, "cases", 5, 2)
  expect_identical(sum(drawn$w), 300)
  again <- moe(y ~ x, data, k = 2, weights = drawn$w, start = fit)
  expect_equal(boot$replicates[2, ], coef(again), tolerance = 1e-6)
  expect_equal(boot$logLik[2], again$loglik)
  boot <- moe_bootstrap(fit, 3, seed = 5)
  drawn <- draw_sample(fit, problem, "parametric", 5, 2)
  again <- moe(y ~ x, transform(data, y = drawn$y), k = 2, start = fit)
  expect_equal(boot$replicates[2, ], coef(again), tolerance = 1e-6)
  # the law of the draws is that of the fit
  r <- residuals(fit, "quantile")
  many <- vapply(1:30, function(i) {
    y <- draw_sample(fit, problem, "parametric", 5, i)$y
    pmoe(y, data$x, fit$measure)
  }, numeric(300))
  expect_gt(ks.test(as.vector(many), "punif")$p.value, 1e-3)
})

test_that("numbers depend on the seed alone", {
  fit <- the_fit("plain")
  one <- moe_bootstrap(fit, 4, seed = 1)
  expect_identical(moe_bootstrap(fit, 4, seed = 1), one)
  expect_identical(moe_bootstrap(fit, 6, seed = 1)$replicates[1:4, ], one$replicates)
  expect_false(identical(moe_bootstrap(fit, 4, seed = 2)$replicates, one$replicates))
  set.seed(3)
  a <- moe_bootstrap(fit, 2)
  set.seed(3)
  expect_identical(moe_bootstrap(fit, 2), a)
})

test_that("plans do not show in the numbers", {
  skip_below("full")
  fit <- the_fit("plain")
  one <- moe_bootstrap(fit, 9, seed = 1)
  old <- future::plan(future::multisession, workers = 2)
  on.exit(future::plan(old))
  expect_identical(moe_bootstrap(fit, 9, seed = 1), one)
})

test_that("weights that are counts are rows, others are refused", {
  start <- the_fit("plain")
  count <- rep(c(0, 1, 2), 100)
  weighted <- moe(y ~ x, the_data(), k = 2, weights = count, start = start)
  repeated <- moe(y ~ x, the_data()[rep(1:300, count), ], k = 2, start = start)
  for (type in c("parametric", "cases")) {
    expect_equal(
      moe_bootstrap(weighted, 3, type, seed = 1)$replicates, moe_bootstrap(repeated, 3, type, seed = 1)$replicates,
      tolerance = 1e-5
    )
  }
  half <- moe(y ~ x, the_data(), k = 2, weights = count / 2 + 0.1, start = start)
  expect_moe_error(moe_bootstrap(half, 3), "unsupported", "sandwich")
})

test_that("intervals are bias-corrected percentiles", {
  fit <- the_fit("plain")
  boot <- moe_bootstrap(fit, 199, seed = 1)
  limits <- confint(boot)
  z0 <- qnorm((sum(boot$replicates[, 2] < coef(fit)[2]) + 0.5) / 200)
  expect_equal(
    unname(limits[2, ]), unname(quantile(boot$replicates[, 2], pnorm(2 * z0 + qnorm(c(0.025, 0.975))), type = 6))
  )
  # a monotone transformation changes nothing but the scale
  logs <- boot
  logs$replicates[, 7:8] <- log(logs$replicates[, 7:8])
  logs$estimate[7:8] <- log(logs$estimate[7:8])
  expect_equal(exp(confint(logs, 7:8)), limits[7:8, ], tolerance = 0.01)
  expect_identical(dimnames(limits), dimnames(confint(fit)))
  expect_identical(confint(fit, 2, method = "boot", reps = 199, seed = 1), limits[2, , drop = FALSE])
  expect_lt(max(abs(limits - confint(fit)) / sqrt(diag(vcov(fit)))), 1)
  expect_lt(max(abs(log(diag(vcov(boot)) / diag(vcov(fit, adjust = FALSE))))), 0.6)
  expect_moe_error(confint(boot, level = 0.999), regexp = "1999")
  expect_moe_error(confint(boot, "x"))
  expect_identical(confint(fit, 2, method = "bootstrap", reps = 199, seed = 1), limits[2, , drop = FALSE])
  expect_moe_error(moe_bootstrap(fit, 0))
  expect_moe_error(moe_bootstrap(fit, 1), regexp = "at least 2")
  expect_moe_error(moe_bootstrap(fit, 9, "bayes"))
  expect_moe_error(moe_bootstrap(lm(y ~ x, the_data())))
  expect_output(print(boot), "parametric, 199 replicates")
})

test_that("a replicate without an optimum is left out, and said", {
  boot <- moe_bootstrap(the_fit("plain"), 40, seed = 1)
  boot$replicates[3, ] <- NA
  boot$relabelled[4] <- TRUE
  expect_output(print(boot), "1 reached no optimum")
  expect_output(print(boot), "experts of 1 were renumbered")
  expect_equal(vcov(boot), var(boot$replicates[-3, ]))
  expect_false(anyNA(confint(boot)))
})

test_that("experts get the numbers under which they are the same", {
  tau <- withr::with_seed(1, matrix(rexp(400), 100))
  tau <- tau / rowSums(tau)
  for (order in list(1:4, 4:1, c(2, 3, 4, 1), c(3, 1, 2, 4))) {
    expect_identical(order(order), as.integer(align_experts(tau, tau[, order])))
  }
  fit <- the_fit("plain")
  swapped <- permute_experts(fit$measure, 2:1)
  problem <- fit_problem(fit)
  order <- align_experts(posterior_of(fit$measure, problem), posterior_of(swapped, problem))
  expect_equal(coef(permute_experts(swapped, order)), coef(fit))
})

test_that("the assignment is the best of all permutations", {
  permutations <- function(n) {
    if (n == 1) return(matrix(1L))
    smaller <- permutations(n - 1)
    do.call(rbind, lapply(seq_len(n), function(first) cbind(first, matrix(seq_len(n)[-first][smaller], ncol = n - 1))))
  }
  withr::local_seed(1)
  for (i in 1:200) {
    n <- 1 + i %% 6
    # ties among them
    cost <- matrix(if (i %% 2) rnorm(n^2) else sample(3, n^2, TRUE), n)
    found <- assign_columns(cost)
    expect_identical(sort(found), seq_len(n))
    all <- apply(permutations(n), 1, function(p) sum(cost[cbind(seq_len(n), p)]))
    expect_equal(sum(cost[cbind(seq_len(n), found)]), min(all))
  }
})

test_that("coefficients of a gate that separates a sample are not numbers", {
  boot <- moe_bootstrap(the_fit("plain"), 99, seed = 1)
  expect_false(any(boot$separated))
  finite <- confint(boot, level = 0.9)
  boot$separated[1:20] <- TRUE
  boot$replicates[1:20, 1:2] <- rep(c(-700, 900), each = 20)
  expect_output(print(boot), "separates 20 samples")
  shown <- capture.output(print(boot))
  expect_match(grep("^gate1:x", shown, value = TRUE), "NA +NA")
  expect_no_match(grep("^expert1:x", shown, value = TRUE), "NA")
  expect_warning(v <- vcov(boot), class = "moe_warning_separated_gate", "20 of 99")
  expect_identical(unname(is.na(diag(v))), 1:8 <= 2)
  limits <- confint(boot, level = 0.9)
  expect_identical(limits[1:2, ][cbind(1:2, 1:2)], c(-Inf, Inf))
  expect_identical(limits[3:8, ], finite[3:8, ])
})

test_that("a replicate knows whether its gate is separated", {
  fit <- quiet_moe(y ~ x, separated_data(), k = 2, control = quick())
  boot <- moe_bootstrap(fit, 3, seed = 1)
  expect_true(all(boot$separated))
  expect_identical(boot$separated, boot$status == "gate_separated")
})

test_that("progress is signalled", {
  told <- 0
  withCallingHandlers(moe_bootstrap(the_fit("plain"), 3, seed = 1), progression = function(p) {
    told <<- told + (p$type == "update")
  })
  expect_identical(told, 3)
})
