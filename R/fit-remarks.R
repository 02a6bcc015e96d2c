# What moe() says of the data and of the end of a fit ---------------------------------------------------------------

#' A response that no normal law has: two values, or counts
#' @noRd
inform_response <- function(y, name, method) {
  # most responses are told apart by their first rows
  first <- y[seq_len(min(length(y), 1000))]
  if (any(first != round(first)) && length(unique(first)) > 2) return(invisible())
  values <- sort(unique(y))
  lse <- method == "lse"
  if (length(values) == 2) {
    moe_inform(c(
      i = if (lse) {
        "The response {.field {name}} has two values: f follows its mean, and may leave their range."
      } else {
        "The response {.field {name}} has two values, which a normal law has not: means may leave their range."
      },
      i = if (lse) {
        "Its variance depends on the covariates, which the sandwich covariance of {.fn vcov} allows for."
      } else {
        "The likelihood is that of normal experts. {.code method = \"lse\"} estimates the mean without such a law."
      }
    ), class = "binary")
  } else if (is_count(values)) {
    moe_inform(c(
      i = "The response {.field {name}} looks like a count: whole numbers from {values[1]} to {max(values)}.",
      i = if (lse) {
        "Its variance grows with its mean, which the sandwich covariance of {.fn vcov} allows for."
      } else {
        "Its experts are normal all the same. {.code method = \"lse\"} estimates the mean without such a law; \
         {.code sqrt({name})} has nearly constant variance."
      }
    ), class = "count")
  }
}

#' Whole numbers that reach down to zero, which measurements rounded to whole numbers seldom do
#' @noRd
is_count <- function(values) all(values == round(values)) && values[1] == 0 && values[2] == 1 && length(values) > 2

#' More parameters than rows: least squares refuses, a likelihood is merely unbounded
#' @noRd
warn_few_rows <- function(n, size, k, call) {
  if (n >= size) return(invisible())
  moe_warn(c(
    "The model has more parameters than there are rows: {size} for {n}.",
    x = "Nothing that the data say is left for standard errors, tests or criteria.",
    i = "Fit fewer experts than k = {k}, or a formula with fewer columns."
  ), class = "few_rows", call = call)
}

#' A status that a user must know of is a warning
#' @param scale Units of the Hessian, per row: for least squares those of squared residuals.
#' @noRd
warn_status <- function(fit, scale, call) {
  gradient <- format(fit$gradient, digits = 2)
  switch(fit$status,
    variance_floor = moe_warn(c(
      "The variance of an expert ended on its floor: the likelihood is unbounded there.",
      i = paste(
        "Fit fewer experts, share the variance with {.code {expert_code(fit$expert, \"shared\")}},",
        "or raise {.arg variance_floor}."
      )
    ), class = "variance_floor", call = call),
    gate_separated = moe_warn(c(
      "The gate separates the data perfectly: its coefficients grow without bound.",
      i = "Fitted values and the log-likelihood are fine; gate coefficients have no standard errors."
    ), class = "separated_gate", call = call),
    boundary = moe_warn(c(
      "A coefficient ended on the {.arg bound} of {.fn moe_control}, {format(fit$control$bound)}.",
      i = "Fit fewer experts, or widen {.arg bound}."
    ), class = "boundary", call = call),
    max_iter = , stalled = , not_finite = moe_warn(c(
      "No optimum was reached: status {.val {fit$status}}, gradient {gradient}.",
      i = switch(fit$status,
        max_iter = "Raise {.arg max_iter}, or fit fewer experts.",
        stalled = "Fit fewer experts, or raise {.arg tol} if this gradient is small enough.",
        not_finite = "Give another {.arg start}, or rescale the response."
      )
    ), class = "convergence", call = call)
  )
  warn_flat(fit, scale, call)
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
  flat <- vapply(seq_len(fit$k), function(i) all(curvature[own(i)] < 1e-12), NA)
  if (any(flat)) {
    moe_warn(c(
      "The fit does not depend on the parameters of expert{?s} {which(flat)}.",
      x = "Its gate is zero, or its activation flat, on all rows: a dead ReLU or a saturated sigmoid.",
      i = "Fit fewer experts, or start elsewhere."
    ), class = "flat", call = call)
  }
  invisible(fit)
}
