# How many rows the weights of a fit stand for -----------------------------------------------------------------------

#' Rows that weights stand for, the same for `w` and for `c * w`
#'
#' Whole weights are counts of equal rows: as many rows as their sum, but for a factor that all counts share. Of other
#' weights only the ratios mean anything: Kish's n, the rows of equal weight that have as precise a mean.
#' @param w Weights, not negative; rows of weight zero take no part.
#' @noRd
effective_rows <- function(w) {
  w <- w[w > 0]
  if (is_count(w)) return(sum(w) / Reduce(common_divisor, unique(w)))
  w <- w / max(w)
  sum(w)^2 / sum(w^2)
}

#' Whole numbers that a double holds exactly
#' @noRd
is_count <- function(w) whole(w) && max(w) < 2^53

common_divisor <- function(a, b) {
  while (b > 0) {
    rest <- a %% b
    a <- b
    b <- rest
  }
  a
}

#' The rows of a fit for penalties that count them
#' @noRd
fit_rows <- function(fit) effective_rows(fit_weights(fit))

#' AIC, BIC and ICL compare fits as if to that many rows: the likelihood is brought to the rows that are counted
#' @param penalty Of a parameter, a function of the number of rows.
#' @noRd
information_criterion <- function(fit, penalty) {
  rows <- fit_rows(fit)
  -2 * fit$loglik * (rows / fit$nobs) + penalty(rows) * fit$df
}
