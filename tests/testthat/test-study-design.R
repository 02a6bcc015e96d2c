test_that("designs draw named covariates from their law", {
  x <- draw_design(design_uniform(c(u = 0, v = 10), c(1, 20)), 1e4, seed = 1)
  expect_identical(dimnames(x), list(NULL, c("u", "v")))
  expect_gt(ks.test(x[, "v"], "punif", 10, 20)$p.value, 1e-4)
  z <- draw_design(design_normal(3, 2, d = 2), 1e4, seed = 1)
  expect_gt(ks.test(z[, "x2"], "pnorm", 3, 2)$p.value, 1e-4)
  expect_lt(abs(cor(z)[1, 2]), 5 / sqrt(1e4))
  expect_identical(draw_design(design_grid(0, 1), 3, seed = 1), cbind(x = c(0, 0.5, 1)))
  rows <- draw_design(design_empirical(faithful), 1000, seed = 1)
  expect_identical(colnames(rows), names(faithful))
  expect_true(all(rows[, 1] %in% faithful[, 1]))
  expect_gt(length(unique(rows[, 1])), 100)
})

test_that("a longer sample begins with the shorter one", {
  for (design in list(design_uniform(d = 3), design_normal(d = 2), design_empirical(faithful))) {
    long <- draw_design(design, 100, seed = 5, index = c(1, 2))
    expect_identical(draw_design(design, 10, seed = 5, index = c(1, 2)), long[1:10, , drop = FALSE])
    expect_false(identical(draw_design(design, 100, seed = 5, index = c(1, 3)), long))
  }
})

test_that("no rows and one row are fine", {
  for (design in list(design_uniform(), design_normal(d = 2), design_grid(), design_empirical(1:3))) {
    expect_identical(nrow(draw_design(design, 0, seed = 1)), 0L)
    expect_identical(nrow(draw_design(design, 1, seed = 1)), 1L)
  }
})

test_that("designs print", {
  expect_snapshot({
    design_uniform(-2, 2)
    design_uniform(c(dose = 0, age = 20), c(1, 60))
    design_normal(0, 2, d = 3)
    design_grid(0, 1)
    design_empirical(faithful)
  })
})

test_that("wrong designs are refused", {
  expect_snapshot(error = TRUE, {
    design_uniform(1, 0)
    design_uniform(1:2, 1:3)
    design_uniform(0, 1:3, d = 2)
    design_uniform(0, 1, d = 0)
    design_uniform("a", 1)
    design_normal(0, 0)
    design_grid(0, Inf)
    design_grid(1, 1)
    design_empirical(iris)
    design_empirical(matrix(0, 0, 2))
    check_design("uniform")
  })
})

test_that("designs that no double or no memory holds are refused", {
  expect_moe_error(design_uniform(-1e308, 1e308), "input", "finite")
  expect_moe_error(design_grid(-1e308, 1e308), "input", "finite")
  expect_moe_error(design_uniform(d = 1e9), "input", "d.*at most 1e\\+05")
  expect_moe_error(rmoe(1e10, truth_overlap()), "input", "n.*too large.*160 GB")
})
