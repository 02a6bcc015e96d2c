# Weights are counts

lines <- crossing_lines(60)

test_that("a wrong number of weights names both", {
  expect_moe_error(moe(y ~ x, lines, 2, weights = rep(1, 3)), "input", "weights.*3 for 60 rows")
  y <- lines$y
  expect_moe_error(moe(y ~ 1, k = 2, weights = 1:2), "input", "weights.*2 for 60 rows")
  expect_moe_error(moe(y ~ x, lines, 2, weights = matrix(1, 60, 2)), "input", "weights.*matrix")
})

test_that("a sum far below the number of rows is remarked on, and the fit is that of the weights", {
  plain <- quiet_moe(y ~ x, lines, 1, control = few())
  expect_message(
    fit <- moe(y ~ x, lines, 1, weights = rep(1 / 60, 60), control = few()), "sum to 1 for 60 rows",
    class = "moe_message_weights"
  )
  expect_equal(fit$loglik * 60, plain$loglik, tolerance = 1e-10)
  expect_silent(moe(y ~ x, lines, 1, weights = rep(1, 60), control = few(progress = FALSE)))
})

test_that("counts are rows, but for a factor that they share; of other weights ratios alone count", {
  expect_identical(effective_rows(rep(1, 7)), 7)
  expect_identical(effective_rows(c(1, 2, 3, 0)), 6)
  expect_identical(effective_rows(c(4, 6, 10)), 10)
  w <- sqrt(c(2, 3, 5, 7))
  expect_equal(effective_rows(w), sum(w)^2 / 17, tolerance = 1e-14)
  for (scale in 10^c(-300, -6, -1, 6, 300)) {
    expect_equal(effective_rows(scale * w), effective_rows(w), tolerance = 1e-12)
    expect_equal(effective_rows(rep(scale, 7)), 7, tolerance = 1e-12)
  }
  # counts, in other units
  for (scale in c(1e-6, 1 / 3, 1e6)) expect_equal(effective_rows(scale * c(1, 2, 3)), 6, tolerance = 1e-12)
})

test_that("weights of two decimals are no counts of hundredths", {
  w <- withr::with_seed(1, round(runif(200, 0.2, 2), 2))
  expect_equal(effective_rows(w), sum(w)^2 / sum(w^2), tolerance = 1e-12)
})

test_that("criteria are those of R where weights count rows", {
  data <- the_data()
  counted <- moe(y ~ x, data, k = 2, weights = rep(1:3, 100), start = the_fit("plain"))
  for (fit in list(the_fit("plain"), counted)) {
    expect_equal(information_criterion(fit, log), BIC(fit), tolerance = 1e-14)
    expect_equal(information_criterion(fit, function(n) 2), AIC(fit), tolerance = 1e-14)
  }
})

test_that("the scale of weights changes no choice of k and no criterion", {
  data <- the_data()
  data$u <- 0.5 + data$z^2
  run <- function(scale, w = "u") {
    data$w <- scale * (if (w == "u") data$u else 1)
    select_k(y ~ x, data, k = 1:3, weights = w, folds = 3, control = quick(min_rows = 0))
  }
  for (w in c("u", "one")) {
    plain <- run(1, w)
    for (scale in c(1 / sum(data$u), 1e-6, 1e6)) {
      scaled <- run(scale, w)
      expect_equal(scaled$value, plain$value, tolerance = 1e-6)
      expect_identical(chosen_k(scaled), chosen_k(plain))
    }
  }
  expect_identical(chosen_k(plain), chosen_k(select_k(y ~ x, data, k = 1:3, folds = 3, control = quick(min_rows = 0))))
})
