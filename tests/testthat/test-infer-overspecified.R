fit_overlap <- function(n, k, seed) {
  quiet_moe(y ~ x, rmoe(n, truth_overlap(), seed = seed), k = k, control = quick(seed = seed))
}

test_that("an expert too many is said, with what to do", {
  fit <- fit_overlap(1000, 3, 1)
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified", regexp = "select_k")
  expect_match(summary(fit)$note, "BIC is .* with k = 3 and .* with k = 2", all = FALSE)
  for (type in vcov_types) expect_warning(vcov(fit, type), class = "moe_warning_overspecified")
  expect_warning(confint(fit), class = "moe_warning_overspecified")
  expect_warning(confint(fit, 2, method = "profile"), class = "moe_warning_overspecified")
})

test_that("the right number of experts is not", {
  for (seed in 1:5) expect_no_warnings(vcov(fit_overlap(500, 2, seed)))
  three <- moe_measure(c(0.5, 0, 0), c(-3, 3, 0), c(1, -1, 0), c(3, -3, 0), c(0.3, 0.4, 0.2))
  fit <- moe(y ~ x, rmoe(1000, three, design_uniform(-2, 2), seed = 1), k = 3, control = quick())
  expect_no_warnings(vcov(fit))
  expect_identical(overspecification(the_fit("one")), list(reasons = character()))
})

test_that("how often, for k* and k* + 1 experts", {
  skip_below("nightly")
  for (n in c(500, 1000, 2000, 5000)) {
    fires <- function(k) {
      mean(vapply(1:200, function(seed) {
        fit <- fit_overlap(n, k, 1000 + seed)
        warned <- FALSE
        withCallingHandlers(vcov(fit), moe_warning_overspecified = function(w) {
          warned <<- TRUE
          rlang::cnd_muffle(w)
        }, moe_warning = rlang::cnd_muffle)
        warned
      }, NA))
    }
    expect_lte(fires(2), 0.02)
    expect_gte(fires(3), 0.95)
  }
})

test_that("BIC of one expert less is that of a fit with one expert less", {
  data <- the_data()
  fit <- the_fit("plain")
  expect_equal(bic_of_fewer(fit), BIC(lm(y ~ x, data)), tolerance = 1e-8)
  count <- rep(c(0, 1, 2), 100)
  weighted <- moe(y ~ x, data, k = 2, weights = count, start = fit)
  expect_equal(bic_of_fewer(weighted), BIC(lm(y ~ x, data[rep(1:300, count), ])), tolerance = 1e-8)
})

test_that("two experts are compared by a Wald test", {
  fit <- the_fit("plain")
  v <- vcov(fit)
  pair <- nearest_pair(fit, v)
  expect_identical(pair$experts, 1:2)
  # gate slope, intercept, slope, log variance
  estimate <- coef(fit)
  estimate[7:8] <- log(estimate[7:8])
  unit <- c(rep(1, 6), coef(fit)[7:8])
  rows <- rbind(
    c(0, 1, 0, 0, 0, 0, 0, 0), c(0, 0, 1, 0, -1, 0, 0, 0), c(0, 0, 0, 1, 0, -1, 0, 0), c(0, 0, 0, 0, 0, 0, 1, -1)
  )
  middle <- rows %*% (v / outer(unit, unit)) %*% t(rows)
  difference <- rows %*% estimate
  expect_equal(pair$statistic, drop(t(difference) %*% solve(middle, difference)), tolerance = 1e-8)
  expect_identical(pair$df, 4L)
  # experts whose errors are as large as their difference
  expect_warning(
    found <- warn_overspecified(fit, v * pair$statistic, environment()), class = "moe_warning_overspecified"
  )
  expect_identical(found$reasons, "close")
  # a shared variance is no difference, and a gate of its own has slopes
  gated <- the_fit("gated")
  expect_identical(nearest_pair(gated, vcov(gated))$df, 6L)
})
