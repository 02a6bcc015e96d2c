# Comparing fits ------------------------------------------------------------------------------------------

#' Comparing fits
#'
#' A table of two or more fits to the same data, from the smallest to the largest model, with likelihood
#' ratio statistics \eqn{2 (\ell_{larger} - \ell_{smaller})} of neighbours; for fits by least squares with P parameters,
#' as for [nls()], with the ratios
#' \deqn{F = \frac{(\mathrm{RSS}_{smaller} - \mathrm{RSS}_{larger}) / (P_{larger} - P_{smaller})}{
#'   \mathrm{RSS}_{larger} / (n - P_{larger})}.}
#'
#' Where both have the same number of experts and the larger model has all covariates of the smaller one,
#' the statistic is compared with the chi-squared distribution, or F with the F distribution (which supposes normal
#' noise of one variance). Where the numbers of experts differ it is not:
#' under the smaller model the larger one is not identified, the usual theory does not apply, and a p-value
#' from it would be wrong. Nor is it for least squares where the data do not determine the coefficients, as with
#' several lines under a constant gate. There is then no p-value, and a warning.
#'
#' One fit alone is tested term by term: see [drop1.moe()].
#'
#' @param object A fit of [moe()].
#' @param ... More fits.
#' @return A data frame of class `anova`: `npar`, `AIC`, `BIC`, `logLik`, `Chisq` (the statistic), `Df` and
#'   `Pr(>Chisq)`; for least squares `Res.Df`, `Res.Sum Sq`, `Df`, `Sum Sq`, `F value` and `Pr(>F)`.
#'   Of one fit: `Df`, `logLik` with the term, `Chisq` and `Pr(>Chisq)`, a row per term.
#'   Fits of different k: a warning of class `moe_warning_overspecified`. One fit by least squares, or anything that is
#'   not a fit: errors of class `moe_error_unsupported` and `moe_error_input`.
#' @references Dacunha-Castelle, D. and Gassiat, E. (1999). Testing the order of a model using locally
#'   conic parametrization. *Annals of Statistics* 27, 1178-1209. \doi{10.1214/aos/1017938921}
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' # does the gate depend on the covariate?
#' anova(update(fit, . ~ . | 1), fit)
#' @family methods
#' @export
anova.moe <- function(object, ...) {
  here <- rlang::current_env()
  if (...length() == 0 && !is_lse(object)) return(anova_terms(object, here))
  fits <- check_fits(list(object, ...), here)
  fits <- fits[order(vapply(fits, function(f) f$df, 0))]
  lse <- is_lse(object)
  regular <- vapply(seq_along(fits)[-1], function(i) is_nested(fits[[i - 1]], fits[[i]]), NA)
  # the degrees of freedom count only where the data determine the coefficients
  if (lse) regular <- regular & is_determined(fits[-1]) & is_determined(fits[-length(fits)])
  table <- if (lse) variance_table(fits, regular) else likelihood_table(fits, regular)
  warn_irregular(vapply(fits, function(f) f$k, 0), regular, here)
  models <- vapply(fits, function(f) sprintf("k = %d, %s", f$k, deparse_one(f$formula)), "")
  structure(table,
    row.names = paste("Model", seq_along(fits)), class = c("anova", "data.frame"),
    heading = c(
      paste(if (lse) "Analysis of variance" else "Likelihood ratios", "of mixtures of experts\n"),
      paste0(paste0("Model ", seq_along(fits), ": ", models, collapse = "\n"), "\n")
    )
  )
}

#' @param regular For each but the first fit: is the one before a regular special case?
#' @noRd
likelihood_table <- function(fits, regular) {
  logliks <- vapply(fits, function(f) f$loglik, 0)
  npar <- vapply(fits, function(f) f$df, 0)
  table <- data.frame(
    npar = npar, AIC = vapply(fits, stats::AIC, 0), BIC = vapply(fits, stats::BIC, 0), logLik = logliks,
    Chisq = c(NA, 2 * diff(logliks)), Df = c(NA, diff(npar))
  )
  p <- stats::pchisq(pmax(table$Chisq, 0), table$Df, lower.tail = FALSE)
  table[["Pr(>Chisq)"]] <- ifelse(c(FALSE, regular), p, NA)
  table
}

is_determined <- function(fits) {
  vapply(fits, function(fit) !any(nzchar(lse_covariance(fit, "observed", FALSE)$why)), NA)
}

variance_table <- function(fits, regular) {
  df <- vapply(fits, test_df, 0)
  rss <- vapply(fits, stats::deviance, 0)
  steps <- c(NA, -diff(df))
  gain <- c(NA, -diff(rss))
  ratio <- ifelse(df > 0, gain / steps / (rss / df), NA)
  p <- stats::pf(pmax(ratio, 0), steps, ifelse(df > 0, df, NA), lower.tail = FALSE)
  data.frame(
    Res.Df = df, `Res.Sum Sq` = rss, Df = steps, `Sum Sq` = gain, `F value` = ratio,
    `Pr(>F)` = ifelse(c(FALSE, regular), p, NA), check.names = FALSE
  )
}

check_fits <- function(fits, call) {
  if (length(fits) == 1) {
    moe_abort(c(
      "Of fits by least squares {.fn anova} compares two or more.",
      i = "Fit a smaller model with {.fn update}, or test single coefficients with {.fn summary}."
    ), class = "unsupported", call = call)
  }
  for (fit in fits) {
    if (!inherits(fit, "moe")) {
      moe_abort("{.fn anova} compares fits of {.fn moe}, not {describe(fit)}.", call = call)
    }
  }
  first <- fits[[1]]
  methods <- unique(vapply(fits, function(f) f$method, ""))
  if (length(methods) > 1) {
    moe_abort("The fits must be by one method, not by {.val {methods}}.", call = call)
  }
  same <- vapply(fits, function(f) {
    identical(fit_y(f), fit_y(first)) && identical(as.double(fit_weights(f)), as.double(fit_weights(first)))
  }, NA)
  if (!all(same)) {
    moe_abort(c(
      "The fits must have the same response and weights.",
      x = "Fit {which(!same)[1]} has {nrow(fits[[which(!same)[1]]]$model)} row{?s}, fit 1 has {nrow(first$model)}.",
      i = "Rows that are missing in one of them are the usual reason: use {.arg subset} or {.fn na.omit}."
    ), call = call)
  }
  fits
}

#' Is the smaller model a regular special case of the larger one, with the same number of experts?
#' @noRd
is_nested <- function(smaller, larger) {
  within <- function(part) all(smaller$blueprint[[part]] %in% larger$blueprint[[part]])
  variances <- if (is_lse(larger)) c("none", "none") else c(smaller$expert$variance, larger$expert$variance)
  same_mean(smaller$expert, larger$expert) && smaller$k == larger$k && smaller$df < larger$df &&
    within("x_names") && within("z_names") &&
    (variances[1] == variances[2] || variances[1] == "shared")
}

warn_irregular <- function(k, regular, call) {
  if (any(diff(k) != 0)) {
    moe_warn(c(
      "Ratios of fits with different numbers of experts have no chi-squared or F distribution.",
      i = "Under the smaller model the larger one is not identified: {.fn moe_lr_test} simulates a p-value."
    ), class = "overspecified", call = call)
  } else if (!all(regular)) {
    moe_warn(c(
      "The smaller model must be a special case of the larger one, and the data must determine their coefficients.",
      i = "There is no p-value where that is not so."
    ), class = "not_nested", call = call)
  }
}
