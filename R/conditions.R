# Conditions ----------------------------------------------------------------------------------
# Every refusal of the package is a condition of class `moe_error` with a subclass; every remark
# about a usable result is a `moe_warning` with a subclass. Tests and users can catch either level.

#' Throw a classed error
#'
#' @param message Character vector in cli markup: the argument, what was found, what to do.
#'   Interpolated in the frame of the caller.
#' @param class One of `"input"` (a wrong argument), `"unsupported"` (a right argument for which
#'   the quantity does not exist) and `"data"` (data that no such model can be fitted to).
#' @param call Frame of the function the user typed.
#' @param ... Fields of the condition.
#' @noRd
moe_abort <- function(message, class = c("input", "unsupported", "data"),
                      call = rlang::caller_env(), .envir = parent.frame(), ...) {
  class <- match.arg(class)
  cli::cli_abort(
    message,
    class = c(paste0("moe_error_", class), "moe_error"),
    call = call, .envir = .envir, ...
  )
}

#' Signal a classed warning
#'
#' @param class The subclass, for example `"convergence"`, `"variance_floor"`, `"separated_gate"`
#'   or `"overspecified"`.
#' @noRd
moe_warn <- function(message, class, call = rlang::caller_env(), .envir = parent.frame(), ...) {
  cli::cli_warn(
    message,
    class = c(paste0("moe_warning_", class), "moe_warning"),
    call = call, .envir = .envir, ...
  )
}

#' Tell the user something that needs no action, such as a dropped collinear column
#' @noRd
moe_inform <- function(message, class = NULL, .envir = parent.frame(), ...) {
  subclass <- if (!is.null(class)) paste0("moe_message_", class)
  cli::cli_inform(message, class = c(subclass, "moe_message"), .envir = .envir, ...)
}
