test_that("as_measure() finds the measure in what has one", {
  truth <- truth_overlap()
  measure <- truth$measure
  expect_identical(as_measure(measure), measure)
  expect_identical(as_measure(truth), measure)
  expect_identical(as_measure(structure(list(measure = measure), class = "moe")), measure)
  expect_identical(as_measure(unclass(measure)), measure)
  fields <- list(beta0 = c(0, 0), beta1 = c(2, 0), a = c(1.5, -1.5), b = c(2, -2))
  expect_null(as_measure(fields)$sigma2)
})

test_that("as_measure() refuses the rest", {
  expect_snapshot(error = TRUE, {
    as_measure(3)
    as_measure(mean)
    as_measure(list(beta0 = 1, slope = 2))
    as_measure(list(beta0 = 1:2, beta1 = 1:2, a = 1:2, b = "a"))
    canonical("measure")
  })
  expect_moe_error(as_measure(list()))
  expect_moe_error(as_measure(NULL))
  expect_moe_error(as_measure(list(1, 2)))
})

test_that("the canonical form has a zero last gate, is idempotent and changes no density", {
  set.seed(1)
  for (k in c(1, 2, 4)) {
    measure <- random_measure(k, d = 2)
    form <- canonical(measure)
    expect_identical(c(form$beta0[k], form$beta1[k, ]), c(0, x1 = 0, x2 = 0))
    expect_identical(canonical(form), form)
    x <- matrix(rnorm(20), 10)
    y <- rnorm(10)
    expect_equal(dmoe(y, x, form), dmoe(y, x, measure), tolerance = 1e-13)
  }
})

test_that("permutation and translation change no density", {
  set.seed(2)
  measure <- random_measure(3, d = 2, p = 1)
  x <- matrix(rnorm(20), 10)
  z <- rnorm(10)
  y <- rnorm(10)
  permuted <- permute_experts(measure, c(3, 1, 2))
  expect_identical(permuted$a[1, ], measure$a[3, ])
  expect_identical(permuted$sigma2, measure$sigma2[c(3, 1, 2)])
  expect_equal(dmoe(y, x, permuted, z = z), dmoe(y, x, measure, z = z), tolerance = 1e-14)
  moved <- translate_gate(measure, t0 = 3, t1 = -2)
  expect_equal(dmoe(y, x, moved, z = z), dmoe(y, x, measure, z = z), tolerance = 1e-13)
  expect_equal(coef(moved), coef(measure))
  expect_identical(permute_experts(permuted, c(2, 3, 1)), measure)
})

test_that("measures without variances keep their missing field", {
  measure <- moe_measure(1:2, 1:2, 1:2, 1:2)
  expect_identical(names(permute_experts(measure, 2:1)), names(measure))
  expect_identical(names(canonical(measure)), names(measure))
})

test_that("wrong permutations and translations are refused", {
  measure <- truth_overlap()$measure
  expect_snapshot(error = TRUE, {
    permute_experts(measure, c(1, 1))
    permute_experts(measure, 1:3)
    translate_gate(measure, t0 = NA)
    translate_gate(measure, t1 = 1:2)
  })
})

test_that("coefficients are canonical, named, and in the order of theta", {
  measure <- moe_measure(
    beta0 = c(1, 2, 3), beta1 = cbind(age = c(1, 1, 1)),
    a = cbind(dose = 1:3, age = 4:6), b = 7:9, sigma2 = c(0.1, 0.2, 0.3)
  )
  expect_identical(coef(measure), c(
    `gate1:(Intercept)` = -2, `gate1:age` = 0, `gate2:(Intercept)` = -1, `gate2:age` = 0,
    `expert1:(Intercept)` = 7, `expert1:dose` = 1, `expert1:age` = 4,
    `expert2:(Intercept)` = 8, `expert2:dose` = 2, `expert2:age` = 5,
    `expert3:(Intercept)` = 9, `expert3:dose` = 3, `expert3:age` = 6,
    `expert1:sigma2` = 0.1, `expert2:sigma2` = 0.2, `expert3:sigma2` = 0.3
  ))
  shared <- moe_measure(1:2, 1:2, 1:2, 1:2, 4, expert = expert_linear("shared"))
  expect_identical(tail(names(coef(shared)), 2), c("expert2:x", "sigma2"))
  expect_length(coef(moe_measure(1:2, 1:2, 1:2, 1:2)), 6)
})

test_that("coef() has the order of theta", {
  set.seed(3)
  for (variance in c("free", "shared")) {
    measure <- random_measure(3, d = 2, p = 1, variance = variance)
    theta <- measure_theta(measure)
    log_scale <- grepl("sigma2$", names(coef(measure)))
    expect_equal(unname(coef(measure)), ifelse(log_scale, exp(theta), theta))
  }
})

test_that("measures print in canonical form, many experts in short", {
  expect_snapshot({
    translate_gate(truth_overlap()$measure, 1, 1)
    moe_measure(0, NULL, cbind(dose = 1), 2, 3)
    moe_measure(1:2, 1:2, 1:2, 1:2)
    print(moe_measure(1:30, 1:30, 1:30, 1:30, 1, expert = expert_linear("shared")), n = 3)
  })
})

test_that("measures survive saving", {
  file <- withr::local_tempfile()
  measure <- truth_overlap()$measure
  saveRDS(measure, file)
  expect_identical(readRDS(file), measure)
})
