test_that("tidy() has a row per coefficient", {
  fit <- the_fit("gated")
  table <- tidy(fit)
  expect_identical(names(table), c("term", "part", "expert", "estimate", "std.error", "statistic", "p.value"))
  expect_identical(table$term, names(coef(fit)))
  expect_equal(table$std.error, unname(sqrt(diag(vcov(fit)))))
  expect_equal(tidy(fit, adjust = FALSE)$std.error, unname(sqrt(diag(vcov(fit, adjust = FALSE)))))
  last <- nrow(table)
  expect_equal(table$p.value[-last], 2 * pnorm(-abs(table$estimate / table$std.error))[-last])
  expect_true(is.na(table$p.value[last]) && is.na(table$expert[last]))
  with <- tidy(fit, conf.int = TRUE, conf.level = 0.8)
  expect_identical(names(with)[8:9], c("conf.low", "conf.high"))
  expect_equal(as.matrix(with[8:9]), confint(fit, level = 0.8), ignore_attr = TRUE)
  expect_moe_error(tidy(fit, conf_int = TRUE))
  expect_moe_error(tidy(fit, conf.int = TRUE, conf.level = 95))
})

test_that("glance() is one row with the columns of the contract", {
  fit <- the_fit("plain")
  row <- glance(fit)
  expect_identical(names(row), c(
    "logLik", "AIC", "BIC", "ICL", "nobs", "df", "k", "method", "converged", "status", "gradient", "min_eigenvalue",
    "iterations", "starts", "starts_agreeing", "flags"
  ))
  expect_identical(nrow(row), 1L)
  expect_equal(row$BIC, -2 * row$logLik + 8 * log(300))
  tau <- ref_posterior(the_data()$y, the_data()$x, fit$measure)
  expect_equal(row$ICL, row$BIC - 2 * sum(ifelse(tau > 0, tau * log(tau), 0)))
  expect_equal(glance(the_fit("one"))$ICL, BIC(the_fit("one")))
  expect_equal(row$starts, 20)
  expect_moe_error(glance(fit, digits = 2))
})

test_that("ICL has the sign and size of flexmix", {
  skip_if_not_installed("flexmix")
  data <- the_data()
  fit <- the_fit("plain")
  tau <- predict(fit, type = "posterior")
  suppressMessages(peer <- flexmix::flexmix(y ~ x,
    data = data, k = 2, cluster = tau, concomitant = flexmix::FLXPmultinom(~x),
    control = list(tolerance = 1e-12, iter.max = 2000)
  ))
  # flexmix divides by n_i - 2 in the variance of expert i, which costs about 1 / n_i
  loss <- fit$loglik - as.numeric(flexmix::logLik(peer))
  expect_gt(loss, 0)
  expect_lt(loss, 1.2 * sum(1 / fit$mass))
  # flexmix takes the entropy of the hard classes: between BIC and ours
  expect_gt(glance(fit)$ICL, BIC(fit))
  expect_gt(flexmix::ICL(peer), BIC(fit))
})

test_that("augment() adds what predict() and residuals() say", {
  data <- the_data()
  fit <- the_fit("gated")
  columns <- c(".fitted", ".resid", ".std.resid", ".quantile.resid", ".expert", ".probability")
  table <- augment(fit)
  expect_identical(names(table), c(names(model.frame(fit)), columns))
  expect_equal(table$.fitted, unname(fitted(fit)))
  expect_equal(table$.resid, unname(residuals(fit)))
  expect_equal(table$.std.resid, unname(residuals(fit, "pearson")))
  expect_equal(table$.quantile.resid, unname(residuals(fit, "quantile")))
  expect_identical(table$.expert, unname(predict(fit, type = "class")))
  expect_equal(table$.probability, unname(apply(predict(fit, type = "posterior"), 1, max)))
  expect_equal(augment(fit, data)[columns], table[columns], ignore_attr = TRUE)
  expect_identical(names(augment(fit, data)), c(names(data), columns))

  new <- data.frame(x = c(-1, NA), f = "a", z = 0)
  table <- augment(fit, newdata = new, interval = "prediction", conf.level = 0.5)
  expect_identical(names(table), c(names(new), ".fitted", ".expert", ".probability", ".lower", ".upper"))
  expect_equal(table$.lower, unname(predict(fit, new, "interval", level = 0.5)[, "lwr"]))
  expect_true(all(is.na(table[2, -(1:3)])))
  expect_identical(nrow(augment(fit, data[0, ])), 0L)
  expect_moe_error(augment(fit, newdata = data.frame(x = 1)))
  expect_moe_error(augment(fit, se_fit = TRUE))
  expect_moe_error(augment(fit, data = 1), regexp = "`data`")
  one <- augment(the_fit("one"))
  expect_identical(unique(one$.expert), 1L)
  expect_equal(one$.probability, rep(1, 300))
})
