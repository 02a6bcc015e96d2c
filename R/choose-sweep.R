# The sweep: one fit for every k --------------------------------------------------------------------------------------

#' The call of moe() that is repeated, and what is known before it is
#' @return list(call: evaluated in `frame` once it has a k; shown: the same as the user would write it; ...)
#' @noRd
sweep_request <- function(formula_or_fit, call, control, seed, frame, here) {
  fit <- if (inherits(formula_or_fit, "moe")) formula_or_fit
  check_sweep_dots(call$..., here)
  shown <- if (is.null(fit)) rlang::call2("moe", formula = call$formula_or_fit) else fit$call
  shown$start <- NULL
  shown[names(call$...)] <- call$...
  if (!is.null(call$data)) shown$data <- call$data
  if (!is.null(call$control)) shown$control <- call$control
  fresh <- is.null(fit) || length(call$...) || !is.null(call$data) || !is.null(control) || !is.null(seed)
  control <- check_control(control %||% eval(shown$control, frame) %||% moe_control(), here)
  control$seed <- check_seed(seed %||% control$seed %||% fit$seed, call = here)
  run <- shown
  run[[1]] <- moe
  run$formula <- if (is.null(fit)) formula_or_fit else fit$formula
  run$control <- control
  data <- if (is.null(fit)) eval(call$data, frame)
  list(
    call = run, shown = shown, frame = frame, seed = control$seed, progress = control$progress, fit = fit,
    reuse = !fresh,
    method = check_choice(eval(shown$method, frame) %||% "mle", c("mle", "lse"), "method", here),
    rows = if (!fresh) nrow(fit$model) else if (is.data.frame(data)) nrow(data) else Inf
  )
}

check_sweep_dots <- function(dots, call) {
  known <- c("gate", "expert", "method", "weights", "subset", "na.action")
  names <- rlang::names2(dots)
  if (all(names %in% known)) return(invisible())
  moe_abort(c(
    "{.arg ...} takes arguments of {.fn moe}: {.arg {known}}.",
    x = "Found {.arg {setdiff(names, known)}}.",
    i = if ("start" %in% names) "One start cannot serve several k."
  ), call = call)
}

#' @return list(k, fits (named; NULL where there is none), status, messages, formula, rows)
#' @noRd
fit_sweep <- function(request, k, call) {
  fits <- stats::setNames(vector("list", length(k)), k)
  messages <- stats::setNames(rep(NA_character_, length(k)), k)
  for (at in seq_along(k)) {
    first <- Find(Negate(is.null), fits)
    if (!is.null(first)) check_range(k, nrow(first$model), call)
    result <- sweep_fit(request, k[at], is.null(first))
    if (inherits(result, "moe")) fits[[at]] <- result else messages[at] <- result
  }
  first <- Find(Negate(is.null), fits)
  if (is.null(first)) {
    moe_abort(c("No {.arg k} could be fitted.", x = "{messages[[1]]}"), class = "data", call = call)
  }
  check_range(k, nrow(first$model), call)
  status <- vapply(fits, function(fit) fit$status %||% "error", "")
  list(
    k = k, fits = fits, status = unname(status), messages = messages, formula = first$formula, rows = nrow(first$model)
  )
}

#' A fit, or the message of the error that it ended with; what is wrong with the call is an error for every k
#' @noRd
sweep_fit <- function(request, k, first) {
  if (request$reuse && k == request$fit$k) return(request$fit)
  run <- request$call
  run$k <- k
  tryCatch(
    withCallingHandlers(
      {
        fit <- eval(run, request$frame)
        fit$call <- request$shown
        fit$call$k <- k
        fit
      },
      # statuses are in the table; what is said of the data is said once
      moe_warning = function(cnd) rlang::cnd_muffle(cnd),
      moe_message = function(cnd) if (!first) rlang::cnd_muffle(cnd)
    ),
    moe_error_data = conditionMessage,
    `C++Error` = conditionMessage
  )
}

#' Can the fit be chosen? A likelihood on the variance floor is not that of a maximum.
#' @noRd
is_usable <- function(status) !status %in% c("error", "not_finite", "variance_floor")

#' The fit with the most experts of those that can be chosen
#' @noRd
largest_fit <- function(sweep) {
  usable <- which(is_usable(sweep$status))
  if (length(usable)) sweep$fits[[max(usable)]]
}
