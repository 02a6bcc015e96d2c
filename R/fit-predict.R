# Predictions ---------------------------------------------------------------------------------------------

prediction_types <- c(
  "response", "expert", "gate", "posterior", "class", "density", "quantile", "interval"
)

#' Predictions of a fit
#'
#' | `type` | value of a row | shape |
#' |---|---|---|
#' | `"response"` | mean \eqn{\sum_i \pi_i(x) h(x, \eta_i)} | n numbers |
#' | `"expert"` | mean of every expert, \eqn{h(x, \eta_i)} | n x k matrix |
#' | `"gate"` | probability of every expert given x, \eqn{\pi_i(x)} | n x k matrix |
#' | `"posterior"` | probability of every expert given x and y | n x k matrix |
#' | `"class"` | the most probable expert: given x and y where the response is known, otherwise given x | n integers |
#' | `"density"` | \eqn{g(y \mid x)} at the response | n numbers |
#' | `"quantile"` | quantiles of y given x at `probs` | n x `length(probs)` matrix |
#' | `"interval"` | mean and equal-tailed prediction interval of y given x: columns `fit`, `lwr`, `upr` | n x 3 matrix |
#'
#' Quantiles and intervals are those of the fitted mixture, computed to machine precision by [qmoe()]; they
#' do not include the uncertainty of the estimates. That is what `se.fit = TRUE` adds, for all types but `"class"`
#' and `"interval"`: standard errors by the delta method, \eqn{\mathrm{se}^2 = \nabla f' V \nabla f} with V from
#' [vcov.moe()], of the prediction as a function of the coefficients.
#'
#' There is one value for every row of `newdata`, and it is `NA` where a covariate (or the response, if it
#' is needed) is. Without `newdata` the rows are those of the data of the fit; rows that were dropped for
#' missing values appear, as `NA`, if the fit was made with [na.exclude()].
#'
#' @param object A fit of [moe()].
#' @param newdata A data frame with the covariates, and with the response for `"posterior"` and `"density"`;
#'   `NULL` for the data of the fit.
#' @param type What to predict: see the table.
#' @param probs Probabilities between 0 and 1, for `"quantile"`.
#' @param level Coverage of the interval, between 0 and 1, for `"interval"`.
#' @param log Logical, for `"density"`: its logarithm, which does not underflow.
#' @param se.fit Logical: add standard errors.
#' @param vcov,adjust Where they come from, as in [confint.moe()].
#' @param ... Not used: an unknown argument is an error.
#' @return See the table; vectors are named by the rows, columns by the experts (`expert1`, ...) or the
#'   probabilities (`50%`). With `se.fit = TRUE` a list of these, `fit`, and of their standard errors, `se.fit`: `NA`
#'   if some coefficient has none, with the warning of [vcov.moe()]. Missing columns, new factor levels and wrong
#'   arguments are errors of class `moe_error_input`, standard errors of what has none of class
#'   `moe_error_unsupported`.
#' @seealso [dmoe()] for the same quantities of a measure.
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' new <- data.frame(eruptions = c(2, 3, 4), waiting = c(50, 70, 80))
#' predict(fit, new)
#' predict(fit, new, type = "gate")
#' predict(fit, new, type = "posterior")
#' predict(fit, new, type = "class")
#' predict(fit, new, type = "quantile", probs = c(0.1, 0.5, 0.9))
#' predict(fit, new, type = "interval", level = 0.9)
#' # how sure is the mean?
#' predict(fit, new, se.fit = TRUE)
#' # mean log density of new rows
#' mean(predict(fit, new, type = "density", log = TRUE))
#' @family methods
#' @export
predict.moe <- function(object, newdata = NULL,
                        type = c(
                          "response", "expert", "gate", "posterior", "class", "density", "quantile",
                          "interval"
                        ),
                        probs = c(0.025, 0.5, 0.975), level = 0.95, log = FALSE, se.fit = FALSE,
                        vcov = NULL, adjust = TRUE, ...) {
  check_dots_empty(...)
  here <- rlang::current_env()
  type <- check_choice(type, prediction_types)
  kind <- switch(type,
    response = function(parts, y) mixture_mean(parts),
    expert = function(parts, y) parts$mean,
    gate = function(parts, y) exp(parts$log_gate),
    posterior = function(parts, y) mixture_posterior(y, parts),
    class = function(parts, y) most_probable(if (is.null(y)) parts$log_gate else mixture_posterior(y, parts)),
    density = density_kind(check_flag(log)),
    quantile = quantile_kind(check_probs(probs)),
    interval = interval_kind(check_number(level, min = 0, max = 1))
  )
  need <- switch(type, posterior = , density = "required", class = "optional", "none")
  rows <- if (is.null(newdata)) data_rows(object, need) else new_rows(object, newdata, need, here)
  finish <- function(value) {
    value <- label_rows(value, rows$labels)
    if (is.null(newdata)) stats::napredict(object$na.action, value) else value
  }
  value <- finish(by_blocks(object$measure, rows, kind))
  if (!check_flag(se.fit)) return(value)
  check_has_errors(type, here)
  covariance <- check_vcov(vcov, object, adjust, here)
  errors <- delta_errors(object, covariance, function(measure) by_blocks(measure, rows, kind))
  list(fit = value, se.fit = finish(errors))
}

