test_that("the named truths have the published numbers", {
  lambda <- truth_lambda()$measure
  expect_identical(c(lambda$beta0, lambda$beta1), c(-8, 0, 25, 0))
  expect_identical(c(lambda$b, lambda$a), c(15, -5, -20, 20))
  expect_equal(lambda$sigma2, c(0.3, 0.4)^2)
  overlap <- truth_overlap()$measure
  expect_identical(c(overlap$beta0, overlap$beta1), c(0, 0, 2, 0))
  expect_identical(c(overlap$b, overlap$a), c(2, -2, 1.5, -1.5))
})

test_that("truths are valid measures and print", {
  for (truth in list(truth_lambda(), truth_overlap())) {
    expect_identical(as_measure(unclass(truth$measure)), truth$measure)
  }
  expect_snapshot({
    truth_lambda(design_grid(0, 1))
    truth_overlap()
  })
  expect_moe_error(truth_lambda("grid"))
})
