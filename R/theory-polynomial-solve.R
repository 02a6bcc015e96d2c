# Solving the polynomial system -----------------------------------------------------------------------

#' Solve the polynomial system numerically
#'
#' Looks for a non-trivial solution of the scalar system, the equations of [polynomial_system()] with
#' \eqn{\ell_1 = 0}: \deqn{\sum_j c_j\, [t^\ell] \exp(a_j t + b_j t^2) = 0, \quad \ell = 1, \ldots, r,}
#' with \eqn{c_j = p_{5j}^2}, \eqn{a_j = p_{3j}} and \eqn{b_j = p_{4j}}. A solution of the whole system
#' exists exactly if one of these does. The system is homogeneous in c and in t, which is used to exclude
#' the trivial solution: \eqn{\sum c_j = 1} holds by construction and \eqn{\sum c_j a_j^2 = 1} is one more
#' equation.
#'
#' The Levenberg-Marquardt method starts from independent standard normal \eqn{p_{5j}, p_{3j}, p_{4j}}
#' and runs to machine precision. The residual is half the sum of squares of the equations, equation
#' \eqn{\ell} multiplied by \eqn{\sqrt{\ell!}}. A start reaches zero if it ends with a residual of at
#' most `zero` at a non-trivial point, one where all \eqn{c_j} exceed 1e-8.
#'
#' @inheritParams polynomial_system
#' @param starts Number of random starts.
#' @param seed Seed; `NULL` draws one from R's generator, so that [set.seed()] governs. Start s is the
#'   same for any number of starts.
#' @param ... Must be empty.
#' @param zero Largest residual that counts as zero.
#' @return A list of class `moe_polynomial_solution` with fields `m`, `r`; `residual`, the smallest one
#'   found; `solution`, a data frame with columns `p3`, `p4`, `p5` and `c`, one row per atom, where it was
#'   found; `nontrivial`, whether that point is non-trivial; `solved`, whether it is and has residual
#'   zero; `fraction`, the share of starts that reach zero; `residuals`, the residual of each start;
#'   `starts` and `seed`. Numbers that are not positive whole numbers are errors of class
#'   `moe_error_input`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#'
#'   More, J. J. (1978). The Levenberg-Marquardt algorithm: implementation and theory. *Numerical
#'   Analysis*, Lecture Notes in Mathematics 630, 105-116. \doi{10.1007/BFb0067700}
#' @examples
#' solve_polynomial_system(m = 2, r = 3, starts = 20, seed = 1)
#' solve_polynomial_system(m = 2, r = 4, starts = 20, seed = 1)
#' @family theory
#' @export
solve_polynomial_system <- function(m, r, starts = 100, seed = NULL, ..., zero = 1e-20) {
  check_dots_empty(...)
  m <- check_count(m, max = 50)
  r <- check_count(r, max = 150)
  starts <- check_count(starts)
  zero <- check_number(zero, min = 0)
  seed <- check_seed(seed)
  ends <- solve_polynomial_system_cpp(m, r, starts, seed)
  nontrivial <- apply(ends$c, 2, min) > 1e-8
  # a start that ran away has no number
  ends$residual[!is.finite(ends$residual)] <- Inf
  best <- which.min(ends$residual)
  c <- ends$c[, best]
  solution <- data.frame(p3 = ends$a[, best], p4 = ends$b[, best], p5 = sqrt(c), c = c)
  reached <- ends$residual <= zero & nontrivial
  structure(
    list(
      m = m, r = r, residual = ends$residual[best],
      solution = solution[order(solution$p3), , drop = FALSE], nontrivial = nontrivial[best],
      solved = reached[best], fraction = mean(reached), residuals = ends$residual,
      starts = starts, seed = seed
    ),
    class = "moe_polynomial_solution"
  )
}

#' @export
format.moe_polynomial_solution <- function(x, ..., digits = 4) {
  table <- format(as.data.frame(lapply(x$solution, signif, digits)), digits = digits)
  c(
    sprintf("<Polynomial system of %d atoms up to order %d>", x$m, x$r),
    sprintf("smallest residual: %s, %s", format(x$residual, digits = digits),
      if (x$solved) "a non-trivial solution" else "no solution"),
    sprintf("%d of %d starts reach zero", round(x$fraction * x$starts), x$starts),
    utils::capture.output(print(table, row.names = FALSE))
  )
}

#' @export
print.moe_polynomial_solution <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}

