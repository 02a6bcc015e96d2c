test_that("rbar is 2m", {
  expect_identical(rbar(2:7), c(4, 6, 8, 10, 12, 14))
  expect_identical(rbar(1), 1)
  expect_identical(rbar(numeric()), numeric())
})

test_that("the system of two atoms up to order 2 is that of the paper", {
  system <- polynomial_system(2, 2)
  expect_identical(nrow(system$equations), 5L)
  # (l1; l2) = (0; 2): p3^2 / 2 + p4, and (1; 1): p1 p3 + p2
  expect_snapshot(system)
  expect_snapshot(polynomial_system(3, 7, 2))
})

test_that("index sets and coefficients are those of the definition", {
  for (d in 1:3) {
    system <- polynomial_system(2, 4, d)
    expect_identical(nrow(system$equations), as.integer(choose(4 + d + 1, d + 1) - 1))
    terms <- system$terms
    l1 <- as.matrix(system$equations[terms$equation, 1 + seq_len(d)])
    alpha1 <- as.matrix(terms[, 1 + seq_len(d)])
    alpha2 <- as.matrix(terms[, 1 + d + seq_len(d)])
    expect_true(all(alpha1 + alpha2 == l1))
    expect_true(all(rowSums(alpha2) + terms$p3 + 2 * terms$p4 == system$equations$l2[terms$equation]))
    expect_false(anyDuplicated(terms) > 0)
    # every alpha that satisfies the conditions is there: count those of all alpha in a box
    box <- as.matrix(expand.grid(rep(list(0:4), 2 * d + 2)))
    l2 <- rowSums(box[, d + seq_len(d), drop = FALSE]) + box[, 2 * d + 1] + 2 * box[, 2 * d + 2]
    size <- rowSums(box[, seq_len(2 * d), drop = FALSE]) + l2
    expect_identical(nrow(terms), sum(size >= 1 & size <= 4))
    if (d == 2) break # the box of d = 3 is large
  }
})

test_that("left sides are the coefficients of the generating function", {
  system <- polynomial_system(3, 5)
  p <- withr::with_seed(1, lapply(1:5, function(i) rnorm(3)))
  left <- residuals(system, p[[1]], p[[2]], p[[3]], p[[4]], p[[5]])
  # sum_j p5^2 exp(p1 s + p2 s t + p3 t + p4 t^2) at small (s, t), minus its constant
  f <- function(s, t) sum(p[[5]]^2 * exp(p[[1]] * s + p[[2]] * s * t + p[[3]] * t + p[[4]] * t^2))
  for (at in list(c(1e-2, 2e-2), c(-1e-2, 1e-2))) {
    polynomial <- sum(left * at[1]^system$equations$l1_1 * at[2]^system$equations$l2)
    expect_equal(f(at[1], at[2]) - f(0, 0), polynomial, tolerance = 1e-7)
  }
})

test_that("a solution of the scalar system, with p1 = p2 = 0, solves the whole system", {
  rule <- gauss_rule(3, "normal")
  for (d in 1:2) {
    left <- residuals(polynomial_system(3, 5, d), p3 = rule$x, p4 = rep(-0.5, 3), p5 = sqrt(rule$weight))
    expect_lt(max(abs(left)), 1e-14)
  }
  left <- residuals(polynomial_system(3, 6), p3 = rule$x, p4 = rep(-0.5, 3), p5 = sqrt(rule$weight))
  expect_equal(max(abs(left)), factorial(3) / factorial(6))
})

test_that("the residual is zero up to r = 2m - 1 and the known positive minimum at r = 2m", {
  for (m in 2:6) {
    solution <- solve_polynomial_system(m, 2 * m - 1, starts = 20, seed = 1)
    expect_lte(solution$residual, 1e-20)
    expect_true(solution$nontrivial)
    expect_true(solution$solved)
    expect_gt(solution$fraction, 0.2)
  }
  known <- c(5.190e-2, 4.837e-3, 4.455e-4)
  for (m in 2:4) {
    solution <- solve_polynomial_system(m, 2 * m, starts = 20, seed = 1)
    expect_equal(solution$residual, known[m - 1], tolerance = 2e-4)
    expect_false(solution$solved)
    expect_identical(solution$fraction, 0)
  }
})

test_that("the residual is that of its definition", {
  solution <- solve_polynomial_system(3, 6, starts = 20, seed = 1)
  at <- solution$solution
  expect_equal(sum(at$c), 1)
  expect_equal(at$p5^2, at$c)
  system <- polynomial_system(3, 6)
  scalar <- system$equations$l1_1 == 0
  left <- residuals(system, p3 = at$p3, p4 = at$p4, p5 = at$p5)[scalar]
  scaled <- c(sqrt(factorial(1:6)) * left, sum(at$c * at$p3^2) - 1)
  expect_equal(sum(scaled^2) / 2, solution$residual)
})

test_that("starts are governed by the seed, and more starts keep the first ones", {
  few <- solve_polynomial_system(2, 4, starts = 5, seed = 7)
  many <- solve_polynomial_system(2, 4, starts = 10, seed = 7)
  expect_identical(many$residuals[1:5], few$residuals)
  expect_identical(
    withr::with_seed(1, solve_polynomial_system(2, 3, starts = 2)$residuals),
    withr::with_seed(1, solve_polynomial_system(2, 3, starts = 2)$residuals)
  )
})

test_that("one atom has only the trivial solution", {
  expect_gt(solve_polynomial_system(1, 1, starts = 5, seed = 1)$residual, 0.01)
})

test_that("the Gauss-Hermite rule is a certificate in exact arithmetic", {
  skip_if_not_installed("gmp")
  for (m in c(2:6, 25)) {
    certificate <- gauss_hermite_certificate(m)
    expect_true(certificate$holds)
    expect_identical(certificate$equations$exact[seq_len(2 * m - 1)], rep("0", 2 * m - 1))
    expect_equal(certificate$equations$value[2 * m], -exp(lfactorial(m) - lfactorial(2 * m)))
  }
  # the exact left sides agree with the rule in double precision
  certificate <- gauss_hermite_certificate(4)
  system <- polynomial_system(4, 8)
  at <- certificate$solution
  left <- residuals(system, p3 = at$p3, p4 = at$p4, p5 = at$p5)[system$equations$l1_1 == 0]
  expect_equal(left, certificate$equations$value, tolerance = 1e-10)
  expect_snapshot(certificate)
})

test_that("solutions print", {
  expect_output(print(solve_polynomial_system(2, 3, starts = 5, seed = 1)), "a non-trivial solution")
  expect_output(print(solve_polynomial_system(2, 4, starts = 5, seed = 1)), "no solution")
})

test_that("bad input is a classed error", {
  expect_snapshot(error = TRUE, {
    rbar(0)
    rbar(2.5)
    rbar("a")
    polynomial_system(0, 2)
    polynomial_system(2, 0)
    polynomial_system(2, 2, d = 1.5)
    polynomial_system(2, 30, d = 5)
    residuals(polynomial_system(2, 2), p3 = 1, p4 = c(1, 1), p5 = c(1, 1))
    solve_polynomial_system(2, NA)
    solve_polynomial_system(2, 3, starts = 0)
    solve_polynomial_system(2, 3, seed = -1)
    solve_polynomial_system(2, 3, tolerance = 5)
    gauss_hermite_certificate(1)
  })
  expect_error(polynomial_system(2, 30, d = 5), class = "moe_error_unsupported")
  expect_error(rbar(0), class = "moe_error_input")
})
