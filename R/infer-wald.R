# Wald tests that mislead -----------------------------------------------------------------------------------

#' Gate slopes whose Wald test says much less than the likelihood ratio (Hauck and Donner 1977)
#'
#' The likelihood of a steep gate is flat outwards and falls quickly towards zero. The curvature at the estimate knows
#' the flat side only, so that z shrinks as the evidence grows. What tells is the likelihood itself: twice its fall from
#' the fit to the slope zero, maximised over the rest, beside z^2. For a quadratic likelihood the two are equal.
#' @return A data frame with columns term, z, p.value, ratio, p.ratio; NULL if there are none.
#' @noRd
wald_traps <- function(fit) {
  if (is_lse(fit) || fit$k == 1) return(NULL)
  remember(fit, "wald_traps", find_wald_traps(fit))
}

find_wald_traps <- function(fit, most = 5) {
  # with too many experts no standard error is valid, which vcov() says
  if (bic_of_fewer(fit) < stats::BIC(fit)) return(NULL)
  parts <- coef_parts(fit$measure)
  covariance <- lose_rows(invert_information(fit), fit, FALSE)$covariance
  z <- coef(fit) / sqrt(diag(covariance))
  # beyond 3.3 both reject
  steep <- which(parts$part == "gate" & parts$term != "(Intercept)" & abs(z) < 3.3)
  suspicion <- vapply(steep, function(j) tangent_drop(fit, covariance, j) / trap_bound(z[[j]]), 0)
  steep <- steep[order(-suspicion)][seq_len(min(most, sum(suspicion > 1)))]
  do.call(rbind, lapply(sort(steep), function(j) wald_trap(fit, sqrt(diag(covariance)), j, z[[j]])))
}

#' What a likelihood ratio must exceed: significance, and twice the Wald statistic
#' @noRd
trap_bound <- function(z) max(stats::qchisq(0.95, 1), 2 * z^2)

#' Twice the fall of the log-likelihood to where the coefficient is zero on the tangent of its profile: an upper bound
#' of the likelihood ratio, from one pass through the data
#' @noRd
tangent_drop <- function(fit, covariance, j) {
  known <- which(!is.na(diag(covariance)))
  theta <- measure_theta(fit$measure)
  theta[known] <- theta[known] - theta[j] * covariance[known, j] / covariance[j, j] / coef_units(fit)[known]
  problem <- fit_problem(fit)
  value <- objective_cpp(
    theta, problem$y, problem$designs$x, problem$designs$z, problem$w, problem_spec(problem, fit$k), 0L, FALSE,
    problem$control$threads
  )$value
  if (is.finite(value)) 2 * (fit$loglik - fit$nobs * value) else Inf
}

wald_trap <- function(fit, error, j, z) {
  side <- -sign(z)
  end <- walk_profile(new_profile(fit, j, error), side, max(2, abs(z)), to = 0)
  ratio <- end$points[[length(end$points)]]$drop
  if (fit$k == 2) {
    # the whole term of the gate: a smaller fit, which looks further for its maximum
    drop <- list(part = "gate", columns = coef_parts(fit$measure)$term[j])
    ratio <- min(ratio, 2 * (fit$loglik - leave_out(whole_model(fit), drop)$loglik), na.rm = TRUE)
  }
  if (end$word != "to" || ratio <= trap_bound(z)) return(NULL)
  data.frame(
    term = names(coef(fit))[j], z = z, p.value = 2 * stats::pnorm(-abs(z)), ratio = ratio,
    p.ratio = stats::pchisq(ratio, 1, lower.tail = FALSE)
  )
}

#' @param terms Only of these coefficients.
#' @noRd
warn_wald <- function(fit, call, terms = names(coef(fit))) {
  traps <- wald_traps(fit)
  traps <- traps[traps$term %in% terms, ]
  if (NROW(traps) == 0) return(invisible())
  number <- function(x) vapply(x, format, "", digits = 2)
  found <- sprintf(
    "z = %s (p = %s), likelihood ratio %s (p = %s)", number(traps$z), number(traps$p.value), number(traps$ratio),
    number(traps$p.ratio)
  )
  lines <- paste(traps$term, found, sep = ": ")
  moe_warn(c(
    "Wald tests and intervals of a steep gate mislead: its likelihood is far from quadratic.",
    x = "{paste(lines, collapse = '; ')}.",
    i = "Use {.fn drop1} for tests, and {.code confint(fit, method = \"profile\")} for intervals."
  ), class = "wald", call = call)
}
