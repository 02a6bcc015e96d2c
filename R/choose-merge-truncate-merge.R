# Merge-truncate-merge: the number of experts of one over-specified measure ---------------------------------------

#' Merge-truncate-merge
#'
#' Algorithm 1 of Guha, Ho and Nguyen (2021) on a measure with weights \eqn{p_i \propto \exp(\beta_{0i})} of sum
#' one and atoms \eqn{\theta_i = (\beta_{1i}, a_i, b_i, \sigma_i^2)}, a rate \eqn{\omega}, an order r and a constant c:
#'
#' 1. Atoms are visited one by one; one within \eqn{\omega} of atoms that were kept before gives its weight to the
#'    nearest of these and disappears. The rest are \eqn{(q_i, \phi_i)}, sorted by decreasing weight.
#' 2. Atoms with \eqn{q_i \le (c\,\omega)^r} are truncated, and so are, in turn, those with
#'    \eqn{q_i \|\phi_i - \phi_j\|^r \le (c\,\omega)^r} for a heavier atom \eqn{\phi_j} that is not truncated.
#' 3. Truncated atoms give their weight to the nearest atom that is left.
#'
#' What is left is the merged measure, and k the number of its atoms. The heaviest atom always stays.
#'
#' The theorem of the publication says that k is k* with probability tending to one, for probability measures on a
#' compact set whose distance \eqn{W_r} from the truth contracts at a rate that vanishes faster than \eqn{\omega_n}.
#' Gated experts come with a Voronoi loss instead (see [theory()]). It implies such a rate: an estimated atom of weight
#' w at distance \eqn{\delta} from its true one, in a cell of at most m atoms, has
#' \eqn{w\,\delta^{2m} = O_P(n^{-1/2})} up to logarithms, and as w is bounded
#' \deqn{w\,\delta^2 = w^{1 - 1/m} (w\,\delta^{2m})^{1/m} = O_P(n^{-1/(2m)}),}
#' while the weights of the cells are in error by \eqn{O_P(n^{-1/2})}. Hence \eqn{W_2 = O_P(n^{-1/(4m)})}, and with
#' r = 2 any \eqn{\omega_n} that vanishes more slowly will do, as n grows.
#'
#' For a fit of k experts to n rows the default is
#' \deqn{\omega_n = \frac{\log n}{10}\, n^{-1/(4m)}, \quad m = \lceil k / 2 \rceil.}
#' No atom of the truth has more than m estimated ones while k < 2k*, beyond which nothing is identified. The factor
#' 1/10 is a convention for standard units, in which parameters are of order one. The margin \eqn{\log(n) / 10} exceeds
#' one only from n = 22,027 on: at usual n the theorem says nothing about the default, and the answer depends on c and
#' on the units. Look at the path over c, and do not choose k by it alone: see `vignette("how-many-experts")`.
#'
#' The cost is that of the k(k - 1)/2 distances between atoms of d numbers each, \eqn{O(k^2 d)}, whatever n: next to
#' nothing beside the fit.
#'
#' @param measure A fit of [moe()] or a measure.
#' @param omega The rate \eqn{\omega}, a positive number. It has a default for a fit only.
#' @param c Constant, a positive number, or several for a path.
#' @param r Order, a number of at least 1.
#' @param order The order of the visits: `"weight"`, the heaviest first, or `"random"`, drawn without replacement with
#'   probabilities p as in the publication.
#' @param seed Seed of the random order, a whole number; `NULL` draws it from R's generator.
#' @param standardise As in [moe_dendrogram()]: distances and weights in standard units, by default for a fit.
#' @return A list of class `moe_mtm`: `path`, a data frame of `c` and `k`; and for the first `c` `measure` (the
#'   merged measure), `k`, and `assignment` (for every atom, the atom of the merged measure that has its weight). Also
#'   `omega`, `r`, and `measures` and `assignments` of the whole path. Numbers out of range, and a measure without
#'   `omega` or without weights, are errors of class `moe_error_input`.
#' @references Guha, A., Ho, N. and Nguyen, X. (2021). On posterior contraction of parameters and interpretability in
#'   Bayesian mixture modeling. *Bernoulli* 27, 2159-2188. \doi{10.3150/20-BEJ1275}
#' @seealso [moe_dendrogram()].
#' @examples
#' data <- rmoe(1000, truth_overlap(), seed = 1)
#' fit <- moe(y ~ x, data, k = 4, control = moe_control(seed = 1))
#' merge_truncate_merge(fit)
#' autoplot(merge_truncate_merge(fit, c = 2^seq(-3, 3, by = 0.25)))
#'
#' measure <- moe_measure(
#'   beta0 = c(0, 0, -6), beta1 = c(2, 2.01, 0), a = c(1, 1, -1), b = c(2, 2, -2), sigma2 = c(1, 1, 1)
#' )
#' merge_truncate_merge(measure, omega = 0.1)
#' @family choosing k
#' @export
merge_truncate_merge <- function(measure, omega = NULL, c = 1, r = 2, order = c("weight", "random"),
                                 seed = NULL, standardise = NULL) {
  here <- rlang::current_env()
  fit <- measure
  measure <- check_measure(measure)
  omega <- check_omega(omega, fit, here)
  c <- check_constants(c, here)
  r <- check_number(r, min = 1)
  order <- check_choice(order, c("weight", "random"))
  scales <- merging_scales(fit, standardise, here)
  atoms <- normalise_atoms(measure_atoms(rescale_measure(measure, scales)))
  weight <- exp(atoms$log_weight[, 1])
  d <- distances(atoms[names(atoms) != "log_weight"])
  visits <- if (order == "weight") order(-weight) else random_visits(weight, check_seed(seed))
  close <- merge_close(d, visits, omega)
  cells <- lapply((c * omega)^r, function(limit) truncate_merge(weight, d, close, limit, r))
  measures <- lapply(cells, gather_weights, measure = measure, log_weight = atoms$log_weight)
  assignments <- lapply(cells, function(cell) match(cell, sort(unique(cell))))
  k <- vapply(measures, n_experts, 0L)
  structure(list(
    measure = measures[[1]], k = k[1], assignment = assignments[[1]], path = data.frame(c = c, k = k), omega = omega,
    r = r, order = order, standardised = !is.null(scales), measures = measures, assignments = assignments
  ), class = "moe_mtm")
}

