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
  # weights that sum to one up to rounding can exceed it
  value <- pmin(log_sum_exp(parts$log_gate + tail), 0)
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
  if (!lower.tail) {
    swap <- left
    left <- right
    right <- swap
  }
  is_left <- left <= right
  target <- ifelse(is_left, left, right)
  z <- stats::qnorm(target, log.p = TRUE) * ifelse(is_left, 1, -1)
  ends <- parts$mean + sqrt(parts$variance) * z
  problem <- list(
    target = target, is_left = is_left, low = row_extreme(ends, pmin), high = row_extreme(ends, pmax)
  )
  value <- problem$low
  value[is.na(target + parts$log_gate[, 1])] <- NA
  rows <- which(is.finite(value))
  value[rows] <- solve_quantile(lapply(problem, `[`, rows), take_rows(parts, rows))
  value
}

#' log(1 - exp(p)) for p <= 0
#' @noRd
log1mexp <- function(p) ifelse(p > -log(2), log(-expm1(p)), log1p(-exp(p)))

#' log(tail(y) / target), increasing in y, and its derivative
#' @noRd
tail_gap <- function(y, problem, parts) {
  left <- mixture_cdf(y, parts, log.p = TRUE)
  right <- mixture_cdf(y, parts, lower.tail = FALSE, log.p = TRUE)
  tail <- ifelse(problem$is_left, left, right)
  gap <- tail - problem$target
  list(
    value = ifelse(problem$is_left, gap, -gap),
    slope = exp(mixture_density(y, parts, log = TRUE) - tail)
  )
}

#' Newton's method safeguarded by bisection, all rows at once (rtsafe of Press et al. 1992, 9.4)
#' @noRd
solve_quantile <- function(problem, parts) {
  ends <- widen(problem, parts)
  low <- ends$low
  high <- ends$high
  y <- (low + high) / 2
  last <- high - low
  unit <- row_extreme(sqrt(parts$variance), pmin)
  active <- seq_along(y)
  for (iteration in seq_len(200)) {
    if (length(active) == 0) break
    at <- y[active]
    gap <- tail_gap(at, lapply(problem, `[`, active), take_rows(parts, active))
    low[active] <- ifelse(gap$value <= 0, at, low[active])
    high[active] <- ifelse(gap$value >= 0, at, high[active])
    newton <- at - gap$value / gap$slope
    # too far, or not at least halving the step: bisect (a density that vanishes gives no step)
    good <- is.finite(newton) & newton >= low[active] & newton <= high[active] &
      abs(newton - at) <= last[active] / 2
    following <- ifelse(good, newton, (low[active] + high[active]) / 2)
    y[active] <- following
    last[active] <- abs(following - at)
    small <- 4 * .Machine$double.eps * pmax(abs(following), unit[active])
    active <- active[last[active] > small]
  }
  y
}

#' Step outwards until the bracket holds the quantile: qnorm() is not exact in extreme tails
#' @noRd
widen <- function(problem, parts) {
  low <- problem$low
  high <- problem$high
  step <- 1e-8 * (1 + abs(low) + abs(high))
  for (iteration in seq_len(60)) {
    above <- tail_gap(low, problem, parts)$value > 0
    below <- tail_gap(high, problem, parts)$value < 0
    if (!any(above | below)) break
    low <- ifelse(above, low - step, low)
    high <- ifelse(below, high + step, high)
    step <- 2 * step
  }
  list(low = low, high = high)
}
