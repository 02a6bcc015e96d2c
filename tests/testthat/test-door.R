test_that("numbers and counts are coerced or refused", {
  expect_identical(check_number(1L), 1)
  expect_identical(check_count(3), 3L)
  expect_identical(check_count(2^40), 2^40)
  for (bad in list(NA, "1", c(1, 2), NULL, Inf, NaN, TRUE, list(1), factor(1), matrix(1:4, 2))) {
    expect_moe_error(check_number(bad))
    expect_moe_error(check_count(bad))
  }
  for (bad in list(0, -1, 1.5)) expect_moe_error(check_count(bad))
  expect_moe_error(check_number(0, min = 0, exclusive_min = TRUE))
  expect_moe_error(check_number(1, max = 1, exclusive_max = TRUE))
  expect_identical(check_number(1, min = 1, max = 1), 1)
})

test_that("flags and choices are coerced or refused", {
  expect_true(check_flag(TRUE))
  for (bad in list(NA, 1, "TRUE", c(TRUE, FALSE), NULL)) expect_moe_error(check_flag(bad))
  expect_identical(check_choice(c("a", "b"), c("a", "b")), "a")
  expect_identical(check_choice("b", c("a", "b")), "b")
  for (bad in list("c", NA_character_, 1, c("b", "a"), character(0))) {
    expect_moe_error(check_choice(bad, c("a", "b")))
  }
})

test_that("matrices: vectors and numeric data frames are welcome", {
  expect_identical(check_matrix(1:3), matrix(c(1, 2, 3)))
  expect_identical(check_matrix(data.frame(a = 1:2, b = 3))[, "b"], c(3, 3))
  expect_identical(colnames(check_matrix(cbind(u = 1, v = 2))), c("u", "v"))
  expect_identical(check_matrix(NA, allow_na = TRUE), matrix(NA_real_))
  expect_identical(check_matrix(ts(1:3)), matrix(c(1, 2, 3)))
  expect_moe_error(check_matrix(c(1, NA)))
  expect_moe_error(check_matrix(c(1, Inf), allow_na = TRUE))
  expect_moe_error(check_matrix(1:3, ncol = 2))
  expect_moe_error(check_matrix(1:3, nrow = 2))
  for (bad in list("a", NULL, list(1), factor(1), Sys.Date(), array(1, c(1, 1, 1)), mean)) {
    expect_moe_error(check_matrix(bad))
  }
})

test_that("vectors", {
  expect_identical(check_vector(1:2), c(1, 2))
  expect_identical(check_vector(Inf, allow_infinite = TRUE), Inf)
  expect_moe_error(check_vector(1:2, length = 3))
  expect_moe_error(check_vector(cbind(1, 2)))
  expect_moe_error(check_vector(NA_real_))
})

test_that("a seed is drawn from R's generator when there is none", {
  set.seed(1)
  first <- check_seed(NULL)
  second <- check_seed(NULL)
  set.seed(1)
  expect_identical(check_seed(NULL), first)
  expect_false(first == second)
  state <- .Random.seed
  expect_identical(check_seed(5), 5)
  expect_identical(.Random.seed, state)
  for (bad in list(-1, 1.5, 2^54, "a", NA)) expect_moe_error(check_seed(bad))
})

test_that("misspelt arguments are named, with the ones that exist", {
  f <- function(x, tolerance = 1, ...) check_dots_empty(...)
  expect_null(f(1))
  expect_snapshot(error = TRUE, {
    f(1, tolerence = 2)
    f(1, 2, 3)
    f(1, 2, stop("never evaluated"), u = 1)
  })
})

test_that("messages name the argument, what was found and what to do", {
  f <- function(k, x) {
    check_count(k, max = 10)
    check_matrix(x)
  }
  expect_snapshot(error = TRUE, {
    f("three")
    f(2.5)
    f(1:3)
    f(mean)
    f(NULL)
    f(2, "a")
    f(2, iris)
    f(2, c(1, NA, Inf))
    f(2, cbind(1:2, c(0, -Inf)))
  })
})
