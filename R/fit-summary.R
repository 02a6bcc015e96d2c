# Fits as text --------------------------------------------------------------------------------------------

#' Summary of a fit
#'
#' Coefficients with standard errors: the gate as log-odds of every expert against a reference, the last one
#' unless told otherwise, then the experts with the number of rows that each accounts for (the sum of its
#' posterior probabilities) and its variance.
#'
#' @section Wald tests of steep gates:
#' The z statistic of a gate slope that hardly differs from a step can be small although the data leave no doubt of it:
#' as the slope grows its standard error grows faster (Hauck and Donner 1977), and so z says little where the evidence
#' is strongest. For slopes with \eqn{|z| < 3.3} (of the five most suspicious, by an upper bound that takes one pass;
#' not where BIC is lower with one expert less) the likelihood ratio of the slope zero is therefore computed, along the
#' profile. If it is significant at 5 % and more than twice \eqn{z^2}, to which it is equal where the likelihood is
#' quadratic, the note names both; `tidy()` and `confint()` warn, with class `moe_warning_wald`. There are diagnostics
#' from derivatives at the estimate alone (Yee 2022); they say that z is past its peak, whereas this says what the test
#' should have found. [drop1()][drop1.moe] tests by likelihood ratios; `confint(method = "profile")` gives intervals.
#'
#' @param object,x A fit of [moe()], or its summary.
#' @param vcov Where standard errors come from: a type of [vcov.moe()], the observed information by default; a P x P
#'   matrix; or a function of the fit that gives one, such as [sandwich::sandwich()].
#' @param adjust Logical: the finite-sample correction of [vcov.moe()].
#' @param reference Number of the expert that the others are compared with in the gate.
#' @param digits Number of significant digits.
#' @param ... For `print()` and `format()` of a summary: arguments of [stats::printCoefmat()] such as
#'   `signif.stars`.
#' @return `summary()`: a list of class `summary.moe` with fields `coefficients` (a matrix: `Estimate`, `Std.
#'   Error`, `z value` and `Pr(>|z|)`, one row per coefficient), `parts` (of which part and expert they are),
#'   `reference`, `mass` (rows of every expert), `residuals` (quantiles of the quantile residuals),
#'   `fit_statistics` (that of [glance()][tidy.moe]), `note` (why some coefficients have no standard error, or why
#'   none is valid; the text of the warning of [vcov.moe()], which is not signalled here), and the call and counts
#'   of rows.
#' @references Hauck, W. W. and Donner, A. (1977). Wald's test as applied to hypotheses in logit analysis. *Journal
#' of the
#'   American Statistical Association* 72, 851-853. \doi{10.1080/01621459.1977.10479969}
#'
#'   Yee, T. W. (2022). On the Hauck-Donner effect in Wald tests: detection, tipping points, and parameter space
#'   characterization. *Journal of the American Statistical Association* 117, 1763-1774.
#'   \doi{10.1080/01621459.2021.1886936}
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' summary(fit)
#' coef(summary(fit))
#' # robust standard errors, and the gate seen from the other side
#' summary(fit, vcov = "sandwich", reference = 1)
#' @family methods
#' @export
summary.moe <- function(object, vcov = NULL, adjust = TRUE, reference = object$k, ...) {
  check_dots_empty(...)
  reference <- check_count(reference, max = object$k)
  here <- rlang::current_env()
  note <- NULL
  covariance <- withCallingHandlers({
    warn_wald(object, here)
    check_vcov(vcov, object, adjust, here)
  }, moe_warning = function(cnd) {
    note <<- c(note, conditionMessage(cnd))
    rlang::cnd_muffle(cnd)
  })
  turned <- turn_gate(object, covariance, reference)
  table <- coef_table(object, turned$covariance, turned$parts, turned$estimate)
  coefficients <- as.matrix(table[c("estimate", "std.error", "statistic", "p.value")])
  dimnames(coefficients) <- list(table$term, c("Estimate", "Std. Error", "z value", "Pr(>|z|)"))
  structure(list(
    call = object$call, coefficients = coefficients, parts = turned$parts, reference = reference, note = note,
    mass = object$mass, shared = object$expert$variance == "shared",
    residuals = weighted_quantiles(bare_residuals(object, "quantile"), stats::model.weights(object$model)),
    fit_statistics = glance.moe(object), counts = count_lines(object), status = status_line(object)
  ), class = "summary.moe")
}

#' Residuals of the rows of the data, without names
#' @noRd
bare_residuals <- function(fit, type) by_blocks(fit$measure, data_rows(fit), residual_kinds[[type]])

#' Quantiles of the empirical distribution in which row i has probability w_i / sum(w)
#' @param w NULL for equal weights, with which a quantile needs no sorting.
#' @noRd
weighted_quantiles <- function(x, w, probs = c(0, 0.25, 0.5, 0.75, 1)) {
  if (is.null(w)) {
    at <- pmax(1, ceiling((probs - 1e-12) * length(x)))
    value <- sort(x, partial = unique(at))[at]
  } else {
    order <- order(x)
    reached <- cumsum(w[order]) / sum(w)
    value <- x[order][vapply(probs, function(p) which(reached >= p - 1e-12 & w[order] > 0)[1], 0L)]
  }
  stats::setNames(value, c("Min", "1Q", "Median", "3Q", "Max"))
}

