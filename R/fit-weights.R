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
