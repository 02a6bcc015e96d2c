# Bootstrap -----------------------------------------------------------------------------------------------

#' Bootstrap of a fit
#'
#' Draws samples, fits the model to each from the fit on, and keeps the coefficients. `"parametric"` draws the
#' responses from the fitted model at the covariates of the data, as [simulate()][simulate.moe] does; it
#' is for a model that one believes. `"cases"` draws rows with replacement, and holds also where the law
#' around the experts is another.
#'
#' The experts of a mixture have no names of their own. Those of each replicate are given the numbers with which
#' the probabilities of the experts at the rows of the data agree most with those of the fit.
#' Refits follow the optimum of the fit and do not search for another one.
#'
#' Replicates run on the current [future::plan()], in this process by default. Their numbers depend on `seed`
#' alone, neither on the plan nor on how many there are.
#'
#' @param fit A fit of [moe()] by maximum likelihood. Weights must be whole numbers: each is that many rows.
#' @param reps Number of replicates, a whole number of at least 2.
#' @param type How samples are drawn: see above.
#' @param seed A whole number; `NULL` draws one from R's generator.
#' @param progress Logical: show a progress bar. Progress is signalled through the package progressr in any case.
#' @param object,x A bootstrap.
#' @param parm,level As in [confint.moe()].
#' @param ... Not used.
#' @return A list of class `moe_bootstrap`: `estimate` (the coefficients of the fit), `replicates` (a matrix of
#'   coefficients, one row per replicate; `NA` where no optimum was found), `logLik` and `status` of each,
#'   `relabelled` (whether experts had to be renumbered), `separated` (whether the gate separates the sample), `type`
#'   and
#'   `seed`. `confint()` gives bias-corrected percentile intervals, `vcov()` the covariance of the replicates.
#'
#'   In a replicate whose gate separates the sample the gate's coefficients are infinite, and where the optimiser left
#'   them means nothing. How many there are is printed. Gate coefficients have then no bias and no variance:
#'   `NA`, in `vcov()` with a warning of class `moe_warning_separated_gate`. For `confint()` they are infinite, so that
#'   an end of an interval may be.
#'  Weights that are no counts and fits by
#'   least squares are errors of class `moe_error_unsupported`; fewer replicates than an interval needs
#'   one of class `moe_error_input`.
#' @references Efron, B. and Tibshirani, R. J. (1993). *An introduction to the bootstrap*. Chapman & Hall.
#'   \doi{10.1007/978-1-4899-4541-9}
#'
#'   McLachlan, G. and Peel, D. (2000). *Finite mixture models*, section 2.16. Wiley.
#'   \doi{10.1002/0471721182}
#' @examples
#' data <- rmoe(300, truth_overlap(), seed = 1)
#' fit <- moe(y ~ x, data, k = 2, control = moe_control(seed = 1))
#' boot <- moe_bootstrap(fit, reps = 99, seed = 1)
#' boot
#' confint(boot, level = 0.9)
#' sqrt(diag(vcov(boot)))
#' @family methods
#' @export
moe_bootstrap <- function(fit, reps = 999, type = c("parametric", "cases"), seed = NULL, progress = interactive(),
                          ...) {
  check_dots_empty(...)
  check_likelihood(check_fit(fit))
  reps <- check_count(reps, min = 2)
  progress <- check_flag(progress)
  type <- check_choice(type, c("parametric", "cases"))
  seed <- check_seed(seed)
  problem <- unweighted(fit_problem(fit), rlang::current_env())
  posterior <- posterior_of(fit$measure, problem)
  runs <- with_bar(progress, map_replicates(seq_len(reps), threads = problem$control$threads, function(i, threads) {
    bootstrap_replicate(fit, problem, posterior, type, seed, i, threads)
  }), "Replicates")
  replicates <- do.call(rbind, lapply(runs, function(run) run$coef))
  colnames(replicates) <- names(coef(fit))
  structure(list(
    estimate = coef(fit), replicates = replicates, logLik = vapply(runs, function(run) run$logLik, 0),
    status = vapply(runs, function(run) run$status, ""),
    relabelled = vapply(runs, function(run) run$relabelled, NA),
    separated = vapply(runs, function(run) run$separated, NA), type = type, seed = seed
  ), class = "moe_bootstrap")
}

