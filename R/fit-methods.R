# What every fitted model answers in R --------------------------------------------------------------------

#' Methods of a fit
#'
#' What can be asked of any fitted model in R. See also [predict.moe()], [residuals.moe()],
#' [summary.moe()], [vcov.moe()], [simulate.moe()], [anova.moe()] and [tidy.moe()].
#'
#' Weights are counts: `nobs()` is their sum, and all methods give for a row of weight w what they
#' give for the row repeated w times.
#'
#' | method | value |
#' |---|---|
#' | `coef()` | named vector: gates as log-odds against expert k, experts, variances; see [coef.moe_measure()] |
#' | `sigma()` | standard deviation of every expert, a named vector of length k |
#' | `logLik()` | log-likelihood with attributes `df` (number of parameters) and `nobs`; [AIC()] and [BIC()] use it |
#' | `deviance()` | -2 log-likelihood: for a mixture there is no saturated model to compare with |
#' | `nobs()` | number of rows, or sum of the weights |
#' | `df.residual()` | `nobs()` less the number of coefficients of gate and experts (no variances, as in [lm()]) |
#' | `fitted()` | E(y given x) of the rows of the data; with [na.exclude()] `NA` for the dropped rows |
#' | `weights()` | the weights, or `NULL` |
#' | `formula()`, `terms()` | the formula (a [Formula::Formula()]) and the terms of the model, the experts or the gate |
#' | `model.frame()`, `model.matrix()` | the data as used, and the design of experts or gate with its intercept |
#' | `update()` | the fit with another formula, k, data or any other argument of [moe()] |
#'
#' @param object,x,formula A fit of [moe()].
#' @param part Which part of the model: `"experts"` or `"gate"`, and for `terms()` also `"model"`, all
#'   variables with the response.
#' @param formula. A formula in which a dot stands for what was there, part by part:
#'   `. ~ . + w | . - x`.
#' @param complete Not used: nothing is aliased. [stats::coef()] has it.
#' @param evaluate Logical: evaluate the new call, or return it.
#' @param ... For `update()`: arguments of [moe()] to add or to replace. For `model.frame()`: `data`,
#'   `subset` or `na.action` to build the frame again. Not used elsewhere.
#' @return See the table. A design that does not exist for `part` is an error of class
#'   `moe_error_input`.
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' coef(fit)
#' sigma(fit)
#' c(AIC = AIC(fit), BIC = BIC(fit))
#' logLik(fit)
#' head(model.matrix(fit, "gate"))
#'
#' # one expert is linear regression
#' update(fit, k = 1)
#' # a gate of its own
#' update(fit, . ~ . | 1)
#' @name moe-methods
#' @family methods
NULL

#' @rdname moe-methods
#' @export
coef.moe <- function(object, ..., complete = TRUE) {
  check_dots_empty(...)
  coef.moe_measure(object$measure)
}

#' @rdname moe-methods
#' @importFrom stats sigma
#' @export
sigma.moe <- function(object, ...) {
  stats::setNames(sqrt(object$measure$sigma2), expert_labels(object$k))
}

#' @rdname moe-methods
#' @export
logLik.moe <- function(object, ...) {
  structure(object$loglik, df = object$df, nobs = object$nobs, class = "logLik")
}

#' @rdname moe-methods
#' @importFrom stats nobs
#' @export
nobs.moe <- function(object, ...) object$nobs

#' @rdname moe-methods
#' @export
df.residual.moe <- function(object, ...) {
  object$nobs - sum(coef_parts(object$measure)$part != "variance")
}

#' @rdname moe-methods
#' @export
deviance.moe <- function(object, ...) -2 * object$loglik

#' @rdname moe-methods
#' @export
fitted.moe <- function(object, ...) predict.moe(object)

#' @rdname moe-methods
#' @export
weights.moe <- function(object, ...) {
  w <- stats::model.weights(object$model)
  if (is.null(w)) return(NULL)
  stats::naresid(object$na.action, stats::setNames(w, row_labels(object$model)))
}

#' @rdname moe-methods
#' @export
formula.moe <- function(x, ...) x$formula

#' @rdname moe-methods
#' @export
terms.moe <- function(x, part = c("model", "experts", "gate"), ...) {
  part <- check_choice(part, c("model", "experts", "gate"))
  switch(part,
    model = attr(x$model, "terms"), experts = x$blueprint$terms_x, gate = x$blueprint$terms_z
  )
}

#' @rdname moe-methods
#' @export
model.frame.moe <- function(formula, ...) {
  changed <- as.list(rlang::enquos(...))
  changed <- changed[names(changed) %in% c("data", "subset", "na.action")]
  if (length(changed) == 0) return(formula$model)
  call <- formula$call
  call <- call[c(1, match(c("data", "subset", "weights", "na.action"), names(call), 0))]
  call[[1]] <- quote(stats::model.frame)
  call$formula <- formula$formula
  call$xlev <- formula$blueprint$xlevels
  env <- environment(formula$formula)
  changed[["data"]] <- if (is.null(changed$data)) eval(call$data, env) else rlang::eval_tidy(changed$data)
  if (!is.null(changed$subset)) changed[["subset"]] <- rlang::eval_tidy(changed$subset, changed$data)
  if (!is.null(changed$na.action)) changed[["na.action"]] <- rlang::eval_tidy(changed$na.action)
  call[names(changed)] <- changed
  eval(call, env, parent.frame())
}

