test_that("methods of a least-squares fit are those of the formulas", {
  fit <- the_lse("tanh")
  data <- fit$model
  residual <- data$y - ref_regression(fit$measure, cbind(x = data$x))
  n <- nrow(data)
  expect_equal(deviance(fit), sum(residual^2), tolerance = 1e-10)
  expect_equal(sigma(fit), sqrt(sum(residual^2) / (n - 6)))
  expect_identical(c(nobs(fit), df.residual(fit)), c(n, n - 6))
  expect_equal(unname(residuals(fit)), residual)
  expect_equal(residuals(fit, "pearson"), residuals(fit) / sigma(fit))
  expect_equal(as.numeric(logLik(fit)), sum(dnorm(residual, sd = sqrt(mean(residual^2)), log = TRUE)))
  expect_identical(attr(logLik(fit), "df"), 7)
  expect_equal(BIC(fit), -2 * as.numeric(logLik(fit)) + 7 * log(n))
  expect_null(fit$measure$sigma2)
  expect_identical(names(coef(fit)), names(coef(fit$measure)))
  expect_s3_class(fit, c("moe_lse", "moe"), exact = TRUE)
})

test_that("summaries and prints say what was estimated, and no variance", {
  fit <- the_lse("tanh")
  shown <- summary(fit)
  expect_equal(shown$coefficients[, 2], sqrt(diag(vcov(fit))))
  expect_equal(shown$coefficients[, 4], 2 * pt(-abs(shown$coefficients[, 3]), df.residual(fit)))
  expect_equal(shown$residuals[["Median"]], sort(residuals(fit))[[200]])
  text <- format(shown)
  expect_match(text, "Residual standard error: .* on 394 degrees of freedom", all = FALSE)
  expect_false(any(grepl("variance|Log-likelihood|quantile", c(text, format(fit)), ignore.case = TRUE)))
  expect_match(format(fit), "Residual standard error", all = FALSE)
  # what has no standard error is said in the summary, not signalled
  flat <- quiet_moe(y ~ x | 1, the_data(), k = 2, method = "lse", control = quick())
  expect_silent(shown <- summary(flat))
  expect_match(shown$note, "flat")
})

test_that("tables of a fit: tidy, glance, augment", {
  fit <- the_lse("tanh")
  expect_identical(tidy(fit)$term, names(coef(fit)))
  expect_equal(tidy(fit, type = "expected")$std.error, unname(sqrt(diag(vcov(fit, "expected")))))
  row <- glance(fit)
  expect_identical(names(row)[seq_along(glance(the_fit("plain")))], names(glance(the_fit("plain"))))
  expect_equal(c(row$sigma, row$deviance, row$df.residual), c(sigma(fit), deviance(fit), df.residual(fit)))
  table <- augment(fit)
  expect_equal(table$.resid, unname(residuals(fit)))
  expect_equal(table$.std.resid, unname(residuals(fit, "pearson")))
  gate <- predict(fit, type = "gate")
  expect_identical(table$.expert, unname(max.col(gate)))
  expect_equal(table$.probability, unname(apply(gate, 1, max)))
  new <- augment(fit, newdata = data.frame(x = c(0, NA)))
  expect_named(new, c("x", ".fitted", ".expert", ".probability"))
  expect_identical(is.na(new$.fitted), c(FALSE, TRUE))
})

test_that("predictions of the parts, and of dropped rows", {
  fit <- the_lse("tanh")
  new <- data.frame(x = c(-1, NA, 2))
  parts <- ref_components(fit$measure, cbind(x = c(-1, 2)))
  expect_equal(unname(predict(fit, new, "expert"))[-2, ], parts$mean)
  expect_equal(unname(predict(fit, new, "gate"))[-2, ], exp(parts$log_gate))
  expect_equal(unname(predict(fit, new))[-2], rowSums(exp(parts$log_gate) * parts$mean))
  data <- fit$model
  data$x[7] <- NA
  excluded <- update(fit, data = data, na.action = na.exclude, start = fit)
  expect_length(residuals(excluded), 400)
  expect_true(is.na(residuals(excluded)[[7]]))
  expect_identical(dim(predict(excluded, type = "interval")), c(400L, 3L))
})

test_that("draws have the regression function as mean and sigma as standard deviation", {
  fit <- the_lse("tanh")
  drawn <- simulate(fit, 50, seed = 2)
  expect_identical(dim(drawn), c(400L, 50L))
  noise <- (as.matrix(drawn) - fitted(fit)) / sigma(fit)
  expect_lt(abs(mean(noise)), 4 / sqrt(length(noise)))
  expect_lt(abs(sd(noise) - 1), 4 / sqrt(2 * length(noise)))
  expect_identical(simulate(fit, 2, seed = 2)[[1]], drawn[[1]])
})

test_that("comparisons: F where it holds, a warning where not", {
  data <- the_lse("tanh")$model
  data$z <- rep(c(-1, 1), 200)
  small <- moe(y ~ x, data, k = 2, expert = expert_tanh(), method = "lse", start = the_lse("tanh"))
  large <- moe(y ~ x | x + z, data, k = 2, expert = expert_tanh(), method = "lse", control = quick())
  table <- anova(large, small)
  f <- (deviance(small) - deviance(large)) / (deviance(large) / 393)
  expect_equal(table[["F value"]], c(NA, f))
  expect_equal(table[["Pr(>F)"]], c(NA, pf(f, 1, 393, lower.tail = FALSE)))
  one <- moe(y ~ x, data, k = 1, expert = expert_tanh(), method = "lse", control = quick())
  expect_warning(table <- anova(one, small), class = "moe_warning_overspecified")
  expect_true(is.na(table[["Pr(>F)"]][2]))
})

test_that("what needs a degree of freedom is refused without one", {
  data <- withr::with_seed(1, data.frame(x = rnorm(6)))
  data$y <- data$x^2
  fit <- quiet_moe(y ~ x, data, 2, method = "lse", control = few())
  expect_identical(unname(sigma(fit)), NA_real_)
  expect_moe_error(residuals(fit, "pearson"), "unsupported", "Rows: 6, parameters: 6")
  expect_moe_error(simulate(fit), "unsupported", "no draws")
})
