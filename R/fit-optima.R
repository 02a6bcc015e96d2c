# The optima that the starts of a fit ended at ----------------------------------------------------------------

#' Local optima of a fit
#'
#' The likelihood of a mixture has many maxima, and a fit starts many times to find the best. This is where the starts
#' ended. Starts are given up in stages, in the search or on samples of the rows; two that have the same log-likelihood
#' at the last stage that both reached are taken for one optimum, which is known from the one that went on. `agreement`
#' is the share of the rows that have the same most probable expert there as in the fit, with the experts numbered so
#' that it is largest. An optimum of nearly the same likelihood and a low agreement is another reading of the data,
#' which these do not rule out.
#'
#' An optimum that was given up at some stage is compared with the fit as it was at that stage: `logLik` is that of the
#' fit plus n times the difference per row there, on a sample of the rows where these are many.
#'
#' @param fit A fit of [moe()] by maximum likelihood: others are errors of class `moe_error_unsupported`.
#' @param x Optima of a fit.
#' @param n How many to print, those of the highest likelihood; `Inf` for all.
#' @param ... Passed to the `print()` of data frames.
#' @param max_rows Most rows that the agreement is computed from, evenly spaced; a positive integer.
#' @return A data frame of class `moe_optima` with a row per optimum, by falling log-likelihood: `logLik`, `difference`
#'   from that of the fit, `starts` (how many ended there), `agreement`, `smallest` (share of the rows of the expert
#'   that has fewest), `price` (what the log-likelihood has to pay for experts of few rows and small variances, see
#'   [moe()]), `status`, `flaw` and `fit` (is it that of the fit?). Only what has a flaw can lie above the fit:
#'   `"few_rows"`, an expert follows fewer than `min_rows` of [moe_control()]; `"variance_floor"`, a variance collapsed;
#'   `"price"`, the log-likelihood is higher by less than the price; `"sample"`, it was seen on a sample of the rows only,
#'   where the likelihood is higher by chance; `""`, none.
#' @examples
#' fit <- moe(mpg ~ wt, mtcars, k = 2, control = moe_control(seed = 1))
#' optima <- moe_optima(fit)
#' optima
#' as_fit(optima, 2)
#' @seealso [check_moe()]
#' @family methods
#' @export
moe_optima <- function(fit, max_rows = 5000) {
  check_likelihood(check_fit(fit))
  max_rows <- check_count(max_rows)
  ends <- fit$ends
  best <- which(fit$starts$best)
  first <- unique(ends$optimum[ends$soundness > 0 | fit$starts$best])
  first <- first[order(-ends$difference[first])]
  whole <- fit_problem(fit)
  problem <- thinned(whole, max_rows)
  kept <- posterior_of(fit$measure, problem)
  compared <- lapply(first, function(i) compare_end(fit, ends$theta[, i], problem, kept))
  difference <- fit$nobs * ends$difference[first]
  flaw <- c("", "few_rows", "variance_floor")[4 - ends$soundness[first]]
  table <- data.frame(
    logLik = fit$loglik + difference, difference = difference, starts = tabulate(ends$optimum)[first],
    agreement = vapply(compared, function(c) c$agreement, 0), smallest = vapply(compared, function(c) c$smallest, 0),
    price = effective_rows(whole$w, length(whole$y)) * ends$price[first], status = fit$starts$status[first],
    flaw = ifelse(flaw == "" & difference > 0.01, ifelse(ends$whole[first] == 1, "price", "sample"), flaw), fit = first == ends$optimum[best]
  )
  structure(table, class = c("moe_optima", "data.frame"), of = fit, theta = ends$theta[, first, drop = FALSE])
}

#' The fit at another optimum
#'
#' Makes a fit of one of the optima that [moe_optima()] lists: the Newton method (or EM) of the fit goes on from there,
#' on all rows.
#'
#' @param optima What [moe_optima()] returned.
#' @param i Row of `optima`, a positive integer.
#' @return A fit as [moe()] returns it, with the data, formula and call of the fit that `optima` came from. A row that
#'   does not exist is an error of class `moe_error_input`.
#' @examples
#' fit <- moe(mpg ~ wt, mtcars, k = 2, control = moe_control(seed = 1))
#' as_fit(moe_optima(fit), 2)
#' @seealso [moe_optima()]
#' @family fitting
#' @export
as_fit <- function(optima, i) {
  if (!inherits(optima, "moe_optima") || is.null(attr(optima, "of"))) {
    moe_abort(c(
      "{.arg optima} must be what {.fn moe_optima} returned, whole.",
      x = "Found {describe(optima)}."
    ))
  }
  i <- check_count(i, max = nrow(optima))
  fit <- attr(optima, "of")
  if (optima$fit[i]) return(fit)
  problem <- fit_problem(fit)
  raw <- refit(problem, fit$k, theta = list(attr(optima, "theta")[, i]))
  out <- new_moe(
    raw, list(blueprint = fit$blueprint), problem_spec(problem, fit$k), list(formula = fit$formula, frame = fit$model),
    fit$control, fit$nobs, fit$gate, fit$expert, fit$method, fit$call
  )
  warn_status(out, raw$scale, rlang::current_env())
  out
}

#' @export
`[.moe_optima` <- function(x, ...) {
  out <- NextMethod()
  attr(out, "of") <- attr(out, "theta") <- NULL
  out
}

#' @rdname moe_optima
#' @export
print.moe_optima <- function(x, n = 10, ...) {
  if (!identical(n, Inf)) n <- check_count(n)
  print(utils::head(as.data.frame(unclass(x)), n), ...)
  if (nrow(x) > n) cat(sprintf("# %d more: print(x, n = Inf) shows all\n", nrow(x) - n))
  invisible(x)
}

#' Evenly spaced rows of a problem
#' @noRd
thinned <- function(problem, max_rows) {
  n <- length(problem$y)
  if (n <= max_rows) return(problem)
  rows <- unique(round(seq(1, n, length.out = max_rows)))
  problem$y <- problem$y[rows]
  problem$designs <- lapply(problem$designs, function(m) m[rows, , drop = FALSE])
  problem$w <- problem$w[rows]
  problem
}

compare_end <- function(fit, theta, problem, kept) {
  if (!all(is.finite(theta))) return(list(agreement = NA_real_, smallest = NA_real_))
  posterior <- posterior_of(refit_measure(list(theta = theta), problem, fit$k), problem)
  w <- problem$w %||% rep(1, length(problem$y))
  share <- colSums(w * posterior) / sum(w)
  labels <- most_probable(posterior[, align_experts(kept * w, posterior), drop = FALSE])
  list(agreement = stats::weighted.mean(labels == most_probable(kept), w), smallest = min(share))
}
