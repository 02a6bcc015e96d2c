# Distances between the models of two measures -----------------------------------------------------

#' Distances between conditional densities, regression functions and mixing measures
#'
#' How different are two mixtures of experts as models of the response? Where a Voronoi loss compares
#' parameters ([voronoi_loss()]), these distances compare what the parameters imply.
#'
#' With \eqn{p = g_{G^*}(\cdot \mid x)} the true and \eqn{q = g_G(\cdot \mid x)} the estimated density,
#' and f the regression functions:
#' * `hellinger`: \eqn{E_X\, h(p, q)} with \eqn{h^2 = \frac12 \int (\sqrt p - \sqrt q)^2 dy};
#' * `tv`, total variation: \eqn{E_X\, \frac12 \int |p - q| dy};
#' * `kl`, Kullback-Leibler: \eqn{E_X \int p \log(p / q) dy};
#' * `l2`: \eqn{(E_X (f_G - f_{G^*})^2)^{1/2}};
#' * `wasserstein`: \eqn{W_r} between the mixing measures with their weights normalised to one.
#'
#' The integrals over y are computed by globally adaptive Gauss-Kronrod quadrature on panels that cover
#' eight standard deviations around every expert, to a relative error far below 1e-6. The expectation
#' is over the design: exactly over the rows of an empirical design or of data, by a quadrature rule
#' with `nodes` nodes for one uniform, normal or gridded covariate, and over `nodes` drawn rows for
#' several covariates.
#'
#' The Wasserstein distance moves mass \eqn{w_i / \sum w} between atoms
#' \eqn{(\beta_{1i}, \eta_i, \sigma_i^2)} at Euclidean cost; it needs the package lpSolve. It is here
#' for comparison: it cannot see that a translation of all gate slopes leaves the model unchanged, which
#' is why the theory of softmax gates uses Voronoi losses instead (Nguyen, Nguyen and Ho 2023).
#'
#' @param estimate,truth [moe_measure()]s, or anything [as_measure()] takes.
#' @param design The law of the covariates, such as [design_uniform()]; or covariates themselves, as a
#'   numeric vector, matrix or data frame. By default the design of a truth such as [truth_overlap()].
#'   The Wasserstein distance has no use for it.
#' @param metric Name of a distance.
#' @param ... Must be empty.
#' @param nodes Number of nodes of the quadrature rule, or of rows drawn, for the expectation over the
#'   covariates.
#' @param seed Seed of the rows drawn; `NULL` draws one from R's generator.
#' @param r Order of the Wasserstein distance, at least 1.
#'
#' @return A non-negative number. A density distance of a measure without variances is an error of class
#'   `moe_error_unsupported`; covariates that do not match are errors of class `moe_error_input`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#'
#'   Piessens, R., de Doncker-Kapenga, E., Ueberhuber, C. W. and Kahaner, D. K. (1983). *QUADPACK*.
#'   Springer. \doi{10.1007/978-3-642-61786-7}
#' @examples
#' truth <- truth_overlap()
#' estimate <- moe_measure(
#'   beta0 = c(0.1, 0), beta1 = c(1.9, 0), a = c(1.4, -1.6), b = c(2.1, -2), sigma2 = c(0.3, 0.2)
#' )
#' moe_distance(estimate, truth)
#' moe_distance(estimate, truth, design_normal(0, 2), "kl")
#' moe_distance(estimate, truth, c(-1, 0, 1), "l2")
#' @family losses
#' @export
moe_distance <- function(estimate, truth, design = NULL,
                         metric = c("hellinger", "tv", "kl", "l2", "wasserstein"), ...,
                         nodes = 200, seed = NULL, r = 1) {
  check_dots_empty(...)
  metric <- check_choice(metric, c("hellinger", "tv", "kl", "l2", "wasserstein"))
  if (is.null(design) && inherits(truth, "moe_truth")) design <- truth$design
  estimate <- check_measure(estimate)
  truth <- check_measure(truth)
  check_same_shape(estimate, truth)
  if (metric == "wasserstein") return(wasserstein(estimate, truth, check_number(r, min = 1)))
  if (metric != "l2") {
    require_variance(estimate, "estimate")
    require_variance(truth, "truth")
  }
  rule <- design_rule(design, check_count(nodes), seed)
  mean_distance(design_parts(estimate, rule$x), design_parts(truth, rule$x), rule$weight, metric)
}

#' The parts of a model at rows of covariates that have its names
#' @noRd
design_parts <- function(measure, x, call = rlang::caller_env()) {
  covariates <- function(names) check_covariates(x, names, "design", call)
  components(measure, covariates(expert_covariates(measure)), covariates(colnames(measure$beta1)))
}

#' A distance from the parts of two models at rows with these weights
#' @noRd
mean_distance <- function(fitted, true, weight, metric) {
  if (metric == "l2") return(sqrt(sum(weight * (mixture_mean(fitted) - mixture_mean(true))^2)))
  value <- density_distance_cpp(true, fitted, metric)
  sum(weight * if (metric == "hellinger") sqrt(value) else value)
}

