test_that("a steep gate whose z says little is named with its likelihood ratio", {
  fit <- moe(waiting ~ eruptions, faithful, k = 2, control = quick())
  traps <- wald_traps(fit)
  expect_identical(traps$term, "gate1:eruptions")
  # the oracle: a fit with a constant gate, from the posterior probabilities of the fit
  constant <- quiet_moe(waiting ~ eruptions | 1, faithful, k = 2, start = predict(fit, type = "posterior"))
  expect_equal(traps$ratio, 2 * (fit$loglik - constant$loglik), tolerance = 1e-4)
  expect_equal(traps$z, unname(coef(fit)[2] / sqrt(vcov(fit, adjust = FALSE)[2, 2])))
  expect_lt(traps$p.ratio, 1e-4)
  expect_gt(traps$p.value, 0.2)
  expect_warning(tidy(fit), class = "moe_warning_wald", "gate1:eruptions")
  expect_warning(confint(fit), class = "moe_warning_wald")
  expect_warning(confint(fit, "expert1:eruptions"), NA)
  expect_match(summary(fit)$note, "drop1", all = FALSE)
  expect_output(print(summary(fit)), "likelihood ratio")
})

test_that("gates whose likelihood is near quadratic are not", {
  expect_null(wald_traps(the_fit("one")))
  expect_null(wald_traps(the_fit("plain")))
  expect_warning(tidy(the_fit("gated")), NA)
})

test_that("the tangent gives an upper bound of the likelihood ratio", {
  fit <- the_fit("gated")
  covariance <- vcov(fit, adjust = FALSE)
  for (j in 2:3) {
    end <- walk_profile(new_profile(fit, j, sqrt(diag(covariance))), -sign(coef(fit)[[j]]), 3, to = 0)
    expect_identical(end$word, "to")
    drop <- end$points[[length(end$points)]]$drop
    expect_lte(drop, tangent_drop(fit, covariance, j))
  }
  # the term of the gate that has no effect: that of a smaller fit
  small <- moe(y ~ x + f | x, the_data(), k = 2, expert = expert_linear("shared"), control = quick())
  expect_equal(drop, 2 * (fit$loglik - small$loglik), tolerance = 1e-4)
})
