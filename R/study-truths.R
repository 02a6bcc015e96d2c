# Named truths: a measure and a design --------------------------------------------------------------

#' Named truths of the simulations
#'
#' A truth is a mixing measure with the design of its covariates.
#'
#' `truth_lambda()` is the truth of the simulations of Nguyen, Nguyen and Ho (2023): two steep lines
#' that form the Greek letter on the unit interval. `truth_overlap()` is a milder truth whose experts
#' overlap, so that the rates of the theory show at sample sizes below \eqn{10^5}.
#'
#' @param design A design. Nguyen, Nguyen and Ho (2023) used `design_grid(0, 1)` in their simulations.
#' @return A list of class `moe_truth` with fields `measure`, `design` and `name`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#' @examples
#' truth <- truth_lambda()
#' truth
#' plot(y ~ x, rmoe(200, truth, seed = 1, labels = TRUE), col = expert)
#' @family designs
#' @export
truth_lambda <- function(design = design_uniform(0, 1)) {
  measure <- new_measure(
    beta0 = c(-8, 0), beta1 = cbind(c(25, 0)), a = cbind(c(-20, 20)), b = c(15, -5),
    sigma2 = c(0.09, 0.16)
  )
  new_truth("lambda", measure, check_design(design))
}

#' @rdname truth_lambda
#' @export
truth_overlap <- function(design = design_uniform(-2, 2)) {
  measure <- new_measure(
    beta0 = c(0, 0), beta1 = cbind(c(2, 0)), a = cbind(c(1.5, -1.5)), b = c(2, -2),
    sigma2 = c(0.25, 0.25)
  )
  new_truth("overlap", measure, check_design(design))
}

new_truth <- function(name, measure, design) {
  structure(list(measure = measure, design = design, name = name), class = "moe_truth")
}

#' @export
format.moe_truth <- function(x, ...) {
  c(sprintf("<Truth: %s>", x$name), format(x$design), format(x$measure, ...))
}

#' @export
print.moe_truth <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}