bootstrap_replicate <- function(fit, problem, posterior, type, seed, i, threads) {
  drawn <- draw_sample(fit, problem, type, seed, i)
  k <- fit$k
  raw <- refit(problem, k, list(measure_theta(fit$measure)), y = drawn$y, w = drawn$w, threads = threads)
  estimate <- refit_measure(raw, problem, k)
  order <- align_experts(posterior, posterior_of(estimate, problem))
  value <- coef(permute_experts(estimate, order))
  list(
    coef = if (is_optimum(raw)) value else replace(value, TRUE, NA), logLik = raw$value, status = raw$status,
    relabelled = any(order != seq_len(k)), separated = is_optimum(raw) && is_separated(raw)
  )
}

#' The i-th sample: responses at the covariates of the data, or how often each row is taken
#' @noRd
draw_sample <- function(fit, problem, type, seed, i) {
  n <- length(problem$y)
  uniform <- stream_uniform(n, seed, "bootstrap", c(i, 1))
  if (type == "cases") return(list(y = problem$y, w = as.double(tabulate(1 + floor(n * uniform), n))))
  rows <- list(
    x = problem$designs$x, z = problem$designs$z, missing = rep(FALSE, n),
    y = cbind(uniform, stream_normal(n, seed, "bootstrap", c(i, 2)))
  )
  list(y = draw_responses(fit, rows), w = NULL)
}

#' Rows of weight w as w rows
#' @noRd
unweighted <- function(problem, call) {
  if (is.null(problem$w)) return(problem)
  if (!whole(problem$w)) {
    moe_abort(c(
      "Samples cannot be drawn where the weights of the fit are not whole numbers.",
      x = "Found {problem$w[problem$w != round(problem$w)][1]}.",
      i = "{.code confint(fit, vcov = \"sandwich\")} takes any weights."
    ), class = "unsupported", call = call)
  }
  rows <- rep(seq_along(problem$w), problem$w)
  problem$designs <- lapply(problem$designs, function(m) m[rows, , drop = FALSE])
  problem$y <- problem$y[rows]
  problem["w"] <- list(NULL)
  problem
}

posterior_of <- function(measure, problem) {
  rows <- c(problem$designs, list(y = problem$y, missing = rep(FALSE, length(problem$y))))
  by_blocks(measure, rows, function(parts, y) mixture_posterior(y, parts))
}

# Which expert is which -----------------------------------------------------------------------------------

#' The order of experts in which posterior probabilities agree most with those of a reference
#' @param reference,posterior n x k matrices.
#' @return A permutation for permute_experts().
#' @noRd
align_experts <- function(reference, posterior) {
  if (ncol(reference) == 1) return(1L)
  assign_columns(-crossprod(reference, posterior))
}

#' The permutation p with the least sum of cost[i, p[i]]: shortest augmenting paths (Kuhn 1955, Munkres 1957)
#' @noRd
assign_columns <- function(cost) {
  n <- nrow(cost)
  cost <- t(cost)
  price <- list(row = numeric(n), column = numeric(n + 1))
  # the first column is none: where a path begins
  owner <- integer(n + 1)
  for (i in seq_len(n)) {
    owner[1] <- i
    at <- 1
    slack <- rep(Inf, n + 1)
    from <- integer(n + 1)
    visited <- logical(n + 1)
    while (owner[at] != 0) {
      visited[at] <- TRUE
      reduced <- c(Inf, cost[owner[at], ] - price$row[owner[at]] - price$column[-1])
      closer <- !visited & reduced < slack
      slack[closer] <- reduced[closer]
      from[closer] <- at
      at <- which.min(ifelse(visited, Inf, slack))
      least <- slack[at]
      price$row[owner[visited]] <- price$row[owner[visited]] + least
      price$column[visited] <- price$column[visited] - least
      slack[!visited] <- slack[!visited] - least
    }
    while (at != 1) {
      owner[at] <- owner[from[at]]
      at <- from[at]
    }
  }
  owner[-1]
}

