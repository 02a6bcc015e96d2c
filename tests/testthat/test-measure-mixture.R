test_that("log_sum_exp() neither overflows nor underflows", {
  expect_equal(log_sum_exp(cbind(1000, 1000)), 1000 + log(2))
  expect_equal(log_sum_exp(cbind(-1000, -2000)), -1000)
  expect_identical(log_sum_exp(cbind(-Inf, -Inf)), -Inf)
  expect_identical(log_sum_exp(cbind(c(0, NA), c(-Inf, 1))), c(0, NA))
  expect_length(log_sum_exp(matrix(0, 0, 2)), 0)
})

test_that("log1mexp() keeps its digits at both ends", {
  expect_equal(log1mexp(-1e-20), log(1e-20))
  expect_equal(log1mexp(-50), -exp(-50), tolerance = 1e-14)
  expect_identical(log1mexp(c(0, -Inf)), c(-Inf, 0))
})

test_that("the compiled components equal the plain ones", {
  set.seed(1)
  for (k in 1:4) {
    measure <- random_measure(k, d = 3, p = 2)
    x <- matrix(rnorm(30), 10)
    z <- matrix(rnorm(20), 10)
    expect_equal(
      unname(lapply(components(measure, x, z), unname)), unname(ref_components(measure, x, z)),
      tolerance = 1e-13
    )
  }
})
