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
