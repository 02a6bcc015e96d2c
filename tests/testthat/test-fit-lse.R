test_that("one expert of every kind is what nls() finds", {
  for (case in lse_cases()) {
    data <- lse_case_data(case)
    label <- expert_label(case$expert)
    model <- as.formula(call("~", quote(y), case$mean[[2]]))
    reference <- nls(model, data, as.list(case$truth), nls.control(tol = 1e-9, scaleOffset = 1))
    fit <- moe(y ~ x | 1, data, k = 1, expert = case$expert, method = "lse", control = quick())
    expect_true(fit$converged, info = label)
    expect_equal(deviance(fit), deviance(reference), tolerance = 1e-8, info = label)
    expect_equal(sigma(fit), sigma(reference), tolerance = 1e-8, info = label)
    expect_equal(unname(fitted(fit)), as.vector(fitted(reference)), tolerance = 1e-5, info = label)
    expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(reference)), tolerance = 1e-8, info = label)
    expect_identical(attr(logLik(fit), "df"), attr(logLik(reference), "df") + 0, info = label)
    expect_equal(df.residual(fit), df.residual(reference), info = label)
    expect_equal(AIC(fit), AIC(reference), tolerance = 1e-8, info = label)
  }
})

test_that("one linear expert is lm()", {
  fit <- the_lse("one")
  line <- lm(y ~ x + f, the_data())
  expect_equal(coef(fit), coef(line), ignore_attr = TRUE, tolerance = 1e-9)
  expect_equal(deviance(fit), deviance(line))
  for (type in c("observed", "expected")) expect_equal(vcov(fit, type), vcov(line), ignore_attr = TRUE, tolerance = 1e-8)
  expect_equal(vcov(fit, "observed", adjust = FALSE), vcov(fit, "observed") * 296 / 300)
  expect_equal(confint(fit, type = "expected"), confint(line), ignore_attr = TRUE, tolerance = 1e-8)
  expect_equal(coef(summary(fit, type = "expected")), coef(summary(line)), ignore_attr = TRUE, tolerance = 1e-6)
  new <- the_data()[c(4, 9, 12), ]
  for (interval in c("confidence", "prediction")) {
    mine <- predict(fit, new, "interval", interval = interval, vcov = "expected", level = 0.9)
    expect_equal(mine, predict(line, new, interval = interval, level = 0.9), tolerance = 1e-8)
  }
  both <- anova(update(fit, y ~ x), fit)
  reference <- anova(lm(y ~ x, the_data()), line)
  expect_equal(both[["F value"]], reference[["F"]], tolerance = 1e-8)
  expect_equal(both[["Pr(>F)"]], reference[["Pr(>F)"]], tolerance = 1e-6)
  expect_identical(both$Df, reference$Df)
})

test_that("several experts: the fit is a local minimum and no worse than the truth or nls()", {
  fit <- the_lse("tanh")
  data <- fit$model
  expect_true(fit$converged)
  expect_lt(deviance(fit), sum((data$y - regression(tanh_pair(), data$x))^2))
  expect_equal(deviance(fit), sum((data$y - ref_regression(fit$measure, cbind(x = data$x)))^2), tolerance = 1e-10)
  start <- as.list(stats::setNames(coef(fit), c("g0", "g1", "b1", "a1", "b2", "a2")))
  reference <- nls(
    y ~ plogis(g0 + g1 * x) * tanh(a1 * x + b1) + plogis(-g0 - g1 * x) * tanh(a2 * x + b2), data,
    start = start, control = nls.control(tol = 1e-7, scaleOffset = 1)
  )
  expect_equal(deviance(fit), deviance(reference), tolerance = 1e-8)
  expect_equal(unname(coef(fit)), unname(coef(reference)), tolerance = 1e-5)
  expect_equal(vcov(fit, "expected"), vcov(reference), ignore_attr = TRUE, tolerance = 1e-4)
})

test_that("weights are counts", {
  start <- the_lse("tanh")
  data <- start$model
  w <- rep_len(c(1, 2, 0), nrow(data))
  twice <- data[rep(seq_along(w), w), ]
  weighted <- moe(y ~ x, data, k = 2, weights = w, expert = expert_tanh(), method = "lse", start = start)
  repeated <- moe(y ~ x, twice, k = 2, expert = expert_tanh(), method = "lse", start = start)
  expect_equal(coef(weighted), coef(repeated), tolerance = 1e-7)
  for (f in list(deviance, sigma, nobs, df.residual, vcov)) expect_equal(f(weighted), f(repeated), tolerance = 1e-6)
  expect_equal(as.numeric(logLik(weighted)), as.numeric(logLik(repeated)))
})

test_that("another scale of y changes nothing but units", {
  # an optimum inside: that of the_lse("network") is at infinity, and where a fit stops on the way is rounding
  data <- the_lse("tanh")$model
  network <- function(data) {
    quiet_moe(y ~ x, data, k = 2, expert = expert_feedforward(1, "tanh"), method = "lse", control = quick())
  }
  fit <- network(data)
  scaled <- network(transform(data, y = 1e4 * y + 7))
  expect_equal(deviance(scaled), 1e8 * deviance(fit), tolerance = 1e-9)
  expect_equal(fitted(scaled), 1e4 * fitted(fit) + 7, tolerance = 1e-7)
})

