# Fits as data frames -------------------------------------------------------------------------------------

#' @importFrom generics tidy
#' @export
generics::tidy

#' @importFrom generics glance
#' @export
generics::glance

#' @importFrom generics augment
#' @export
generics::augment

#' A fit as data frames
#'
#' `tidy()` has a row per coefficient, `glance()` one row per fit, `augment()` one row per row of the data.
#'
#' @param x A fit of [moe()].
#' @param conf.int Logical: add confidence limits.
#' @param conf.level Level of the confidence limits, or of the prediction interval; between 0 and 1.
#' @param vcov,adjust Where standard errors come from, as in [summary.moe()].
#' @param data,newdata A data frame to add the columns to; all its rows are predicted, and the response is
#'   used if it is there. By default the data of the fit as it used them.
#' @param interval `"prediction"` adds a prediction interval, see [predict.moe()].
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#'
#' @return Data frames.
#'
#' `tidy()`: `term` (as in [coef()]), `part` (`"gate"`, `"expert"` or `"variance"`), `expert` (its number;
#' `NA` for a shared variance), `estimate`, `std.error`, `statistic` and `p.value` (of the hypothesis that
#' the coefficient is zero, with the normal distribution; none for variances), and if asked for `conf.low`
#' and `conf.high`. Coefficients without standard errors are `NA`, with the warning of [vcov.moe()]; those whose Wald
#' test misleads have the warning of [summary.moe()].
#'
#' `glance()`: `logLik`, `AIC`, `BIC`, `ICL`, `nobs`, `df`, `k`, `method`, `converged`, `status`, `gradient`,
#' `min_eigenvalue`, `iterations`, `starts`, `starts_agreeing` and `flags`. ICL is
#' \eqn{\mathrm{BIC} - 2 \sum_{j,i} \tau_{ji} \log \tau_{ji}} with posterior probabilities
#' \eqn{\tau}, on the scale of BIC: lower is better.
#'
#' `augment()`: the data and `.fitted`, `.resid`, `.std.resid` (Pearson), `.quantile.resid`, `.expert` (the
#' most probable expert) and `.probability` (how probable it is: posterior where the response is known,
#' otherwise by the gate), and if asked for `.lower` and `.upper`. Without a response no residuals.
#' @references Biernacki, C., Celeux, G. and Govaert, G. (2000). Assessing a mixture model for clustering
#'   with the integrated completed likelihood. *IEEE Transactions on Pattern Analysis and Machine
#'   Intelligence* 22, 719-725. \doi{10.1109/34.865189}
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' tidy(fit, conf.int = TRUE)
#' glance(fit)
#' head(augment(fit, interval = "prediction"))
#' augment(fit, newdata = data.frame(eruptions = c(2, 3, 4)))
#' @name tidy.moe
#' @method tidy moe
#' @family methods
#' @export
tidy.moe <- function(x, conf.int = FALSE, conf.level = 0.95, vcov = NULL, adjust = TRUE, ...) {
  check_dots_empty(...)
  conf.int <- check_flag(conf.int)
  conf.level <- check_number(conf.level, min = 0, max = 1)
  table <- coef_table(x, check_vcov(vcov, x, adjust))
  warn_wald(x, rlang::current_env())
  if (conf.int) {
    limits <- wald_limits(x, table$std.error, conf.level)
    table$conf.low <- limits[, 1]
    table$conf.high <- limits[, 2]
  }
  table
}

#' @param covariance As of vcov().
#' @param parts,estimate What the coefficients are, as of coef_parts(), and their estimates, where they are not coef().
#' @noRd
coef_table <- function(fit, covariance, parts = coef_parts(fit$measure), estimate = coef(fit)) {
  error <- unname(sqrt(diag(covariance)))
  z <- unname(ifelse(parts$part == "variance", NA, estimate / error))
  df <- test_df(fit)
  data.frame(
    term = names(estimate), part = parts$part, expert = parts$expert, estimate = unname(estimate),
    std.error = error, statistic = z, p.value = 2 * stats::pt(-abs(z), if (df > 0) df else NA)
  )
}

#' @rdname tidy.moe
#' @method glance moe
#' @export
glance.moe <- function(x, ...) {
  check_dots_empty(...)
  bic <- stats::BIC(x)
  data.frame(
    logLik = x$loglik, AIC = stats::AIC(x), BIC = bic,
    ICL = if (is_lse(x)) NA_real_ else bic + 2 * posterior_entropy(x),
    nobs = x$nobs, df = x$df, k = x$k, method = x$method, converged = x$converged, status = x$status,
    gradient = x$gradient, min_eigenvalue = x$min_eigenvalue, iterations = x$iterations,
    starts = nrow(x$starts), starts_agreeing = sum(x$starts$agrees), flags = paste(x$flags, collapse = " ")
  )
}

#' @rdname tidy.moe
#' @method augment moe
#' @export
augment.moe <- function(x, data = NULL, newdata = NULL, interval = c("none", "prediction"),
                        conf.level = 0.95, ...) {
  check_dots_empty(...)
  interval <- check_choice(interval, c("none", "prediction"))
  rows <- augment_rows(x, data, newdata)
  added <- by_blocks(x$measure, rows, augment_block)
  colnames(added) <- c(
    ".fitted", if (!is.null(rows$y)) c(".resid", ".std.resid", ".quantile.resid"), ".expert",
    ".probability"
  )
  table <- cbind(rows$table, as.data.frame(added))
  table$.expert <- as.integer(table$.expert)
  if (interval == "none") return(table)
  limits <- by_blocks(x$measure, rows, interval_kind(check_number(conf.level, min = 0, max = 1)))
  cbind(table, .lower = limits[, "lwr"], .upper = limits[, "upr"])
}

#' The rows to augment, and the table that they are of
#' @noRd
augment_rows <- function(x, data, newdata, call = rlang::caller_env()) {
  given <- newdata %||% data
  if (!is.null(given) && !is.data.frame(given)) {
    arg <- if (is.null(newdata)) "data" else "newdata"
    moe_abort("{.arg {arg}} must be a data frame, not {describe(given)}.", call = call)
  }
  rows <- if (is.null(given)) data_rows(x) else new_rows(x, given, "optional", call)
  c(rows, list(table = given %||% x$model))
}

augment_block <- function(parts, y) {
  p <- if (is.null(y)) exp(parts$log_gate) else mixture_posterior(y, parts)
  residuals <- if (!is.null(y)) vapply(residual_kinds, function(f) f(parts, y), numeric(length(y)))
  expert <- most_probable(p)
  cbind(
    mixture_mean(parts), if (!is.null(y)) matrix(residuals, length(y), length(residual_kinds)), expert,
    p[cbind(seq_along(expert), expert)]
  )
}
