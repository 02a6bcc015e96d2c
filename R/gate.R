# Gates: linear predictors -> log weights of k experts ------------------------------------------

#' Gates
#'
#' A gate turns k linear predictors of a row into the weights of the k experts.
#' `gate_softmax()` is the gate of Jordan and Jacobs (1994),
#' \deqn{\pi_i(x) = \exp(\beta_{0i} + \beta_{1i}'x) / \sum_j \exp(\beta_{0j} + \beta_{1j}'x).}
#' It is identified only up to one common translation of all \eqn{(\beta_{0i}, \beta_{1i})}; see
#' [canonical()].
#'
#' @return An object of class `moe_gate`: a list that names the gate.
#' @references Jordan, M. I. and Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
#'   algorithm. *Neural Computation* 6, 181-214. \doi{10.1162/neco.1994.6.2.181}
#' @examples
#' gate_softmax()
#' @family structure
#' @export
gate_softmax <- function() new_gate("softmax")

#' To add a gate: its header in the core under `name`, and one exported call of this constructor
#' @noRd
new_gate <- function(name, ...) {
  structure(list(name = name, ...), class = c(paste0("moe_gate_", name), "moe_gate"))
}

check_gate <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (inherits(x, "moe_gate")) return(x)
  found <- describe(x)
  moe_abort(c(
    "{.arg {arg}} must be a gate, not {found}.",
    i = "Use {.code gate_softmax()}."
  ), call = call)
}

#' @export
format.moe_gate <- function(x, ...) paste(x$name, "gate")

#' @export
print.moe_gate <- function(x, ...) {
  writeLines(paste0("<", format(x), ">"))
  invisible(x)
}
