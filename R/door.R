# Checks at the door --------------------------------------------------------------------------
# Each check returns the coerced value or throws through moe_abort(). `arg` is the name the user
# knows the value by and `call` the frame of the function the user typed.

#' Is x one finite number?
#' @noRd
is_number <- function(x) is.numeric(x) && length(x) == 1 && is.null(dim(x)) && is.finite(x)

#' Do the doubles of x mean what they say? Not for factors, dates, and 64-bit integers.
#' @noRd
is_real <- function(x) is.numeric(x) && !inherits(x, "integer64")

#' Describe what was found, in a few words
#' @noRd
describe <- function(x) {
  if (is.null(x)) return("`NULL`")
  if (is.function(x)) return("a function")
  if (is.data.frame(x)) return(sprintf("a data frame of %d x %d", nrow(x), ncol(x)))
  if (is.matrix(x)) return(sprintf("a %s matrix of %d x %d", typeof(x), nrow(x), ncol(x)))
  if (is.object(x)) return(sprintf("an object of class <%s>", class(x)[1]))
  if (is.atomic(x) && length(x) == 1) {
    value <- if (is.character(x)) encodeString(x, quote = "\"") else format(x, digits = 7)
    return(if (is.na(x)) paste0("`", value, "`") else paste("the", typeof_word(x), value))
  }
  if (is.numeric(x) && length(x) %in% 2:5) return(sprintf("(%s)", toString(format_each(x))))
  kind <- if (is.list(x)) "a list" else if (is.numeric(x)) "a vector" else paste("a", typeof(x), "vector")
  sprintf("%s of length %d", kind, length(x))
}

format_each <- function(x) vapply(x, format, "", digits = 4)

typeof_word <- function(x) {
  switch(typeof(x), double = , integer = "number", character = "string", logical = "value", typeof(x))
}

check_number <- function(x, arg = rlang::caller_arg(x), min = -Inf, max = Inf,
                         exclusive_min = FALSE, exclusive_max = FALSE,
                         call = rlang::caller_env()) {
  ok <- is_number(x) &&
    (if (exclusive_min) x > min else x >= min) && (if (exclusive_max) x < max else x <= max)
  if (!ok) {
    found <- describe(x)
    range <- describe_range(min, max, exclusive_min, exclusive_max)
    hint <- percent_hint(x, min, max)
    moe_abort(c(
      "{.arg {arg}} must be one finite number{range}, not {found}.", i = if (length(hint)) "{hint}"
    ), call = call)
  }
  as.double(x)
}

#' 95 where a share is wanted: 0.95
#' @noRd
percent_hint <- function(x, min, max) {
  if (min == 0 && max == 1 && is.numeric(x) && all(x >= 0 & x <= 100, na.rm = TRUE) && any(x > 1, na.rm = TRUE)) {
    sprintf("Did you mean %s?", format(max(x) / 100))
  }
}

describe_range <- function(min, max, exclusive_min = FALSE, exclusive_max = FALSE) {
  below <- if (is.finite(min)) paste(if (exclusive_min) "above" else "of at least", format(min))
  above <- if (is.finite(max)) paste(if (exclusive_max) "below" else "at most", format(max))
  range <- paste(c(below, above), collapse = " and ")
  if (nzchar(range)) paste0(" ", range) else ""
}

check_count <- function(x, arg = rlang::caller_arg(x), min = 1, max = Inf,
                        call = rlang::caller_env()) {
  if (!is_number(x) || x != round(x) || x < min || x > max) {
    found <- describe(x)
    range <- describe_range(min, max)
    moe_abort("{.arg {arg}} must be one whole number{range}, not {found}.", call = call)
  }
  if (x <= .Machine$integer.max) as.integer(x) else as.double(x)
}

check_flag <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (!is.logical(x) || length(x) != 1 || is.na(x)) {
    found <- describe(x)
    moe_abort("{.arg {arg}} must be {.code TRUE} or {.code FALSE}, not {found}.", call = call)
  }
  as.logical(x)
}

#' @param x A string; the untouched default vector `choices` means its first element.
#' @noRd
check_choice <- function(x, choices, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (identical(x, choices)) return(choices[1])
  if (!is.character(x) || length(x) != 1 || !x %in% choices) {
    found <- describe(x)
    moe_abort("{.arg {arg}} must be one of {.or {.val {choices}}}, not {found}.", call = call)
  }
  as.vector(x)
}