check_has_errors <- function(type, call) {
  if (!type %in% c("class", "interval")) return(invisible())
  moe_abort(c(
    "{.arg se.fit} must be {.code FALSE} for {.code type = \"{type}\"}, which has no standard error.",
    i = switch(type,
      class = "Use {.code type = \"posterior\"}: the probabilities behind the classes.",
      interval = "Use {.code type = \"quantile\"}: the limits one by one."
    )
  ), class = "unsupported", call = call)
}

density_kind <- function(log) {
  function(parts, y) mixture_density(y, parts, log)
}

quantile_kind <- function(probs) {
  names <- if (length(probs)) paste0(vapply(100 * probs, format, "", digits = 7), "%")
  function(parts, y) {
    n <- nrow(parts$mean)
    value <- vapply(probs, function(p) mixture_quantile(rep(p, n), parts), numeric(n))
    matrix(value, n, length(probs), dimnames = list(NULL, names))
  }
}

interval_kind <- function(level) {
  function(parts, y) {
    tail <- rep((1 - level) / 2, nrow(parts$mean))
    cbind(
      fit = mixture_mean(parts), lwr = mixture_quantile(tail, parts),
      upr = mixture_quantile(tail, parts, lower.tail = FALSE)
    )
  }
}

check_probs <- function(probs, call = rlang::caller_env()) {
  probs <- check_vector(probs, "probs", call = call)
  bad <- probs[probs < 0 | probs > 1]
  if (length(bad)) {
    hint <- percent_hint(bad[1], 0, 1)
    moe_abort(c("{.arg probs} must be between 0 and 1, not {bad[1]}.", i = if (length(hint)) "{hint}"), call = call)
  }
  probs
}

# Rows and blocks of rows ---------------------------------------------------------------------------------

#' The rows of the fit's data: designs x and z, response, labels, no missing values
#' @noRd
data_rows <- function(fit, response = "required") {
  list(
    x = fit_x(fit), z = fit_z(fit), y = if (response != "none") fit_y(fit),
    missing = rep(FALSE, nrow(fit$model)), labels = row_labels(fit$model)
  )
}

