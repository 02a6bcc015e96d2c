# Slopes of log(loss) on log(n), with intervals ------------------------------------------------------------

#' Rates of convergence of a study
#'
#' The slope of a least-squares line of \eqn{\log L(n)} on \eqn{\log n}, where L(n) summarises a loss, or the error of a
#' parameter, over the replicates of size n. A rate of \eqn{n^{-1/2}} is a slope of -1/2.
#'
#' Intervals are percentile intervals of a bootstrap over replicates: within every n as many replicates are drawn,
#' with replacement, as there are. The draws are named by the seed of the study, so that a table can be
#' reproduced; they say nothing of what lies beyond the n of the study.
#'
#' A power of n is a line. `curvature` is the coefficient of the square of \eqn{\log_{10} n} in a parabola through the same
#' points, and `curved` the two-sided p-value of the same bootstrap for a coefficient of zero: where it is small, the
#' slope is an average over the n of the study and no rate. `last_slope` is that of the two largest n.
#' None of these is adjusted for the number of rows of the table.
#'
#' Errors of over-specified estimates have heavy tails, under which a mean follows a few outliers; the geometric
#' mean and the median do not.
#'
#' @param study A study of [moe_study()].
#' @param loss Names of losses or of parameter columns such as `"b.over"`; by default all that have positive values.
#' @param from Smallest n to use; by default all.
#' @param summary Summary over replicates: `"geometric"` mean, `"median"` or `"mean"`.
#' @param converged Logical: use converged rows only? By default so, except under the published protocol, which has
#'   all fits. Rows that are not used are still counted.
#' @param level Level of the intervals, between 0 and 1.
#' @param resamples Number of bootstrap samples, a positive whole number.
#' @return A data frame with a row for every k and loss: `k`, `loss`, `slope`, `conf.low`, `conf.high`, `theory` (see
#'   [theory()]), `n_min` and `n_max` (smallest and largest n used), `used` (number of rows used) and
#'   `unconverged` (number of rows with n >= `from` that did not converge or failed, used or not), and `last_slope`,
#'   `curvature` and `curved` as above. The slope is `NA` with fewer than two n, the curvature with fewer than three,
#'   interval and p-value also when an n has a single replicate. A summary of zero has
#'   no logarithm: such an n is not used.
#' @references Efron, B. and Tibshirani, R. J. (1993). *An introduction to the bootstrap*. Chapman and Hall.
#'   \doi{10.1201/9780429246593}
#' @examples
#' study <- moe_study(truth_overlap(), k = 2, n = c(200, 400, 800), reps = 10, seed = 1)
#' rates(study)
#' rates(study, c("d1", "b.single"), from = 400, summary = "median")
#' @family studies
#' @export
rates <- function(study, loss = NULL, from = NULL, summary = c("geometric", "median", "mean"),
                  converged = NULL, level = 0.95, resamples = 999) {
  here <- rlang::current_env()
  check_study(study)
  loss <- check_rate_names(loss, study, here)
  summary <- check_choice(summary, c("geometric", "median", "mean"))
  from <- check_number(from %||% 0, "from")
  level <- check_number(level, min = 0, max = 1, exclusive_min = TRUE, exclusive_max = TRUE)
  resamples <- check_count(resamples, max = 1e6)
  rows <- usable_rows(study, from, converged, here)
  seed <- attr(study, "spec")$seed
  table <- rate_keys(study, loss)
  each <- Map(function(k, name) {
    points <- loss_points(rows, k, name, summary, seed, resamples)
    rate_row(k, name, points, level, count_unconverged(study, k, from))
  }, table$k, table$loss)
  out <- do.call(rbind, c(each, list(empty_rates())))
  theory <- theory(study)
  out$theory <- theory$slope[match(paste(out$k, out$loss), paste(theory$k, theory$loss))]
  first <- c("k", "loss", "slope", "conf.low", "conf.high", "theory")
  out[c(first, setdiff(names(out), first))]
}

check_rate_names <- function(loss, study, call) {
  known <- c(attr(study, "spec")$loss, parameter_columns(study))
  if (is.null(loss)) return(NULL)
  if (!is.character(loss) || length(loss) == 0 || !all(loss %in% known)) {
    unknown <- if (is.character(loss)) setdiff(loss, known)
    moe_abort(c(
      "{.arg loss} must be names of losses or parameters of the study.",
      x = if (length(unknown)) "Not in the study: {.val {unknown}}." else "Found {describe(loss)}.",
      i = "The study has {.val {known}}."
    ), call = call)
  }
  unique(loss)
}

