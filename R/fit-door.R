# What moe() refuses, and what it warns about ----------------------------------------------------------------

check_data <- function(data, call) {
  if (is.null(data) || is.data.frame(data) || is.environment(data) || rlang::is_bare_list(data)) {
    return(invisible(data))
  }
  moe_abort("{.arg data} must be a data frame, not {describe(data)}.", call = call)
}

check_response <- function(frame, call) {
  y <- frame[[1]]
  if (inherits(y, "AsIs")) y <- unclass(y)
  name <- names(frame)[1]
  if (is.null(attr(attr(frame, "terms"), "response")) || attr(attr(frame, "terms"), "response") == 0) {
    moe_abort(c("{.arg formula} must have a response.", i = "Use {.code y ~ x}."), call = call)
  }
  if (!is.numeric(y) || is.object(y) || length(dim(y)) > 1 && ncol(y) > 1) {
    moe_abort(c(
      "The response {.field {name}} must be a numeric vector, not {describe(y)}.",
      i = if (is.factor(y) || is.character(y)) "Gaussian experts cannot predict classes."
    ), class = "data", call = call)
  }
  y <- as.double(y)
  if (length(y) == 0) {
    moe_abort("There are no rows to fit, or all have missing values.", class = "data", call = call)
  }
  if (anyNA(ranges_cpp(y, length(y)))) {
    count <- sum(!is.finite(y))
    moe_abort(c(
      "The response {.field {name}} must be finite.",
      x = "{count} value{?s} {?is/are} not.",
      i = "Remove these rows, or set {cli::qty(count)}{?it/them} to {.code NA}."
    ), class = "data", call = call)
  }
  y
}

check_size <- function(y, w, k, call) {
  used <- if (is.null(w)) y else y[w > 0]
  if (length(used) < k) {
    moe_abort(c(
      "{.arg k} must not exceed the number of rows.",
      x = "Found k = {k} and {length(used)} row{?s}."
    ), class = "data", call = call)
  }
  range <- ranges_cpp(used, length(used))
  if (!square_exists(range[2] - range[1])) abort_scale("The response", range, call)
  if (range[2] - range[1] <= 1e-14 * max(abs(range))) {
    moe_abort(c(
      "The response is constant.",
      x = "All {length(used)} value{?s} {?is/are} {format(used[1])}.",
      i = "A mixture of Gaussian experts needs a response that varies."
    ), class = "data", call = call)
  }
}

#' @return list(theta = list of parameter vectors, posterior = matrix or NULL)
#' @noRd
check_start <- function(start, designs, frame, k, expert, gate, method, call) {
  none <- list(theta = list(), posterior = NULL)
  if (is.null(start)) return(none)
  if (is.matrix(start) || is.data.frame(start)) {
    none$posterior <- check_posterior(as.matrix(start), frame, k, call)
    return(none)
  }
  if (rlang::is_bare_list(start) && length(start) == 0) {
    moe_abort("{.arg start} must not be an empty list.", call = call)
  }
  several <- is.list(start) && !inherits(start, c("moe", "moe_measure")) && is.null(names(start))
  starts <- if (several) start else list(start)
  none$theta <- lapply(starts, start_theta, designs, k, expert, gate, method, call)
  none
}

start_theta <- function(start, designs, k, expert, gate, method, call) {
  measure <- rlang::try_fetch(check_measure(start, "start", call), moe_error = function(cnd) {
    moe_abort(c(
      "{.arg start} must be a measure, a fit, a list of these, or a matrix of posterior probabilities.",
      x = "Found {describe(start)}."
    ), call = call)
  })
  if (expert_label(measure$expert) != expert_label(expert)) {
    moe_abort(c(
      "{.arg start} must have the experts of the model.",
      x = "Found {expert_label(measure$expert)} experts, needed {expert_label(expert)} ones."
    ), call = call)
  }
  found <- c(n_experts(measure), length(expert_covariates(measure)), ncol(measure$beta1))
  needed <- c(k, ncol(designs$x), ncol(designs$z))
  if (any(found != needed)) {
    moe_abort(c(
      "{.arg start} must have the shape of the model.",
      x = "Found {found[1]} expert{?s} with {found[2]} covariate{?s} and a gate with {found[3]}.",
      i = paste(
        "The model has {needed[1]} expert{?s} with {needed[2]} ({.field {colnames(designs$x)}})",
        "and a gate with {needed[3]}."
      )
    ), call = call)
  }
  measure <- estimated_part(measure, method)
  if (is.null(measure$sigma2) && method == "mle") {
    moe_abort("{.arg start} must have variances {.arg sigma2}.", call = call)
  }
  measure$expert <- expert
  measure$gate <- gate
  if (method == "mle" && expert$variance == "shared") measure$sigma2 <- rep(mean(measure$sigma2), k)
  measure_theta(measure)
}

#' Constant experts leave all covariates to the gate
#' @noRd
check_expert_designs <- function(designs, expert, call) {
  if (kind_of(expert)$covariates || ncol(designs$x) == 0) return(invisible())
  moe_abort(c(
    "A {expert_label(expert)} expert has no covariates.",
    x = "The formula has {.field {colnames(designs$x)}} in its part for the experts.",
    i = "Give them to the gate: {.code y ~ 1 | x}."
  ), call = call)
}

check_posterior <- function(tau, frame, k, call) {
  omitted <- attr(frame, "na.action")
  if (length(omitted) && nrow(tau) == nrow(frame) + length(omitted)) {
    tau <- tau[-omitted, , drop = FALSE]
  }
  if (!is.numeric(tau) || nrow(tau) != nrow(frame) || ncol(tau) != k) {
    moe_abort(c(
      "A matrix {.arg start} must have one row per row of the data and one column per expert.",
      x = "Found {describe(tau)}, needed {nrow(frame)} x {k}."
    ), call = call)
  }
  if (any(!is.finite(tau)) || any(tau < 0) || any(rowSums(tau) <= 0)) {
    moe_abort("A matrix {.arg start} must hold posterior probabilities: finite, not negative, no empty row.",
      call = call
    )
  }
  storage.mode(tau) <- "double"
  unname(tau / rowSums(tau))
}

#' An expert whose parameters change nothing, to second order: its gate is zero, or its activation flat, on all rows
#' @noRd
warn_flat <- function(fit, scale, call) {
  # a line is only ever flat where its gate is zero, which the mass of the expert tells
  if (kind_of(fit$expert)$linear || fit$status == "not_finite") return(invisible(fit))
  parts <- coef_parts(fit$measure)
  # in standardised units of the parameters
  curvature <- abs(diag(fit$hessian)) / (scale * fit$nobs)
  own <- function(i) parts$part == "expert" & parts$expert %in% i
  flat <- vapply(seq_len(fit$k), function(i) isTRUE(all(curvature[own(i)] < 1e-12)), NA)
  if (any(flat)) {
    moe_warn(c(
      "The fit does not depend on the parameters of {cli::qty(sum(flat))}expert{?s} {which(flat)}.",
      x = "Its gate is zero, or its activation flat, on all rows: a dead ReLU or a saturated sigmoid.",
      i = "Fit fewer experts, or start elsewhere."
    ), class = "flat", call = call)
  }
  invisible(fit)
}
