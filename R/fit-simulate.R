# Responses drawn from a fit ------------------------------------------------------------------------------

#' Draw responses from a fit
#'
#' Draws, for the covariates of every row of the data, an expert from the gate and the response from that
#' expert; after least squares, the regression function plus normal noise with standard deviation [sigma()]. Uses R's
#' generator, in the way of [stats::simulate()].
#'
#' @param object A fit of [moe()].
#' @param nsim Number of responses per row, a positive integer.
#' @param seed `NULL`: go on with the state of R's generator. A number: [set.seed()] with it, and restore
#'   the state afterwards.
#' @param ... Not used: an unknown argument is an error of class `moe_error_input`.
#' @return A data frame with columns `sim_1`, ..., `sim_nsim` and one row per row of the data (with
#'   [na.exclude()] also for the dropped rows, as `NA`). Attribute `seed`: the state before the draws, or
#'   `seed` with the kind of the generator.
#' @seealso [rmoe()] to draw covariates too.
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' drawn <- simulate(fit, nsim = 3, seed = 1)
#' head(drawn)
#' # a parametric bootstrap
#' again <- update(fit, sim_1 ~ eruptions, data = cbind(faithful, drawn), start = fit)
#' cbind(coef(fit), coef(again))
#' @family methods
#' @importFrom stats simulate
#' @export
simulate.moe <- function(object, nsim = 1, seed = NULL, ...) {
  check_dots_empty(...)
  nsim <- check_count(nsim)
  if (is_lse(object)) require_sigma(object, "draws")
  if (!exists(".Random.seed", envir = globalenv(), inherits = FALSE)) stats::runif(1)
  before <- state <- get(".Random.seed", envir = globalenv())
  if (!is.null(seed)) {
    set.seed(check_count(seed, min = -.Machine$integer.max, max = .Machine$integer.max))
    on.exit(assign(".Random.seed", before, envir = globalenv()))
    state <- structure(seed, kind = as.list(RNGkind()))
  }
  rows <- data_rows(object, "none")
  n <- length(rows$labels)
  drawn <- matrix(NA_real_, n, nsim)
  for (i in seq_len(nsim)) {
    # uniforms of all rows, then normals: blocks do not show in the result
    rows$y <- cbind(stats::runif(n), stats::rnorm(n))
    drawn[, i] <- draw_responses(object, rows)
  }
  dimnames(drawn) <- list(rows$labels, paste0("sim_", seq_len(nsim)))
  structure(as.data.frame(stats::napredict(object$na.action, drawn)), seed = state)
}

#' @param rows Rows of a fit whose y holds a uniform and a normal number per row.
#' @noRd
draw_responses <- function(fit, rows) {
  noise <- rows$y
  rows$y <- seq_len(nrow(noise))
  by_blocks(fit$measure, rows, function(parts, row) {
    if (is_lse(fit)) return(mixture_mean(parts) + sigma(fit) * noise[row, 2])
    cell <- cbind(seq_along(row), draw_labels(parts, noise[row, 1]))
    parts$mean[cell] + sqrt(parts$variance[cell]) * noise[row, 2]
  })
}

#' Inverse of the cumulative gate probabilities, for the parts of a fit at its rows
#' @param u Uniform numbers in `[0, 1)`.
#' @noRd
draw_labels <- function(parts, u) {
  label <- rep(1L, length(u))
  cumulative <- 0
  for (i in seq_len(ncol(parts$log_gate) - 1)) {
    cumulative <- cumulative + exp(parts$log_gate[, i])
    label <- label + (u >= cumulative)
  }
  label
}
