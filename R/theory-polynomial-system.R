# The polynomial system behind the rates of over-specified Gaussian experts ---------------------------

#' The order at which merged Gaussian experts are told apart
#'
#' `rbar(m)` is the smallest r for which the polynomial system of m atoms (see [polynomial_system()]) has
#' no non-trivial solution. It governs the rates of over-specified fits: when m atoms of the estimate
#' share one atom of the truth, its b is estimated at the rate \eqn{n^{-1/(2\bar r(m))}} and its \eqn{\sigma^2} at
#' \eqn{n^{-1/\bar r(m)}}. The paper bounds the rates of \eqn{\beta_1} and a by the same powers (loss `d2` of
#' [voronoi_loss()]); both have \eqn{n^{-1/4}}, whatever m, if some true atom has a single estimated one
#' (loss `d2_sharp`, `vignette("polynomial-system")`).
#'
#' @section Theorem:
#' \eqn{\bar r(m) = 2m} for every \eqn{m \ge 2} and any number of covariates.
#'
#' Nguyen, Nguyen and Ho (2023) proved \eqn{\bar r(2) = 4}, \eqn{\bar r(3) = 6} and
#' \eqn{\bar r(m) \ge 7} for \eqn{m \ge 4}. The argument for all m:
#'
#' *Reduction.* The left sides of the system are the coefficients of \eqn{s^{\ell_1} t^{\ell_2}} in
#' \eqn{\sum_j p_{5j}^2 \exp(p_{1j}'s + t p_{2j}'s + p_{3j} t + p_{4j} t^2)}. The equations with
#' \eqn{\ell_1 = 0} involve only \eqn{c_j = p_{5j}^2 > 0}, \eqn{a_j = p_{3j}} and \eqn{b_j = p_{4j}}, and
#' say that \deqn{F(t) = \sum_j c_j \exp(a_j t + b_j t^2) - \sum_j c_j = O(t^{r+1}).} Conversely a solution
#' of these is one of the whole system, with \eqn{p_1 = p_2 = 0}. So one may take s = 0. What is left is the system of
#' Ho and Nguyen (2016) for Gaussian mixtures without a gate.
#'
#' *Which solutions are trivial.* For \eqn{r \ge 4}, a solution with all \eqn{p_{3j} = 0} is zero: equation
#' (0; 4) is then \eqn{\sum_j p_{5j}^2 p_{4j}^2 / 2 = 0}, equation \eqn{(2e_u; 0)} is \eqn{\sum_j p_{5j}^2 p_{1ju}^2 / 2 = 0},
#' and with \eqn{p_1 = 0} equation \eqn{(2e_u; 2)} is \eqn{\sum_j p_{5j}^2 p_{2ju}^2 / 2 = 0}. The proof of the rates
#' yields a solution in which some \eqn{p_1, \ldots, p_4} is not zero, so some \eqn{p_3} is not zero either.
#'
#' *Lower bound.* Let \eqn{x_j, w_j} be the m-point Gauss-Hermite rule of N(0, 1). It is exact for
#' polynomials of degree up to 2m - 1, and \eqn{E \exp(Xt - t^2/2) = 1}, so \eqn{\sum_j w_j
#' \exp(x_j t - t^2/2) = 1 + O(t^{2m})}. Hence (c, a, b) = (w, x, -1/2) solves the system with r = 2m - 1,
#' and \eqn{\bar r(m) \ge 2m}. Wu and Yang (2020) use the same construction for mixtures.
#' [gauss_hermite_certificate()] checks this in exact arithmetic.
#'
#' *Upper bound.* By the lemma below F has a zero of multiplicity at most 2m at t = 0, as it is a combination of at most
#' m + 1 functions \eqn{\exp(at + bt^2)} with distinct (a, b), one of them the constant, and does not vanish: terms with
#' equal (a, b) have a positive sum, and some \eqn{a_j \ne 0}, so one that is not constant stays. The multiplicity is at
#' least r + 1, so \eqn{r \le 2m - 1} for a solvable system, and \eqn{\bar r(m) \le 2m}. That the \eqn{c_j} are positive,
#' squares of real numbers, is essential: with c = (1, -1) and two equal atoms F vanishes.
#'
#' *Lemma.* \eqn{f(t) = \sum_{i=1}^M C_i \exp(a_i t + b_i t^2)}, all \eqn{C_i \ne 0}, all \eqn{(a_i, b_i)} distinct, has at most
#' 2(M - 1) real zeros, counted with multiplicity. Proof by induction on M; M = 1 is clear. Let \eqn{\beta = \min_i b_i}. Then
#' \eqn{f(t) \exp(-\beta t^2) = \int e^{tx} \nu(dx)}, where \eqn{\nu = \sum_i C_i N(a_i, 2(b_i - \beta))}. Its transform has no more zeros
#' than \eqn{\nu} has changes of sign (Descartes' rule): where \eqn{\nu} changes sign at \eqn{x_0}, the derivative of
#' \eqn{e^{-t x_0} \int e^{tx} \nu(dx)} is the transform of \eqn{(x - x_0) \nu}, up to the same factor, which has one change
#' less, and by Rolle's theorem at most one zero less; without a change of sign there is no zero. Now \eqn{\nu} consists of
#' \eqn{M_1 \ge 1} points of mass and a density, which is a function like f with \eqn{M - M_1} terms. If \eqn{M_1 = M} there are at
#' most M - 1 changes of sign. Otherwise the density has at most \eqn{2(M - M_1 - 1)} by induction, and each point adds at
#' most two. (Kalai, Moitra and Valiant 2010, Proposition 7, count zeros without multiplicity.)
#'
#' A single atom has only the trivial solution from r = 1 on: \eqn{\bar r(1) = 1}.
#'
#' @param m Numbers of atoms: positive whole numbers.
#' @return A numeric vector of the length of `m`. Anything but positive whole numbers is an error of
#'   class `moe_error_input`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#'
#'   Kalai, A. T., Moitra, A. and Valiant, G. (2010). Efficiently learning mixtures of two Gaussians.
#'   *STOC*, 553-562. \doi{10.1145/1806689.1806765}
#'
#'   Ho, N. and Nguyen, X. (2016). Convergence rates of parameter estimation for some weakly identifiable finite mixtures.
#'   *Annals of Statistics* 44, 2726-2755. \doi{10.1214/16-AOS1444}
#'
#'   Wu, Y. and Yang, P. (2020). Optimal estimation of Gaussian mixtures via denoised method of moments.
#'   *Annals of Statistics* 48, 1981-2007. \doi{10.1214/19-AOS1873}
#' @examples
#' rbar(2:7)
#' # just below, the system is solvable; at 2m it is not
#' solve_polynomial_system(3, 5, starts = 5, seed = 1)$residual
#' solve_polynomial_system(3, 6, starts = 20, seed = 1)$residual
#' @family theory
#' @export
rbar <- function(m) {
  m <- check_vector(m)
  bad <- m < 1 | m != round(m)
  if (any(bad)) {
    moe_abort("{.arg m} must be positive whole numbers; found {m[bad][1]}.")
  }
  2 * m - (m == 1)
}