check_omega <- function(omega, fit, call) {
  if (!is.null(omega)) return(check_number(omega, "omega", min = 0, exclusive_min = TRUE, call = call))
  if (inherits(fit, "moe")) return(default_omega(fit_rows(fit), fit$k))
  moe_abort(c(
    "{.arg omega} is missing: only a fit has a number of rows to derive it from.",
    i = "Give a positive number, or pass the fit instead of its measure."
  ), call = call)
}

default_omega <- function(n, k) log(n) / 10 * n^(-1 / (4 * ceiling(k / 2)))

check_constants <- function(c, call) {
  c <- check_vector(c, "c", call = call)
  if (length(c) == 0 || any(c <= 0)) {
    moe_abort("{.arg c} must have positive numbers, not {describe(c)}.", call = call)
  }
  c
}

#' Drawn one by one without replacement, with probabilities proportional to the weights (Efraimidis and Spirakis 2006)
#' @noRd
random_visits <- function(weight, seed) {
  clock <- -log(stream_uniform(length(weight), seed, "user")) / weight
  # atoms whose weight underflows come last
  order(clock)
}

#' Step 1: where the weight of every atom goes
#' @param d Distances of the atoms, k x k.
#' @noRd
merge_close <- function(d, visits, omega) {
  to <- seq_along(visits)
  kept <- integer()
  for (i in visits) {
    near <- kept[d[i, kept] <= omega]
    if (length(near)) to[i] <- nearest(i, near, d) else kept <- c(kept, i)
  }
  to
}

