test_that("nested fits with the same k are compared with the chi-squared distribution", {
  data <- the_data()
  large <- moe(y ~ x + z, data, k = 2, control = quick())
  small <- moe(y ~ x | x + z, data, k = 2, control = quick())
  expect_warning(table <- anova(large, small), NA)
  expect_s3_class(table, c("anova", "data.frame"), exact = TRUE)
  expect_identical(names(table), c("npar", "AIC", "BIC", "logLik", "Chisq", "Df", "Pr(>Chisq)"))
  expect_identical(table$npar, c(9, 11) + 0)
  chisq <- 2 * (large$loglik - small$loglik)
  expect_equal(table$Chisq[2], chisq)
  expect_equal(table[["Pr(>Chisq)"]][2], pchisq(chisq, 2, lower.tail = FALSE))
  expect_match(attr(table, "heading")[2], "Model 1: k = 2, y ~ x | x + z", fixed = TRUE)
})

test_that("one expert: the likelihood ratio of lm()", {
  data <- the_data()
  table <- anova(update(the_fit("one"), . ~ 1, data = data), the_fit("one"))
  lines <- list(lm(y ~ 1, data), lm(y ~ x + f, data))
  expect_equal(table$Chisq[2], 2 * as.numeric(logLik(lines[[2]]) - logLik(lines[[1]])))
})

test_that("fits with different k give a warning and no p-value", {
  data <- the_data()
  one <- moe(y ~ x, data, k = 1)
  expect_warning(table <- anova(one, the_fit("plain")), class = "moe_warning_overspecified")
  expect_true(all(is.na(table[["Pr(>Chisq)"]])))
  expect_equal(table$Chisq[2], 2 * (the_fit("plain")$loglik - one$loglik))
  expect_output(print(table), "Model 2: k = 2")
})

test_that("fits that are not nested have no p-value", {
  data <- the_data()
  a <- moe(y ~ x, data, k = 1)
  b <- moe(y ~ z + f, data, k = 1)
  expect_warning(table <- anova(a, b), class = "moe_warning_not_nested")
  expect_true(is.na(table[["Pr(>Chisq)"]][2]))
})

test_that("what cannot be compared is refused", {
  fit <- the_fit("plain")
  squares <- moe(y ~ x, the_data(), k = 1, method = "lse")
  expect_moe_error(anova(squares), "unsupported")
  expect_moe_error(anova(fit, lm(y ~ x, the_data())))
  expect_moe_error(anova(fit, moe(y ~ x, the_data()[-1, ], k = 1)))
  expect_snapshot(error = TRUE, anova(squares))
})
