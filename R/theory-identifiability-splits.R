# Can an expert be split in two unnoticed? -------------------------------------------------------------------
# With Psi = exp(beta1'x) (h(x, eta) - f(x)), a difference of regression functions (or densities: N for h, g for f) is
# a sum of weights times Psi, divided by the sum of the gates. Atoms that spread around expert j with second moments M
# add (1/2) sum M_st d2Psi / ds dt, and all atoms may move to first order. The spread is hidden if first derivatives
# cancel it; M is any positive semidefinite matrix. A relation between derivatives does harm if such an M has it.

#' The smallest norm of a spread, for every expert
#' @param triangle Triangular factor of the functions of the family, then of the columns of `centre_values()`.
#' @param tolerance Margins are roots of what is accurate to rounding: below this they cannot be told from zero.
#' @return A data frame: `expert`, `margin`, whether it is `hidden`, and the parameters that can `spread`: each alone,
#'   or those that do in the smallest one.
#' @noRd
split_margins <- function(triangle, family, tolerance = 1e-7) {
  experts <- seq_len(n_experts(family$measure))
  parameters <- split_parameters_of(family)
  pairs <- pairs_of(nrow(parameters))
  derivative <- function(j, members) psi_derivative(triangle, family, j, parameters[members, ])
  first <- lapply(experts, function(j) vapply(seq_len(nrow(parameters)), derivative, triangle[, 1], j = j))
  value <- vapply(experts, derivative, triangle[, 1], members = 0)
  movable <- orthonormal(cbind(value, do.call(cbind, first)))
  rows <- lapply(experts, function(j) {
    second <- vapply(seq_len(nrow(pairs)), function(i) derivative(j, pairs[i, ]), triangle[, 1])
    norm <- sqrt(colSums(first[[j]]^2))
    second <- unit_spreads(second, movable, pairs, norm)
    smallest <- smallest_spread(second, pairs)
    alone <- sqrt(colSums(second[, pairs[, 1] == pairs[, 2], drop = FALSE]^2)) <= tolerance
    spread <- if (any(alone)) alone else diag(smallest$moments) > 0.01
    data.frame(
      expert = j, margin = smallest$margin, hidden = smallest$margin <= tolerance,
      spread = paste(parameters$name[spread], collapse = if (any(alone)) " or " else ", ")
    )
  })
  do.call(rbind, rows)
}

#' Parameters that can spread: slopes of the gate, and those of the experts
#' @noRd
split_parameters_of <- function(family) {
  gate <- symbols_of_gate(family)
  gate <- gate[seq_along(family$powers$names)]
  data.frame(
    name = c(gate, family$kept), gate = c(seq_along(gate), rep(0, length(family$kept))),
    eta = c(rep(0, length(gate)), match(family$kept, family$names))
  )
}

#' A derivative of Psi at expert j, as a combination of columns of the triangle
#' @noRd
psi_derivative <- function(triangle, family, j, members) {
  exponents <- tabulate(members$gate, length(family$powers$names))
  nu <- which(colSums(t(family$powers$exponents) != exponents) == 0)
  eta <- members$eta[members$eta > 0]
  q <- length(family$names)
  pairs <- pairs_of(q)
  column <- switch(length(eta) + 1, 1, 1 + eta, 1 + q + which(pairs[, 1] == min(eta) & pairs[, 2] == max(eta)))
  functions <- family$functions
  value <- triangle[, which(functions$expert == j & functions$nu == nu & functions$column == column)]
  # only where the expert is not differentiated is f left
  if (length(eta)) return(value)
  value - triangle[, nrow(functions) + (j - 1) * nrow(family$powers$exponents) + nu]
}

#' The columns x^nu exp(beta1'x) f(x) of every expert
#' @noRd
centre_values <- function(family, jets, z, powers) {
  measure <- family$measure
  score <- sweep(z %*% t(measure$beta1), 2, measure$beta0, `+`)
  gate <- exp(score - apply(score, 1, max))
  gate <- gate / rowSums(gate)
  f <- rowSums(gate * vapply(jets, function(jet) jet[, 1], numeric(nrow(z))))
  do.call(cbind, lapply(seq_along(jets), function(j) f * gate_factor(measure, z, j, family$max_score[j]) * powers))
}

orthonormal <- function(m) {
  norm <- sqrt(colSums(m^2))
  parts <- svd(sweep(m, 2, ifelse(norm > 0, norm, 1), `/`), nv = 0)
  parts$u[, parts$d > 1e-9, drop = FALSE]
}

#' What first derivatives leave of second ones, in units in which first derivatives have equal norm
#' @noRd
unit_spreads <- function(second, movable, pairs, norm) {
  # twice is enough
  for (i in 1:2) second <- second - movable %*% crossprod(movable, second)
  scale <- ifelse(pairs[, 1] == pairs[, 2], 0.5, 1) * sqrt(mean(norm^2)) / (norm[pairs[, 1]] * norm[pairs[, 2]])
  sweep(second, 2, scale, `*`)
}

#' Minimise |sum of second times M| over M >= 0 with trace one: convex in M = LL', by a quasi-Newton method in L
#'
#' Rank one first, where zeros are found to rounding, then full rank.
#' @noRd
smallest_spread <- function(second, pairs) {
  size <- max(pairs)
  minimise <- function(start) {
    value <- function(l) spread_value(matrix(l, size), second, pairs)$value
    slope <- function(l) spread_value(matrix(l, size), second, pairs)$slope
    stats::optim(start, value, slope, method = "BFGS", control = list(maxit = 1000, reltol = 1e-15))
  }
  unit <- diag(size)
  ends <- lapply(seq_len(size), function(s) minimise(unit[, s]))
  best <- ends[[which.min(vapply(ends, `[[`, 0, "value"))]]
  ends <- list(best, minimise(cbind(best$par, 0.1 * unit)), minimise(unit))
  best <- ends[[which.min(vapply(ends, `[[`, 0, "value"))]]
  moments <- tcrossprod(matrix(best$par, size))
  list(margin = sqrt(best$value), moments = moments / sum(diag(moments)))
}

#' Squared norm for M = LL' / trace, and its gradient in L
#' @noRd
spread_value <- function(l, second, pairs) {
  moments <- tcrossprod(l)
  trace <- sum(diag(moments))
  residual <- drop(second %*% moments[pairs])
  value <- sum(residual^2) / trace^2
  gradient <- matrix(0, nrow(l), nrow(l))
  gradient[pairs] <- drop(crossprod(second, residual))
  list(value = value, slope = as.vector(2 * (gradient + t(gradient)) %*% l / trace^2 - 4 * value / trace * l))
}
