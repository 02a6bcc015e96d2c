test_that("one expert: the likelihood ratios of lm()", {
  data <- the_data()
  table <- drop1(the_fit("one"))
  line <- lm(y ~ x + f, data)
  ratio <- function(formula) 2 * as.numeric(logLik(line) - logLik(lm(formula, data)))
  expect_equal(table$LRT[-1], c(ratio(y ~ f), ratio(y ~ x)), tolerance = 1e-7)
  expect_equal(table$AIC, c(AIC(line), AIC(lm(y ~ f, data)), AIC(lm(y ~ x, data))), tolerance = 1e-8)
  expect_identical(rownames(table), c("<none>", "experts: x", "experts: f"))
  expect_identical(table$Df, c(NA, 1, 2))
  table <- anova(the_fit("one"))
  first <- 2 * as.numeric(logLik(lm(y ~ x, data)) - logLik(lm(y ~ 1, data)))
  expect_equal(table$Chisq, c(first, ratio(y ~ x)), tolerance = 1e-7)
  expect_identical(rownames(table), c("experts: x", "experts: f"))
})

test_that("several experts: those of fits without the term", {
  data <- the_data()
  fit <- the_fit("gated")
  table <- drop1(fit)
  fits <- list(y ~ x + f | z, y ~ x + f | x, y ~ f | x + z, y ~ x | x + z)
  loglik <- vapply(fits, function(f) {
    quiet_moe(f, data, k = 2, expert = expert_linear("shared"), start = predict(fit, type = "posterior"))$loglik
  }, 0)
  expect_identical(rownames(table)[-1], c("gate: x", "gate: z", "experts: x", "experts: f"))
  expect_identical(table$Df[-1], c(1, 1, 2, 4))
  # at least as good as from the posterior probabilities
  expect_true(all(table$LRT[-1] <= 2 * (fit$loglik - loglik) + 1e-5))
  expect_equal(table$LRT[c(3, 5)], 2 * (fit$loglik - loglik)[c(2, 4)], tolerance = 1e-4)
  expect_equal(table[["Pr(>Chi)"]], pchisq(table$LRT, table$Df, lower.tail = FALSE))
  expect_identical(names(drop1(fit, test = "none")), c("Df", "AIC", "LRT"))
  expect_equal(drop1(fit, "gate: z", k = log(300))$AIC[1], BIC(fit))
  # in their order: the last of each part is the one that is left out
  terms <- anova(fit)
  expect_equal(terms$Chisq[c(2, 4)], table$LRT[c(3, 5)], tolerance = 1e-6)
  expect_identical(rownames(terms), rownames(table)[-1])
})

test_that("the test of a steep gate is that of the likelihood", {
  fit <- moe(waiting ~ eruptions, faithful, k = 2, control = quick())
  table <- drop1(fit)
  constant <- quiet_moe(waiting ~ eruptions | 1, faithful, k = 2, start = predict(fit, type = "posterior"))
  expect_equal(table["gate: eruptions", "LRT"], 2 * (fit$loglik - constant$loglik), tolerance = 1e-4)
  expect_lt(table["gate: eruptions", "Pr(>Chi)"], 1e-4)
})

test_that("step() works for one part, and is refused for two", {
  data <- the_data()
  fit <- moe(y ~ x + z, data, k = 2, control = quick())
  expect_equal(extractAIC(fit), c(11, AIC(fit)))
  both <- drop1(fit, "z")
  small <- moe(y ~ x, data, k = 2, control = quick())
  expect_equal(both["z", "LRT"], 2 * (fit$loglik - small$loglik), tolerance = 1e-5)
  expect_identical(both["z", "Df"], 4 - 1)
  chosen <- step(fit, trace = 0)
  expect_equal(AIC(chosen), min(AIC(fit), AIC(small)), tolerance = 1e-6)
  expect_moe_error(step(the_fit("gated"), trace = 0), "unsupported", "step")
})

test_that("what has no chi-squared distribution is refused", {
  fit <- the_fit("plain")
  expect_moe_error(drop1(fit, "w"), regexp = "gate: x")
  expect_moe_error(drop1(fit, 3))
  expect_moe_error(add1(fit, "z"), "unsupported")
  held <- fit
  held$held <- 1:8 == 7
  held$measure$sigma2[1] <- 1e-9
  expect_moe_error(drop1(held), "unsupported", "floor")
  expect_moe_error(anova(held), "unsupported", "floor")
  stopped <- fit
  stopped$status <- "max_iter"
  expect_moe_error(drop1(stopped), "unsupported", "max_iter")
  singular <- fit
  singular$hessian[3:4, ] <- singular$hessian[, 3:4] <- 0
  expect_moe_error(drop1(singular), "unsupported", "singular")
  squares <- moe(y ~ x, the_data(), k = 1, method = "lse")
  expect_moe_error(drop1(squares), "unsupported")
  expect_moe_error(anova(squares), "unsupported")
})
