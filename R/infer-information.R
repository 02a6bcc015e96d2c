# The information of a fit and its inverse ------------------------------------------------------------------

#' Covariance of a fit, in the coordinates of coef()
#' @return list(covariance = P x P matrix with NA, why = character P: why a coefficient has no standard error, "" where
#'   it has one).
#' @noRd
invert_information <- function(fit, type = "observed") {
  products <- if (type != "observed") score_products(fit)
  inverse <- invert_free(fit, if (type == "outer") products else -fit$hessian, fit$nobs)
  spread <- if (type == "sandwich") crossprod(inverse$root, products[inverse$free, inverse$free] %*% inverse$root)
  why <- inverse$why
  if (!all(is.finite(spread))) {
    why[!nzchar(why)] <- "not_finite"
    spread <- NULL
  }
  # a product with its transpose has no negative variances
  axes <- inverse$directions %*% (if (is.null(spread)) diag(ncol(inverse$directions)) else covariance_root(spread))
  why[!nzchar(why) & inverse$vague > 100^2] <- "overspecified"
  without(tcrossprod(axes), why)
}

#' The inverse D D' of a curvature, on the directions of the free coefficients that the data determine
#' @param curvature P x P, in the standardised coordinates of theta, positive where the fit is an optimum.
#' @param total What its diagonal is small beside: see invert_symmetric().
#' @return list(directions = D, in the coordinates of coef(); root, the same in those of theta, for the coefficients
#'   `free`; why, named: why a coefficient is held or has a share in other directions, or ""; vague = for gates the
#'   variance of the log-odds over the data).
#' @noRd
invert_free <- function(fit, curvature, total) {
  parts <- coef_parts(fit$measure)
  size <- nrow(parts)
  why <- stats::setNames(held_coefficients(fit), names(coef(fit)))
  free <- which(!nzchar(why))
  # Whole linear predictors are held, within which the jacobian is triangular: blocks invert as blocks.
  # No general solve(): covariates in units of 1e8 are nothing singular.
  back <- (coef_units(fit) * backsolve(fit$jacobian, diag(size)))[free, free, drop = FALSE]
  inverse <- invert_symmetric(curvature[free, free, drop = FALSE], total)
  directions <- matrix(0, size, ncol(inverse$root))
  directions[free, ] <- back %*% inverse$root
  variance <- numeric(size)
  variance[free] <- rowSums(inverse$root^2)
  why[free][weak_share(back, inverse) > 1e-10] <- inverse$trouble
  list(
    directions = directions, root = inverse$root, free = free, why = why,
    vague = (parts$part == "gate") * stats::ave(variance, parts$part, parts$expert, FUN = sum)
  )
}

#' How much of every coefficient lies in directions that the data do not determine
#'
#' Rounding turns eigenvectors by less than 1e-5, which is 1e-10 of the squares.
#' @noRd
weak_share <- function(back, inverse) {
  if (nrow(back) == 0) return(numeric())
  # in units of their own, whose squares are numbers
  back <- back / apply(abs(back), 1, max)
  weak <- rowSums((back %*% inverse$weak)^2)
  weak / (weak + rowSums((back %*% inverse$strong)^2))
}

#' A covariance matrix with NA for the coefficients that have no standard error
#'
#' A variance that overflows, or vanishes for want of small numbers, is none.
#' @return list(covariance, why).
#' @noRd
without <- function(covariance, why) {
  lost <- !(is.finite(diag(covariance)) & diag(covariance) > 0)
  why[!nzchar(why) & lost] <- "range"
  dimnames(covariance) <- list(names(why), names(why))
  covariance[nzchar(why), ] <- NA
  covariance[, nzchar(why)] <- NA
  list(covariance = covariance, why = why)
}

#' d coef / d theta, which is a diagonal matrix: theta has log sigma2
#' @noRd
coef_units <- function(fit) {
  estimate <- unname(coef(fit))
  ifelse(coef_parts(fit$measure)$part == "variance", estimate, 1)
}

symmetric <- function(m) (m + t(m)) / 2

#' Eigendecomposition of a symmetric matrix scaled to a unit diagonal
#' @param total Number of rows: a diagonal element below 1e-12 of it is not scaled up.
#' @return `root` with root root' the inverse on the strong directions; the weak and the strong directions; `trouble`,
#'   what to call weak ones.
#' @noRd
invert_symmetric <- function(information, total) {
  size <- nrow(information)
  if (size == 0) return(list(root = information, strong = information, weak = information, trouble = ""))
  if (!all(is.finite(information))) {
    none <- matrix(0, size, 0)
    return(list(root = none, strong = none, weak = diag(size), trouble = "not_finite"))
  }
  scale <- sqrt(pmax(abs(diag(information)), 1e-12 * total))
  e <- eigen(information / outer(scale, scale), symmetric = TRUE)
  strong <- e$values > 1e-10
  directions <- e$vectors / scale
  list(
    root = directions[, strong, drop = FALSE] %*% diag(1 / sqrt(e$values[strong]), sum(strong)),
    strong = directions[, strong, drop = FALSE], weak = directions[, !strong, drop = FALSE],
    trouble = if (any(e$values < -1e-10)) "convergence" else "overspecified"
  )
}

