# What check_moe() says: one row per check ------------------------------------------------------------------

judge_row <- function(check, verdict, finding, advice = "") {
  data.frame(check = check, verdict = verdict, finding = finding, advice = if (verdict == "ok") "" else advice)
}

judge_optimum <- function(fit, optima) {
  separated <- has_flag(fit, "separated")
  stopped <- fit$status == "small_change"
  failed <- !fit$converged && !stopped
  rival <- has_rival(optima)
  lonely <- nrow(fit$starts) > 5 && sum(fit$starts$agrees) == 1
  finding <- paste0(
    if (stopped) "EM stopped when the likelihood changed little. ",
    if (failed) sprintf("The search ended without an optimum (%s). ", gsub("_", " ", fit$status)),
    if (separated) "The gate separates the data: its coefficients grow without bound. ",
    sprintf("%d of %s reached the likelihood of the fit.", sum(fit$starts$agrees), counted(nrow(fit$starts), "start")),
    if (rival) " Another optimum with other experts is nearly as likely.",
    if (has_flag(fit, "set_aside")) " One of higher likelihood was set aside for its few rows or small variance."
  )
  advice <- if (failed) {
    "Fit fewer experts, or share their variance."
  } else if (separated) {
    "Use predictions, not gate coefficients."
  } else if (rival) {
    "Look at moe_optima(fit): the data do not decide between two readings."
  } else if (stopped) {
    "Finish it with optimizer = \"newton\"."
  } else {
    "Fit again with more starts."
  }
  verdict <- if (failed) "problem" else if (stopped || separated || rival || lonely) "look" else "ok"
  judge_row("Optimum", verdict, finding, advice)
}

#' Is there another optimum, less likely by a factor below e^2, with experts as large that divide the rows otherwise?
#' @noRd
has_rival <- function(optima) {
  own <- optima$smallest[optima$fit]
  any(!optima$fit & optima$flaw == "" & optima$difference > -2 & optima$agreement < 0.9 & optima$smallest > own / 2, na.rm = TRUE)
}

judge_experts <- function(fit, covariance) {
  if (fit$k == 1) return(judge_row("Experts", "ok", "One expert: a regression."))
  found <- overspecification(fit, covariance)
  if (length(found$reasons) == 0 && anyNA(covariance)) {
    return(judge_row(
      "Experts", "look", "Some coefficients have no standard error.", "summary(fit) says which, and why."
    ))
  }
  bic <- format(found$bic, nsmall = 1, digits = 7)
  finding <- if ("bic" %in% found$reasons) {
    sprintf("BIC prefers fewer experts: %s with %d, %s or less with %d.", bic[1], fit$k, bic[2], fit$k - 1)
  } else if ("close" %in% found$reasons) {
    sprintf("Experts %d and %d are the same within their errors.", found$pair$experts[1], found$pair$experts[2])
  } else {
    sprintf("%d experts that differ; BIC is %s with one less and %s with all.", fit$k, bic[2], bic[1])
  }
  verdict <- if (length(found$reasons)) "problem" else "ok"
  judge_row("Experts", verdict, finding, "Choose their number with select_k(): standard errors are not valid.")
}

judge_law <- function(law) {
  if (is.null(law)) return(skipped("Law"))
  p <- law$p.value[["law"]]
  gap <- residual_gap(law$residuals)
  outside <- mean(law$residuals$residual < law$residuals$lower | law$residuals$residual > law$residuals$upper)
  finding <- sprintf(
    "%s of the quantile residuals lie outside their band; the middle is off by up to %s standard deviations (p = %s).",
    percent(outside), format(gap, digits = 2), format(p, digits = 2)
  )
  advice <- "Look at autoplot(fit, \"residuals\"). Intervals for y, and the number of experts, may be in doubt."
  judge_row("Law", verdict_of(p, gap, "law"), finding, advice)
}

#' How far quantiles of residuals are from normal ones, between those of 2.5 and 97.5 %
#' @noRd
residual_gap <- function(residuals) {
  middle <- abs(residuals$normal) <= stats::qnorm(0.975)
  max(abs(residuals$residual - residuals$normal)[middle])
}