#' The polynomial system of over-specified Gaussian experts
#'
#' The equations of Nguyen, Nguyen and Ho (2023), equation (6), as data. The unknowns are
#' \eqn{p_{1j}, p_{2j} \in R^d} and \eqn{p_{3j}, p_{4j}, p_{5j} \in R}, j = 1, ..., m, and for all
#' \eqn{(\ell_1, \ell_2) \in N^d \times N} with \eqn{1 \le |\ell_1| + \ell_2 \le r}
#' \deqn{\sum_j \sum_{\alpha \in I(\ell_1, \ell_2)} \frac{p_{5j}^2\, p_{1j}^{\alpha_1} p_{2j}^{\alpha_2}
#'   p_{3j}^{\alpha_3} p_{4j}^{\alpha_4}}{\alpha_1!\, \alpha_2!\, \alpha_3!\, \alpha_4!} = 0,}
#' \deqn{I(\ell_1, \ell_2) = \{\alpha: \alpha_1 + \alpha_2 = \ell_1,\;
#'   |\alpha_2| + \alpha_3 + 2\alpha_4 = \ell_2\}.}
#' A solution is non-trivial if every \eqn{p_{5j} \ne 0} and some \eqn{p_{3j} \ne 0}. There is one
#' exactly if \eqn{r < \bar r(m) = 2m}; see [rbar()].
#'
#' @param m Number of atoms, a positive whole number.
#' @param r Largest order of the equations, a positive whole number.
#' @param d Number of covariates, a positive whole number.
#' @return A list of class `moe_polynomial_system`: `m`, `r`, `d`; `equations`, a data frame with one row
#'   per equation, its number and the indices \eqn{\ell_1} (columns `l1_1`, ..., `l1_d`) and
#'   \eqn{\ell_2} (`l2`); and `terms`, a data frame with one row per element of the index sets:
#'   `equation`, the exponents `p1_1`, ..., `p2_d`, `p3`, `p4` and the `coefficient`
#'   \eqn{1/(\alpha_1! \alpha_2! \alpha_3! \alpha_4!)}. The left sides at given numbers are
#'   `residuals(system, p1, p2, p3, p4, p5)`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#' @examples
#' system <- polynomial_system(m = 2, r = 3)
#' system
#' # the two-point Gauss-Hermite rule solves it
#' max(abs(residuals(system, p3 = c(-1, 1), p4 = c(-0.5, -0.5), p5 = sqrt(c(0.5, 0.5)))))
#' @family theory
#' @export
polynomial_system <- function(m, r, d = 1) {
  m <- check_count(m)
  r <- check_count(r)
  d <- check_count(d)
  count <- choose(r + d + 1, d + 1) - 1
  if (count > 1e4) {
    moe_abort(c(
      "With {.arg r} = {r} and {.arg d} = {d} the system has {format(count, big.mark = ',')} equations.",
      i = "At most 10,000 are written out."
    ), class = "unsupported")
  }
  index <- multi_indices(d + 1, r)
  index <- index[rowSums(index) >= 1, , drop = FALSE]
  index <- index[order(rowSums(index)), , drop = FALSE]
  terms <- do.call(rbind, lapply(seq_len(nrow(index)), function(e) {
    cbind(equation = e, index_set(index[e, seq_len(d)], index[e, d + 1]))
  }))
  colnames(index) <- c(paste0("l1_", seq_len(d)), "l2")
  structure(
    list(
      m = m, r = r, d = d,
      equations = data.frame(equation = seq_len(nrow(index)), index),
      terms = data.frame(terms, coefficient = 1 / apply(factorial(terms[, -1, drop = FALSE]), 1, prod))
    ),
    class = "moe_polynomial_system"
  )
}