#' The Gauss-Hermite solution of the polynomial system, checked in exact arithmetic
#'
#' The nodes and weights of the m-point Gauss-Hermite rule of N(0, 1) solve the polynomial system of order
#' r = 2m - 1: (c, a, b) = (w, x, -1/2). This is the lower bound \eqn{\bar r(m) \ge 2m} of [rbar()].
#' Nodes are irrational, but the left sides of the equations are rational numbers, and are computed here
#' without rounding.
#'
#' Since \eqn{\exp(xt - t^2/2) = \sum_\ell He_\ell(x) t^\ell / \ell!}, the left side of equation
#' \eqn{\ell} is \eqn{\sum_j w_j He_\ell(x_j) / \ell!}. The nodes are the roots of \eqn{He_m}, so
#' \eqn{He_\ell} may be replaced by its remainder on division by \eqn{He_m}, which has integer
#' coefficients and degree below m; for such polynomials the rule gives the expectation, a combination of
#' the integers \eqn{E X^n}. The result is 0 for \eqn{\ell < 2m} and \eqn{-m!/(2m)!} for
#' \eqn{\ell = 2m}: the rule solves all equations but the one that no non-trivial point solves together
#' with the others. Integer arithmetic is that of the package gmp.
#'
#' @inheritParams polynomial_system
#' @return A list of class `moe_certificate` with fields `m`; `r` = 2m - 1; `solution`, a data frame of
#'   the rule in double precision (`p3`, `p4`, `p5`, `c`); `equations`, a data frame with the order `l`
#'   from 1 to 2m and the exact left side `value`, as text and as a number; and `holds`, whether
#'   equations 1 to r are exactly zero and all weights positive.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#'
#'   Golub, G. H. and Welsch, J. H. (1969). Calculation of Gauss quadrature rules. *Mathematics of
#'   Computation* 23, 221-230. \doi{10.1090/S0025-5718-69-99647-1}
#' @examplesIf rlang::is_installed("gmp")
#' gauss_hermite_certificate(4)
#' @family theory
#' @export
gauss_hermite_certificate <- function(m) {
  m <- check_count(m, min = 2, max = 100)
  rlang::check_installed("gmp", reason = "for exact arithmetic.")
  rule <- gauss_rule(m, "normal")
  orders <- seq_len(2 * m)
  hermite <- hermite_polynomials(2 * m)
  exact <- lapply(orders, function(l) {
    remainder <- monic_remainder(hermite[[l + 1]], hermite[[m + 1]])
    gmp::as.bigq(normal_expectation(remainder), gmp::factorialZ(l))
  })
  value <- vapply(exact, as.character, "")
  structure(
    list(
      m = m, r = 2 * m - 1,
      solution = data.frame(p3 = rule$x, p4 = -0.5, p5 = sqrt(rule$weight), c = rule$weight),
      equations = data.frame(l = orders, exact = value, value = vapply(exact, gmp::asNumeric, 0)),
      holds = all(value[-2 * m] == "0") && all(rule$weight > 0)
    ),
    class = "moe_certificate"
  )
}

#' Coefficients, constant first, of He_0, ..., He_n: He_{l+1} = x He_l - l He_{l-1}
#' @noRd
hermite_polynomials <- function(n) {
  zero <- gmp::as.bigz(0)
  out <- list(gmp::as.bigz(1), c(zero, gmp::as.bigz(1)))
  for (l in seq_len(n - 1)) {
    out[[l + 2]] <- c(zero, out[[l + 1]]) - l * c(out[[l]], zero, zero)
  }
  out
}

#' Remainder of a polynomial divided by one with leading coefficient one
#' @noRd
monic_remainder <- function(polynomial, divisor) {
  degree <- length(divisor) - 1
  while (length(polynomial) > degree) {
    n <- length(polynomial)
    at <- seq(n - degree, n)
    polynomial[at] <- polynomial[at] - polynomial[n] * divisor
    polynomial <- polynomial[-n]
  }
  polynomial
}

#' E f(X), X ~ N(0, 1): E X^n = (n - 1)!! for even n
#' @noRd
normal_expectation <- function(polynomial) {
  moment <- gmp::as.bigz(1)
  total <- polynomial[1]
  for (n in seq_len((length(polynomial) - 1) %/% 2)) {
    moment <- moment * (2 * n - 1)
    total <- total + polynomial[2 * n + 1] * moment
  }
  total
}

#' @export
format.moe_certificate <- function(x, ...) {
  last <- utils::tail(x$equations, 1)
  c(
    sprintf("<Gauss-Hermite certificate: m = %d>", x$m),
    sprintf("equations 1 to %d: %s", x$r, if (x$holds) "exactly zero" else "NOT ZERO"),
    sprintf("equation %d: %s", last$l, last$exact),
    sprintf("hence rbar(%d) >= %d", x$m, last$l)
  )
}

#' @export
print.moe_certificate <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}