test_that("constant experts are lines without covariates", {
  data <- the_data()
  fit <- quiet_moe(y ~ 1 | x, data, k = 2, expert = expert_constant(), method = "lse", control = quick())
  linear <- quiet_moe(y ~ 1 | x, data, k = 2, method = "lse", control = quick())
  expect_equal(deviance(fit), deviance(linear), tolerance = 1e-8)
  expect_length(coef(fit), 4)
  expect_equal(predict(fit, data[1:3, ]), fitted(fit)[1:3], ignore_attr = TRUE)
})

test_that("what needs a law of the response is refused with its class", {
  fit <- the_lse("linear")
  for (type in c("posterior", "class", "density", "quantile")) expect_moe_error(predict(fit, type = type), "unsupported")
  expect_moe_error(residuals(fit, "quantile"), "unsupported")
  expect_moe_error(dmoe(0, 1, fit), "unsupported")
  expect_moe_error(moe(y ~ x, the_data(), k = 2, method = "lse", control = moe_control("em")), "unsupported")
  expect_moe_error(predict(fit, type = "nonsense"), "input")
  expect_moe_error(vcov(fit, "outer"), "input")
  expect_moe_error(anova(fit, the_fit("plain")), "input")
  expect_identical(glance(fit)$ICL, NA_real_)
})

test_that("fewer rows than parameters, constant and infinite responses are refused", {
  data <- the_data()
  expect_moe_error(moe(y ~ x, data[1:5, ], k = 2, method = "lse"), "data", "6 parameters")
  expect_moe_error(moe(y ~ x, transform(data, y = 3), k = 2, method = "lse"), "data", "constant")
  expect_moe_error(moe(y ~ x, transform(data, y = c(Inf, y[-1])), k = 2, method = "lse"), "data")
})

test_that("as many rows as parameters: no degree of freedom, and said so", {
  data <- the_data()[1:2, ]
  fit <- quiet_moe(y ~ x | 1, data, k = 1, method = "lse")
  expect_lt(deviance(fit), 1e-20)
  expect_identical(sigma(fit), NA_real_)
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified")
  expect_true(all(is.na(v)))
})

test_that("a response of two values is remarked on, and fitted", {
  data <- transform(the_data(), y = as.numeric(y > 0))
  expect_message(
    fit <- moe(y ~ x, data, k = 2, expert = expert_sigmoid(), method = "lse", control = quick()), class = "moe_message_binary"
  )
  expect_true(all(fitted(fit) > 0 & fitted(fit) < 1))
  expect_silent(quiet(moe(y ~ x, the_data(), k = 1, method = "lse")))
})

test_that("experts that coincide at the start part", {
  data <- the_lse("tanh")$model
  same <- moe_measure(c(0, 0), c(0, 0), a = c(1, 1), b = c(0, 0), expert = expert_tanh())
  fit <- moe(y ~ x, data, k = 2, expert = expert_tanh(), method = "lse", start = same)
  expect_true(fit$converged)
  expect_gt(fit$min_eigenvalue, 1e-6)
  expect_equal(deviance(fit), deviance(the_lse("tanh")), tolerance = 1e-8)
})

test_that("saturated, dead and coinciding experts are never silent", {
  data <- the_data()
  # dead on all rows, where nothing can move it
  dead <- moe_measure(c(0, 0), c(1, 0), a = c(0.1, 1), b = c(-50, 1), expert = expert_relu())
  expect_warning(
    fit <- moe(abs(y) ~ x, data, k = 2, expert = expert_relu(), method = "lse", start = dead), class = "moe_warning_flat"
  )
  expect_lt(abs(fit$min_eigenvalue), 1e-8)
  expect_warning(v <- vcov(fit), class = "moe_warning")
  expect_true(all(is.na(v[c("expert1:(Intercept)", "expert1:x"), ])))
  saturated <- moe_measure(c(0, 0), c(1, 0), a = c(0.1, 1), b = c(800, 0), expert = expert_sigmoid())
  expect_warning(moe(y ~ x, data, k = 2, expert = expert_sigmoid(), method = "lse", start = saturated), class = "moe_warning")
})

test_that("polynomials that overflow end in a classed error or a status", {
  data <- data.frame(x = c(1e200, -1e200, 1:20), y = c(1, 2, sin(1:20)))
  expect_sound(quiet_moe(y ~ x, data, k = 2, expert = expert_polynomial(3), method = "lse", control = quick()))
  far <- moe_measure(c(0, 0), c(0, 0), a = c(1e120, 1), b = c(0, 1), expert = expert_polynomial(3))
  expect_warning(
    moe(y ~ x, data[3:22, ], k = 2, expert = expert_polynomial(3), method = "lse", start = far),
    class = "moe_warning_convergence"
  )
})
