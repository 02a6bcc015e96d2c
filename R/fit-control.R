# How a fit is computed ----------------------------------------------------------------------------------

#' Control of a fit
#'
#' @param optimizer `"newton"`: EM steps from every start, then a trust-region Newton method on the
#'   observed log-likelihood until its gradient vanishes. `"em"`: the EM algorithm alone, as most of
#'   the literature uses it; it stops when the log-likelihood changes little, which in an
#'   over-specified model can be far from a maximum.
#' @param tol Positive number. For `"newton"` the norm of the gradient of the mean log-likelihood, with
#'   y and the covariates standardised (default 1e-8). For `"em"` the relative change of the
#'   log-likelihood (default 1e-8).
#' @param max_iter Most iterations on one sample of rows (default 500 for `"newton"`, 2000 for
#'   `"em"`).
#' @param starts Number of starts, a positive integer. By default 10 k^2, at
#'   least 40 and at most 250; up to 500 where the rows are few, fewer where the parameters are many.
#'   Two fifths are random partitions (k-means of the stretched data, segments along a random direction, regressions
#'   through random rows); then come three waves of split-and-merge moves from the best found so far.
#' @param threads Number of threads: by default `getOption("moerate.threads")`, or 2; never more than the cores that
#'   this process may use ([future::availableCores()]). Results do not depend on it.
#' @param variance_floor Lower bound of the variances, as a share of the variance of y. The
#'   likelihood is unbounded as a variance vanishes; a fit that ends on the floor says so.
#' @param bound Largest absolute value of a coefficient of the gate or of the means of the experts, where the covariates
#'   (and the response, for experts that are linear in it) have mean zero and variance one: the compact parameter
#'   set that the theory of convergence rates supposes. `Inf`, the default, for none. Gates are measured against
#'   that of the last expert. A fit with a coefficient on the bound has status `boundary`. Not for `"em"`.
#' @param subsample Logical: with many rows, search on a sample of them, and bring no more than the best few optima to
#'   larger samples and to all rows. `FALSE` brings every start to an optimum of all rows, which takes longer; it is
#'   surer where optima lie close together, as those of least squares do. The default is `TRUE`, but `FALSE` in a study
#'   ([moe_study()]) of least squares. A `start` that is given is followed on all rows in any case.
#' @param min_rows Number of rows that an expert must account for (the sum of its posterior probabilities) for an optimum
#'   to be preferred. By default the number of parameters of an expert, which can follow that many rows exactly, or half
#'   the rows per expert if that is less. With weights rows are counted so that a
#'   common factor of all weights changes nothing. See the section on the choice of an optimum in [moe()].
#' @param seed Seed of the starts, a whole number; `NULL` draws it from R's generator, so that
#'   [set.seed()] governs.
#' @param progress Logical: show progress when a fit takes long. Not shown by default outside
#'   interactive use.
#' @param trace Logical: keep the log-likelihood and the gradient of every iteration of every start,
#'   for `autoplot(fit, type = "trace")`.
#' @param ... Not used: an unknown argument is an error.
#' @return A list of class `moe_control`. Wrong values are errors of class `moe_error_input`.
#' @references McLachlan, G. and Peel, D. (2000). *Finite mixture models*, sections 2.12 and 3.10.
#'   Wiley. \doi{10.1002/0471721182}
#' @examples
#' moe_control(starts = 20, seed = 1)
#' moe_control(optimizer = "em", tol = 1e-6)
#' @family fitting
#' @export
moe_control <- function(optimizer = c("newton", "em"), tol = NULL, max_iter = NULL, starts = NULL,
                        threads = NULL, variance_floor = 1e-6, bound = Inf, subsample = NULL, min_rows = NULL,
                        seed = NULL, progress = interactive(), trace = FALSE, ...) {
  check_dots_empty(...)
  optimizer <- check_choice(optimizer, c("newton", "em"))
  newton <- optimizer == "newton"
  largest <- .Machine$integer.max
  control <- list(
    optimizer = optimizer,
    tol = check_number(tol %||% 1e-8, "tol", min = 0, exclusive_min = TRUE),
    max_iter = check_count(max_iter %||% (if (newton) 500 else 2000), "max_iter", max = largest),
    starts = if (!is.null(starts)) check_count(starts, max = largest),
    threads = check_threads(threads %||% default_threads()),
    variance_floor = check_number(variance_floor, min = 0, exclusive_min = TRUE, max = 1),
    bound = check_bound(bound, newton),
    subsample = if (!is.null(subsample)) check_flag(subsample),
    min_rows = if (!is.null(min_rows)) check_number(min_rows, min = 0),
    seed = if (!is.null(seed)) check_seed(seed),
    progress = check_flag(progress), trace = check_flag(trace)
  )
  structure(control, class = "moe_control")
}

