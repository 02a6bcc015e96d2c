# Is a fit to be trusted? -----------------------------------------------------------------------------------

#' Check a fit
#'
#' Looks at a fit from all sides and says in words what it sees.
#'
#' | check | question | how |
#' |---|---|---|
#' | Optimum | Was the best likelihood found? | status, and how many starts agree: [moe_optima()] |
#' | Experts | Do the data support so many? | as [vcov.moe()] does: BIC of one less, Wald tests of pairs |
#' | Law | Is the law of y given x right? | quantile residuals, Anderson-Darling distance from normal |
#' | Calibration | Do prediction intervals hold their share of the rows, everywhere? | below |
#' | Rows | Does the fit depend on single rows? | [cooks.distance()][cooks.distance.moe] |
#' | Errors | Do standard errors depend on the law? | observed information beside the sandwich |
#'
#' Calibration counts the rows inside intervals of levels 50, 80, 90 and 95 % among all rows, and in each quarter of
#' the rows by fitted mean. Its statistics are the largest shortfall and the largest excess, in standard errors of a
#' share: intervals that are too narrow, and too wide.
#'
#' With enough rows every model is found wrong. A verdict therefore asks for an effect of some size, and for a p-value
#' that says that the effect is not chance:
#'
#' | check | effect | to look at | problem |
#' |---|---|---|---|
#' | Law | largest gap of the middle 95 % of residuals, in standard deviations | 0.1, p 0.05 | 0.25, p 0.01 |
#' | Calibration, too narrow | factor by which intervals would have to be wider | 1.1, p 0.025 | 1.25, p 0.01 |
#' | Calibration, too wide | factor by which intervals would have to be narrower | 1.1, p 0.025 | never |
#' | Rows | Cook's distance | 0.5 | 1 |
#' | Errors | factor by which the sandwich changes a standard error | 1.5 | never |
#'
#' Of the fits whose model is right, at most one in ten has a remark on law or calibration. Intervals that are too wide
#' are cautious, and no reason to distrust a fit.
#'
#' Estimates follow their data, so residuals are closer to normal, and shares to their levels, than
#' if the model were known. `reps` samples from the fit are therefore fitted too, and give the p-values and the band
#' of the plot.
#'
#' @param fit A fit of [moe()] by maximum likelihood.
#' @param reps Number of samples from the fit, a whole number of at least 39. They run on the current
#'   [future::plan()].
#' @param seed A whole number; `NULL` draws one from R's generator.
#' @param object,x A check.
#' @param ... Not used.
#' @return A list of class `moe_check`: `table` (a data frame of `check`, `verdict`, which is `"ok"`, `"look"`,
#'   `"problem"` or `"skipped"`, `finding` and `advice`), `residuals` (quantiles with `lower` and `upper` ends of a
#'   pointwise 95 % band), `calibration`, `influence` (of every row), `optima`, and `p.value` of `law`, and of
#'   intervals that are too `narrow` and too `wide`. `autoplot()` shows the four. Fits by least squares are errors of
#'   class `moe_error_unsupported`.
#' @references Dunn, P. K. and Smyth, G. K. (1996). Randomized quantile residuals. *Journal of
#'   Computational and Graphical Statistics* 5, 236-244. \doi{10.1080/10618600.1996.10474708}
#'
#'   Anderson, T. W. and Darling, D. A. (1954). A test of goodness of fit. *Journal of the American Statistical
#'   Association* 49, 765-769. \doi{10.1080/01621459.1954.10501232}
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' check <- check_moe(fit, reps = 39, seed = 1)
#' check
#' autoplot(check)
#' @family methods
#' @export
check_moe <- function(fit, reps = 99, seed = NULL) {
  here <- rlang::current_env()
  check_likelihood(check_fit(fit))
  reps <- check_count(reps, min = 39)
  seed <- check_seed(seed)
  covariance <- silently(vcov.moe(fit, adjust = FALSE))
  law <- if (whole(fit_weights(fit))) law_of_fit(fit, unweighted(fit_problem(fit), here), reps, seed)
  optima <- moe_optima(fit)
  influence <- stats::setNames(cooks_distance(fit, covariance), row_labels(fit$model))
  table <- rbind(
    judge_optimum(fit, optima), judge_experts(fit, covariance), judge_law(law), judge_calibration(law),
    judge_rows(influence), judge_errors(fit, covariance)
  )
  structure(list(
    table = table, residuals = law$residuals, calibration = law$calibration, influence = influence, optima = optima,
    p.value = law$p.value, formula = fit$formula, k = fit$k, nobs = fit$nobs, reps = reps, seed = seed
  ), class = "moe_check")
}

