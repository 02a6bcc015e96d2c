# Voronoi losses: two measures -> one number ------------------------------------------------------
# The table of losses is inst/include/moerate/losses/loss_rules.h: a new loss is a row there and its name
# here, with what it asks of the measures.

loss_names <- c("d1", "d2", "d2_sharp", "d1_lse", "dr", "dfra")

#' Losses that compare the variances of the experts, that need an order, one design, or linear experts
#' @noRd
loss_needs <- list(
  variance = c("d1", "d2", "d2_sharp", "dfra"), order = "dr", one_design = "dfra", linear = c("d2", "d2_sharp", "dfra")
)

#' Voronoi losses between mixing measures
#'
#' How far is an estimated mixing measure from the true one? A Voronoi loss gives every atom of the
#' estimate to the nearest atom of the truth and adds up what the atoms of each cell are off, each group
#' of parameters to its own power, and what the weights of each cell are off. The convergence theory of
#' softmax-gated mixtures of experts is stated in these losses.
#'
#' With atoms \eqn{\omega_i = (\beta_{1i}, \eta_i)}, \eqn{\eta_i = (a_i, b_i, \sigma_i^2)}, or other parameters in
#' place of \eqn{(a_i, b_i)} (without \eqn{\sigma_i^2} in the losses of least squares), and weights
#' \eqn{w_i = \exp(\beta_{0i})}, the cell of the true atom j is
#' \deqn{C_j = \{i : \|\omega_i - \omega^*_j\| \le \|\omega_i - \omega^*_l\|
#'   \textrm{ for all } l\},} ties to the lowest index. All losses have the form
#' \deqn{\inf_{t_1, t_2} \sum_j \sum_{i \in C_j} w_i\, \rho_{m_j}(\Delta_{ij}) +
#'   \sum_j \Big|\sum_{i \in C_j} w_i - w^*_j\Big|,}
#' where \eqn{m_j} is the number of atoms in cell j and \eqn{\Delta_{ij}} holds the differences of atom i of
#' the translated estimate \eqn{(\beta_{0i} - t_1, \beta_{1i} - t_2)} and true atom j. The infimum divides
#' out the translation that the softmax gate does not identify. The losses differ in \eqn{\rho_m}:
#'
#' | loss | cells of one atom | cells of m > 1 atoms |
#' |---|---|---|
#' | `d1` | \eqn{\|\Delta(\beta_1, a, b, \sigma^2)\|} | the same |
#' | `d2` | as `d1` | \eqn{\|\Delta(\beta_1, b)\|^{\bar r(m)} + \|\Delta(a, \sigma^2)\|^{\bar r(m)/2}} |
#' | `d2_sharp` | as `d1` | \eqn{\|\Delta\beta_1\|^2 + \|\Delta a\|^2 + |\Delta b|^{\bar r(m)} +
#'   |\Delta\sigma^2|^{\bar r(m)/2}} |
#' | `d1_lse` | \eqn{\|\Delta\beta_1\| + \|\Delta\eta\|} | \eqn{\|\Delta\beta_1\|^2 + \|\Delta\eta\|^2} |
#' | `dr` | \eqn{\|\Delta\beta_1\|^r + \|\Delta\eta\|^r} | the same |
#' | `dfra` | as `d1` | as `d2`, and the averages below |
#'
#' with \eqn{\bar r(m) = 2m}, see [rbar()]. For linear Gaussian experts under maximum likelihood, `d1` is the loss
#' of exactly specified fits (k = k*) and `d2` that of over-specified ones (k* < k < 2k*). `d2_sharp` is at least as large
#' as a multiple of `d2` near the truth, and the Hellinger distance bounds it as well: the powers of `d2` for
#' \eqn{\beta_1} and, where m > 2, for a are too large (`vignette("polynomial-system")` has the proof). Under least
#' squares, `d1_lse` is for strongly identifiable experts and `dr` for polynomial ones, linear experts among them.
#' `dfra` (fast-rate-aware) adds to `d2` for each cell of several atoms the averages that converge at the
#' parametric rate, \eqn{\|\sum w \Delta\beta_1\| + |\sum w \Delta b| +
#' \|\sum w (\Delta a + \Delta\beta_1 \Delta b)\| + |\sum w (\Delta\sigma^2 + \Delta b^2)|}: the
#' coefficients of first derivatives in the expansion of the density around the atom of the cell.
#'
#' @section Infimum:
#' For fixed cells the loss is convex in \eqn{t_2} and, as a function of \eqn{\exp(-t_1)}, piecewise
#' linear, so its least value in \eqn{t_1} is at one of k* breakpoints. With one gate covariate the
#' finitely many intervals of \eqn{t_2} with fixed cells are all solved, and the infimum is exact. With
#' more, convex solves and exact line searches start from every \eqn{\beta_{1i} - \beta^*_{1j}} and the
#' weighted means of their cells, until a bound proves that no translation is better or all starts are
#' used up. An infimum at the border of two cells is approached, not attained.
#'
#' When the estimate is so far from the truth that its weights only do harm, the infimum is approached
#' as \eqn{t_1 \to \infty} and equals \eqn{\sum_j w^*_j}: attribute `saturated` is `TRUE`.
#'
#' The truth is held fixed, and its weights set the scale: those of its canonical form (the last gate
#' zero), unless another of its gates is zero already.
#'
#' Where equivalent parameters give the same expert (see [canonical()]), an atom of the estimate is compared with
#' each atom of the truth in the form that is nearest to it, and the truth is in canonical form: hidden units are
#' matched one to one, and losses do not depend on signs, periods and orders.
#'
#' With fewer experts than the truth some cells are empty; such a cell counts its whole weight
#' \eqn{w^*_j}, and the loss cannot vanish. With as many experts or fewer than the truth, `d2` and `d1`
#' differ only where several atoms share a cell.
#'
#' @param estimate,truth [moe_measure()]s, or anything [as_measure()] takes, with the same covariates
#'   and the same kind of expert; the numbers of experts may differ.
#' @param loss Name of a loss.
#' @param r Order of the loss `"dr"`: a number of at least 1. Other losses have none.
#'
#' @return `voronoi_loss()`: a number of class `moe_loss` with attributes `loss` (its name), `cells`
#'   (integer vector of length k, the true atom that each atom of the estimate belongs to),
#'   `translation` (a list of `t1` and `t2`, which lead from the truth to the estimate) and `saturated`
#'   (logical).
#'
#'   `voronoi_cells()`: the integer vector `cells`, at the translation that attains the loss or at the
#'   one given.
#'
#'   Measures whose dimensions or experts do not match, parameters that are not finite, and an order below 1 are
#'   errors of class `moe_error_input`; `d1`, `d2`, `d2_sharp` and `dfra` of a measure without variances, the last three
#'   of experts that are not linear, and `dfra` of a measure whose gate has other covariates than its experts, are
#'   errors of class `moe_error_unsupported`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288} (`d1`, `d2`)
#'
#'   Nguyen, H., Ho, N. and Rinaldo, A. (2024). On least squares estimation in softmax gating mixture of
#'   experts. *ICML*. \doi{10.48550/arXiv.2402.02952} (`d1_lse`, `dr`)
#'
#'   The losses that are aware of fast rates are the subject of \doi{10.48550/arXiv.2510.12744}; the
#'   averages of `dfra` are derived here from the first-order coefficients.
#' @examples
#' truth <- truth_overlap()$measure
#' estimate <- moe_measure(
#'   beta0 = c(0.1, 0, -0.5), beta1 = c(1.9, 0, 0.3), a = c(1.4, -1.6, -1.3),
#'   b = c(2.1, -2, -1.8), sigma2 = c(0.3, 0.2, 0.3)
#' )
#' voronoi_loss(estimate, truth, "d2")
#' voronoi_cells(estimate, truth)
#'
#' # the translation of the gate does not matter
#' shifted <- translate_gate(estimate, t0 = 3, t1 = -1)
#' all.equal(as.numeric(voronoi_loss(shifted, truth)), as.numeric(voronoi_loss(estimate, truth)))
#' @family losses
#' @export
voronoi_loss <- function(estimate, truth, loss = c("d1", "d2", "d2_sharp", "d1_lse", "dr", "dfra"), r = NULL) {
  loss <- check_choice(loss, loss_names)
  r <- check_order(r, loss)
  pair <- check_pair(estimate, truth, loss)
  out <- voronoi_loss_cpp(measure_atoms(pair$estimate, pair$truth), measure_atoms(pair$truth), loss, r)
  new_loss(
    out$value,
    loss = loss, cells = out$cells,
    translation = list(
      t1 = out$t1 - pair$origin, t2 = stats::setNames(out$t2, colnames(pair$truth$beta1))
    ),
    saturated = out$saturated
  )
}

