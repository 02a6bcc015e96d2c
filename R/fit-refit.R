# Fitting again what a fit was made from -------------------------------------------------------------------

#' What the core fits: the rows that take part, with the designs, and the settings
#' @return list(y, designs = list(x, z), w = weights or NULL, total, control, gate, expert, same, names).
#' @noRd
fit_problem <- function(fit) {
  w <- stats::model.weights(fit$model)
  x <- fit_x(fit)
  z <- if (fit$blueprint$same) x else fit_z(fit)
  y <- fit_y(fit)
  if (!is.null(w) && any(w == 0)) {
    used <- w > 0
    x <- x[used, , drop = FALSE]
    z <- if (fit$blueprint$same) x else z[used, , drop = FALSE]
    y <- y[used]
    w <- w[used]
  }
  list(
    y = y, designs = list(x = x, z = z), w = if (!is.null(w)) as.double(w), total = fit$nobs,
    control = fit$control, gate = fit$gate, expert = fit$expert, same = fit$blueprint$same,
    names = fit$blueprint[c("x_names", "z_names")]
  )
}

problem_spec <- function(problem, k) {
  model_spec(
    problem$gate, problem$expert, k, ncol(problem$designs$x), ncol(problem$designs$z), problem$same
  )
}

#' What the core returns for k experts, from given starts or from a search
#' @param theta A list of parameter vectors to start from; empty for a search.
#' @param posterior A matrix of posterior probabilities to start from instead, or NULL.
#' @param w Weights, NULL for ones; rows of weight zero are left out.
#' @noRd
refit <- function(problem, k, theta = list(), posterior = NULL, y = problem$y, w = problem$w,
                  threads = problem$control$threads, seed = problem$control$seed) {
  designs <- problem$designs
  if (!is.null(w) && any(w == 0)) {
    used <- w > 0
    designs <- lapply(designs, function(m) m[used, , drop = FALSE])
    y <- y[used]
    w <- w[used]
  }
  spec <- problem_spec(problem, k)
  total <- if (is.null(w)) length(y) else sum(w)
  control <- refit_control(problem$control, spec, length(y), w)
  control[c("threads", "seed")] <- list(threads, seed)
  run_fit(y, designs, w, spec, list(theta = theta, posterior = posterior), control, total)
}

#' The control of another number of experts: no fewer starts than its default
#' @noRd
refit_control <- function(control, spec, n, w) {
  control$starts <- max(control$starts, default_starts(spec$k, n, theta_size(spec)))
  control$min_rows <- min(control$min_rows, effective_rows(w, n) / (2 * spec$k))
  control[c("progress", "trace")] <- FALSE
  control
}

refit_measure <- function(raw, problem, k) {
  theta_measure(
    raw$theta, problem_spec(problem, k), problem$expert, problem$gate, problem$names$x_names, problem$names$z_names
  )
}

#' Did the core end at an optimum?
#' @noRd
is_optimum <- function(raw) is_optimum_word(raw$status) || raw$status == "small_change"