# Coefficients without a standard error, and what is said of them -----------------------------------------------

#' Coefficients that sit on a boundary, where a quadratic approximation is meaningless
#' @return character P: why, "" for those that are free.
#' @noRd
held_coefficients <- function(fit) {
  parts <- coef_parts(fit$measure)
  variance <- parts$part == "variance"
  held <- held_by_optimiser(fit)
  # whole predictors, in which centring mixes coefficients
  whole <- as.logical(stats::ave(held & !variance, parts$part, parts$expert, FUN = any))
  why <- ifelse(whole & !variance, "boundary", "")
  why[variance & held] <- ifelse(coef(fit)[variance & held] < spread_of_y(fit), "variance_floor", "boundary")
  if (is_separated(fit)) why[parts$part == "gate"] <- "separated_gate"
  why
}

#' Does the likelihood rise towards a gate that is a step?
#' @noRd
is_separated <- function(fit) fit$status == "gate_separated" || "separated" %in% fit$flags

#' Fits of versions before 0.2 hold no word of it: their variances are compared with the floor
#' @noRd
held_by_optimiser <- function(fit) {
  parts <- coef_parts(fit$measure)
  if (length(fit$held)) return(fit$held)
  parts$part == "variance" & coef(fit) <= spread_of_y(fit) * fit$control$variance_floor * (1 + 1e-6)
}

spread_of_y <- function(fit) total_squares(fit) / fit$nobs

#' Why coefficients have no standard error, by method, and what to do
#' @noRd
no_error_causes <- list(
  mle = c(
    separated_gate = "The gate separates the data perfectly, so its coefficients have no standard errors.",
    boundary = "A coefficient ended on its bound. The gate or expert that it belongs to is held as it is.",
    variance_floor = "A variance ended on its floor and has no standard error; the others are as if it were known.",
    convergence = "The information has a negative eigenvalue: the fit is no maximum of the likelihood.",
    not_finite = "The information is not a number: there are no standard errors.",
    overspecified = "The information is singular: the data do not determine all coefficients.",
    few_rows = "No degree of freedom is left: there are no more rows than coefficients.",
    small_weights = "Standard errors cannot be corrected: weights sum to no more than the experts have coefficients.",
    range = "Variances are beyond the range of numbers."
  ),
  lse = c(
    separated_gate = "The gate separates the data perfectly, so its coefficients have no standard errors.",
    boundary = "A coefficient ended on its bound. The gate or expert that it belongs to is held as it is.",
    convergence = "The residual sum of squares has a direction of descent: the fit is no minimum of it.",
    not_finite = "The curvature is not a number: there are no standard errors.",
    overspecified = "The data do not determine all coefficients: the residual sum of squares is flat.",
    few_rows = "No degree of freedom is left: there are as many coefficients as rows.",
    range = "Variances are beyond the range of numbers."
  )
)

no_error_classes <- c(
  few_rows = "overspecified", small_weights = "overspecified", not_finite = "convergence"
)

no_error_advice <- function(reason, fit) {
  switch(reason,
    separated_gate = "Standard errors of the experts hold for the gate as it is.",
    boundary = "Standard errors of the others hold for these as they are.",
    convergence = "Its status is {.val {fit$status}}. Fit again from other starts.",
    not_finite = "Its status is {.val {fit$status}}. Raise {.arg variance_floor}, or fit fewer experts.",
    few_rows = "Fit fewer experts than k = {fit$k}.",
    small_weights = "{.code adjust = FALSE} leaves out the correction.",
    range = "Rescale the response.",
    if (is_lse(fit)) {
      "Fitted values and their bands do not depend on it. Fit fewer experts than k = {fit$k} for coefficients to read."
    } else if (fit$k == 1) {
      "The covariates determine the response: there is no variance to estimate."
    } else if (fit$expert$variance == "shared") {
      "Fit fewer experts than k = {fit$k}."
    } else {
      "Fit fewer experts than k = {fit$k}, or share the variance with {.code {expert_code(fit$expert, \"shared\")}}."
    }
  )
}

#' One warning per reason
#' @param estimate Has `why`, named by the coefficients.
#' @noRd
warn_no_errors <- function(estimate, fit, call) {
  for (reason in setdiff(unique(estimate$why), "")) {
    names <- names(estimate$why)[estimate$why == reason]
    moe_warn(c(
      no_error_causes[[fit$method]][[reason]],
      x = "No standard {cli::qty(length(names))}error{?s} for {.field {names}}.", i = no_error_advice(reason, fit)
    ), class = if (reason %in% names(no_error_classes)) no_error_classes[[reason]] else reason, call = call)
  }
}