#' Rows of covariates and weights that sum to one: an expectation over the design is a weighted sum
#' @noRd
design_rule <- function(design, nodes, seed, call = rlang::caller_env()) {
  if (is.null(design)) {
    moe_abort(c(
      "{.arg design} must be the law of the covariates, not {.code NULL}.",
      i = "Give a design such as {.code design_uniform(0, 1)}, or covariates."
    ), call = call)
  }
  if (!inherits(design, "moe_design")) design <- sample_design(design, call)
  x <- if (inherits(design, "moe_design_empirical")) design$data else NULL
  weight <- NULL
  if (is.null(x) && length(design$names) == 1 && design$name %in% c("uniform", "normal")) {
    rule <- one_covariate_rule(design, nodes)
    x <- matrix(rule$x)
    weight <- rule$weight
  }
  if (is.null(x)) x <- draw_design(design, nodes, check_seed(seed, call = call))
  dimnames(x) <- list(NULL, design$names)
  list(x = x, weight = weight %||% rep(1 / nrow(x), nrow(x)))
}

#' Covariates given as they are: every row counts the same
#' @noRd
sample_design <- function(x, call) {
  x <- check_matrix(x, "design", call = call)
  if (nrow(x) == 0) moe_abort("{.arg design} must have at least one row.", call = call)
  design_empirical(x)
}

#' Composite Gauss-Legendre: panels of 8 nodes bend with a sharp gate, where one long rule does not
#' @noRd
one_covariate_rule <- function(design, nodes) {
  normal <- design$name == "normal"
  # a normal covariate beyond 9 standard deviations weighs less than rounding
  ends <- if (normal) design$mean + c(-9, 9) * design$sd else c(design$min, design$max)
  panels <- max(1, round(nodes / 8))
  rule <- gauss_rule(if (panels > 1) 8 else nodes, "uniform")
  breaks <- seq(ends[1], ends[2], length.out = panels + 1)
  half <- diff(breaks[1:2]) / 2
  x <- as.vector(outer(half * rule$x, breaks[-1] - half, `+`))
  weight <- rep(rule$weight, panels)
  if (normal) weight <- weight * stats::dnorm(x, design$mean, design$sd)
  list(x = x, weight = weight / sum(weight))
}

#' Nodes and weights of the m-point Gauss rule of the law U(-1, 1) or N(0, 1)
#'
#' Eigenvalues, and squared first components of the eigenvectors, of the Jacobi matrix of the
#' orthogonal polynomials (Golub and Welsch 1969, doi:10.1090/S0025-5718-69-99647-1).
#' @noRd
gauss_rule <- function(m, law = c("uniform", "normal")) {
  law <- match.arg(law)
  l <- seq_len(m - 1)
  beta <- if (law == "uniform") l / sqrt(4 * l^2 - 1) else sqrt(l)
  jacobi <- matrix(0, m, m)
  jacobi[cbind(l, l + 1)] <- jacobi[cbind(l + 1, l)] <- beta
  parts <- eigen(jacobi, symmetric = TRUE)
  increasing <- rev(seq_len(m))
  list(x = parts$values[increasing], weight = parts$vectors[1, increasing]^2)
}

#' Optimal transport between the normalised measures, by linear programming
#' @noRd
wasserstein <- function(estimate, truth, r, call = rlang::caller_env()) {
  rlang::check_installed("lpSolve", reason = "for the Wasserstein distance.", call = call)
  if (is.null(estimate$sigma2) != is.null(truth$sigma2)) {
    estimate$sigma2 <- truth$sigma2 <- NULL
  }
  distance <- atom_distances(estimate, truth)
  unit <- max(distance)
  if (unit == 0) return(0)
  if (!is.finite(unit)) {
    moe_abort("The parameters of {.arg estimate} and {.arg truth} are too far apart for a double.",
      class = "data", call = call
    )
  }
  cost <- (distance / unit)^r
  plan <- lpSolve::lp.transport(
    cost, "min",
    rep("=", nrow(cost)), normalised_weights(estimate),
    rep("=", ncol(cost)), normalised_weights(truth),
    integers = NULL
  )
  unit * sum(plan$solution * cost)^(1 / r)
}

#' Euclidean distances of all atoms of the estimate (rows) and of the truth (columns)
#' @noRd
atom_distances <- function(estimate, truth) {
  from <- measure_atoms(estimate, truth)
  to <- measure_atoms(truth)
  i <- rep(seq_len(n_experts(estimate)), n_experts(truth))
  j <- rep(seq_len(n_experts(truth)), each = n_experts(estimate))
  differences <- lapply(c("gate", "slope", "intercept", "variance"), function(group) {
    atom_differences(from, to, i, j, group)
  })
  # squares of what is large overflow
  unit <- max(abs(unlist(differences)))
  if (unit == 0 || !is.finite(unit)) unit <- 1
  squared <- lapply(differences, function(difference) rowSums((difference / unit)^2))
  unit * matrix(sqrt(Reduce(`+`, squared)), n_experts(estimate))
}

normalised_weights <- function(measure) {
  weight <- exp(measure$beta0 - max(measure$beta0))
  weight / sum(weight)
}