#' @rdname moe-methods
#' @export
model.matrix.moe <- function(object, part = c("experts", "gate"), ...) {
  part <- check_choice(part, c("experts", "gate"))
  b <- object$blueprint
  gate <- part == "gate"
  terms <- if (gate) b$terms_z else b$terms_x
  full <- stats::model.matrix(
    terms, object$model, contrasts.arg = if (gate) b$contrasts$z else b$contrasts$x
  )
  kept <- match(c("(Intercept)", if (gate) b$z_names else b$x_names), colnames(full))
  structure(full[, kept, drop = FALSE],
    assign = attr(full, "assign")[kept], contrasts = attr(full, "contrasts")
  )
}

#' @rdname moe-methods
#' @importFrom stats update
#' @export
update.moe <- function(object, formula., ..., evaluate = TRUE) {
  call <- object$call
  # formulas of two parts are updated part by part, which stats:::update.default() does not before R 4.2
  if (!missing(formula.)) call$formula <- stats::update(object$formula, formula.)
  changed <- match.call(expand.dots = FALSE)$...
  call[names(changed)] <- changed
  if (evaluate) eval(call, parent.frame()) else call
}

#' Residuals of a fit
#'
#' * `"response"`: \eqn{y - E(y \mid x)}.
#' * `"pearson"`: the same divided by the standard deviation of the mixture,
#'   \eqn{\mathrm{Var}(y \mid x) = \sum_i \pi_i(x) \{\sigma_i^2 + \mu_i(x)^2\} - E(y \mid x)^2}.
#' * `"quantile"`: \eqn{\Phi^{-1}(F(y \mid x))} (Dunn and Smyth 1996). Standard normal when the model
#'   is right, whatever the shape of the mixture: the residuals to look at.
#'
#' @param object A fit of [moe()].
#' @param type One of `"response"`, `"pearson"` and `"quantile"`.
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#' @return A named numeric vector with one number per row of the data; with [na.exclude()] also for the
#'   dropped rows, as `NA`.
#' @references Dunn, P. K. and Smyth, G. K. (1996). Randomized quantile residuals. *Journal of
#'   Computational and Graphical Statistics* 5, 236-244. \doi{10.2307/1390802}
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' qqnorm(residuals(fit, "quantile"))
#' abline(0, 1)
#' @family methods
#' @export
residuals.moe <- function(object, type = c("response", "pearson", "quantile"), ...) {
  check_dots_empty(...)
  type <- check_choice(type, c("response", "pearson", "quantile"))
  rows <- data_rows(object)
  value <- by_blocks(object$measure, rows, residual_kinds[[type]])
  stats::naresid(object$na.action, stats::setNames(value, rows$labels))
}

residual_kinds <- list(
  response = function(parts, y) y - mixture_mean(parts),
  pearson = function(parts, y) (y - mixture_mean(parts)) / sqrt(mixture_variance(parts)),
  quantile = function(parts, y) {
    # from the smaller tail, which keeps its digits
    left <- mixture_cdf(y, parts, log.p = TRUE)
    right <- mixture_cdf(y, parts, lower.tail = FALSE, log.p = TRUE)
    sign <- ifelse(left <= right, 1, -1)
    sign * stats::qnorm(pmin(left, right), log.p = TRUE)
  }
)

#' Var(y | x), as the mean of the variances plus the variance of the means: nothing cancels
#' @noRd
mixture_variance <- function(parts) {
  around <- parts$mean - mixture_mean(parts)
  rowSums(exp(parts$log_gate) * (parts$variance + around^2))
}

#' Names of the experts in tables
#' @noRd
expert_labels <- function(k) paste0("expert", seq_len(k))

#' Row names as strings that R makes only when they are looked at
#' @noRd
row_labels <- function(frame) as.character(attr(frame, "row.names"))

#' What every coefficient is: a data frame aligned with coef()
#' @return Columns `part` ("gate", "expert", "variance"), `expert` (NA for a shared variance), `term`.
#' @noRd
coef_parts <- function(measure) {
  k <- n_experts(measure)
  z <- c("(Intercept)", colnames(measure$beta1))
  x <- expert_terms(measure$expert, expert_covariates(measure))
  variances <- if (is.null(measure$sigma2)) 0 else if (measure$expert$variance == "shared") 1 else k
  count <- c(gate = (k - 1) * length(z), expert = k * length(x), variance = variances)
  list2DF(list(
    part = rep(names(count), count),
    expert = c(
      rep(seq_len(k - 1), each = length(z)), rep(seq_len(k), each = length(x)),
      if (variances == k) seq_len(k) else rep(NA_integer_, variances)
    ),
    term = c(rep(z, k - 1), rep(x, k), rep("sigma2", variances))
  ))
}
