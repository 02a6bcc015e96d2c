# More experts than the data have -------------------------------------------------------------------------

#' Evidence that a fit has more experts than the data support
#'
#' A fit with one expert more than the truth need not look singular: often an expert follows a few rows that lie
#' well by chance, away from all others. The likelihood tells: taking an expert away costs it less than BIC pays.
#' @return list(reasons = "bic", "close", or none, bic = of k experts and of k - 1, pair = the two atoms that are
#'   nearest, with their Wald statistic and its degrees of freedom).
#' @noRd
overspecification <- function(fit, covariance = NULL) {
  if (fit$k == 1 || is_lse(fit)) return(list(reasons = character()))
  bic <- c(stats::BIC(fit), bic_of_fewer(fit))
  pair <- if (!is.null(covariance)) nearest_pair(fit, covariance)
  close <- !is.null(pair) && pair$p.value > 0.01
  list(reasons = c("bic", "close")[c(bic[2] < bic[1], close)], bic = bic, pair = pair)
}

#' BIC with k - 1 experts, from one expert shared out among the others or two taken together
#'
#' No search: enough to see that k is too large. Ends as soon as it is seen.
#' @noRd
bic_of_fewer <- function(fit) remember(fit, "bic_of_fewer", fit_fewer(fit))

fit_fewer <- function(fit) {
  problem <- fit_problem(fit)
  # BIC is wanted to a digit
  problem$control$tol <- max(problem$control$tol, 1e-6)
  k <- fit$k - 1
  size <- theta_size(problem_spec(problem, k))
  posterior <- posterior_of(fit$measure, problem)
  best <- Inf
  for (start in fewer_starts(posterior, problem$w)) {
    raw <- refit(problem, k, posterior = start)
    if (raw$status %in% c("variance_floor", "not_finite")) next
    best <- min(best, -2 * raw$value + log(fit$nobs) * size)
    if (best < stats::BIC(fit)) break
  }
  best
}

#' Posterior probabilities of k - 1 experts: the lightest expert shared out, and the three pairs that are confused most
#' taken together
#' @noRd
fewer_starts <- function(posterior, w) {
  k <- ncol(posterior)
  mass <- colSums(posterior * (w %||% 1))
  lightest <- which.min(mass)
  rest <- posterior[, -lightest, drop = FALSE]
  pairs <- utils::combn(k, 2)
  shared <- crossprod(posterior, posterior * (w %||% 1))
  confusion <- shared[t(pairs)] / pmin(mass[pairs[1, ]], mass[pairs[2, ]])
  pairs <- pairs[, order(-confusion)[seq_len(min(3, ncol(pairs)))], drop = FALSE]
  merged <- lapply(seq_len(ncol(pairs)), function(i) {
    posterior[, pairs[1, i]] <- posterior[, pairs[1, i]] + posterior[, pairs[2, i]]
    posterior[, -pairs[2, i], drop = FALSE]
  })
  # rows that only this expert explains go to all others
  c(list((rest + 1e-8) / rowSums(rest + 1e-8)), merged)
}

#' The two atoms that differ least in units of their standard errors: gate slopes, experts and variances, not weights
#' @noRd
nearest_pair <- function(fit, covariance) {
  parts <- coef_parts(fit$measure)
  estimate <- coef(fit)
  # variances are compared by their logarithms
  unit <- coef_units(fit)
  covariance <- covariance / outer(unit, unit)
  variance <- parts$part == "variance"
  estimate[variance] <- log(estimate[variance])
  atom <- !(parts$part == "gate" & parts$term == "(Intercept)") & !is.na(parts$expert)
  pairs <- utils::combn(fit$k, 2)
  key <- paste(parts$part, parts$term)[atom]
  all <- lapply(seq_len(ncol(pairs)), function(i) {
    sign <- numeric(length(estimate))
    sign[which(atom & parts$expert == pairs[1, i])] <- 1
    sign[which(atom & parts$expert == pairs[2, i])] <- -1
    rows <- matrix(0, length(unique(key)), length(sign))
    rows[, atom] <- outer(unique(key), key, `==`) * rep(sign[atom], each = nrow(rows))
    c(wald_statistic(rows, estimate, covariance), list(experts = pairs[, i]))
  })
  all[[which.max(vapply(all, function(a) a$p.value, 0))]]
}

#' Of the hypothesis that rows %*% coef is zero; what has no standard error takes no part
#' @noRd
wald_statistic <- function(rows, estimate, covariance) {
  absent <- is.na(diag(covariance))
  rows <- rows[drop(abs(rows) %*% absent) == 0, , drop = FALSE]
  if (nrow(rows) == 0) return(list(statistic = NA_real_, df = 0, p.value = 0))
  covariance[absent, ] <- covariance[, absent] <- 0
  difference <- drop(rows %*% replace(estimate, is.na(estimate), 0))
  middle <- rows %*% covariance %*% t(rows)
  scale <- sqrt(pmax(diag(middle), 0))
  root <- tryCatch(chol(middle / outer(scale, scale)), error = function(cnd) NULL)
  if (is.null(root)) return(list(statistic = NA_real_, df = 0, p.value = 0))
  statistic <- sum(backsolve(root, difference / scale, transpose = TRUE)^2)
  df <- nrow(rows)
  list(statistic = statistic, df = df, p.value = stats::pchisq(statistic, df, lower.tail = FALSE))
}

warn_overspecified <- function(fit, covariance, call) {
  found <- overspecification(fit, covariance)
  if (length(found$reasons) == 0) return(invisible(found))
  bic <- format(found$bic, nsmall = 1, digits = 7)
  pair <- found$pair$experts
  moe_warn(c(
    "The data do not support {fit$k} experts: standard errors are not valid.",
    x = if ("bic" %in% found$reasons) "BIC is {bic[1]} with k = {fit$k} and {bic[2]} or less with k = {fit$k - 1}.",
    x = if ("close" %in% found$reasons) {
      "Experts {pair[1]} and {pair[2]} differ by no more than their standard errors."
    },
    i = "With too many experts estimates converge more slowly than n^(-1/2). Choose k with {.fn select_k}."
  ), class = "overspecified", call = call)
  invisible(found)
}
