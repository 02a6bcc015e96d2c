# The door of columns: what kinds of variables there are, how many columns, on what scale, and which to keep -----------

#' Variables that no design can be made of
#' @noRd
check_kinds <- function(frame, call) {
  kinds <- vapply(frame, function(v) {
    if (is.factor(v) || is.character(v) || is.numeric(v)) return(NA_character_)
    if (is.logical(v) && NCOL(v) == 1) NA_character_ else describe(v)
  }, "")
  bad <- which(!is.na(kinds))[1]
  # the response has words of its own
  if (is.na(bad) || bad == 1) return(invisible())
  moe_abort(c(
    "The variables of {.arg formula} must be numeric, logical, character or factors.",
    x = "{.field {names(frame)[bad]}} is {kinds[[bad]]}.",
    i = "Convert it before the fit, for example with {.fn as.numeric}."
  ), class = "data", call = call)
}

check_levels <- function(variables, call) {
  for (name in names(variables)) {
    v <- variables[[name]]
    if (!is.factor(v) && !is.character(v) || length(unique(v)) > 1) next
    moe_abort(c(
      "The factor {.field {name}} has one level only.",
      i = "Remove it from {.arg formula}."
    ), class = "data", call = call)
  }
}

#' The number of columns that model.matrix() will make, without making them
#' @noRd
design_width <- function(terms, frame) {
  factors <- attr(terms, "factors")
  if (length(factors) == 0) return(0)
  variables <- term_variables(terms, frame)
  size <- vapply(variables, function(v) {
    if (is.factor(v)) nlevels(v) else if (is.character(v)) length(unique(v)) else if (is.logical(v)) 2L else NCOL(v)
  }, 1L)
  leveled <- vapply(variables, is_leveled, NA)
  # 1: by contrasts, one fewer than there are levels; 2: by all levels
  each <- size - (leveled & factors == 1)
  sum(apply(ifelse(factors == 0, 1, each), 2, prod))
}

#' The columns of a model frame that terms without a response are made of; the frame does not quote odd names
#' @noRd
term_variables <- function(terms, frame) {
  names <- rownames(attr(terms, "factors"))
  frame[ifelse(names %in% names(frame), names, gsub("^`|`$", "", names))]
}

#' Most columns of a design and most parameters of a model: the Hessian of P of them has P^2 numbers
#' @noRd
most_parameters <- function() getOption("moerate.max_parameters", 3000)

#' Refused before a matrix is made of a factor that numbers the rows
#' @noRd
check_width <- function(terms, frame, part, call) {
  width <- design_width(terms, frame)
  if (width <= most_parameters()) return(invisible())
  levels <- vapply(term_variables(terms, frame), function(v) if (is_leveled(v)) length(unique(v)) else 0L, 1L)
  gigabytes <- format(width * nrow(frame) * 8 / 1e9, digits = 2)
  largest <- names(levels)[which.max(levels)]
  moe_abort(c(
    "The design of the {part} has too many columns.",
    x = "Found {width} columns ({gigabytes} GB for {nrow(frame)} rows); at most {most_parameters()} are fitted.",
    i = if (any(levels > 0)) "{.field {largest}} has {max(levels)} levels: group them, or leave it out.",
    i = "{.code options(moerate.max_parameters = )} sets the limit."
  ), class = "data", call = call)
}

#' @param size Number of parameters.
#' @noRd
check_parameters_count <- function(size, k, call) {
  if (size <= most_parameters()) return(invisible())
  moe_abort(c(
    "The model has too many parameters.",
    x = "Found {size} for k = {k}, whose Hessian has {format(8 * size^2 / 1e9, digits = 2)} GB; \
         at most {most_parameters()} are fitted.",
    i = "Use fewer experts, or a formula with fewer columns.",
    i = "{.code options(moerate.max_parameters = )} sets the limit."
  ), class = "data", call = call)
}

#' Finite columns, on a scale whose square is a double: variances and standard errors are squares
#' @noRd
check_columns <- function(x, what, call) {
  ranges <- ranges_cpp(x, nrow(x))
  for (j in which(is.na(ranges[1, ]))) {
    count <- sum(!is.finite(x[, j]))
    moe_abort(c(
      "The {what} must be finite.",
      x = "{.field {colnames(x)[j]}} has {count} value{?s} that {?is/are} not.",
      i = "Remove these rows, or set {cli::qty(count)}{?it/them} to {.code NA}."
    ), class = "data", call = call)
  }
  for (j in which(!square_exists(ranges[2, ] - ranges[1, ]))) {
    abort_scale(sprintf("The column %s of the %s", colnames(x)[j], what), ranges[, j], call)
  }
}

#' Has the square of a range, if there is one, all its digits?
#' @noRd
square_exists <- function(range) range == 0 | is.finite(range^2) & range^2 > 1e-290

abort_scale <- function(what, range, call) {
  moe_abort(c(
    "{what} varies on a scale that its variance cannot express.",
    x = "Its range is {format(range[1])} to {format(range[2])}.",
    i = "Rescale it before the fit."
  ), class = "data", call = call)
}

#' Columns that are not linear combinations of the intercept and earlier ones, as in lm()
#' @noRd
independent_columns <- function(x, threads) {
  if (ncol(x) == 0) return(integer())
  triangle <- triangle_cpp(x, threads)
  # the rule of qr(), which takes minutes for thousands of columns
  if (all(abs(diag(triangle)) > 1e-7 * sqrt(colSums(triangle^2)))) return(seq_len(ncol(x)))
  decomposition <- qr(triangle, tol = 1e-7)
  sort(setdiff(decomposition$pivot[seq_len(decomposition$rank)], 1)) - 1L
}

drop_columns <- function(x, what, threads) {
  kept <- independent_columns(x, threads)
  # taking off what is not there would copy the columns
  if (!is.null(attr(x, "contrasts"))) attr(x, "contrasts") <- NULL
  if (length(kept) == ncol(x)) return(x)
  dropped <- colnames(x)[-kept]
  if (length(kept) == 0) dropped <- colnames(x)
  moe_inform(c(i = "Dropped from the {what}, being constant or collinear: {.field {dropped}}."),
    class = "dropped"
  )
  x[, kept, drop = FALSE]
}
