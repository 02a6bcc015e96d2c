# Experts: the mean function of a component and the law of the response around it ----------------

#' Experts
#'
#' An expert is the mean function of one component and, under maximum likelihood, the law of the
#' response around it. `expert_linear()` is the Gaussian linear regression
#' \eqn{y \mid x \sim N(a_i'x + b_i, \sigma_i^2)}.
#'
#' @param variance `"free"`: every expert has its own variance; `"shared"`: all experts have the
#'   same one.
#'
#' @return An object of class `moe_expert`: a list that names the expert and its variance.
#'   An unknown `variance` is an error of class `moe_error_input`.
#' @examples
#' expert_linear()
#' expert_linear(variance = "shared")
#' @family structure
#' @export
expert_linear <- function(variance = c("free", "shared")) {
  variance <- check_choice(variance, c("free", "shared"))
  new_expert("linear", variance = variance)
}

#' To add an expert: its header in the core under `name`, and one exported call of this constructor
#' @param variance The variance of the Gaussian response: `"free"` or `"shared"`.
#' @noRd
new_expert <- function(name, variance = "free", ...) {
  structure(
    list(name = name, variance = variance, ...),
    class = c(paste0("moe_expert_", name), "moe_expert")
  )
}

check_expert <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (inherits(x, "moe_expert")) return(x)
  found <- describe(x)
  moe_abort(c(
    "{.arg {arg}} must be an expert, not {found}.",
    i = "Use {.code expert_linear()}."
  ), call = call)
}

#' @export
format.moe_expert <- function(x, ...) {
  paste0(x$name, " expert (", x$variance, " variance)")
}

#' @export
print.moe_expert <- function(x, ...) {
  writeLines(paste0("<", format(x), ">"))
  invisible(x)
}
