# Case weights: what moe() takes, and what it remarks on ----------------------------------------------------------

#' One per row, which model.frame() would tell without a number
#' @noRd
check_weights_length <- function(w, formula, data, call) {
  if (is.null(w)) return(NULL)
  response <- attr(formula, "lhs")[[1]]
  rows <- if (is.data.frame(data)) nrow(data) else NROW(eval(response, data, environment(formula)))
  if (NROW(w) == rows) return(w)
  moe_abort(c(
    "{.arg weights} must have one number for every row.",
    x = "Found {NROW(w)} for {rows} row{?s}."
  ), call = call)
}

check_weights <- function(frame, call) {
  w <- stats::model.weights(frame)
  if (is.null(w)) return(NULL)
  problem <- if (!is_real(w) || NCOL(w) > 1) {
    describe(w)
  } else if (any(!is.finite(w))) {
    "values that are not finite"
  } else if (any(w < 0)) {
    paste(sum(w < 0), "negative ones")
  } else if (!any(w > 0)) {
    "zeros only"
  }
  if (!is.null(problem)) {
    moe_abort(c(
      "{.arg weights} must be finite, not negative, and not all zero.",
      x = "Found {problem}."
    ), call = call)
  }
  w <- as.double(w)
  if (!square_exists(sum(w))) {
    moe_abort(c(
      "{.arg weights} are on a scale whose squares a double cannot express.",
      x = "Their sum is {format(sum(w))}, the largest is {format(max(w))}.",
      i = "Use {.code weights / mean(weights)}, say: weights are counts of rows."
    ), call = call)
  }
  inform_weights(w)
  w
}

#' Weights are counts. A sum far below the number of rows says that they were meant as something else.
#' @noRd
inform_weights <- function(w) {
  rows <- sum(w > 0)
  total <- sum(w)
  if (total >= rows / 2) return(invisible())
  moe_inform(c(
    i = "The weights sum to {format(total, digits = 3)} for {rows} rows: a weight counts how often a row was seen.",
    i = paste(
      "Standard errors and criteria are those of so few observations. If only the ratios of the weights matter,",
      "give {.code weights / mean(weights)}."
    )
  ), class = "weights")
}

# How many rows the weights of a fit stand for -----------------------------------------------------------------------

#' Rows that weights stand for, the same for `w` and for `c * w`
#'
#' Whole weights are counts of equal rows, and so are small multiples of one number: as many rows as they add up to, but
#' for a factor that all share. Of other weights only the ratios mean anything: Kish's n, the rows of equal weight that
#' have as precise a mean. Weights rounded to two decimals are multiples of a hundredth, and no counts of hundredths.
#' @param w Weights, not negative; rows of weight zero take no part. NULL: `n` rows of weight one.
#' @noRd
effective_rows <- function(w, n = length(w)) {
  if (is.null(w)) return(n)
  w <- w[w > 0]
  counts <- counts_of(w)
  if (!is.null(counts) && (whole(w) || mean(counts) <= 10)) return(sum(counts))
  w <- w / max(w)
  sum(w)^2 / sum(w^2)
}

#' NULL where weights are not multiples, up to ten thousand, of a common measure (Euclid's algorithm)
#' @noRd
counts_of <- function(w) {
  w <- w / max(w)
  distinct <- unique(w)
  if (length(distinct) > 1000) return(NULL)
  measure <- Reduce(function(a, b) {
    while (b > 1e-5) {
      rest <- a %% b
      if (b - rest < 1e-9) rest <- 0
      a <- b
      b <- rest
    }
    a
  }, distinct)
  counts <- round(w / measure)
  if (measure > 1e-4 && all(abs(w - counts * measure) < 1e-9)) counts
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
