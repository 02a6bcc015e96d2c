test_that("one expert is lm()", {
  data <- the_data()
  fit <- the_fit("one")
  line <- lm(y ~ x + f, data)
  expect_equal(unname(coef(fit)[1:4]), unname(coef(line)), tolerance = 1e-9)
  expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(line)), tolerance = 1e-12)
  expect_equal(attributes(logLik(fit))[c("df", "nobs")], list(df = 5, nobs = 300), ignore_attr = TRUE)
  expect_equal(AIC(fit), AIC(line))
  expect_equal(BIC(fit), BIC(line))
  expect_equal(nobs(fit), nobs(line))
  expect_equal(df.residual(fit), df.residual(line))
  expect_equal(deviance(fit), -2 * as.numeric(logLik(line)))
  expect_equal(fitted(fit), fitted(line), tolerance = 1e-9)
  expect_equal(residuals(fit), residuals(line), tolerance = 1e-7)
  expect_equal(residuals(fit, "pearson"), residuals(line) / sqrt(mean(residuals(line)^2)), tolerance = 1e-7)
  expect_equal(residuals(fit, "quantile"), residuals(fit, "pearson"), tolerance = 1e-7)
  expect_equal(sigma(fit)[["expert1"]], sqrt(mean(residuals(line)^2)), tolerance = 1e-9)
  expect_equal(model.matrix(fit), model.matrix(line))
  expect_equal(model.frame(fit), model.frame(line), ignore_attr = TRUE)
})

test_that("coefficients are those of the measure, in the order of the parameters", {
  fit <- the_fit("gated")
  expect_identical(coef(fit), coef(as_measure(fit)))
  parts <- coef_parts(fit$measure)
  expect_identical(nrow(parts), length(coef(fit)))
  index <- ifelse(is.na(parts$expert), "", parts$expert)
  pasted <- ifelse(parts$part == "variance" & is.na(parts$expert), "sigma2", paste0(
    ifelse(parts$part == "gate", "gate", "expert"), index, ":", parts$term
  ))
  expect_identical(pasted, names(coef(fit)))
  expect_identical(coef_parts(the_fit("one")$measure)$expert, rep(1L, 5))
  expect_identical(tail(coef_parts(the_fit("plain")$measure)$expert, 2), 1:2)
})

test_that("residuals equal the plain ones", {
  data <- the_data()
  fit <- the_fit("plain")
  parts <- ref_components(fit$measure, data$x)
  mean <- ref_regression(fit$measure, data$x)
  second <- rowSums(exp(parts$log_gate) * (parts$variance + parts$mean^2))
  expect_equal(unname(fitted(fit)), mean)
  expect_equal(unname(residuals(fit)), data$y - mean)
  expect_equal(unname(residuals(fit, "pearson")), (data$y - mean) / sqrt(second - mean^2), tolerance = 1e-7)
  expect_equal(unname(residuals(fit, "quantile")), qnorm(ref_pmoe(data$y, data$x, fit$measure)), tolerance = 1e-7)
  # normal, as they should be for the true model
  expect_gt(ks.test(residuals(fit, "quantile"), "pnorm")$p.value, 0.05)
})

test_that("quantile residuals stay finite in both tails", {
  data <- the_data()
  data$y[1:2] <- c(-300, 300)
  fit <- the_fit("plain")
  fit$model$y <- data$y
  far <- residuals(fit, "quantile")[1:2]
  expect_true(all(is.finite(far)))
  expect_lt(far[1], -100)
  expect_gt(far[2], 100)
})

test_that("dropped rows come back as NA with na.exclude() only", {
  data <- the_data()
  data$x[c(3, 10)] <- NA
  data$y[5] <- NaN
  line <- lm(y ~ x, data, na.action = na.exclude)
  omitted <- moe(y ~ x, data, k = 1)
  excluded <- moe(y ~ x, data, k = 1, na.action = na.exclude)
  expect_length(fitted(omitted), 297)
  expect_equal(fitted(excluded), fitted(line))
  expect_equal(residuals(excluded), residuals(line), tolerance = 1e-7)
  expect_equal(residuals(omitted), na.omit(residuals(line)), ignore_attr = TRUE, tolerance = 1e-7)
  expect_identical(dim(predict(excluded, type = "gate")), c(300L, 1L))
  expect_identical(which(is.na(predict(excluded, type = "class"))), c(`3` = 3L, `5` = 5L, `10` = 10L))
  expect_identical(nobs(excluded), 297L)
  two <- moe(y ~ x, data, k = 2, na.action = na.exclude, weights = rep(2, 300), control = quick())
  expect_identical(unname(which(is.na(weights(two)))), c(3L, 5L, 10L))
  expect_identical(dim(predict(two, type = "interval")), c(300L, 3L))
})

test_that("a subset is a smaller data frame", {
  data <- the_data()
  data$x[3] <- NA
  part <- moe(y ~ x, data, k = 2, subset = z > 0, control = quick())
  whole <- moe(y ~ x, data[data$z > 0, ], k = 2, control = quick())
  expect_identical(coef(part), coef(whole))
  expect_identical(residuals(part, "quantile"), residuals(whole, "quantile"))
  expect_identical(names(fitted(part)), setdiff(rownames(data)[data$z > 0], "3"))
})