nearest <- function(i, among, d) among[which.min(d[i, among])]

#' Steps 2 and 3: the atom that every atom's weight goes to in the end
#' @param limit \eqn{(c \omega)^r}.
#' @noRd
truncate_merge <- function(weight, d, to, limit, r) {
  kept <- unique(to)
  total <- vapply(kept, function(j) sum(weight[to == j]), 0)
  sorted <- order(-total)
  left <- integer()
  for (rank in seq_along(sorted)) {
    i <- kept[sorted[rank]]
    q <- total[sorted[rank]]
    if (rank == 1 || q > limit && all(q * d[i, left]^r > limit)) left <- c(left, i)
  }
  vapply(to, function(i) if (i %in% left) i else nearest(i, left, d), 0L)
}

#' The atoms that are left, with the weights they were given
#' @param cell For every atom, the atom that has its weight.
#' @noRd
gather_weights <- function(cell, measure, log_weight) {
  left <- sort(unique(cell))
  gained <- vapply(left, function(j) log_sum_exp(t(log_weight[cell == j, ])) - log_weight[j, ], 0)
  atoms <- take_atoms(measure_atoms(measure), left)
  atoms$log_weight <- atoms$log_weight + gained
  replace_atoms(measure, atoms)
}

#' @export
as_measure.moe_mtm <- function(x, ...) x$measure

#' @export
format.moe_mtm <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  number <- function(v) format(v, digits = digits)
  path <- if (nrow(x$path) > 1) {
    along <- x$path[order(x$path$c), ]
    runs <- rle(along$k)
    ends <- cumsum(runs$lengths)
    sprintf("  c %s to %s: k = %d", number(along$c[ends - runs$lengths + 1]), number(along$c[ends]), runs$values)
  }
  c(
    sprintf("<Merge-truncate-merge: %s left of %d>", counted(x$k, "expert"), length(x$assignment)),
    sprintf(
      "omega = %s, c = %s, r = %s, in %s units", number(x$omega), number(x$path$c[1]), number(x$r),
      if (x$standardised) "standard" else "original"
    ),
    if (!is.null(path)) c("Path over c:", path),
    format(x$measure, digits = digits)
  )
}

#' @rdname merge_truncate_merge
#' @param x,object A result of `merge_truncate_merge()`.
#' @param digits Number of significant digits.
#' @param ... Not used.
#' @export
print.moe_mtm <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  writeLines(format(x, digits = digits))
  invisible(x)
}

#' @rdname merge_truncate_merge
#' @export
autoplot.moe_mtm <- function(object, ...) {
  check_dots_empty(..., fn = autoplot.moe_mtm)
  path <- object$path[order(object$path$c), ]
  ggplot2::ggplot(path, ggplot2::aes(.data$c, .data$k)) +
    ggplot2::geom_step(direction = "mid", colour = expert_colours(1), linewidth = 0.8) +
    ggplot2::geom_point(colour = expert_colours(1), size = 2) +
    ggplot2::scale_x_log10() +
    ggplot2::scale_y_continuous(
      breaks = seq_along(object$assignment), limits = c(1, length(object$assignment)), minor_breaks = NULL
    ) +
    ggplot2::labs(
      title = sprintf("Merge-truncate-merge of %d experts", length(object$assignment)),
      subtitle = sprintf(
        "Rate omega = %s, order r = %s, in %s units", format(object$omega, digits = 3), format(object$r),
        if (object$standardised) "standard" else "original"
      ),
      x = "Constant c", y = "Experts left"
    ) + theme_moe()
}

#' @rdname merge_truncate_merge
#' @export
plot.moe_mtm <- function(x, ...) {
  picture <- autoplot.moe_mtm(x, ...)
  print(picture)
  invisible(picture)
}
