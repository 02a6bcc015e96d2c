test_that("draws are a data frame of the response and the covariates", {
  data <- rmoe(10, truth_overlap(), seed = 1)
  expect_s3_class(data, "data.frame", exact = TRUE)
  expect_named(data, c("y", "x"))
  expect_identical(rmoe(10, truth_overlap()$measure, design_uniform(-2, 2), seed = 1), data)
  expect_named(rmoe(3, truth_overlap(), seed = 1, labels = TRUE), c("y", "x", "expert"))
  expect_identical(dim(rmoe(0, truth_overlap())), c(0L, 2L))
})

test_that("set.seed() governs when there is no seed", {
  set.seed(1)
  first <- rmoe(5, truth_overlap())
  expect_false(identical(rmoe(5, truth_overlap()), first))
  set.seed(1)
  expect_identical(rmoe(5, truth_overlap()), first)
})

test_that("a larger sample begins with the smaller one", {
  small <- rmoe(10, truth_overlap(), seed = 4, labels = TRUE)
  large <- rmoe(1000, truth_overlap(), seed = 4, labels = TRUE)
  expect_identical(large[1:10, ], small)
})

test_that("one seed gives two measures the same covariates", {
  design <- design_normal()
  one <- rmoe(20, moe_measure(0, 0, 1, 1, 1), design, seed = 2)
  two <- rmoe(20, truth_overlap()$measure, design, seed = 2)
  expect_identical(one$x, two$x)
})

test_that("draws have the law of the measure", {
  set.seed(1)
  for (measure in list(truth_overlap()$measure, random_measure(3, d = 2), random_measure(1, d = 1))) {
    data <- rmoe(2e4, measure, design_uniform(-2, 2, d = ncol(measure$a)), seed = 9, labels = TRUE)
    # probability integral transform
    u <- pmoe(data$y, data, measure)
    expect_gt(ks.test(u, "punif")$p.value, 1e-4)
    gate <- exp(components(measure, as.matrix(data[colnames(measure$a)]))$log_gate)
    excess <- colSums(outer(data$expert, seq_len(ncol(gate)), `==`) - gate)
    expect_true(all(abs(excess) <= 5 * sqrt(colSums(gate * (1 - gate))) + 1e-8))
  }
})

test_that("least squares: the regression function plus noise", {
  measure <- moe_measure(c(0, 0), c(2, 0), c(1, -1), c(0, 1))
  exact <- rmoe(50, measure, design_grid(-1, 1), noise = 0, seed = 1)
  expect_identical(exact$y, regression(measure, exact$x))
  noisy <- rmoe(1e4, measure, design_uniform(-1, 1), noise = 0.1, seed = 1)
  expect_gt(ks.test((noisy$y - regression(measure, noisy$x)) / 0.1, "pnorm")$p.value, 1e-4)
})

test_that("the covariates have the names of the measure", {
  measure <- moe_measure(c(0, 0), cbind(age = c(1, 0)), cbind(dose = 1:2), c(0, 0), c(1, 1))
  expect_named(rmoe(2, measure, design_uniform(0, 1, d = 2), seed = 1), c("y", "dose", "age"))
  by_name <- rmoe(500, measure, design_uniform(c(age = 20, dose = 0), c(60, 1)), seed = 1)
  expect_true(all(by_name$age >= 20 & by_name$dose <= 1))
})

test_that("wrong draws are refused", {
  measure <- truth_overlap()$measure
  lse <- moe_measure(1, 1, 1, 1)
  expect_snapshot(error = TRUE, {
    rmoe(10, measure)
    rmoe(10, measure, "uniform")
    rmoe(-1, measure, design_grid())
    rmoe(2.5, measure, design_grid())
    rmoe(10, measure, design_normal(d = 2))
    rmoe(10, measure, design_grid(), noise = 1)
    rmoe(10, lse, design_grid())
    rmoe(10, lse, design_grid(), noise = -1)
    rmoe(10, measure, design_grid(), seed = 1.5)
    rmoe(10, measure, design_empirical(cbind(y = 1:3)))
  })
  expect_moe_error(rmoe(10, lse, design_grid(), noise = 1, labels = TRUE), "unsupported")
})
