# Random draws from a measure ---------------------------------------------------------------------

#' Draw from a mixture of experts
#'
#' Draws covariates from a design, the expert of every row from the gate, and the response from that
#' expert. For a measure without variances (least squares) the response is the regression function
#' plus normal noise.
#'
#' Covariates, experts and responses come from separate random streams that are named by `seed`: the
#' same seed with a larger `n` gives the same first rows (for a random design), and two measures drawn
#' with one seed have the same covariates.
#'
#' @param n Number of rows.
#' @param measure A [moe_measure()], or anything [as_measure()] takes.
#' @param design A design such as [design_uniform()] with a column for every covariate of the experts
#'   and the gate: found by name, else by position (experts first). By default that of a named truth.
#' @param noise Standard deviation of the noise; for measures without variances only, which need it.
#' @param seed A whole number; `NULL` draws one from R's generator, so that [set.seed()] governs.
#' @param labels Logical: add the column `expert`, the integer label of the expert that drew the row.
#' @return A data frame with the response `y`, the covariates, and `expert` if asked for. Wrong
#'   arguments are errors of class `moe_error_input`.
#' @examples
#' truth <- truth_overlap()
#' data <- rmoe(500, truth, seed = 1, labels = TRUE)
#' head(data)
#' plot(y ~ x, data, col = expert)
#'
#' rmoe(3, truth$measure, design_grid(-2, 2), seed = 1)
#' @family distributions
#' @export
rmoe <- function(n, measure, design, noise = NULL, seed = NULL, labels = FALSE) {
  n <- check_count(n, min = 0)
  if (missing(design)) {
    if (!inherits(measure, "moe_truth")) {
      moe_abort(c(
        "{.arg design} is missing.",
        i = "Give a design such as {.code design_uniform(0, 1)}; only named truths have one."
      ))
    }
    design <- measure$design
  }
  measure <- check_measure(measure)
  design <- check_design(design)
  noise <- check_noise(noise, measure)
  labels <- check_flag(labels)
  if (labels) require_variance(measure)
  draw_moe(n, measure, design, noise, check_seed(seed), labels = labels)
}

#' A sample that no memory holds is refused before it is asked for
#' @noRd
check_draws <- function(n, d, call, most = 1e9) {
  if (n * (d + 1) <= most) return(invisible())
  moe_abort(c(
    "{.arg n} is too large: {format(n)} rows and {d + 1} columns are {format(8e-9 * n * (d + 1), digits = 3)} GB.",
    i = "At most {format(most)} numbers are drawn at once; draw parts of the sample with one {.arg seed} each."
  ), call = call)
}

check_noise <- function(noise, measure, call = rlang::caller_env()) {
  if (is.null(measure$sigma2)) {
    if (is.null(noise)) {
      moe_abort(c(
        "{.arg noise} is needed, because the measure has no variance.",
        i = "Give the standard deviation of the noise, or {.arg sigma2} in {.fn moe_measure}."
      ), call = call)
    }
    return(check_number(noise, "noise", min = 0, call = call))
  }
  if (!is.null(noise)) {
    moe_abort("{.arg noise} must be {.code NULL} for a measure with variances.", call = call)
  }
  NULL
}

#' rmoe() of checked arguments; `index` tells replicates of one seed apart
#' @noRd
draw_moe <- function(n, measure, design, noise, seed, index = 0, labels = FALSE,
                     call = rlang::caller_env()) {
  check_draws(n, length(design$names), call)
  x <- name_covariates(draw_design(design, n, seed, index), measure, call)
  drawn <- draw_response_cpp(
    x[, expert_covariates(measure), drop = FALSE], x[, colnames(measure$beta1), drop = FALSE],
    truth_law(measure, noise), seed, index
  )
  data <- data.frame(y = drawn$y, x, check.names = FALSE)
  if (labels) data$expert <- drawn$label
  data
}

#' A measure to draw from, as the core wants it: Truth in simulate.h
#' @noRd
truth_law <- function(measure, noise = NULL, response = "gaussian") {
  # starts near the truth have the parameters of the model to be fitted; from the variance of the noise if need be
  spread <- rep(if (isTRUE(noise > 0)) noise^2 else 1, n_experts(measure))
  filled <- measure
  filled["sigma2"] <- list(if (response == "gaussian") measure$sigma2 %||% spread)
  list(
    model = measure_spec(filled), theta = measure_theta(filled), sd = sqrt(measure$sigma2 %||% numeric()),
    noise = noise %||% 0
  )
}

#' The drawn covariates under the measure's names
#' @noRd
name_covariates <- function(x, measure, call) {
  names <- union(expert_covariates(measure), colnames(measure$beta1))
  taken <- intersect(c("y", "expert"), c(names, colnames(x)))
  if (length(taken)) {
    moe_abort("A covariate cannot be named {.field {taken[1]}}, a name of the result.", call = call)
  }
  if (all(names %in% colnames(x))) return(x)
  if (ncol(x) != length(names)) {
    moe_abort(c(
      "{.arg design} must have {length(names)} covariate{?s} ({.field {names}}), not {ncol(x)}.",
      i = "Covariates are found by name, or by position when their number is right."
    ), call = call)
  }
  colnames(x) <- names
  x
}