#' The rows of new data; those with a missing covariate are marked and hold zeros
#' @param response "none", "optional" or "required".
#' @noRd
new_rows <- function(fit, newdata, response, call) {
  design <- new_design(fit, newdata, call)
  check_finite(design$x, "newdata", allow_na = TRUE, call = call)
  check_finite(design$z, "newdata", allow_na = TRUE, call = call)
  missing <- rowSums(is.na(design$x)) > 0 | rowSums(is.na(design$z)) > 0
  design$x[missing, ] <- 0
  design$z[missing, ] <- 0
  y <- if (response != "none") new_response(fit, newdata, response == "required", call)
  c(design, list(y = y, missing = missing, labels = row_labels(newdata)))
}

#' The response in new data, transformed as in the formula; NULL if it is absent and not required
#' @noRd
new_response <- function(fit, newdata, required, call) {
  terms <- attr(fit$model, "terms")
  expression <- attr(terms, "variables")[[2]]
  env <- environment(terms)
  absent <- setdiff(all.vars(expression), names(newdata))
  # constants such as a power may stay outside of the data, a response may not
  constant <- vapply(absent, function(name) length(get0(name, env)) == 1, NA)
  if (any(!constant) || length(absent) == length(all.vars(expression))) {
    if (!required) return(NULL)
    moe_abort(c(
      "{.arg newdata} lacks the response {.field {rlang::as_label(expression)}}.",
      i = "It is needed for {.code type = \"posterior\"} and {.code \"density\"}."
    ), call = call)
  }
  y <- eval(expression, newdata, env)
  check_vector(y, rlang::as_label(expression), length = nrow(newdata), allow_na = TRUE, call = call)
}

#' f(parts, y) block by block, so that memory beyond data and result is that of a block
#' @param f Gives a vector with one element, or a matrix with one row, per row of parts.
#' @noRd
by_blocks <- function(measure, rows, f, size = 50000) {
  n <- nrow(rows$x)
  pieces <- lapply(seq(1, max(n, 1), by = size), function(first) {
    block <- seq_len(min(size, n - first + 1)) + first - 1
    parts <- components(measure, rows$x[block, , drop = FALSE], rows$z[block, , drop = FALSE])
    missing <- rows$missing[block]
    for (name in names(parts)) parts[[name]][missing, ] <- NA
    f(parts, rows$y[block])
  })
  if (length(pieces) == 1) return(pieces[[1]])
  if (is.matrix(pieces[[1]])) do.call(rbind, pieces) else unlist(pieces)
}

#' Names of the rows, and of the experts where columns have none
#' @noRd
label_rows <- function(value, labels) {
  if (!is.matrix(value)) return(stats::setNames(value, labels))
  dimnames(value) <- list(labels, colnames(value) %||% expert_labels(ncol(value)))
  value
}

#' Log posterior probabilities of the experts: an n x k matrix
#' @noRd
mixture_log_posterior <- function(y, parts) {
  z <- (y - parts$mean) / sqrt(parts$variance)
  terms <- parts$log_gate + stats::dnorm(z, log = TRUE) - log(parts$variance) / 2
  # so far out that z^2 overflows only the nearest expert, in its own units, counts
  lost <- which(row_extreme(terms, pmax) == -Inf)
  for (row in lost) terms[row, ] <- ifelse(seq_len(ncol(z)) == which.min(abs(z[row, ])), 0, -Inf)
  terms - log_sum_exp(terms)
}

mixture_posterior <- function(y, parts) exp(mixture_log_posterior(y, parts))

#' Column of the largest element of every row; NA for rows with NA
#' @noRd
most_probable <- function(p) {
  known <- !is.na(p[, 1])
  label <- rep(NA_integer_, nrow(p))
  label[known] <- max.col(p[known, , drop = FALSE], ties.method = "first")
  label
}

#' Entropy of the posterior probabilities, summed over rows with weights w
#' @noRd
posterior_entropy <- function(fit) {
  per_row <- by_blocks(fit$measure, data_rows(fit), function(parts, y) {
    log_tau <- mixture_log_posterior(y, parts)
    -rowSums(ifelse(log_tau == -Inf, 0, exp(log_tau) * log_tau))
  })
  sum(fit_weights(fit) * per_row)
}