judge_calibration <- function(law) {
  if (is.null(law)) return(skipped("Calibration"))
  table <- law$calibration
  narrow <- table[which.min(table$z), ]
  wide <- table[which.max(table$z), ]
  verdict <- c(
    narrow = verdict_of(law$p.value[["narrow"]], narrow$width, "narrow"),
    wide = verdict_of(law$p.value[["wide"]], 1 / wide$width, "wide")
  )
  said <- verdict != "ok"
  largest <- if (law$p.value[["narrow"]] <= law$p.value[["wide"]]) "narrow" else "wide"
  all <- table$share[table$group == "all rows" & table$level == 0.9]
  finding <- paste(c(
    sprintf("90 %% intervals hold %s of the rows.", percent(all)),
    if (said[["narrow"]]) describe_miss("Too narrow", narrow, law$p.value[["narrow"]]),
    if (said[["wide"]]) describe_miss("Too wide", wide, law$p.value[["wide"]]),
    if (!any(said)) describe_miss("Farthest off", list(narrow = narrow, wide = wide)[[largest]], law$p.value[[largest]])
  ), collapse = " ")
  advice <- if (verdict[["narrow"]] != "ok") {
    "The variance may depend on the covariates: predictions look surer there than they are."
  } else {
    "Predictions are surer there than they look."
  }
  judge_row("Calibration", worst_verdict(verdict), finding, advice)
}

describe_miss <- function(what, cell, p) {
  sprintf(
    "%s: %s intervals hold %s of %s (%s times the width would do; p = %s).", what, percent(cell$level),
    percent(cell$share), sub("(.* quarter)", "the \\1 by fitted mean", cell$group), format(cell$width, digits = 2),
    format(p, digits = 2)
  )
}

#' What a remark takes: an effect of some size, and a p-value that says that it is not chance
#'
#' The sizes are standard deviations of residuals, and factors of the width of intervals. At most one right fit in ten
#' has a remark (Bonferroni: 0.05 for the law, 0.025 for each of the others).
#' @noRd
remark_limits <- list(
  law = list(size = c(problem = 0.25, look = 0.1), p = c(0.01, 0.05)),
  narrow = list(size = c(problem = 1.25, look = 1.1), p = c(0.01, 0.025)),
  # cautious intervals are no reason to distrust a fit
  wide = list(size = c(look = 1.1), p = 0.025)
)

verdict_of <- function(p, size, what) {
  limits <- remark_limits[[what]]
  c(names(limits$size)[p <= limits$p & size >= limits$size], "ok")[1]
}

worst_verdict <- function(verdict) intersect(c("problem", "look", "ok"), verdict)[1]

skipped <- function(check) {
  judge_row(check, "skipped", "Weights that are not whole numbers are no counts of rows.", "")
}

judge_rows <- function(influence) {
  if (all(is.na(influence))) return(judge_row("Rows", "skipped", "No coefficient has a standard error."))
  top <- which.max(influence)
  verdict <- if (influence[top] > 1) "problem" else if (influence[top] > 0.5) "look" else "ok"
  finding <- sprintf(
    "Most influential: row %s, Cook's distance %s.", names(influence)[top], format(influence[[top]], digits = 2)
  )
  judge_row("Rows", verdict, finding, "Look at this row, and fit without it: the coefficients depend on it.")
}

judge_errors <- function(fit, covariance) {
  robust <- silently(vcov.moe(fit, "sandwich", adjust = FALSE))
  ratio <- sqrt(diag(robust) / diag(covariance))
  if (all(is.na(ratio))) return(judge_row("Errors", "skipped", "No coefficient has a standard error."))
  top <- which.max(abs(log(ratio)))
  verdict <- if (abs(log(ratio[top])) > log(1.5)) "look" else "ok"
  finding <- sprintf(
    "The sandwich changes standard errors by factors from %s to %s (%s).", format(min(ratio, na.rm = TRUE), digits = 2),
    format(max(ratio, na.rm = TRUE), digits = 2), names(ratio)[top]
  )
  judge_row("Errors", verdict, finding, "Use vcov = \"sandwich\": the law around the experts is not the model's.")
}

#' @rdname check_moe
#' @export
format.moe_check <- function(x, ...) {
  table <- x$table
  count <- function(verdict) sum(table$verdict == verdict)
  verdict <- if (count("problem")) {
    sprintf("Verdict: not to be trusted as it is, %s.", counted(count("problem"), "problem"))
  } else if (count("look")) {
    sprintf("Verdict: usable; %s to look at.", counted(count("look"), "thing"))
  } else {
    "Verdict: nothing speaks against this fit."
  }
  lines <- unlist(lapply(seq_len(nrow(table)), function(row) {
    text <- paste(c(table$finding[row], table$advice[row][nzchar(table$advice[row])]), collapse = " ")
    head <- sprintf("  %-8s%-12s", table$verdict[row], table$check[row])
    strwrap(text, 98, initial = head, prefix = strrep(" ", nchar(head)))
  }))
  c(
    sprintf("Check of %s: %s, %s", counted(x$k, "expert"), deparse_one(x$formula), counted(x$nobs, "row")), "",
    lines, "", verdict
  )
}

#' @rdname check_moe
#' @export
print.moe_check <- function(x, ...) {
  writeLines(format(x))
  invisible(x)
}
