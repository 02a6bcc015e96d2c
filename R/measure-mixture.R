# The conditional mixture of a block of rows ---------------------------------------------------------
# `parts` is what components() returns: log_gate, mean and variance, each n x k. Everything is done
# with logarithms, so that far tails and sharp gates lose no digits.

#' log(rowSums(exp(l))) without overflow
#' @noRd
log_sum_exp <- function(l) {
  top <- row_extreme(l, pmax)
  top[which(is.infinite(top))] <- 0
  top + log(rowSums(exp(l - top)))
}

row_extreme <- function(m, extreme) do.call(extreme, lapply(seq_len(ncol(m)), function(i) m[, i]))

take_rows <- function(parts, rows) lapply(parts, function(m) m[rows, , drop = FALSE])

#' Densities of y, one per row of parts
#' @noRd
mixture_density <- function(y, parts, log = FALSE) {
  terms <- parts$log_gate + stats::dnorm(y, parts$mean, sqrt(parts$variance), log = TRUE)
  value <- log_sum_exp(terms)
  if (log) value else exp(value)
}

#' Probabilities of y <= q (or y > q), one per row of parts
#' @noRd
mixture_cdf <- function(q, parts, lower.tail = TRUE, log.p = FALSE) {
  tail <- stats::pnorm(q, parts$mean, sqrt(parts$variance), lower.tail = lower.tail, log.p = TRUE)
  # pnorm() drops the shape of one column
  dim(tail) <- dim(parts$log_gate)
  # weights that sum to one up to rounding can exceed it
  value <- pmin(log_sum_exp(parts$log_gate + tail), 0)
  # and fall short of it
  value[which(!is.na(value) & row_extreme(tail, pmin) == 0)] <- 0
  if (log.p) value else exp(value)
}

#' E[y | x], one per row of parts
#' @noRd
mixture_mean <- function(parts) rowSums(exp(parts$log_gate) * parts$mean)

#' Quantiles, one per row of parts
#'
#' A quantile of a mixture lies between the smallest and the largest quantile of its components.
#' Newton's method on the logarithm of the smaller tail, inside that shrinking bracket.
#' @noRd
mixture_quantile <- function(p, parts, lower.tail = TRUE, log.p = FALSE) {
  left <- if (log.p) p else log(p)
  right <- if (log.p) log1mexp(p) else log1p(-p)
  side <- ifelse(left <= right, 1, -1)
  target <- pmin(left, right)
  if (!lower.tail) side <- -side
  sd <- sqrt(parts$variance)
  ends <- parts$mean + sd * (side * stats::qnorm(target, log.p = TRUE))
  value <- rowSums(exp(parts$log_gate) * ends)
  value[is.na(target + parts$log_gate[, 1])] <- NA
  certain <- which(target == -Inf & !is.na(value))
  value[certain] <- -Inf * side[certain]
  rows <- which(is.finite(value))
  tails <- list(target = target[rows], side = side[rows], log_gate = parts$log_gate, mean = parts$mean, sd = sd)
  tails[3:5] <- take_rows(tails[3:5], rows)
  ends <- ends[rows, , drop = FALSE]
  value[rows] <- solve_quantile(value[rows], row_extreme(ends, pmin), row_extreme(ends, pmax), tails)
  value
}

#' log(1 - exp(p)) for p <= 0
#' @noRd
log1mexp <- function(p) ifelse(p > -log(2), log(-expm1(p)), log1p(-exp(p)))

#' log(tail(y) / target), increasing in y, and its derivative
#' @param tails For every row: `side`, 1 for the tail on the left and -1 for that on the right, `target`, its
#'   log probability; log_gate, mean and sd (n x k).
#' @noRd
tail_gap <- function(y, tails) {
  z <- tails$side * (y - tails$mean) / tails$sd
  tail <- log_sum_exp(tails$log_gate + stats::pnorm(z, log.p = TRUE))
  density <- log_sum_exp(tails$log_gate + stats::dnorm(z, log = TRUE) - log(tails$sd))
  list(value = tails$side * (tail - tails$target), slope = exp(density - tail))
}

take_tails <- function(tails, rows) {
  c(lapply(tails[1:2], `[`, rows), take_rows(tails[3:5], rows))
}

#' Newton's method safeguarded by bisection, all rows at once (rtsafe of Press et al. 1992, 9.4)
#' @noRd
solve_quantile <- function(y, low, high, tails) {
  ends <- widen(low, high, tails)
  low <- ends$low
  high <- ends$high
  last <- high - low
  unit <- row_extreme(tails$sd, pmin)
  active <- seq_along(y)
  # enough to halve the range of all doubles down to one of them
  for (iteration in seq_len(2200)) {
    if (length(active) == 0) break
    at <- y[active]
    gap <- tail_gap(at, tails)
    below <- gap$value <= 0
    low[active[below]] <- at[below]
    above <- gap$value >= 0
    high[active[above]] <- at[above]
    following <- at - gap$value / gap$slope
    # too far, or not at least halving the step: bisect (a density that vanishes gives no step)
    good <- is.finite(following) & following >= low[active] & following <= high[active] &
      abs(following - at) <= last[active] / 2
    bad <- active[!good]
    following[!good] <- (low[bad] + high[bad]) / 2
    y[active] <- following
    last[active] <- abs(following - at)
    # after a Newton step this small, quadratic convergence has done the next one
    small <- pmax(4 * .Machine$double.eps * pmax(abs(following), unit[active]), 1e-9 * unit[active] * good)
    open <- last[active] > small
    if (!all(open)) tails <- take_tails(tails, open)
    active <- active[open]
  }
  y
}

#' Step outwards until the bracket holds the quantile: rounding, and extreme tails where qnorm() is not exact
#' @noRd
widen <- function(low, high, tails) {
  step <- 1e-13 * (abs(low) + abs(high))
  low <- low - step
  high <- high + step
  rows <- which(tails$target < -200)
  tails <- take_tails(tails, rows)
  step <- 1e-8 * (1 + abs(low[rows]) + abs(high[rows]))
  for (iteration in seq_len(60)) {
    above <- tail_gap(low[rows], tails)$value > 0
    below <- tail_gap(high[rows], tails)$value < 0
    if (!any(above | below)) break
    low[rows] <- ifelse(above, low[rows] - step, low[rows])
    high[rows] <- ifelse(below, high[rows] + step, high[rows])
    step <- 2 * step
  }
  list(low = low, high = high)
}