test_that("weights are repeated rows", {
  data <- the_data()
  count <- rep(c(0, 1, 1, 3, 2), 60)
  data$count <- count
  # the same starts would not be drawn: begin both at one place
  start <- the_fit("plain")
  weighted <- moe(y ~ x, data, k = 2, weights = count, start = start)
  repeated <- moe(y ~ x, data[rep(1:300, count), ], k = 2, start = start)
  same <- function(f, tolerance = 1e-6) expect_equal(f(weighted), f(repeated), tolerance = tolerance, ignore_attr = TRUE)
  expect_identical(as.double(nobs(weighted)), as.double(nobs(repeated)))
  same(coef)
  same(logLik, 1e-12)
  same(BIC, 1e-12)
  same(deviance, 1e-12)
  same(df.residual)
  same(vcov)
  same(confint)
  same(function(f) tidy(f)$p.value)
  same(function(f) glance(f)[c("logLik", "AIC", "BIC", "ICL", "nobs", "df")])
  same(function(f) coef(summary(f)))
  same(function(f) summary(f)$residuals)
  same(function(f) summary(f)$mass)
  new <- data.frame(x = c(-1, 0, 1), y = 0)
  for (type in prediction_types) same(function(f) predict(f, new, type))
  expect_equal(unname(weights(weighted)), count)
  expect_null(weights(repeated))
  # one expert: lm() needs the rows repeated
  one <- moe(y ~ x, data, k = 1, weights = count)
  line <- lm(y ~ x, data[rep(1:300, count), ])
  expect_equal(vcov(one)[1:2, 1:2], vcov(line), ignore_attr = TRUE)
  expect_equal(as.numeric(logLik(one)), as.numeric(logLik(line)))
})

test_that("update() changes arguments, and formulas part by part", {
  data <- the_data()
  fit <- moe(y ~ x + f | x + z, data, k = 2, control = quick())
  three <- update(fit, k = 3)
  expect_identical(three$k, 3L)
  expect_identical(three$formula, fit$formula)
  smaller <- update(fit, . ~ . - f | . - z)
  expect_identical(deparse(formula(smaller)), "y ~ x | x")
  expect_equal(as.numeric(logLik(smaller)), as.numeric(logLik(the_fit("plain"))), tolerance = 1e-8)
  expect_identical(update(fit, k = 1, evaluate = FALSE)$k, 1)
  for (part in list(update(fit, subset = x > 0, k = 1), update(fit, subset = z > 0, k = 1))) {
    expect_identical(part$model$y, data$y[if (part$call$subset == quote(x > 0)) data$x > 0 else data$z > 0])
  }
  inside <- function(d) {
    other <- moe(y ~ x, d, k = 1)
    update(other, k = 2, control = quick())
  }
  expect_identical(inside(data)$k, 2L)
})

test_that("formula, terms, frames and designs are those of the parts", {
  fit <- the_fit("gated")
  expect_s3_class(formula(fit), "Formula")
  expect_identical(attr(terms(fit), "term.labels"), c("x", "f", "z"))
  expect_identical(attr(terms(fit, "gate"), "term.labels"), c("x", "z"))
  expect_identical(attr(terms(fit, "experts"), "term.labels"), c("x", "f"))
  expect_identical(names(model.frame(fit)), c("y", "x", "f", "z"))
  expect_equal(model.matrix(fit, "experts"), model.matrix(~ x + f, the_data()))
  expect_equal(model.matrix(fit, "gate"), model.matrix(~ x + z, the_data()))
  expect_identical(nrow(model.frame(fit, data = the_data()[1:7, ])), 7L)
  data <- the_data()
  own <- moe(y ~ x + f | x + z, data, k = 1)
  expect_identical(model.frame(own, subset = z > 0)$y, data$y[data$z > 0])
  expect_identical(model.frame(own, data = data[1:9, ], subset = x > 0)$y, data$y[1:9][data$x[1:9] > 0])
  expect_moe_error(model.matrix(fit, "expert"))
  # columns that were dropped are in neither
  data <- transform(the_data(), twice = 2 * x)
  expect_message(dropped <- moe(y ~ x + twice + z, data, k = 1), class = "moe_message_dropped")
  expect_identical(colnames(model.matrix(dropped)), c("(Intercept)", "x", "z"))
})

test_that("a fit can be saved, and holds its data once", {
  file <- withr::local_tempfile()
  fit <- the_fit("gated")
  saveRDS(fit, file)
  back <- readRDS(file)
  for (f in list(coef, vcov, logLik, fitted, summary, glance, format)) expect_equal(f(back), f(fit))
  expect_equal(predict(back, the_data(), "interval"), predict(fit, the_data(), "interval"))
  # made where its data are local: only what a formula holds is dragged along
  data <- rmoe(20000, truth_overlap(), seed = 1)
  large <- moe(y ~ x, data, k = 1)
  environment(data) <- NULL
  size <- length(serialize(large$model, NULL))
  rest <- large[setdiff(names(large), "model")]
  environments <- rapply(rest, function(x) !is.null(attr(x, ".Environment")), how = "unlist")
  bare <- rapply(rest, function(x) {
    attr(x, ".Environment") <- NULL
    x
  }, how = "replace")
  expect_lt(length(serialize(bare, NULL)), 30000)
})

test_that("unknown arguments and wrong types are refused", {
  fit <- the_fit("plain")
  expect_moe_error(residuals(fit, "deviance"))
  expect_moe_error(residuals(fit, typ = "response", kind = 2))
  expect_moe_error(residuals(fit, typo = 1))
})
