# What the least-squares paper says, as data: by kind of expert and of its true parameters ---------------------

least_squares_paper <- "Nguyen, Ho and Rinaldo (2024)"

#' Activations with which a ridge expert is strongly independent, and a feed-forward one strongly identifiable
#' @noRd
independent_activations <- c("sigmoid", "tanh", "gelu")

#' @param name Of a loss, a distance or a parameter column; k >= k*.
#' @noRd
lse_rule <- function(name, k, spec) {
  if (name == "l2") {
    return(rule(-1 / 2, "L2 of the regression functions = O((log n / n)^(1/2)), every expert", least_squares_paper))
  }
  if (name == "wasserstein") return(no_theory("not invariant under translations of the gate"))
  true_k <- n_experts(spec$truth)
  if (k >= 2 * true_k && k > true_k) return(no_theory("k >= 2k*: the gate does not identify the atoms"))
  regime <- lse_regime(spec$truth, k > true_k)
  switch(regime$kind,
    fast = fast_rule(name, k > true_k, spec$r, regime$statement, regime$source),
    slow = slow_rule(name, regime$statement),
    no_theory(regime$statement)
  )
}

#' Which theorem speaks of a truth: "fast", "slow", or none
#' @param over Is k > k*?
#' @noRd
lse_regime <- function(truth, over) {
  regime <- function(kind, statement, source = least_squares_paper) {
    list(kind = kind, statement = statement, source = source)
  }
  splits <- splitting_experts(truth)
  what <- function(text) paste0(expert_label(truth$expert), " experts: ", text)
  if (over && any(splits)) return(regime("slow", what("an expert that splits, k > k*")))
  if (shared_slope(truth$beta1[splits, , drop = FALSE])) {
    return(regime("slow", what("two that split share a gate slope")))
  }
  name <- truth$expert$name
  if (name %in% independent_activations) {
    if (!any(splits)) return(regime("fast", "strongly independent ridge experts, all a* not 0"))
    if (all(splits) && !distinct_sums(truth$beta1)) return(regime("none", "constant experts, sums of gate slopes coincide"))
    return(regime("fast", "strongly independent ridge experts, some a* = 0, k = k*", regular_source))
  }
  if (name == "feedforward" && truth$expert$activation %in% independent_activations) {
    if (has_idle_units(truth)) return(regime("none", "feed-forward experts with an idle unit: no theorem"))
    return(regime("fast", "feed-forward experts, gate slopes of their own, k = k*"))
  }
  silent <- if (name %in% c("linear", "polynomial")) "the theorem is for k > k*" else "no theorem"
  regime("none", what(silent))
}

split_source <- "two measures with the same f"
regular_source <- "a regular model: the gradients of f are independent"

#' Which experts can two atoms with their gate slope stand for exactly?
#'
#' All that are homogeneous in their parameters, or linear in some of them; ridge experts that are constants.
#' @noRd
splitting_experts <- function(truth) {
  name <- truth$expert$name
  if (name %in% c("linear", "polynomial", "relu", "feedforward")) return(rep(TRUE, n_experts(truth)))
  rowSums(truth$a^2) == 0 & name %in% independent_activations
}

#' Are two rows equal?
#' @noRd
shared_slope <- function(beta1) anyDuplicated(beta1) > 0

#' Are the sums of two rows, of i and j >= i, all different?
#' @noRd
distinct_sums <- function(beta1) {
  pair <- which(upper.tri(diag(nrow(beta1)), diag = TRUE), arr.ind = TRUE)
  !shared_slope(signif(beta1[pair[, 1], , drop = FALSE] + beta1[pair[, 2], , drop = FALSE], 12))
}

#' Has some expert a hidden unit that does not act (v = 0), or does not see the covariates (W = 0)?
#' @noRd
has_idle_units <- function(truth) {
  columns <- colnames(truth$eta)
  any(vapply(seq_len(truth$expert$hidden), function(j) {
    inner <- truth$eta[, startsWith(columns, sprintf("W%d.", j)), drop = FALSE]
    any(truth$eta[, paste0("v", j)] == 0 | rowSums(inner^2) == 0)
  }, NA))
}

fast_rule <- function(name, over, r, regime, source) {
  statement <- function(what) paste0(regime, ": ", what)
  if (name == "d1_lse") return(rule(-1 / 2, statement("D1 = O((log n / n)^(1/2))"), source))
  if (name == "dr") {
    slope <- -min(1 / 2, r / (if (over) 4 else 2))
    return(rule(slope, statement(sprintf("errors to the power %s", format(r))), "follows from D1"))
  }
  if (endsWith(name, ".single") || name == "weight.over") {
    return(rule(-1 / 2, statement("D1 bounds its error and the weight of its cell"), "follows from D1"))
  }
  if (!over) return(no_theory("k = k*: no shared cells in the limit"))
  if (endsWith(name, ".over")) {
    return(rule(-1 / 4, statement("D1 bounds its square in a shared cell"), "follows from D1"))
  }
  no_theory("averages of cells: no statement")
}

#' Two measures near each other have the same f: the minimax error of atoms is bounded below by a constant
#' @noRd
slow_rule <- function(name, regime) {
  if (name %in% c("d1_lse", "dr")) {
    return(rule(0, paste0(regime, ": minimax bounded below by a constant"), split_source))
  }
  if (endsWith(name, ".over")) {
    return(rule(0, paste0(regime, ": single atoms are not identified"), split_source))
  }
  if (endsWith(name, ".mean")) return(no_theory("averages of cells converge, without a rate in the theorem"))
  no_theory(paste0(regime, ": the theorem says nothing of it alone"))
}
