# The dendrogram of a mixing measure: atoms merged pair by pair, and where to stop ---------------------------------

#' Dendrogram of a mixing measure
#'
#' A fit with too many experts describes some of them twice. The closest pair of atoms is merged, again and
#' again, until one is left; the heights of the merges and the likelihoods of the merged measures say how many
#' experts there are. One fit suffices, no sweep over k.
#'
#' With weights \eqn{w_i \propto \exp(\beta_{0i})} of sum one, the pair with the smallest
#' \deqn{d(i, j) = \frac{w_i w_j}{w_i + w_j} \left( \|(\beta_{1i} - \beta_{1j},\, b_i - b_j)\|^2 +
#'   \|(a_i - a_j,\, \sigma_i^2 - \sigma_j^2)\| \right)}
#' is merged. The squares follow the rates of an over-specified fit, where \eqn{\beta_1} and b converge more slowly
#' than a and \eqn{\sigma^2}. With \eqn{q_l = w_l / (w_i + w_j)} the merged atom has the weight \eqn{w_i + w_j},
#' the means \eqn{\bar\beta_1 = \sum_l q_l \beta_{1l}} and \eqn{\bar b = \sum_l q_l b_l}, and
#' for `merge = "moments"`
#' \deqn{a = \sum_l q_l \{a_l + (\beta_{1l} - \bar\beta_1)(b_l - \bar b)\}, \quad
#'   \sigma^2 = \sum_l q_l \{\sigma_l^2 + (b_l - \bar b)^2\},}
#' which keeps the moments that converge at the parametric rate: \eqn{\sum_l w_l (a_l + \beta_{1l} b_l)} and
#' \eqn{\sum_l w_l (\sigma_l^2 + b_l^2)}. For `merge = "means"` they are weighted means too.
#'
#' The height \eqn{h_\kappa} of level \eqn{\kappa} is the d of the pair whose merge leads from \eqn{\kappa} atoms to
#' \eqn{\kappa - 1}. The number of experts minimises
#' \deqn{\mathrm{DSC}(\kappa) = -(h_\kappa + \log(n)\, \bar\ell_\kappa), \quad \kappa = 2, \dots, k,}
#' where \eqn{\bar\ell_\kappa} is the mean log-likelihood of the measure of \eqn{\kappa} atoms. One expert has no
#' height, so that this criterion never answers 1; and a fit of two experts leaves it no choice. It finds experts that
#' nearly coincide; where none do, as in most fits to real data, the likelihood decides without a penalty, and DSC
#' answers the largest k (`vignette("how-many-experts")`).
#'
#' Weights and distances depend on the units and the origin of the variables. With `standardise` the atoms are
#' merged in the coordinates in which response and covariates have mean 0 and variance 1, and a change of units
#' changes nothing but the units of the merged measures. Otherwise they are merged as they are, as in the
#' publication.
#'
#' Experts that are not linear, and measures without variances (least squares), have no such moments: all
#' parameters then enter d by their squares and merge by means. For least squares
#' \eqn{\bar\ell_\kappa} is that of normal noise whose variance is the mean squared residual.
#'
#' @param fit A fit of [moe()] with at least two experts, or a measure. A measure alone has heights, but neither a
#'   likelihood nor a criterion.
#' @param merge `"moments"` or `"means"`; by default moments where they exist.
#' @param standardise Logical: merge in standard units? By default `TRUE` for a fit. A measure alone has no data
#'   to take units from.
#' @return A list of class `moe_dendrogram`: `levels`, a data frame with `k`, `height`, `loglik` (mean
#'   log-likelihood) and `dsc`; `k`, the number of experts that minimises DSC (`NA` without data); `measures`, the
#'   merged measure of every level, `measures[[3]]` that of three atoms; `membership`, a matrix whose column
#'   \eqn{\kappa} says which of the \eqn{\kappa} atoms every expert has become part of; `merge` and `height` as in
#'   [stats::hclust()]. [as_measure()] gives the measure of `k` atoms. Heights need not increase, as those of
#'   centroid linkage need not.
#'
#'   One expert, and arguments that cannot be used, are errors of class `moe_error_input`; moments that do not
#'   exist one of class `moe_error_unsupported`.
#' @references The dendrogram of mixing measures for softmax-gated Gaussian experts: \doi{10.48550/arXiv.2510.12744}.
#' @seealso [merge_truncate_merge()].
#' @examples
#' data <- rmoe(1000, truth_overlap(), seed = 1)
#' fit <- moe(y ~ x, data, k = 4, control = moe_control(seed = 1))
#' tree <- moe_dendrogram(fit)
#' tree
#' autoplot(tree)
#' as_measure(tree)
#' plot(as.dendrogram(tree))
#' @family choosing k
#' @export
moe_dendrogram <- function(fit, merge = NULL, standardise = NULL) {
  measure <- check_measure(fit)
  here <- rlang::current_env()
  k <- n_experts(measure)
  if (k < 2) moe_abort("{.arg fit} must have at least two experts, not {k}.")
  merge <- check_merge(merge, measure, here)
  scales <- merging_scales(fit, standardise, here)
  steps <- merge_pairs(rescale_measure(measure, scales), merge)
  measures <- lapply(steps$measures, rescale_measure, inverse_scales(scales))
  loglik <- vapply(measures, function(m) if (inherits(fit, "moe")) mean_loglik(fit, m) else NA_real_, 0)
  levels <- data.frame(k = seq_len(k), height = c(NA, rev(steps$height)), loglik = loglik)
  levels$dsc <- -(levels$height + (if (inherits(fit, "moe")) log(fit_rows(fit)) else NA) * loglik)
  structure(list(
    levels = levels, k = which.min(levels$dsc)[1], measures = measures, membership = steps$membership,
    merge = steps$merge, height = steps$height, rule = merge, standardised = !is.null(scales),
    formula = if (inherits(fit, "moe")) fit$formula
  ), class = "moe_dendrogram")
}

