# Predictions of least squares: the regression function and its band --------------------------------------------

#' Predictions of a least-squares fit
#'
#' | `type` | value of a row | shape |
#' |---|---|---|
#' | `"response"` | \eqn{f(x) = \sum_i \pi_i(x) h(x, \eta_i)} | n numbers |
#' | `"expert"` | mean of every expert, \eqn{h(x, \eta_i)} | n x k matrix |
#' | `"gate"` | weight of every expert, \eqn{\pi_i(x)} | n x k matrix |
#' | `"interval"` | f and a band around it: columns `fit`, `lwr`, `upr` | n x 3 matrix |
#'
#' The band is pointwise, \eqn{f(x) \pm t \{\nabla f(x)' V \nabla f(x)\}^{1/2}} by the delta method, with V the
#' covariance matrix of [vcov.moe_lse()] and quantiles of the t distribution with n - P degrees of freedom. That is
#' `interval = "confidence"`, for f. `interval = "prediction"` is for a new response: the variance of the noise,
#' \eqn{s^2} = RSS / (n - P), is added, so it supposes one variance and normal noise. Directions of the parameters that
#' the data do not determine do not change f, and have no share in the band; a gate that separates the data is
#' taken as it is.
#'
#' @param object A fit of [moe()] with `method = "lse"`.
#' @param newdata A data frame with the covariates; `NULL` for the data of the fit.
#' @param type What to predict: see the table.
#' @param level Level of the band, between 0 and 1.
#' @param interval `"confidence"` or `"prediction"`.
#' @param vcov Which covariance matrix: see [vcov.moe_lse()].
#' @param ... Not used: an unknown argument is an error.
#' @return See the table; rows with a missing covariate are `NA`, as in [predict.moe()]. The types `"posterior"`,
#'   `"class"`, `"density"` and `"quantile"` need a law of the response: errors of class `moe_error_unsupported`.
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, method = "lse", control = moe_control(seed = 1))
#' new <- data.frame(eruptions = c(2, 3, 4))
#' predict(fit, new)
#' predict(fit, new, type = "interval")
#' predict(fit, new, type = "interval", interval = "prediction", level = 0.9)
#' @family methods
#' @export
predict.moe_lse <- function(object, newdata = NULL, type = c("response", "expert", "gate", "interval"),
                            level = 0.95, interval = c("confidence", "prediction"),
                            vcov = c("sandwich", "observed", "expected"), ...) {
  here <- rlang::current_env()
  refuse_law_types(type, here)
  check_dots_empty(...)
  type <- check_choice(type, c("response", "expert", "gate", "interval"))
  level <- check_number(level, min = 0, max = 1)
  interval <- check_choice(interval, c("confidence", "prediction"))
  vcov <- check_choice(vcov, lse_covariances)
  if (type != "interval") return(predict.moe(object, newdata, type))
  rows <- if (is.null(newdata)) data_rows(object, "none") else new_rows(object, newdata, "none", here)
  value <- label_rows(band(object, rows, level, interval, vcov, here), rows$labels)
  if (is.null(newdata)) stats::napredict(object$na.action, value) else value
}

refuse_law_types <- function(type, call) {
  if (!is.character(type) || length(type) != 1) return(invisible())
  switch(type,
    posterior = , class = refuse_law("posterior probabilities", "{.code type = \"gate\"}", call),
    density = refuse_law("densities", "{.code type = \"response\"}", call),
    quantile = refuse_law("quantiles", "{.code type = \"interval\"}", call)
  )
}

#' f and its limits at the rows
#' @noRd
band <- function(fit, rows, level, interval, type, call = rlang::caller_env()) {
  estimate <- lse_covariance(fit, type, TRUE)
  if (any(estimate$why %in% c("convergence", "few_rows", "not_finite", "range"))) {
    warn_no_errors(estimate, fit, call)
    estimate$full[] <- NA
  }
  noise <- if (interval == "prediction") noise_variance(fit) else 0
  df <- test_df(fit)
  reach <- stats::qt((1 + level) / 2, if (df > 0) df else NA)
  pieces <- lapply(row_blocks(length(rows$missing)), function(at) {
    slope <- regression_gradient(fit$measure, rows$x[at, , drop = FALSE], rows$z[at, , drop = FALSE])
    variance <- rowSums((slope$gradient %*% estimate$full) * slope$gradient)
    error <- sqrt(pmax(variance, 0) + noise)
    out <- cbind(fit = slope$f, lwr = slope$f - reach * error, upr = slope$f + reach * error)
    out[rows$missing[at], ] <- NA
    out
  })
  do.call(rbind, pieces)
}