#' @param translation The translation `t2` of the gate slopes at which to form the cells: one number
#'   per gate covariate, or the `translation` of a loss. By default the one that attains `loss`, which
#'   is `"d1"`, or `"d1_lse"` where a measure has no variances, unless named.
#' @rdname voronoi_loss
#' @export
voronoi_cells <- function(estimate, truth, loss = NULL, r = NULL, translation = NULL) {
  estimate <- check_measure(estimate)
  truth <- check_measure(truth)
  default <- if (is.null(estimate$sigma2) || is.null(truth$sigma2)) "d1_lse" else "d1"
  loss <- if (is.null(loss)) default else check_choice(loss, loss_names)
  r <- check_order(r, loss)
  pair <- check_pair(estimate, truth, loss)
  estimate <- measure_atoms(pair$estimate, pair$truth)
  truth <- measure_atoms(pair$truth)
  if (is.null(translation)) return(voronoi_loss_cpp(estimate, truth, loss, r)$cells)
  if (is.list(translation)) translation <- translation$t2
  translation <- check_vector(translation, "translation", length = ncol(estimate$gate))
  voronoi_cells_cpp(estimate, truth, loss, translation)
}

check_order <- function(r, loss, call = rlang::caller_env()) {
  needed <- loss %in% loss_needs$order
  if (needed && is.null(r)) {
    moe_abort(c(
      "Loss {.val {loss}} needs an order {.arg r}.",
      i = "Give a number of at least 1, for example {.code r = 2}."
    ), call = call)
  }
  if (!needed && !is.null(r)) {
    moe_abort(c(
      "Loss {.val {loss}} has no order {.arg r}.",
      i = "Leave {.arg r} out, or use {.val dr}."
    ), call = call)
  }
  if (needed) check_number(r, "r", min = 1, call = call) else 1
}