#' Which rates to compute: those asked for, or those with any value
#' @noRd
rate_keys <- function(study, loss) {
  spec <- attr(study, "spec")
  names <- intersect(loss %||% c(spec$loss, parameter_columns(study)), names(study))
  keys <- expand.grid(loss = names, k = spec$k, stringsAsFactors = FALSE)
  has_values <- function(k, name) any(study[[name]][study$k == k] > 0, na.rm = TRUE)
  if (is.null(loss)) keys[as.logical(mapply(has_values, keys$k, keys$loss)), ] else keys
}

usable_rows <- function(study, from, converged, call) {
  published <- attr(study, "spec")$protocol == "published"
  converged <- if (is.null(converged)) !published else check_flag(converged, call = call)
  rows <- as.data.frame(study)
  rows[rows$n >= from & (!converged | rows$converged %in% TRUE), ]
}

count_unconverged <- function(study, k, from) {
  sum(!study$converged[study$k == k & study$n >= from] %in% TRUE)
}

#' Summaries of one loss for every n, and of its bootstrap samples
#' @return list(n, value, count, boot = matrix with a row per n and a column per bootstrap sample)
#' @noRd
loss_points <- function(rows, k, name, summary, seed, resamples) {
  rows <- rows[rows$k == k & is.finite(rows[[name]]), ]
  values <- lapply(split(rows[[name]], rows$n), sort)
  n <- as.numeric(names(values))
  value <- vapply(values, function(v) summarise(matrix(v), summary), 0)
  boot <- Map(function(v, n) summarise(resample(v, n, seed, resamples), summary), values, n)
  points <- list(
    n = n, value = unname(value), count = unname(lengths(values)),
    boot = matrix(as.double(unlist(boot)), length(n), resamples, byrow = TRUE)
  )
  fits <- points$value > 0
  list(n = n[fits], value = points$value[fits], count = points$count[fits], boot = points$boot[fits, , drop = FALSE])
}

#' Bootstrap samples as columns, sorted
#' @param values Sorted, so that sorted indices are sorted values.
#' @noRd
resample <- function(values, n, seed, resamples) {
  size <- length(values)
  drawn <- floor(stream_uniform(size * resamples, seed, "bootstrap", n) * size) + 1
  drawn <- drawn[order(rep(seq_len(resamples), each = size), drawn, method = "radix")]
  matrix(values[drawn], size, resamples)
}

#' The summary of every column of sorted values
#' @noRd
summarise <- function(values, summary) {
  size <- nrow(values)
  middle <- c(floor((size + 1) / 2), ceiling((size + 1) / 2))
  switch(summary,
    geometric = exp(colMeans(log(values))),
    median = colMeans(values[middle, , drop = FALSE]),
    mean = colMeans(values)
  )
}

#' Least-squares slope of every column of y
#' @noRd
slopes <- function(x, y) {
  x <- x - mean(x)
  colSums(x * y) / sum(x^2)
}

#' The coefficient of the square of x in the parabola of every column of y
#' @noRd
curvatures <- function(x, y) {
  x <- x - mean(x)
  square <- stats::lm.fit(cbind(1, x), x^2)$residuals
  colSums(square * y) / sum(square^2)
}

rate_row <- function(k, name, points, level, unconverged) {
  x <- log(points$n)
  y <- as.matrix(log(points$value))
  sizes <- length(x)
  slope <- interval <- NA_real_
  if (sizes > 1) slope <- slopes(x, y)
  if (sizes > 1 && min(points$count) > 1) interval <- bootstrap_interval(slopes(x, log(points$boot)), level)
  data.frame(
    k = k, loss = name, slope = slope, conf.low = interval[1], conf.high = rev(interval)[1],
    n_min = if (sizes) min(points$n) else NA_real_, n_max = if (sizes) max(points$n) else NA_real_,
    used = sum(points$count), unconverged = unconverged,
    last_slope = if (sizes > 1) diff(y[sizes - 1:0]) / diff(x[sizes - 1:0]) else NA_real_, rate_curvature(points)
  )
}

#' Is the line a line? In powers of ten of n
#' @noRd
rate_curvature <- function(points) {
  curvature <- curved <- NA_real_
  x <- log10(points$n)
  if (length(x) > 2) curvature <- curvatures(x, as.matrix(log10(points$value)))
  if (length(x) > 2 && min(points$count) > 1) {
    drawn <- curvatures(x, log10(points$boot))
    curved <- min(1, 2 * min(mean(drawn <= 0), mean(drawn >= 0)))
  }
  data.frame(curvature = curvature, curved = curved)
}

bootstrap_interval <- function(values, level) {
  unname(stats::quantile(values, c(1 - level, 1 + level) / 2, na.rm = TRUE))
}

empty_rates <- function() {
  data.frame(
    k = integer(), loss = character(), slope = double(), conf.low = double(), conf.high = double(),
    n_min = double(), n_max = double(), used = integer(), unconverged = integer(), last_slope = double(),
    curvature = double(), curved = double()
  )
}
