# Habits from other packages, and slips

house <- withr::with_seed(1, {
  x <- rnorm(60)
  data.frame(y = x + rnorm(60), x = x, g = factor(rep(c("a", "b"), 30)), id = factor(rep(1:20, 3)))
})
refused <- function(object, class, regexp) expect_moe_error(object, class, regexp)

test_that("terms of lme4, mgcv and flexmix are named", {
  refused(moe(y ~ x + (1 | g), house, 2), "unsupported", "random effects.*\\(1 \\| g\\).*lme4")
  refused(moe(y ~ x + (x || g), house, 2), "unsupported", "random effects")
  refused(moe(y ~ x | (1 + x | id), house, 2), "unsupported", "random effects")
  refused(moe(y ~ s(x), house, 2), "unsupported", "smooth terms.*s\\(x\\).*splines::ns\\(x, 3\\)")
  expect_message(moe(y ~ x | id, house, 1, control = few()), "id.*20 values.*flexmix", class = "moe_message_grouping")
  expect_silent(moe(y ~ x | g, house, 1, control = few(progress = FALSE)))
  # what looks like them and is not
  s <- function(v) v^2
  expect_equal(logLik(moe(y ~ s(x), house, 1)), logLik(moe(y ~ I(x^2), house, 1)))
  either <- moe(y ~ (x > 1 | x < -1), house, 1)
  expect_equal(unname(either$loglik), as.numeric(logLik(lm(y ~ (x > 1 | x < -1), house))), tolerance = 1e-10)
})

test_that("arguments of moe_control(), and names of others, are told where they belong", {
  for (argument in c("seed", "starts", "threads")) {
    call <- as.call(c(quote(moe), y ~ x, quote(house), 2, stats::setNames(list(1), argument)))
    refused(eval(call), "input", sprintf("control = moe_control\\(%s = \\)", argument))
  }
  refused(moe(y ~ x, house, 2, nstart = 5), "input", "moe_control\\(starts = \\)")
  refused(moe(y ~ x, house, k = 2, G = 2), "input", "number of experts is `k`")
  refused(moe(y ~ x, house, 2, id = id), "input", "repeated measures")
})

test_that("misspelt variables come with what there is", {
  refused(moe(y ~ xx, house, 2), "input", "Did you mean.*x")
  refused(moe(y ~ nothing_like_it, house, 2), "input", "data.*has.*y.*x.*g.*id")
  refused(moe(y ~ x, house, 2, weights = wt), "input", "wt")
})

test_that("percentages where shares are wanted", {
  fit <- moe(y ~ x, house, 1)
  refused(confint(fit, level = 95), "input", "Did you mean 0.95")
  refused(predict(fit, type = "quantile", probs = c(2.5, 50)), "input", "Did you mean 0.025")
})

test_that("a dot is expanded at the door, as in lm()", {
  fit <- quiet_moe(y ~ ., house[1:3], 2, control = few())
  expect_equal(formula(fit), Formula::as.Formula(y ~ x + g), ignore_attr = TRUE)
  expect_same_fit(update(fit, . ~ . - g), quiet_moe(y ~ x, house, 2, control = few()))
  expect_same_fit(fit, quiet_moe(y ~ x + g, house, 2, control = few()))
  fit <- quiet_moe(y ~ . | (x > 0) + g, house[1:3], 2, control = few())
  expect_same_fit(fit, quiet_moe(y ~ x + g | (x > 0) + g, house, 2, control = few()))
  expect_equal(predict(fit, house[1:3, ]), fitted(fit)[1:3])
})

test_that("data may be an environment", {
  withr::local_options(lifecycle_verbosity = "error")
  w <- seq_len(60)
  expect_same_fit(
    quiet_moe(y ~ x, list2env(house), 2, weights = w, control = few()), quiet_moe(y ~ x, house, 2, weights = w, control = few())
  )
  expect_same_fit(
    quiet_moe(y ~ x, list2env(house), 2, weights = x^2, control = few()), quiet_moe(y ~ x, house, 2, weights = x^2, control = few())
  )
})