#' All vectors of n whole numbers with sum at most `total`, as rows
#' @noRd
multi_indices <- function(n, total) {
  if (n == 1) return(matrix(0:total))
  do.call(rbind, lapply(0:total, function(first) {
    cbind(first, multi_indices(n - 1, total - first), deparse.level = 0)
  }))
}

#' I(l1, l2): one row per (alpha1, alpha2, alpha3, alpha4)
#' @noRd
index_set <- function(l1, l2) {
  d <- length(l1)
  alpha2 <- unname(as.matrix(expand.grid(lapply(l1, function(l) 0:l))))
  alpha2 <- alpha2[rowSums(alpha2) <= l2, , drop = FALSE]
  rows <- lapply(seq_len(nrow(alpha2)), function(i) {
    left <- l2 - sum(alpha2[i, ])
    alpha4 <- 0:(left %/% 2)
    repeated <- function(x) matrix(x, length(alpha4), d, byrow = TRUE)
    cbind(repeated(l1 - alpha2[i, ]), repeated(alpha2[i, ]), left - 2 * alpha4, alpha4)
  })
  out <- do.call(rbind, rows)
  colnames(out) <- c(paste0("p1_", seq_len(d)), paste0("p2_", seq_len(d)), "p3", "p4")
  out
}

#' @param object A system.
#' @param p1,p2 m x d matrices (vectors when d = 1); zero by default.
#' @param p3,p4,p5 Vectors of length m.
#' @param ... Not used.
#' @rdname polynomial_system
#' @export
residuals.moe_polynomial_system <- function(object, p1 = NULL, p2 = NULL, p3, p4, p5, ...) {
  m <- object$m
  call <- rlang::current_env()
  slopes <- function(x, arg) {
    if (is.null(x)) return(matrix(0, m, object$d))
    check_matrix(x, arg, ncol = object$d, nrow = m, call = call)
  }
  point <- cbind(
    slopes(p1, "p1"), slopes(p2, "p2"), check_vector(p3, length = m), check_vector(p4, length = m)
  )
  weight <- check_vector(p5, length = m)^2
  exponents <- as.matrix(object$terms[, seq_len(ncol(point)) + 1])
  monomials <- apply(exponents, 1, function(alpha) sum(weight * apply(t(point)^alpha, 2, prod)))
  as.vector(tapply(object$terms$coefficient * monomials, object$terms$equation, sum))
}

#' @export
format.moe_polynomial_system <- function(x, ..., n = 12) {
  shown <- seq_len(min(n, nrow(x$equations)))
  body <- vapply(shown, function(e) {
    terms <- x$terms[x$terms$equation == e, , drop = FALSE]
    index <- unlist(x$equations[e, -1])
    label <- sprintf("(%s; %d)", paste(index[seq_len(x$d)], collapse = ","), index[x$d + 1])
    sprintf("%s  sum_j p5^2 [%s] = 0", label, paste(format_terms(terms), collapse = " + "))
  }, "")
  more <- nrow(x$equations) - length(shown)
  c(
    sprintf(
      "<Polynomial system: m = %d, r = %d, d = %d; %d equations, %d unknowns>",
      x$m, x$r, x$d, nrow(x$equations), x$m * (2 * x$d + 3)
    ),
    body,
    if (more > 0) sprintf("# ... with %d more equations", more),
    sprintf("# rbar(%d) = %g: %s", x$m, rbar(x$m),
      if (x$r < rbar(x$m)) "non-trivial solutions exist" else "only trivial solutions")
  )
}

#' @export
print.moe_polynomial_system <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}

#' p3^2 p4 / 2 and the like
#' @noRd
format_terms <- function(terms) {
  names <- setdiff(names(terms), c("equation", "coefficient"))
  if (sum(grepl("^p1_", names)) == 1) names <- sub("_1$", "", names)
  exponents <- as.matrix(terms[, -c(1, ncol(terms)), drop = FALSE])
  vapply(seq_len(nrow(terms)), function(i) {
    power <- exponents[i, ]
    factors <- ifelse(power == 1, names, paste0(names, "^", power))[power > 0]
    divisor <- round(1 / terms$coefficient[i])
    paste0(paste(factors, collapse = " "), if (divisor > 1) paste0(" / ", format(divisor)))
  }, "")
}