silently <- function(expr) withCallingHandlers(expr, moe_warning = rlang::cnd_muffle)

# Residuals and calibration, with samples from the fit beside them --------------------------------------------

law_of_fit <- function(fit, problem, reps, seed) {
  theta <- list(measure_theta(fit$measure))
  observed <- law_statistics(fit$measure, problem)
  simulated <- map_replicates(seq_len(reps), threads = problem$control$threads, function(i, threads) {
    problem$y <- draw_sample(fit, problem, "parametric", seed, i)$y
    raw <- refit(problem, fit$k, theta, threads = threads)
    if (is_optimum(raw)) law_statistics(refit_measure(raw, problem, fit$k), problem)
  })
  simulated <- simulated[lengths(simulated) > 0]
  if (length(simulated) == 0) return(NULL)
  quantiles <- vapply(simulated, function(s) s$quantiles, observed$quantiles)
  limits <- apply(quantiles, 1, stats::quantile, c(0.025, 0.975), names = FALSE)
  p <- stats::ppoints(length(observed$quantiles))
  above <- function(what) {
    (1 + sum(vapply(simulated, function(s) s[[what]] >= observed[[what]], NA))) / (1 + length(simulated))
  }
  list(
    residuals = data.frame(
      normal = stats::qnorm(p), residual = observed$quantiles, lower = limits[1, ], upper = limits[2, ]
    ),
    calibration = observed$calibration,
    p.value = c(law = above("distance"), narrow = above("narrow"), wide = above("wide"))
  )
}

interval_levels <- c(0.5, 0.8, 0.9, 0.95)

#' @return list(quantiles of the quantile residuals, their Anderson-Darling distance from normal, calibration, its
#'   largest shortfall and excess).
#' @noRd
law_statistics <- function(measure, problem) {
  rows <- c(problem$designs, list(y = problem$y, missing = rep(FALSE, length(problem$y))))
  value <- by_blocks(measure, rows, function(parts, y) {
    cbind(residual_kinds$quantile(parts, y), mixture_mean(parts))
  })
  n <- nrow(value)
  sorted <- sort(value[, 1])
  i <- seq_len(n)
  logs <- stats::pnorm(sorted, log.p = TRUE) + stats::pnorm(rev(sorted), lower.tail = FALSE, log.p = TRUE)
  calibration <- calibrate(value[, 1], value[, 2])
  size <- min(n, 500)
  list(
    quantiles = stats::quantile(sorted, stats::ppoints(size), type = 5, names = FALSE),
    distance = -n - sum((2 * i - 1) * logs) / n, calibration = calibration,
    narrow = max(-calibration$z), wide = max(calibration$z)
  )
}

#' Shares of residuals inside central intervals: of all rows, and by quarters of the fitted mean
#'
#' `width`: the factor by which an interval would have to be wider to hold its level, were residuals normal.
#' @noRd
calibrate <- function(residual, mean) {
  inside <- outer(abs(residual), stats::qnorm((1 + interval_levels) / 2), `<=`)
  quarter <- ceiling(4 * rank(mean, ties.method = "first") / length(mean))
  groups <- c(list(rep(TRUE, length(mean))), lapply(1:4, function(q) quarter == q))
  names <- c("all rows", "lowest quarter", "second quarter", "third quarter", "highest quarter")
  tables <- Map(function(rows, group) {
    n <- sum(rows)
    share <- colMeans(inside[rows, , drop = FALSE])
    error <- sqrt(interval_levels * (1 - interval_levels) / max(n, 1))
    # half a row away from none and all
    within <- pmin(pmax(share, 0.5 / n), 1 - 0.5 / n)
    width <- stats::qnorm((1 + interval_levels) / 2) / stats::qnorm((1 + within) / 2)
    data.frame(
      group = group, level = interval_levels, share = share, z = (share - interval_levels) / error, width = width
    )
  }, groups, names)
  table <- do.call(rbind, unname(tables))
  table$group <- factor(table$group, names)
  table[is.finite(table$z), ]
}
