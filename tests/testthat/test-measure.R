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

test_that("every expert makes measures, with the parameters it has", {
  set.seed(1)
  for (expert in all_experts()) {
    d <- if (kind_of(expert)$covariates) 2 else 0
    measure <- random_experts(expert, 3, d, p = 1)
    expect_identical(length(expert_covariates(measure)), as.integer(d))
    parameters <- expert_parameters(measure)
    expect_identical(colnames(parameters), expert_terms(expert, expert_covariates(measure)))
    expect_identical(is.null(measure$eta), expert$name != "feedforward")
    expect_identical(is.null(measure$b), expert$name == "feedforward")
    expect_identical(set_parameters(measure, parameters), measure)
    expect_identical(as_measure(unclass(measure)), measure)
    expect_identical(permute_experts(permute_experts(measure, c(2, 3, 1)), c(3, 1, 2)), measure)
    expect_identical(nrow(coef_parts(measure)), length(coef(measure)))
    expect_false(anyDuplicated(names(coef(measure))) > 0)
  }
})

test_that("feed-forward experts take the names of their covariates from eta, the gate, or neither", {
  expert <- expert_feedforward(2, "tanh")
  make <- function(eta, beta1, k = 2) colnames(moe_measure(numeric(k), beta1, eta = eta, expert = expert)$eta)
  one <- c("c1", "W1.x", "c2", "W2.x", "v1", "v2", "u")
  expect_identical(make(matrix(0, 2, 7), c(0, 1)), one)
  expect_identical(make(matrix(0, 2, 7), cbind(age = 0:1)), sub("x", "age", one, fixed = TRUE))
  expect_identical(make(matrix(0, 2, 7), matrix(0, 2, 2)), one)
  expect_identical(make(matrix(0, 2, 5), NULL), c("c1", "c2", "v1", "v2", "u"))
  named <- matrix(0, 2, 9, dimnames = list(NULL, expert_terms(expert, c("a.b", "c2"))))
  measure <- moe_measure(c(0, 0), NULL, eta = named, expert = expert)
  expect_identical(expert_covariates(measure), c("a.b", "c2"))
  expect_identical(expert_covariates(moe_measure(0, 1, eta = matrix(0, 1, 5), expert = expert)), character())
})

test_that("parameters that an expert does not have, or lacks, are refused", {
  network <- expert_feedforward(2, "tanh")
  expect_snapshot(error = TRUE, {
    moe_measure(1:2, 1:2, b = 1:2)
    moe_measure(1:2, 1:2, 1:2)
    moe_measure(1:2, 1:2, 1:2, 1:2, expert = expert_constant())
    moe_measure(1:2, 1:2, 1:2, 1:2, expert = network)
    moe_measure(1:2, 1:2, eta = matrix(0, 2, 8), expert = network)
    moe_measure(1:2, 1:2, eta = matrix(0, 2, 3), expert = network)
    moe_measure(1:2, 1:2, eta = matrix(0, 3, 7), expert = network)
    moe_measure(1:2, 1:2, eta = matrix(0, 2, 7, dimnames = list(NULL, letters[1:7])), expert = network)
    moe_measure(1:2, 1:2, eta = matrix(NA, 2, 7), expert = network)
    as_measure(list(beta0 = 1:2, beta1 = 1:2, a = 1:2, b = 1:2, expert = network))
  })
  expect_identical(ncol(moe_measure(1:2, 1:2, b = 1:2, expert = expert_constant())$a), 0L)
  expect_identical(ncol(moe_measure(1:2, 1:2, NULL, 1:2)$a), 0L)
})

test_that("measures of other experts print their parameters", {
  expect_snapshot({
    moe_measure(0:1, 1:2, b = 3:4, sigma2 = 1:2, expert = expert_constant())
    moe_measure(0:1, 1:2, a = 1:2, b = 3:4, expert = expert_polynomial(2))
    moe_measure(0:1, 1:2, eta = matrix(1:8, 2), expert = expert_feedforward(1, "tanh"))
  })
})
