# Log-odds of the gate ------------------------------------------------------------------------------------

#' Log-odds of the gate between any two experts
#'
#' The gate is known by its log-odds alone: for experts i and j
#' \deqn{\log \frac{\pi_i(x)}{\pi_j(x)} = (\beta_{0i} - \beta_{0j}) + (\beta_{1i} - \beta_{1j})'x.}
#' [coef()] has those against expert k, `gate_contrasts()` those of all pairs, or of all experts against
#' one, with standard errors by the delta method (exact here, contrasts being linear).
#'
#' @param fit A fit of [moe()].
#' @param reference Number of the expert to compare all others with; `NULL` for all pairs.
#' @param conf.level Level of the confidence limits, between 0 and 1.
#' @param vcov,adjust As in [summary.moe()]; a type of [vcov.moe_lse()] after least squares.
#' @return A data frame with a row per pair and term: `expert`, `reference`, `term`, `estimate`, `std.error`,
#'   `statistic`, `p.value`, `conf.low`, `conf.high`. No rows for one expert. What depends on a coefficient
#'   without a standard error is `NA`, with the warning of [vcov.moe()]. A `reference` that is no expert is an
#'   error of class `moe_error_input`.
#' @examples
#' fit <- moe(mpg ~ wt, mtcars, k = 2, control = moe_control(seed = 1))
#' gate_contrasts(fit)
#' gate_contrasts(fit, reference = 1)
#' @seealso `summary(fit, reference = 1)` prints them.
#' @family methods
#' @export
gate_contrasts <- function(fit, reference = NULL, conf.level = 0.95, vcov = NULL, adjust = TRUE) {
  check_fit(fit)
  if (!is.null(reference)) reference <- check_count(reference, max = fit$k)
  conf.level <- check_number(conf.level, min = 0, max = 1)
  covariance <- check_vcov(vcov, fit, adjust)
  tables <- lapply(reference %||% seq_len(fit$k), function(r) contrast_table(fit, covariance, r, conf.level))
  table <- do.call(rbind, tables)
  if (is.null(reference)) table <- table[table$expert < table$reference, ]
  table <- table[order(table$reference, table$expert), ]
  rownames(table) <- NULL
  table
}

contrast_table <- function(fit, covariance, reference, level) {
  turned <- turn_gate(fit, covariance, reference)
  gate <- turned$parts$part == "gate"
  table <- coef_table(fit, turned$covariance, turned$parts, turned$estimate)[gate, ]
  df <- test_df(fit)
  reach <- stats::qt((1 + level) / 2, if (df > 0) df else NA) * table$std.error
  data.frame(
    expert = table$expert, reference = rep(reference, sum(gate)), term = turned$parts$term[gate],
    table[c("estimate", "std.error", "statistic", "p.value")],
    conf.low = table$estimate - reach, conf.high = table$estimate + reach
  )
}

#' The coefficients of a fit with its gate against another expert
#' @return list(estimate, covariance, parts) in the order of coef().
#' @noRd
turn_gate <- function(fit, covariance, reference) {
  parts <- coef_parts(fit$measure)
  estimate <- coef(fit)
  k <- fit$k
  if (reference == k) return(list(estimate = estimate, covariance = covariance, parts = parts))
  gate <- which(parts$part == "gate")
  size <- length(gate) / (k - 1)
  others <- setdiff(seq_len(k), reference)
  # rows: contrasts of the others with the reference; columns: those with expert k
  contrast <- (outer(others, seq_len(k - 1), `==`) - outer(rep(1, k - 1), seq_len(k - 1) == reference)) + 0
  turn <- diag(length(estimate))
  turn[gate, gate] <- kronecker(contrast, diag(size))
  parts$expert[gate] <- rep(others, each = size)
  absent <- is.na(diag(covariance))
  covariance[absent, ] <- covariance[, absent] <- 0
  turned <- turn %*% covariance %*% t(turn)
  lost <- drop(abs(turn) %*% absent) > 0
  turned[lost, ] <- turned[, lost] <- NA
  names <- names(estimate)
  names[gate] <- paste0("gate", parts$expert[gate], ":", parts$term[gate])
  dimnames(turned) <- list(names, names)
  list(estimate = stats::setNames(drop(turn %*% estimate), names), covariance = turned, parts = parts)
}