#' A finite numeric matrix; a vector becomes one column, a numeric data frame a matrix
#' @param allow_na Keep `NA` (rows whose result will be `NA`); infinite values never pass.
#' @noRd
check_matrix <- function(x, arg = rlang::caller_arg(x), ncol = NULL, nrow = NULL,
                         allow_na = FALSE, call = rlang::caller_env()) {
  force(arg)
  found <- describe(x)
  if (is.data.frame(x) && all(vapply(x, is.numeric, NA))) x <- as.matrix(x)
  if (is.logical(x) && length(x) > 0 && all(is.na(x))) storage.mode(x) <- "double"
  if (!is_real(x) || length(dim(x)) > 2) {
    other <- if (is.data.frame(x)) names(x)[!vapply(x, is.numeric, NA)]
    count <- length(other)
    moe_abort(c(
      "{.arg {arg}} must be a numeric vector or matrix, not {found}.",
      x = if (count) "{cli::qty(count)}Column{?s} {.field {other}} {cli::qty(count)}{?is/are} not numeric."
    ), call = call)
  }
  x <- matrix(as.double(x), NROW(x), NCOL(x), dimnames = if (is.matrix(x)) dimnames(x))
  if (!is.null(ncol) && base::ncol(x) != ncol) {
    moe_abort("{.arg {arg}} must have {ncol} column{?s}, not {base::ncol(x)}.", call = call)
  }
  if (!is.null(nrow) && base::nrow(x) != nrow) {
    moe_abort("{.arg {arg}} must have {nrow} row{?s}, not {base::nrow(x)}.", call = call)
  }
  check_finite(x, arg, allow_na, call)
  x
}

#' Refuse Inf always, NA and NaN unless allowed; the message says how many and where
#' @noRd
check_finite <- function(x, arg = rlang::caller_arg(x), allow_na = FALSE,
                         call = rlang::caller_env()) {
  bad <- if (allow_na) is.infinite(x) else !is.finite(x)
  if (any(bad)) {
    count <- sum(bad)
    first <- which(bad)[1]
    where <- if (is.matrix(x)) paste("row", (first - 1) %% nrow(x) + 1) else paste("position", first)
    value <- format(x[first])
    moe_abort(c(
      "{.arg {arg}} must be finite.",
      x = "{count} value{?s} {?is/are} not; the first is {value} in {where}.",
      i = "Remove or replace {cli::qty(count)}{?it/them} before the call."
    ), call = call)
  }
  invisible(x)
}

#' A numeric vector of a given length
#' @noRd
check_vector <- function(x, arg = rlang::caller_arg(x), length = NULL, allow_na = FALSE,
                         allow_infinite = FALSE, call = rlang::caller_env()) {
  force(arg)
  found <- describe(x)
  if (is.logical(x) && base::length(x) > 0 && all(is.na(x))) x <- as.double(x)
  if (!is_real(x) || NCOL(x) > 1) {
    moe_abort("{.arg {arg}} must be a numeric vector, not {found}.", call = call)
  }
  x <- as.double(x)
  if (!is.null(length) && base::length(x) != length) {
    moe_abort("{.arg {arg}} must have length {length}, not {base::length(x)}.", call = call)
  }
  if (!allow_infinite) check_finite(x, arg, allow_na, call)
  x
}

#' Refuse arguments that fell into `...`: nearly always a misspelt name
#' @noRd
check_dots_empty <- function(..., call = rlang::caller_env(), fn = rlang::caller_fn()) {
  count <- ...length()
  if (count == 0) return(invisible())
  names <- rlang::names2(rlang::enquos(...))
  known <- setdiff(names(formals(fn)), "...")
  found <- names[nzchar(names)]
  problem <- if (length(found)) {
    "Unknown {cli::qty(length(found))}argument{?s} {.arg {found}}."
  } else {
    "{count} argument{?s} too many."
  }
  hint <- if (length(found)) argument_hint(found, known)
  moe_abort(c(problem, i = if (length(hint)) "{hint}", i = "Known arguments: {.arg {known}}."), call = call)
}

#' Anything that has a measure (a measure, a fit, a list of its fields) -> moe_measure
#' @noRd
check_measure <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (inherits(x, "moe_measure")) return(x)
  if (!inherits(x, c("moe", "moe_truth", "list")) && !is.list(x)) {
    found <- describe(x)
    moe_abort(c(
      "{.arg {arg}} must be a mixing measure, not {found}.",
      i = "Make one with {.fn moe_measure}, or pass a fit of {.fn moe}."
    ), call = call)
  }
  as_measure(x, call = call)
}

#' NULL -> a seed drawn from R's generator, so that set.seed() governs
#' @noRd
check_seed <- function(seed, arg = rlang::caller_arg(seed), call = rlang::caller_env()) {
  if (is.null(seed)) return(as.double(sample.int(.Machine$integer.max, 1)))
  # beyond 2^53 a double is not every whole number
  if (is_number(seed) && seed > 2^53) {
    moe_abort("{.arg {arg}} must be at most 2^53, not {describe(seed)}.", call = call)
  }
  as.double(check_count(seed, arg, min = 0, call = call))
}

check_fit <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (inherits(x, "moe")) return(x)
  moe_abort("{.arg {arg}} must be a fit of {.fn moe}, not {describe(x)}.", call = call)
}

#' What draws from the model or takes its curvature needs a law of the response around the experts
#' @noRd
check_likelihood <- function(fit, call = rlang::caller_env()) {
  if (!is_lse(fit)) return(invisible(fit))
  moe_abort(c(
    "This needs a fit by maximum likelihood: least squares has no law of the response around the experts.",
    i = "Fit with {.code method = \"mle\"}."
  ), class = "unsupported", call = call)
}
