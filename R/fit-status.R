# How a fit ended, and what is remarkable beside it: one table of words ------------------------------------------

#' Ways to end: is the end an optimum? can the fit be chosen? how bad is it among others? what is said?
#' @noRd
fit_states <- list2DF(list(
  word = c(
    "converged", "kink", "small_change", "gate_separated", "boundary", "stalled", "max_iter", "variance_floor",
    "not_finite", "collinear", "error"
  ),
  optimum = c(TRUE, TRUE, FALSE, TRUE, TRUE, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE),
  usable = c(TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, FALSE, FALSE, FALSE, FALSE),
  sentence = c(
    "Converged", "Converged to a kink", "Stopped when the likelihood changed little (small_change)", "Converged",
    "Converged", "NOT CONVERGED, status stalled", "NOT CONVERGED, status max_iter",
    "A variance ended on its floor (variance_floor)", "NOT CONVERGED, status not_finite", "Collinear", "Error"
  )
))

state_of <- function(status) match(status, fit_states$word, nomatch = nrow(fit_states))
is_optimum_word <- function(status) fit_states$optimum[state_of(status)]
#' Can the fit be chosen? A likelihood on the variance floor is not that of a maximum.
#' @noRd
is_usable <- function(status) fit_states$usable[state_of(status)]
#' The status that a user must know of, of several fits
#' @noRd
worst_status <- function(status) fit_states$word[max(state_of(status))]

#' What is remarkable beside how a fit ended; each may come with any other
#' @noRd
flag_sentences <- c(
  degenerate = "A variance is on its floor: the likelihood is unbounded there.",
  bound = "A coefficient is on the bound of moe_control().",
  separated = "The gate separates the data: its coefficients grow without bound.",
  limit = "The data do not hold the variance of an expert: it has next to no rows.",
  set_aside = "An optimum of higher log-likelihood was set aside: moe_optima(fit) has it, as_fit() makes it a fit.",
  disagree = "Starts disagree about the best optimum: another seed may end at another one."
)

has_flag <- function(fit, flag) any(flag %in% fit$flags)
flag_lines <- function(fit) unname(flag_sentences[intersect(names(flag_sentences), fit$flags)])

status_line <- function(fit) {
  agree <- sum(fit$starts$agrees)
  starts <- nrow(fit$starts)
  detail <- paste0(
    "gradient ", format(fit$gradient, digits = 1),
    if (starts > 1) sprintf(", %d of %d starts %s", agree, starts, if (agree == 1) "agrees" else "agree")
  )
  told <- if (fit$status == "variance_floor") "degenerate"
  c(
    paste0(fit_states$sentence[state_of(fit$status)], ": ", detail),
    unname(flag_sentences[setdiff(intersect(names(flag_sentences), fit$flags), told)])
  )
}

#' A status or a flag that a user must know of is a warning; several that occur together are all said
#' @param scale Units of the Hessian, per row: for least squares those of squared residuals.
#' @noRd
warn_status <- function(fit, scale, call) {
  if (has_flag(fit, "degenerate")) {
    moe_warn(c(
      "The variance of an expert ended on its floor: the likelihood is unbounded there.",
      i = paste(
        "Fit fewer experts, share the variance with {.code {expert_code(fit$expert, \"shared\")}},",
        "or raise {.arg variance_floor}."
      )
    ), class = "variance_floor", call = call)
  }
  if (has_flag(fit, "separated")) {
    moe_warn(c(
      "The gate separates the data perfectly: its coefficients grow without bound.",
      i = "Fitted values and the log-likelihood are fine; gate coefficients have no standard errors."
    ), class = "separated_gate", call = call)
  }
  if (has_flag(fit, "bound")) {
    moe_warn(c(
      "A coefficient ended on the {.arg bound} of {.fn moe_control}, {format(fit$control$bound)}.",
      i = "Fit fewer experts, or widen {.arg bound}."
    ), class = "boundary", call = call)
  }
  if (fit$status %in% c("max_iter", "stalled", "not_finite")) {
    gradient <- format(fit$gradient, digits = 2)
    moe_warn(c(
      "No optimum was reached: status {.val {fit$status}}, gradient {gradient}.",
      i = switch(fit$status,
        max_iter = "Raise {.arg max_iter}, or fit fewer experts.",
        stalled = "Fit fewer experts, or raise {.arg tol} if this gradient is small enough.",
        not_finite = "Give another {.arg start}, or rescale the response."
      )
    ), class = "convergence", call = call)
  }
  warn_flat(fit, scale, call)
}
