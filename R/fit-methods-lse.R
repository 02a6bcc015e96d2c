# What a least-squares fit answers in its own way ---------------------------------------------------------------

#' Methods of a least-squares fit
#'
#' Fits of [moe()] with `method = "lse"` have the methods of [other fits][moe-methods], in the style of [nls()] where
#' that differs: n is the number of rows (or sum of weights), P the number of coefficients, RSS the residual sum of
#' squares.
#'
#' | method | value |
#' |---|---|
#' | `sigma()` | residual standard error, \eqn{\{\mathrm{RSS} / (n - P)\}^{1/2}}; `NA` if n = P |
#' | `deviance()` | RSS |
#' | `df.residual()` | n - P |
#' | `logLik()` | \eqn{-\frac{n}{2} \{\log(2 \pi\, \mathrm{RSS} / n) + 1\}} on P + 1 parameters: normal noise |
#' | `residuals()` | \eqn{y - f(x)}; `"pearson"`: divided by `sigma()` |
#' | `summary()` | coefficients with [standard errors][vcov.moe_lse] and t tests |
#' | `augment()` | data and `.fitted`, `.resid`, `.std.resid` (Pearson), `.expert` and `.probability` (by the gate) |
#'
#' The log-likelihood, and [AIC()] and [BIC()] with it, compare fits under normal noise of one variance, an
#' assumption that least squares itself does not make; it is that of [nls()] and [lm()]. There is no law around each
#' expert: quantile residuals, posterior probabilities, densities and quantiles are errors of class
#' `moe_error_unsupported`, and the ICL of `glance()` is `NA`.
#'
#' @param object,x A fit of [moe()] with `method = "lse"`.
#' @param type For `residuals()`, see the table. For `summary()`, `tidy()` which covariance matrix: see
#'   [vcov.moe_lse()].
#' @param adjust Logical: the finite-sample correction of [vcov.moe_lse()].
#' @param data,newdata A data frame to add the columns to, by default the data of the fit; see [tidy.moe()].
#' @param interval `"confidence"` or `"prediction"`: add `.lower` and `.upper`, see [predict.moe_lse()].
#' @param conf.int,conf.level As in [tidy.moe()].
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#' @return See the table. `glance()` has the columns of [glance.moe()] and `sigma`, `deviance` and `df.residual`.
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, method = "lse", control = moe_control(seed = 1))
#' fit
#' summary(fit)
#' c(sigma(fit), deviance(fit), df.residual(fit))
#' head(augment(fit, interval = "confidence"))
#' @name moe-lse-methods
#' @family methods
NULL

#' @rdname moe-lse-methods
#' @export
sigma.moe_lse <- function(object, ...) sqrt(noise_variance(object))

#' @rdname moe-lse-methods
#' @export
deviance.moe_lse <- function(object, ...) object$rss

#' @rdname moe-lse-methods
#' @export
df.residual.moe_lse <- function(object, ...) object$nobs - (object$df - 1)

#' @rdname moe-lse-methods
#' @export
residuals.moe_lse <- function(object, type = c("response", "pearson"), ...) {
  if (identical(type, "quantile")) refuse_law("quantile residuals", "{.code type = \"pearson\"}")
  check_dots_empty(...)
  value <- residuals.moe(object, "response")
  if (check_choice(type, c("response", "pearson")) != "pearson") return(value)
  value / require_sigma(object, "Pearson residuals")
}

#' @rdname moe-lse-methods
#' @export
summary.moe_lse <- function(object, type = c("sandwich", "observed", "expected"), adjust = TRUE, ...) {
  check_dots_empty(...)
  type <- check_choice(type, lse_covariances)
  note <- NULL
  covariance <- withCallingHandlers(vcov.moe_lse(object, type, adjust), moe_warning = function(cnd) {
    note <<- c(note, conditionMessage(cnd))
    rlang::cnd_muffle(cnd)
  })
  table <- coef_table(object, covariance)
  coefficients <- as.matrix(table[c("estimate", "std.error", "statistic", "p.value")])
  dimnames(coefficients) <- list(table$term, c("Estimate", "Std. Error", "t value", "Pr(>|t|)"))
  structure(list(
    call = object$call, coefficients = coefficients, parts = coef_parts(object$measure), reference = object$k,
    note = note, mass = object$mass, shared = TRUE, type = type,
    residuals = weighted_quantiles(bare_residuals(object, "response"), stats::model.weights(object$model)),
    fit_statistics = glance(object), counts = count_lines(object), status = status_line(object)
  ), class = c("summary.moe_lse", "summary.moe"))
}

#' @export
format.summary.moe_lse <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  s <- x$fit_statistics
  kind <- c(sandwich = "sandwich", observed = "observed curvature", expected = "expected curvature")[[x$type]]
  c(
    "Call:", deparse(x$call), "", "Residuals:",
    utils::capture.output(print(zapsmall(x$residuals, digits + 1), digits = digits)),
    coefficient_tables(x, digits, ...), if (!is.null(x$note)) c("", x$note), "",
    sprintf("Standard errors: %s. %s", kind, error_line(s$sigma, s$df.residual, digits)),
    sprintf("Residual sum of squares: %s", format(s$deviance, digits = digits + 2)), x$counts, x$status
  )
}

error_line <- function(sigma, df, digits) {
  sprintf("Residual standard error: %s on %s degrees of freedom", format(sigma, digits = digits), format(df))
}

#' @rdname moe-lse-methods
#' @method tidy moe_lse
#' @export
tidy.moe_lse <- function(x, conf.int = FALSE, conf.level = 0.95, type = c("sandwich", "observed", "expected"),
                         adjust = TRUE, ...) {
  check_dots_empty(...)
  conf.level <- check_number(conf.level, min = 0, max = 1)
  table <- coef_table(x, vcov.moe_lse(x, type, adjust))
  if (!check_flag(conf.int)) return(table)
  limits <- t_limits(table$estimate, table$std.error, conf.level, x)
  cbind(table, conf.low = limits[, 1], conf.high = limits[, 2])
}

#' @rdname moe-lse-methods
#' @method glance moe_lse
#' @export
glance.moe_lse <- function(x, ...) {
  check_dots_empty(...)
  cbind(glance.moe(x), sigma = sigma.moe_lse(x), deviance = x$rss, df.residual = df.residual.moe_lse(x))
}

#' @rdname moe-lse-methods
#' @method augment moe_lse
#' @export
augment.moe_lse <- function(x, data = NULL, newdata = NULL, interval = c("none", "confidence", "prediction"),
                            conf.level = 0.95, ...) {
  check_dots_empty(...)
  interval <- check_choice(interval, c("none", "confidence", "prediction"))
  conf.level <- check_number(conf.level, min = 0, max = 1)
  rows <- augment_rows(x, data, newdata)
  sigma <- sigma.moe_lse(x)
  added <- by_blocks(x$measure, rows, function(parts, y) {
    gate <- exp(parts$log_gate)
    f <- mixture_mean(parts)
    cbind(
      .fitted = f, .resid = if (!is.null(y)) y - f, .std.resid = if (!is.null(y)) (y - f) / sigma,
      .expert = most_probable(gate), .probability = row_extreme(gate, pmax)
    )
  })
  table <- cbind(rows$table, as.data.frame(added))
  table$.expert <- as.integer(table$.expert)
  if (interval == "none") return(table)
  limits <- band(x, rows, conf.level, interval, "sandwich")
  cbind(table, .lower = limits[, "lwr"], .upper = limits[, "upr"])
}