# What one asks of a bootstrap ----------------------------------------------------------------------------

#' @rdname moe_bootstrap
#' @export
confint.moe_bootstrap <- function(object, parm, level = 0.95, ...) {
  check_dots_empty(...)
  level <- check_number(level, min = 0, max = 1, exclusive_max = TRUE)
  names <- names(object$estimate)
  chosen <- seq_along(names)
  if (!missing(parm)) chosen <- chosen[check_parm(parm, names)]
  gate <- grepl("^gate", names)
  replicates <- object$replicates
  replicates[object$separated, gate] <- sign(replicates[object$separated, gate]) * Inf
  sound <- replicates[!is.na(replicates[, 1]), , drop = FALSE]
  needed <- ceiling(2 / (1 - level)) - 1
  if (nrow(sound) < needed) {
    moe_abort(c(
      "An interval of level {level} needs {needed} replicates or more.",
      x = "Found {nrow(sound)} that reached an optimum.",
      i = "Raise {.arg reps}."
    ))
  }
  limits <- t(vapply(chosen, function(j) {
    corrected_percentiles(sound[, j], object$estimate[[j]], level)
  }, numeric(2)))
  label_limits(limits, names[chosen], level)
}

#' Percentiles that are right when a monotone function of the estimate is normal around a shifted mean
#' @noRd
corrected_percentiles <- function(replicates, estimate, level) {
  below <- (sum(replicates < estimate) + sum(replicates == estimate) / 2 + 0.5) / (length(replicates) + 1)
  z <- stats::qnorm((1 + c(-level, level)) / 2)
  stats::quantile(replicates, stats::pnorm(2 * stats::qnorm(below) + z), type = 6, names = FALSE)
}

#' @rdname moe_bootstrap
#' @export
vcov.moe_bootstrap <- function(object, ...) {
  check_dots_empty(...)
  value <- stats::var(object$replicates, na.rm = TRUE)
  count <- sum(object$separated)
  if (count == 0) return(value)
  moe_warn(c(
    "The gate separates {count} of {length(object$separated)} samples: its coefficients have no variance.",
    i = "Use {.fn confint}, whose limits may be infinite."
  ), class = "separated_gate")
  gate <- grepl("^gate", names(object$estimate))
  value[gate, ] <- value[, gate] <- NA
  value
}

#' @rdname moe_bootstrap
#' @export
print.moe_bootstrap <- function(x, ...) {
  check_dots_empty(...)
  sound <- !is.na(x$replicates[, 1])
  lost <- sum(!sound)
  cat(sprintf("Bootstrap of a mixture of experts: %s, %d replicates\n", x$type, length(sound)))
  if (lost) cat(sprintf("%d reached no optimum and are left out\n", lost))
  if (any(x$relabelled)) cat(sprintf("The experts of %d were renumbered\n", sum(x$relabelled)))
  if (any(x$separated)) {
    cat(sprintf("The gate separates %d samples: no bias and no standard error of its coefficients\n", sum(x$separated)))
  }
  cat("\n")
  replicates <- x$replicates[sound, , drop = FALSE]
  if (any(x$separated)) replicates[, grepl("^gate", colnames(replicates))] <- NA
  print(cbind(
    estimate = x$estimate, bias = colMeans(replicates) - x$estimate, std.error = apply(replicates, 2, stats::sd)
  ), digits = 4)
  invisible(x)
}
