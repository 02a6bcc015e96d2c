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
  # counts, scaled up
  expect_identical(effective_rows(1e6 * c(1, 2, 3)), 6)
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