#' Steps of EM solve the gate and each expert by themselves: they know of no bounds
#' @noRd
check_bound <- function(bound, newton, call = rlang::caller_env()) {
  if (identical(bound, Inf)) return(Inf)
  check_number(bound, min = 0, exclusive_min = TRUE, call = call)
  if (newton) return(bound)
  moe_abort(c(
    "{.arg bound} holds for {.code optimizer = \"newton\"} alone, not for {.val em} (the published protocol).",
    i = "Leave {.arg bound} at {.code Inf}."
  ), class = "unsupported", call = call)
}

#' Cores that this process may use: its affinity and limits of a cluster count, which detectCores() ignores
#' @noRd
available_cores <- local({
  cores <- NULL
  function() cores <<- cores %||% as.integer(future::availableCores())
})

default_threads <- function() min(getOption("moerate.threads", 2L), available_cores())

#' More threads than cores would be none the faster
#' @noRd
check_threads <- function(threads, call = rlang::caller_env()) {
  threads <- check_count(threads, "threads", max = 1024, call = call)
  cores <- available_cores()
  if (threads <= cores) return(threads)
  moe_inform(c(
    i = "{.arg threads} is {threads}: more than the number of available cores, {cores}, which is used."
  ), class = "threads")
  cores
}

check_control <- function(control, call) {
  if (inherits(control, "moe_control")) return(control)
  if (!is.list(control)) {
    moe_abort("{.arg control} must come from {.fn moe_control}, not {describe(control)}.", call = call)
  }
  known <- setdiff(names(formals(moe_control)), "...")
  unknown <- setdiff(rlang::names2(control), known)
  if (length(unknown)) {
    moe_abort(c(
      "{.arg control} has {cli::qty(length(unknown))}unknown field{?s} {.val {unknown}}.",
      i = "Known fields: {.arg {known}}."
    ), call = call)
  }
  do.call(moe_control, control)
}

#' EM is an algorithm of the likelihood
#' @noRd
check_optimizer <- function(control, method, call) {
  if (method != "lse" || control$optimizer != "em") return(control)
  moe_abort(c(
    "{.arg optimizer} {.val em} maximises a likelihood, which least squares does not have.",
    i = "Use {.code optimizer = \"newton\"}."
  ), class = "unsupported", call = call)
}

#' The control of one fit: what depends on k and the data is filled in
#' @noRd
complete_control <- function(control, spec, n, w = NULL) {
  control$starts <- control$starts %||% default_starts(spec$k, n, theta_size(spec))
  size <- spec$q + (spec$response != "none")
  control$min_rows <- control$min_rows %||% min(size, effective_rows(w, n) / (2 * spec$k))
  control$seed <- check_seed(control$seed)
  control
}

#' More starts where they are cheap (few rows) and where they are needed (many experts)
#' @noRd
default_starts <- function(k, n, size) {
  cheap <- 45000 / min(n, 1000)
  # a step of Newton's method costs size^3
  affordable <- 2e7 / size^3
  as.integer(max(40, min(500, affordable, max(min(250, 10 * k^2), cheap))))
}

#' @export
print.moe_control <- function(x, ...) {
  shown <- vapply(x, function(v) if (is.null(v)) "default" else format(v), "")
  writeLines(paste0("<moe_control> ", paste(names(shown), shown, sep = " = ", collapse = ", ")))
  invisible(x)
}