#' @export
format.moe <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  measure <- x$measure
  labels <- paste("Expert", seq_len(x$k))
  experts <- cbind(rows = signif(x$mass, 4), expert_parameters(measure), variance = measure$sigma2)
  title <- sprintf("Mixture of %d %s experts, %s gate", x$k, expert_label(x$expert), x$gate$name)
  lines <- c(
    if (x$k == 1) sprintf("One %s expert: regression", expert_label(x$expert)) else title,
    paste("Formula:", deparse_one(x$formula)), "",
    if (is_lse(x)) "Experts:" else paste0("Experts (", x$expert$variance, " variance):"),
    format_table(experts, labels, digits)
  )
  if (x$k > 1) {
    gate <- cbind(`(Intercept)` = measure$beta0, measure$beta1)[-x$k, , drop = FALSE]
    lines <- c(
      lines, "", sprintf("Gate (log-odds against expert %d):", x$k), format_table(gate, labels[-x$k], digits)
    )
  }
  c(lines, "", statistics_line(x, digits), count_lines(x), status_line(x))
}

statistics_line <- function(x, digits) {
  if (is_lse(x)) return(error_line(sigma(x), stats::df.residual(x), digits))
  sprintf(
    "Log-likelihood: %s on %d parameters, BIC: %s", format(x$loglik, digits = digits + 2), x$df,
    format(stats::BIC(x), digits = digits + 2)
  )
}

#' @rdname summary.moe
#' @export
print.moe <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  writeLines(format(x, digits = digits))
  invisible(x)
}

#' @export
format.summary.moe <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  s <- x$fit_statistics
  shared <- if (x$shared && s$k > 1) c("", paste("Shared variance:", format_variance(x, NA, digits)))
  number <- function(v) format(v, digits = digits + 2)
  c(
    "Call:", deparse(x$call), "", "Quantile residuals (standard normal if the model is right):",
    utils::capture.output(print(zapsmall(x$residuals, 4), digits = 3)), coefficient_tables(x, digits, ...), shared,
    if (!is.null(x$note)) c("", x$note), "",
    sprintf("Log-likelihood: %s on %d parameters", number(s$logLik), s$df),
    sprintf("AIC: %s, BIC: %s, ICL: %s", number(s$AIC), number(s$BIC), number(s$ICL)), x$counts, x$status
  )
}

#' @rdname summary.moe
#' @export
print.summary.moe <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  writeLines(format(x, digits = digits, ...))
  invisible(x)
}

#' A table per gate and expert, with its title
#' @noRd
coefficient_tables <- function(x, digits, ...) {
  k <- x$fit_statistics$k
  blocks <- c(
    lapply(setdiff(seq_len(k), x$reference), function(i) which(x$parts$part == "gate" & x$parts$expert == i)),
    lapply(seq_len(k), function(i) which(x$parts$part == "expert" & x$parts$expert == i))
  )
  unlist(lapply(seq_along(blocks), function(b) {
    c("", block_title(x, blocks[[b]][1], digits), format_block(x, blocks[[b]], digits, b == length(blocks), ...))
  }))
}

block_title <- function(x, row, digits) {
  i <- x$parts$expert[row]
  k <- x$fit_statistics$k
  if (x$parts$part[row] == "gate") {
    return(sprintf("Gate, log-odds of expert %d against expert %d:", i, x$reference))
  }
  rows <- sprintf("%s of %s rows", format(x$mass[i], digits = digits), format(x$fit_statistics$nobs))
  variance <- if (any(x$parts$part == "variance") && (!x$shared || k == 1)) {
    paste0(", variance ", format_variance(x, i, digits))
  }
  sprintf("Expert %d, %s%s:", i, rows, variance %||% "")
}

format_variance <- function(x, i, digits) {
  row <- which(x$parts$part == "variance" & (is.na(i) | x$parts$expert %in% i))
  value <- vapply(x$coefficients[row, 1:2], format, "", digits = digits)
  sprintf("%s (std. error %s)", value[1], value[2])
}

format_block <- function(x, rows, digits, last, signif.stars = getOption("show.signif.stars"), ...) {
  table <- x$coefficients[rows, , drop = FALSE]
  rownames(table) <- x$parts$term[rows]
  utils::capture.output(stats::printCoefmat(
    table, digits = digits, signif.stars = signif.stars, signif.legend = last && isTRUE(signif.stars), ...
  ))
}

format_table <- function(table, labels, digits) {
  table <- format(as.data.frame(signif(table, digits), optional = TRUE), digits = digits)
  utils::capture.output(print(structure(table, row.names = labels)))
}

counted <- function(n, noun) paste0(n, " ", noun, if (n != 1) "s")

deparse_one <- function(formula) paste(trimws(deparse(stats::formula(formula), 500)), collapse = " ")

#' Rows used and dropped, columns dropped
#' @noRd
count_lines <- function(fit) {
  rows <- nrow(fit$model)
  dropped <- length(fit$na.action)
  columns <- fit$blueprint$dropped
  weighted <- !is.null(stats::model.weights(fit$model))
  c(
    paste0(
      counted(rows, "row"), if (weighted) sprintf(" (weights sum to %s)", format(fit$nobs)),
      if (dropped) sprintf(", %s dropped because of missing values", counted(dropped, "row"))
    ),
    if (length(columns)) {
      strwrap(paste0(
        "Dropped as constant or collinear: ", paste(columns, collapse = ", ")
      ), exdent = 2)
    }
  )
}
