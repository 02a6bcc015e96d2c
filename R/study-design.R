# Designs: laws of the covariates -----------------------------------------------------------------

#' Designs
#'
#' A design is the law of the covariates in a simulation. `design_uniform()` and `design_normal()`
#' draw independent covariates, `design_grid()` places the rows at equal distances, and
#' `design_empirical()` draws rows of a data set with replacement.
#'
#' A longer sample of a random design begins with the rows of a shorter one of the same seed.
#'
#' @param min,max Ends of the interval: one number, or one per covariate. Names become the names of
#'   the covariates.
#' @param mean,sd Mean and standard deviation: one number, or one per covariate.
#' @param d Number of covariates, at most 1e5.
#' @param data Numeric matrix, data frame with numeric columns, or vector: the rows to draw from.
#' @return An object of class `moe_design`. Unequal lengths, an empty interval or a standard deviation
#'   that is not positive are errors of class `moe_error_input`.
#' @examples
#' design_uniform(-2, 2)
#' design_uniform(min = c(dose = 0, age = 20), max = c(1, 60))
#' design_normal(0, 1, d = 5)
#' design_grid(0, 1)
#' design_empirical(faithful["eruptions"])
#' @family designs
#' @export
design_uniform <- function(min = 0, max = 1, d = 1) {
  limits <- check_per_covariate(list(min = min, max = max), d, missing(d))
  check_interval(limits)
  new_moe_design("uniform", limits)
}

#' @rdname design_uniform
#' @export
design_normal <- function(mean = 0, sd = 1, d = 1) {
  parameters <- check_per_covariate(list(mean = mean, sd = sd), d, missing(d))
  if (any(parameters$sd <= 0)) {
    moe_abort("{.arg sd} must be positive, not {min(parameters$sd)}.")
  }
  new_moe_design("normal", parameters)
}

#' @rdname design_uniform
#' @export
design_grid <- function(min = 0, max = 1) {
  limits <- list(min = check_number(min), max = check_number(max))
  check_interval(limits)
  new_moe_design("grid", c(limits, list(names = covariate_names("x", 1))))
}

#' @rdname design_uniform
#' @export
design_empirical <- function(data) {
  name <- colnames(data)
  data <- check_matrix(data)
  if (nrow(data) == 0) moe_abort("{.arg data} must have at least one row.")
  new_moe_design("empirical", list(data = data, names = name %||% covariate_names("x", ncol(data))))
}

#' To add a design: one constructor, one line of design_law() and one of DesignLaw in the core
#' @noRd
new_moe_design <- function(name, parameters) {
  structure(c(list(name = name), parameters), class = c(paste0("moe_design_", name), "moe_design"))
}

check_design <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (inherits(x, "moe_design")) return(x)
  found <- describe(x)
  moe_abort(c(
    "{.arg {arg}} must be a design, not {found}.",
    i = "Make one with {.fn design_uniform}, {.fn design_normal}, {.fn design_grid} or
         {.fn design_empirical}."
  ), call = call)
}

#' Two parameter vectors, recycled to the number of covariates, and the covariates' names
#' @noRd
check_per_covariate <- function(parameters, d, free, call = rlang::caller_env()) {
  names <- NULL
  for (arg in rev(names(parameters))) {
    names <- names(parameters[[arg]]) %||% names
    parameters[[arg]] <- check_vector(parameters[[arg]], arg, call = call)
  }
  lengths <- lengths(parameters)
  d <- if (free) max(lengths) else check_count(d, "d", max = 1e5, call = call)
  if (any(lengths != 1 & lengths != d)) {
    arg <- names(lengths)[lengths != 1 & lengths != d][1]
    moe_abort("{.arg {arg}} must have length 1 or {d}, not {lengths[[arg]]}.", call = call)
  }
  parameters <- lapply(parameters, rep_len, d)
  c(parameters, list(names = if (length(names) == d) names else covariate_names("x", d)))
}

check_interval <- function(limits, call = rlang::caller_env()) {
  bad <- which(limits$min >= limits$max)
  if (length(bad)) {
    moe_abort(c(
      "{.arg min} must be below {.arg max}.",
      x = "Found {limits$min[bad[1]]} and {limits$max[bad[1]]}."
    ), call = call)
  }
  if (!all(is.finite(limits$max - limits$min))) {
    moe_abort("{.arg max} - {.arg min} must be a finite number: the interval is too long for a double.", call = call)
  }
}

#' n rows of a design, from the stream of (seed, "design", index)
#' @return A numeric n x d matrix with named columns.
#' @noRd
draw_design <- function(design, n, seed, index = 0) {
  x <- draw_design_cpp(n, design_law(design), seed, index)
  dimnames(x) <- list(NULL, design$names)
  x
}

#' A design as the core wants it: DesignLaw in simulate.h
#' @noRd
design_law <- function(design) {
  law <- switch(design$name,
    uniform = list(origin = design$min, scale = design$max - design$min),
    normal = list(origin = design$mean, scale = design$sd),
    grid = list(origin = design$min, scale = design$max),
    empirical = list(origin = numeric(), scale = numeric())
  )
  c(list(kind = design$name), law, list(rows = unname(design$data %||% matrix(0, 0, 0))))
}

#' @export
format.moe_design <- function(x, ...) {
  covariates <- paste(x$names, collapse = ", ")
  law <- switch(x$name,
    uniform = sprintf("U(%s, %s)", format_each(x$min), format_each(x$max)),
    normal = sprintf("N(%s, %s)", format_each(x$mean), format_each(x$sd^2)),
    grid = sprintf("grid on [%s, %s]", format_each(x$min), format_each(x$max)),
    empirical = sprintf("%d observed rows", nrow(x$data))
  )
  sprintf("<Design of %s: %s>", covariates, paste(unique(law), collapse = ", "))
}

#' @export
print.moe_design <- function(x, ...) {
  writeLines(format(x))
  invisible(x)
}
