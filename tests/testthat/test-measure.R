test_that("vectors are accepted for one covariate", {
  measure <- moe_measure(c(0, 0), c(2, 0), c(1, -1), c(2, -2), c(1, 2))
  expect_s3_class(measure, "moe_measure")
  expect_identical(measure$beta1, cbind(x = c(2, 0)))
  expect_identical(measure$a, cbind(x = c(1, -1)))
  expect_identical(measure$sigma2, c(1, 2))
  expect_identical(
    measure, moe_measure(c(0, 0), cbind(c(2, 0)), cbind(c(1, -1)), c(2, -2), c(1, 2))
  )
})

test_that("covariates get names: given, shared, or made up", {
  names_of <- function(m) list(colnames(m$beta1), colnames(m$a))
  make <- function(beta1, a) names_of(moe_measure(c(0, 0), beta1, a, c(0, 1)))
  two <- matrix(0, 2, 2)
  expect_identical(make(two, two), list(c("x1", "x2"), c("x1", "x2")))
  expect_identical(make(two, c(1, 2)), list(c("z1", "z2"), "x"))
  expect_identical(make(two, cbind(u = 1:2, v = 1)), list(c("u", "v"), c("u", "v")))
  expect_identical(make(cbind(u = 1:2, v = 1), two), list(c("u", "v"), c("u", "v")))
  expect_identical(make(NULL, cbind(u = 1:2)), list(NULL, "u"))
})

test_that("a shared variance is one number or equal ones; sigma2 may be absent", {
  shared <- expert_linear("shared")
  one <- moe_measure(1:3, 1:3, 1:3, 1:3, 0.5, expert = shared)
  expect_identical(one$sigma2, rep(0.5, 3))
  expect_identical(one, moe_measure(1:3, 1:3, 1:3, 1:3, rep(0.5, 3), expert = shared))
  lse <- moe_measure(1:3, 1:3, 1:3, 1:3)
  expect_null(lse$sigma2)
})

test_that("one expert and no covariates are measures", {
  expect_identical(coef(moe_measure(5, NULL, NULL, 3, 2)), c(`expert1:(Intercept)` = 3, `expert1:sigma2` = 2))
  expect_identical(dim(moe_measure(0, 1, matrix(1, 1, 4), 1, 1)$a), c(1L, 4L))
})

test_that("wrong measures are refused by name", {
  expect_snapshot(error = TRUE, {
    moe_measure(numeric(0), NULL, NULL, numeric(0))
    moe_measure(1:2, 1:3, 1:2, 1:2)
    moe_measure(1:2, 1:2, matrix(1, 3, 2), 1:2)
    moe_measure(1:2, 1:2, 1:2, 1:3)
    moe_measure(1:2, 1:2, c(1, NA), 1:2)
    moe_measure("a", 1:2, 1:2, 1:2)
    moe_measure(1:2, 1:2, 1:2, 1:2, sigma2 = 1)
    moe_measure(1:2, 1:2, 1:2, 1:2, sigma2 = c(1, 0))
    moe_measure(1:2, 1:2, 1:2, 1:2, sigma2 = 1:2, expert = expert_linear("shared"))
    moe_measure(1:2, 1:2, 1:2, 1:2, eta = matrix(1, 2, 2))
    moe_measure(1:2, 1:2, 1:2, 1:2, expert = "linear")
    moe_measure(1:2, 1:2, 1:2, 1:2, gate = NULL)
    moe_measure(1:2, cbind(u = 1:2, u = 1:2), 1:2, 1:2)
  })
  expect_moe_error(moe_measure(c(0, Inf), 1:2, 1:2, 1:2))
  expect_moe_error(moe_measure(1:2, 1:2, 1:2, list(1, 2)))
})