#' Two measures that a loss can compare; the truth with the weights that set the scale
#' @noRd
check_pair <- function(estimate, truth, loss, call = rlang::caller_env()) {
  estimate <- check_atoms(check_measure(estimate, "estimate", call), "estimate", call)
  truth <- check_atoms(check_measure(truth, "truth", call), "truth", call)
  check_same_shape(estimate, truth, call)
  if (loss %in% loss_needs$variance) {
    check_has_variance(estimate, "estimate", loss, call)
    check_has_variance(truth, "truth", loss, call)
  }
  if (loss %in% loss_needs$linear && !kind_of(truth$expert)$linear) {
    moe_abort(c(
      "Loss {.val {loss}} is for linear experts, not for {expert_label(truth$expert)} ones.",
      i = "Use {.val d1}, {.val d1_lse} or {.val dr}."
    ), class = "unsupported", call = call)
  }
  if (loss %in% loss_needs$one_design && !identical(ncol(truth$a), ncol(truth$beta1))) {
    moe_abort(c(
      "Loss {.val {loss}} needs the same covariates in the gate and in the experts.",
      x = "The gate has {ncol(truth$beta1)}, the experts have {ncol(truth$a)}.",
      i = "Use {.val d2}."
    ), class = "unsupported", call = call)
  }
  origin <- anchor(truth)
  truth$beta0 <- truth$beta0 - origin
  if (!all(is.finite(exp(truth$beta0)))) {
    moe_abort(c(
      "The weights of {.arg truth} must be finite.",
      x = "Its largest gate intercept is {max(truth$beta0)}, relative to the gate that is zero.",
      i = "List an expert with a large weight last."
    ), call = call)
  }
  list(estimate = estimate, truth = truth, origin = origin)
}

#' The gate intercept that is zero in canonical form: the last one, unless a gate is zero already, so
#' that the order of a canonical truth's atoms does not matter. Gate slopes may stay where they are.
#' @noRd
anchor <- function(truth) {
  zero <- truth$beta0 == 0 & rowSums(abs(truth$beta1)) == 0
  if (any(zero)) 0 else truth$beta0[n_experts(truth)]
}

check_same_shape <- function(estimate, truth, call = rlang::caller_env()) {
  if (!identical(expert_label(estimate$expert), expert_label(truth$expert))) {
    moe_abort(
      "{.arg estimate} has {expert_label(estimate$expert)} experts, {.arg truth} {expert_label(truth$expert)} ones.",
      call = call
    )
  }
  for (field in c("beta1", "a", "eta")) {
    sizes <- c(NCOL(estimate[[field]]), NCOL(truth[[field]]))
    if (sizes[1] == sizes[2]) next
    moe_abort(c(
      "{.arg estimate} and {.arg truth} must have the same covariates.",
      x = "{.field {field}} has {sizes[1]} column{?s} in {.arg estimate}, {sizes[2]} in {.arg truth}."
    ), call = call)
  }
}

check_has_variance <- function(measure, arg, loss, call = rlang::caller_env()) {
  if (!is.null(measure$sigma2)) return(invisible(measure))
  moe_abort(c(
    "Loss {.val {loss}} compares variances, and {.arg {arg}} has none.",
    i = "Give {.arg sigma2} in {.fn moe_measure}, or use {.val d1_lse} or {.val dr}."
  ), class = "unsupported", call = call)
}

new_loss <- function(value, ...) structure(value, ..., class = "moe_loss")

#' @export
format.moe_loss <- function(x, ..., digits = max(3, getOption("digits") - 3)) {
  t <- attr(x, "translation")
  numbers <- function(x) paste(format(x, digits = digits), collapse = ", ")
  c(
    sprintf("<Voronoi loss %s: %s>", attr(x, "loss"), format(as.numeric(x), digits = digits)),
    paste("cells:", paste(attr(x, "cells"), collapse = " ")),
    sprintf("gate translation: t1 = %s, t2 = %s", numbers(t$t1), numbers(unname(t$t2))),
    if (attr(x, "saturated")) "saturated: the estimate is too far for its weights to matter"
  )
}

#' @export
print.moe_loss <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}

#' Computing with a loss gives plain numbers
#' @noRd
#' @export
Ops.moe_loss <- function(e1, e2) {
  plain <- function(x) if (inherits(x, "moe_loss")) as.numeric(x) else x
  operation <- get(.Generic, mode = "function")
  if (missing(e2)) operation(plain(e1)) else operation(plain(e1), plain(e2))
}

#' @export
Math.moe_loss <- function(x, ...) get(.Generic, mode = "function")(as.numeric(x), ...)