#' Do the moments exist that merged atoms can keep?
#' @noRd
has_moments <- function(measure) is_linear(measure$expert) && !is.null(measure$sigma2)

check_merge <- function(merge, measure, call) {
  exists <- has_moments(measure)
  if (is.null(merge)) return(if (exists) "moments" else "means")
  merge <- check_choice(merge, c("moments", "means"), call = call)
  if (merge == "moments" && !exists) {
    moe_abort(c(
      "{.arg merge} cannot be {.val moments}: only linear experts with variances have such moments.",
      i = "Use {.code merge = \"means\"}."
    ), class = "unsupported", call = call)
  }
  merge
}

#' Mean log-likelihood of a measure on the data of a fit, that of normal noise for least squares
#' @noRd
mean_loglik <- function(fit, measure) {
  w <- fit_weights(fit)
  law <- !is.null(measure$sigma2)
  per_row <- by_blocks(measure, data_rows(fit), function(parts, y) {
    if (law) mixture_density(y, parts, log = TRUE) else (y - mixture_mean(parts))^2
  })
  mean <- sum((w * per_row)[w > 0]) / sum(w)
  if (law) mean else normal_loglik(mean, 1)
}

# Merging --------------------------------------------------------------------------------------------------------

#' Merge the closest pair until one atom is left
#' @return list(measures, the one of q atoms at q; height and merge as in hclust(); membership, k x k)
#' @noRd
merge_pairs <- function(measure, rule) {
  atoms <- normalise_atoms(measure_atoms(measure))
  k <- n_atoms(atoms)
  linear <- has_moments(measure)
  shared <- match(colnames(measure$a), colnames(measure$beta1))
  label <- -seq_len(k)
  cell <- seq_len(k)
  out <- list(measures = vector("list", k), height = numeric(k - 1), merge = matrix(0L, k - 1, 2))
  out$membership <- matrix(cell, k, k)
  out$measures[[k]] <- replace_atoms(measure, atoms)
  for (step in seq_len(k - 1)) {
    d <- dissimilarities(atoms, linear)
    pair <- closest_pair(d)
    out$height[step] <- d[pair[1], pair[2]]
    out$merge[step, ] <- hclust_order(label[pair])
    atoms <- join_pair(atoms, pair, rule, shared)
    label <- replace(label, pair[1], step)[-pair[2]]
    cell[cell == pair[2]] <- pair[1]
    cell <- cell - (cell > pair[2])
    out$measures[[k - step]] <- replace_atoms(measure, atoms)
    out$membership[, k - step] <- cell
  }
  out
}

#' @param linear Do slopes and variances converge faster than gates and intercepts?
#' @noRd
dissimilarities <- function(atoms, linear) {
  l <- atoms$log_weight[, 1]
  larger <- outer(l, l, pmax)
  smaller <- outer(l, l, pmin)
  # w_i w_j / (w_i + w_j), also where a weight underflows
  harmonic <- exp(smaller - log1p(exp(smaller - larger)))
  slow <- atoms[if (linear) c("gate", "intercept") else c("gate", "slope", "intercept", "variance")]
  d <- distances(slow)^2
  if (linear) d <- d + distances(atoms[c("slope", "variance")])
  d <- harmonic * d
  d[is.nan(d)] <- Inf
  d
}

distances <- function(parts) as.matrix(stats::dist(do.call(cbind, parts)))

#' The first of the closest pairs, as (i, j) with i < j
#' @noRd
closest_pair <- function(d) {
  d[lower.tri(d, diag = TRUE)] <- NA
  arrayInd(which.min(d), dim(d))[1, ]
}

#' hclust() lists singletons (negative) before groups, each in increasing order
#' @noRd
hclust_order <- function(label) {
  if (all(label < 0)) return(sort(label, decreasing = TRUE))
  sort(label)
}

#' Atom j becomes part of atom i
#' @param shared For every column of a, the column of beta1 with the same covariate, or NA.
#' @noRd
join_pair <- function(atoms, pair, rule, shared) {
  both <- take_atoms(atoms, pair)
  l <- both$log_weight[, 1]
  q <- exp(l - max(l)) / sum(exp(l - max(l)))
  joined <- lapply(both, function(m) colSums(q * m))
  joined$log_weight <- max(l) + log(sum(exp(l - max(l))))
  if (rule == "moments") {
    b <- both$intercept[, 1] - joined$intercept
    gate <- sweep(both$gate, 2, joined$gate)[, shared, drop = FALSE]
    # a covariate that only the experts have cannot share a moment with the gate
    gate[is.na(gate)] <- 0
    joined$slope <- joined$slope + colSums(q * b * gate)
    joined$variance <- joined$variance + sum(q * b^2)
  }
  Map(function(m, row) {
    m[pair[1], ] <- row
    m[-pair[2], , drop = FALSE]
  }, atoms, joined)
}
