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

#' Ridge experts, some a* = 0
#'
#' The bound of the paper is for k > k*: atoms with the gate slope of such an expert, a = 0, and
#' w_1 A(b_1) + w_2 A(b_2) = w A(b*), w_1 + w_2 = w, give the same f. With k = k* there is no second atom, and the
#' gradients pi x (A(b) - f) in beta1 and pi x A'(b) in a, which are those of a regular model, are independent.
#' @noRd
flat_regimes <- list(
  exact = list(
    kind = "fast", statement = "strongly independent ridge experts, some a* = 0, k = k*",
    source = "a regular model: the gradients of f are independent"
  ),
  over = list(kind = "slow", statement = "ridge experts, some a* = 0, k > k*", source = least_squares_paper)
)

#' Which theorem speaks of a truth: "fast", "slow", or none
#' @param over Is k > k*?
#' @noRd
lse_regime <- function(truth, over) {
  regime <- function(kind, statement, source = least_squares_paper) {
    list(kind = kind, statement = statement, source = source)
  }
  name <- truth$expert$name
  if (name %in% c("linear", "polynomial")) {
    if (over) return(regime("slow", "polynomial experts, k > k*"))
    return(regime("none", "polynomial experts: the theorem is for k > k*"))
  }
  if (name %in% independent_activations) {
    if (any(rowSums(truth$a^2) == 0)) return(flat_regimes[[if (over) "over" else "exact"]])
    return(regime("fast", "strongly independent ridge experts, all a* not 0"))
  }
  if (name == "feedforward" && truth$expert$activation %in% independent_activations) {
    if (has_idle_units(truth)) return(regime("none", "feed-forward experts with an idle unit: no theorem"))
    return(regime("fast", "strongly identifiable experts"))
  }
  regime("none", sprintf("%s experts: no theorem", name))
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

#' No estimator has a polynomial rate: over measures G, dr is at least of the order of n^(-1/2) for every r >= 1
#' @noRd
slow_rule <- function(name, regime) {
  if (name %in% c("d1_lse", "dr")) {
    return(rule(0, paste0(regime, ": no rate n^(-1/(2r)), minimax"), least_squares_paper))
  }
  if (endsWith(name, ".over")) {
    return(rule(0, paste0(regime, ": single atoms have no polynomial rate"), least_squares_paper))
  }
  if (endsWith(name, ".mean")) return(no_theory("averages of cells converge, without a rate in the theorem"))
  no_theory(paste0(regime, ": the theorem says nothing of it alone"))
}
