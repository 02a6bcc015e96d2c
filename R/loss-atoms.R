# The atoms of a measure, as losses and distances see them -----------------------------------------------

#' The coordinates of the atoms by group, as the core wants them: k rows each
#'
#' The parameters of the experts are in canonical form. With a truth, and for experts whose parameters have
#' equivalent forms, slope and intercept have a row for every pair of atoms, k (j - 1) + i: the form of atom i that
#' is nearest to atom j of the truth.
#' @noRd
measure_atoms <- function(measure, truth = NULL) {
  k <- n_experts(measure)
  columns <- function(x) if (is.null(x)) matrix(0, k, 0) else unname(as.matrix(x))
  eta <- canonical_forms(expert_parameters(measure), measure$expert)
  if (!is.null(truth)) {
    eta <- nearest_forms(eta, canonical_forms(expert_parameters(truth), truth$expert), measure$expert)
  }
  own <- split_parameters(eta, measure$expert)
  list(
    log_weight = columns(measure$beta0), gate = columns(measure$beta1), slope = columns(own$eta %||% own$a),
    intercept = columns(own$b), variance = columns(measure$sigma2)
  )
}

#' Differences of atoms i of the estimate and atoms j of the truth in a group of coordinates
#' @noRd
atom_differences <- function(estimate, truth, i, j, group) {
  k <- nrow(estimate$log_weight)
  rows <- if (nrow(estimate[[group]]) == k) i else k * (j - 1) + i
  estimate[[group]][rows, , drop = FALSE] - truth[[group]][j, , drop = FALSE]
}

#' A measure is a plain list that anyone may have edited
#' @noRd
check_atoms <- function(measure, arg, call = rlang::caller_env()) {
  k <- n_experts(measure)
  if (k == 0) moe_abort("{.arg {arg}} must have at least one expert.", call = call)
  fields <- measure[intersect(c("beta0", "beta1", "a", "b", "sigma2", "eta"), names(measure))]
  fields <- fields[!vapply(fields, is.null, NA)]
  for (name in names(fields)) {
    field <- fields[[name]]
    if (!is.numeric(field) || NROW(field) != k) {
      moe_abort(
        "{.arg {arg}} must have {k} row{?s} of numbers in {.field {name}}, not {describe(field)}.",
        call = call
      )
    }
    check_finite(field, paste0(arg, "$", name), call = call)
  }
  measure
}
