# Strong identifiability: which parameters of experts a regression function can tell apart --------------------

#' Strong identifiability of experts
#'
#' How fast the experts of a softmax-gated mixture can be estimated by least squares depends on linear
#' (in)dependence of their derivatives (Nguyen, Ho and Rinaldo 2024). This function computes the family of functions
#' in question at given experts, on a given design, and finds out whether they are dependent, how far they are from
#' it, and by which relations.
#'
#' The functions of x, for all experts j, by `type`:
#' * `"definition"`: \eqn{x^\nu \partial^\gamma h / \partial \eta^\gamma (x, \eta_j)} for
#'   \eqn{|\nu| + |\gamma| \le} `order`, the definition of strong identifiability;
#' * `"independence"`: \eqn{x^\nu A^{(\tau)}(a_j'x + b_j)} for \eqn{|\nu| \le 2} and \eqn{\tau \le 2}, strong
#'   independence of the activation A of a ridge expert \eqn{A(a'x + b)};
#' * `"interaction"`: \eqn{\exp(\beta_{1j}'x)} and the derivatives up to `order` of
#'   \eqn{F = \exp(\beta_1'x) h(x, \eta)} in \eqn{(\beta_1, \eta)} at expert j; with variances those of
#'   \eqn{F = \exp(\beta_1'x) N(y; h(x, \eta), \sigma^2)} in \eqn{(\beta_1, \eta, \sigma^2)}, as functions of x and y.
#'
#' With a gate of other covariates than the experts, \eqn{x^\nu} are powers of these.
#'
#' An expert is strongly identifiable if the functions of `"definition"` with order 2 are linearly independent for any
#' number of distinct experts; order 1 is what an exactly specified model asks for. An activation is strongly
#' independent if those of `"independence"` are, for all distinct \eqn{(a_j, b_j)} with \eqn{a_j \ne 0}. The
#' derivatives are exact. Independence is decided numerically: functions are divided by their norm in
#' \eqn{L_2} of the design (a quadrature rule, the rows of data, or drawn rows, as in [moe_distance()]; times Lebesgue
#' measure of y within eight standard deviations of each expert), and their singular values are those of a triangular
#' factor of the Gram matrix. The smallest is the margin: the norm of the smallest combination of the functions whose
#' coefficients have norm one. Singular values up to `tolerance` count as zero.
#'
#' A check of some experts on one design says nothing of others: a relation that is found is there for these
#' experts, and where none is found the functions are independent for these. Some combination of many smooth
#' functions on an interval is always as small as rounding errors; then the verdict is `"undecided"`.
#'
#' @section What it finds:
#' * Every expert with an intercept inside its activation fails the definition, since
#'   \eqn{\partial h / \partial a = x \partial h / \partial b}. For ridge experts strong independence takes its place:
#'   sigmoid, tanh, GELU and softplus have it; powers and the sine (\eqn{A'' = -A}) do not. It excludes
#'   experts that are mirror images: \eqn{\tanh(-u) = -\tanh(u)}.
#' * Networks \eqn{\sum_j v_j A(W_j'x + c_j) + u} fail the definition for that reason and others: h is linear in v and
#'   u, so that second derivatives vanish and
#'   \eqn{h = \sum_j v_j \partial h / \partial v_j + u \partial h / \partial u}, and the derivative
#'   in u is the same for all experts. The definition is about parameters that are estimated:
#'   `parameters` leaves out the others. With inner weights alone, one hidden unit and one covariate, sigmoid and
#'   tanh satisfy it. Hidden units satisfy strong independence, where `type = "independence"` takes them one by one.
#' * ReLU has no second derivative at its kink, and zero elsewhere.
#' * Interactions: \eqn{\partial^2 F / \partial \beta_1 \partial b = \partial F / \partial a} for all ridge experts;
#'   \eqn{\partial F / \partial b = \exp(\beta_1'x)} for linear ones;
#'   \eqn{\partial F / \partial \beta_1 \propto \partial F / \partial a} where a = 0; and
#'   \eqn{\partial^2 F / \partial b^2 = 2 \partial F / \partial \sigma^2} for the Gaussian response.
#'
#' @section What a relation costs:
#' Not every relation makes estimates slow. An over-specified fit spends two atoms on one expert. For
#' interactions of order 2 the field `splits` says of each expert whether it can be split in two without a trace.
#' With \eqn{\Psi = \exp(\beta_1'x) (h(x, \eta) - f(x))}, and densities in place of h and f for a Gaussian
#' response, atoms that spread around expert j with second moments M change the model by \eqn{\frac12 \sum_{st}
#' M_{st} \partial^2 \Psi / \partial s \partial t}, up to first derivatives of \eqn{\Psi} at all experts, which
#' their means and weights can adjust. The margin is the smallest norm of this, up to first derivatives, over
#' positive semidefinite M of trace one (parameters in units in which first derivatives have equal norm). It is
#' zero for a relation that such an M has, as \eqn{\partial^2 F / \partial b^2 = 2 \partial F / \partial
#' \sigma^2} or \eqn{\partial^2 h / \partial b^2 = 0}; \eqn{\partial^2 F / \partial \beta_1 \partial b = \partial
#' F / \partial a} alone is not one, since products of spreads need spreads. We conjecture that with a positive margin the
#' spread of two atoms has the order \eqn{n^{-1/4}} where the model has \eqn{n^{-1/2}}; with margin zero it can be larger.
#' This criterion is not in the papers, and not proved: it looks at one cell at a time. It is about one atom too many (k = k* + 1), and does not apply to ReLU. Of a
#' single expert the split is always hidden, in the gate: from k = 2k* on no gate is identified.
#'
#' @param expert An expert, such as [expert_linear()]; or a [moe_measure()], a fit of [moe()] or a truth, which bring
#'   their parameters along.
#' @param eta Parameters of the experts when `expert` is an expert: a list of `a` (k x d matrix; a vector for one
#'   covariate) and `b` (k numbers), or a matrix with these as columns, one of them named `b`; for
#'   [expert_feedforward()] a k x q matrix as in [moe_measure()].
#' @param design The law of the covariates, such as [design_uniform()], or covariates as a vector, matrix or data
#'   frame. By default the rows of a fit, or the design of a truth.
#' @param order Highest order of derivatives, 1 or 2. Strong independence has order 2 only.
#' @param ... Must be empty.
#' @param type Which functions, see above.
#' @param beta1 Gate slopes for `"interaction"` when `expert` is an expert: a k x d matrix; a vector for one covariate.
#' @param sigma2 Variances of a Gaussian response for `"interaction"` when `expert` is an expert: k numbers, or `NULL`
#'   for none. A shared variance is not differentiated in.
#' @param parameters Names of the parameters of \eqn{\eta} that are estimated: derivatives are taken in these.
#'   By default all: `"a"` (`"a.x1"` and so on for several covariates), `"b"`, `"sigma2"`; for networks the column names
#'   of `eta`.
#' @param standardise Logical: take covariates in units of mean zero and variance one. The margin depends on
#'   units, the verdict does not. By default `TRUE` for a fit only; relations then hold for standardised covariates.
#' @param tolerance Largest singular value, and largest relative error of a relation, that counts as zero.
#' @param nodes,seed Number of nodes of the quadrature rule, or of rows drawn, and their seed; as in [moe_distance()].
#'   Of a fit at most 10 `nodes` rows are taken, evenly spaced.
#'
#' @return A list of class `moe_identifiability`, to be printed and drawn. Its main fields are `verdict` (`"holds"`,
#'   `"fails"`, `"undecided"` or `"not twice differentiable"`), `singular` (all singular values, decreasing), `rank`,
#'   `margin` (the last of them), `gap` (the last that does not count as zero), `functions` (a data frame: `expert`,
#'   `name`, `nu_order`, `gamma_order`, `norm`), `relations` (a data frame: `relation`, `experts` that it holds for,
#'   number of `terms`, and `residual`, its relative error) and `nearest` (a data frame: the `function`s, divided by
#'   their `norm`, with the `coefficient`s of their smallest combination that does not count as zero), and for
#'   interactions of order 2 `splits` (a data frame: `expert`, `margin`, whether the split is `hidden`, and the
#'   parameters that `spread`).
#'
#'   Wrong arguments and experts that are not distinct are errors of class `moe_error_input`; a constant expert has no
#'   activation, an error of class `moe_error_unsupported`; functions that overflow on the design are one of class
#'   `moe_error_data`.
#' @references Nguyen, H., Ho, N. and Rinaldo, A. (2024). On least squares estimation in softmax gating mixture of
#'   experts. *ICML*. \doi{10.48550/arXiv.2402.02952}
#'
#'   Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in Gaussian mixture of experts.
#'   *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#' @examples
#' design <- design_uniform(-3, 3)
#' strong_identifiability(expert_linear(), list(a = 2, b = 1), design)
#'
#' # a ridge expert fails the definition, but its activation is strongly independent
#' eta <- list(a = c(2, -1.5), b = c(1, -1))
#' strong_identifiability(expert_tanh(), eta, design)
#' strong_identifiability(expert_tanh(), eta, design, type = "independence")
#'
#' # why over-specified Gaussian mixtures of experts are slow
#' strong_identifiability(truth_overlap(), type = "interaction")
#'
#' # do these data support the parameters of their fit?
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' result <- strong_identifiability(fit, type = "interaction")
#' result
#' autoplot(result)
#' @family theory
#' @order 1
#' @export
strong_identifiability <- function(expert, eta = NULL, design = NULL, order = 2, ...,
                                   type = c("definition", "independence", "interaction"), beta1 = NULL,
                                   sigma2 = NULL, parameters = NULL, standardise = NULL,
                                   tolerance = 1e-12, nodes = 400, seed = NULL) {
  here <- rlang::current_env()
  check_dots_empty(...)
  type <- check_choice(type, c("definition", "independence", "interaction"))
  order <- check_count(order, max = 2)
  tolerance <- check_number(tolerance, min = 0, max = 1, exclusive_min = TRUE, exclusive_max = TRUE)
  standardise <- check_flag(standardise %||% inherits(expert, "moe"), "standardise")
  rule <- identifiability_rule(expert, design, check_count(nodes), seed, here)
  measure <- identifiability_measure(expert, eta, beta1, sigma2, rule$names, type, here)
  rule <- placed_rule(rule, measure, standardise, here)
  family <- new_family(measure, type, order, parameters, here)
  new_identifiability(family, rule, standardise, tolerance, here)
}

# The experts and the rows -------------------------------------------------------------------------------------

#' The rows to take the functions at: those of a fit, or a rule of a design
#' @noRd
identifiability_rule <- function(x, design, nodes, seed, call) {
  if (is.null(design) && inherits(x, "moe")) return(fit_rule(x, 10 * nodes))
  if (is.null(design) && inherits(x, "moe_truth")) design <- x$design
  rule <- design_rule(design, nodes, seed, call)
  law <- inherits(design, "moe_design")
  text <- if (law) gsub("^<Design of |>$", "", format(design)) else sprintf("%d rows", nrow(rule$x))
  list(covariates = rule$x, names = colnames(rule$x), weight = rule$weight, text = text)
}

#' The rows of a fit, or evenly spaced ones where there are more than `most`
#' @noRd
fit_rule <- function(fit, most) {
  weight <- fit_weights(fit)
  used <- which(weight > 0)
  total <- length(used)
  if (total > most) used <- used[unique(round(seq(1, total, length.out = most)))]
  part <- if (total > most) sprintf("%d of the %d", length(used), total) else sprintf("the %d", total)
  list(
    x = unname(fit_x(fit))[used, , drop = FALSE], z = unname(fit_z(fit))[used, , drop = FALSE],
    weight = weight[used] / sum(weight[used]), text = sprintf("%s rows of the fit", part)
  )
}

#' Covariates of experts and gate, and the same as multipliers of the functions
#' @noRd
placed_rule <- function(rule, measure, standardise, call) {
  if (is.null(rule$x)) {
    rule$x <- check_covariates(rule$covariates, expert_covariates(measure), "design", call)
    rule$z <- check_covariates(rule$covariates, colnames(measure$beta1), "design", call)
  }
  rule$x <- fill_rows(unname(rule$x), rule$weight)
  rule$z <- fill_rows(unname(rule$z), rule$weight)
  rule$scaled <- rule[c("x", "z")]
  if (standardise) rule$scaled <- lapply(rule$scaled, standardised, weight = rule$weight)
  rule
}

#' Without covariates check_covariates() gives a row or more
#' @noRd
fill_rows <- function(m, weight) if (ncol(m) == 0) matrix(0, length(weight), 0) else m

standardised <- function(m, weight) {
  m <- sweep(m, 2, colSums(weight * m))
  sweep(m, 2, sqrt(colSums(weight * m^2)), `/`)
}

#' The measure that an expert and its parameters make, or the one that was given
#' @noRd
identifiability_measure <- function(expert, eta, beta1, sigma2, names, type, call) {
  if (inherits(expert, "moe_expert")) {
    measure <- measure_of_experts(expert, eta, beta1, sigma2, names, type, call)
  } else {
    measure <- check_subject(expert, call)
    if (!is.null(eta) || !is.null(beta1) || !is.null(sigma2)) {
      moe_abort(c(
        "{.arg eta}, {.arg beta1} and {.arg sigma2} must be {.code NULL} when {.arg expert} is a measure or a fit.",
        i = "It has its own parameters."
      ), call = call)
    }
  }
  check_distinct(measure, type, call)
  measure
}

check_subject <- function(x, call) {
  if (is.list(x)) return(check_measure(x, "expert", call))
  moe_abort(c(
    "{.arg expert} must be an expert, a measure or a fit, not {describe(x)}.",
    i = "Use {.code expert_tanh()}, say, and give its parameters as {.arg eta}."
  ), call = call)
}

measure_of_experts <- function(expert, eta, beta1, sigma2, names, type, call) {
  if (type == "interaction" && is.null(beta1)) {
    moe_abort("{.arg beta1} must be the gate slopes for {.code type = \"interaction\"}, not {.code NULL}.", call = call)
  }
  fields <- eta_fields(expert, eta, names, call)
  k <- if (is.null(fields$eta)) length(fields$b) else nrow(fields$eta)
  if (k == 0) moe_abort("{.arg eta} must have at least one expert.", call = call)
  beta1 <- check_slopes(beta1 %||% matrix(0, k, length(names)), "beta1", k, call)
  if (ncol(beta1) == length(names)) colnames(beta1) <- names
  build_measure(c(fields, list(beta0 = rep(0, k), beta1 = beta1, sigma2 = sigma2, expert = expert)), call)
}

#' The parameters as the fields that a measure has for them
#' @noRd
eta_fields <- function(expert, eta, names, call) {
  if (is.null(eta)) moe_abort("{.arg eta} must be the parameters of the experts, not {.code NULL}.", call = call)
  known <- parameter_fields(expert)
  if (identical(known, "eta")) return(list(eta = check_matrix(eta, call = call)))
  found <- describe(eta)
  intercept <- which(colnames(eta) %in% c("b", "(Intercept)"))
  if (is.matrix(eta) && length(intercept) == 1) eta <- list(a = eta[, -intercept, drop = FALSE], b = eta[, intercept])
  if (!is.list(eta) || !setequal(names(eta), known)) {
    moe_abort(c(
      "{.arg eta} must be a list of {.field {known}}, or a matrix with such columns.", x = "Found {found}."
    ), call = call)
  }
  fields <- list(b = check_vector(eta$b, "eta$b", call = call))
  if ("a" %in% known) fields$a <- check_matrix(eta$a, "eta$a", nrow = length(fields$b), call = call)
  if (identical(ncol(fields$a), length(names))) colnames(fields$a) <- names
  fields
}

check_distinct <- function(measure, type, call) {
  parameters <- expert_parameters(measure)
  if (type == "interaction") parameters <- cbind(parameters, measure$beta1, measure$sigma2)
  same <- anyDuplicated(parameters)
  if (same > 0) {
    twin <- which(duplicated(parameters, fromLast = TRUE))[1]
    moe_abort(c(
      "The experts must be distinct.",
      x = "Experts {twin} and {same} have the same parameters."
    ), call = call)
  }
}

# The result ---------------------------------------------------------------------------------------------------

new_identifiability <- function(family, rule, standardise, tolerance, call) {
  measure <- family$measure
  family$max_score <- apply(rule$z %*% t(measure$beta1), 2, max)
  triangle <- family_triangle(family, rule)
  if (!all(is.finite(triangle))) {
    moe_abort(c(
      "The functions of the family are not finite on the design.",
      i = "Use a smaller design, or smaller parameters."
    ), class = "data", call = call)
  }
  own <- seq_len(nrow(family$functions))
  found <- dependence(triangular(triangle[, own, drop = FALSE]), family$functions, family$type, tolerance)
  structure(list(
    type = family$type, order = family$order, expert = measure$expert, k = n_experts(measure),
    verdict = identifiability_verdict(found, measure$expert), singular = found$singular, rank = found$rank,
    margin = found$margin, gap = found$gap,
    functions = cbind(family$functions[c("expert", "name", "nu_order", "gamma_order")], norm = found$norm),
    relations = relations_table(found$relations, family$functions), nearest = found$nearest,
    splits = if (family$splits) split_margins(triangle, family),
    parameters = family$kept, gaussian = family$gaussian, tolerance = tolerance,
    design = rule$text, standardised = standardise
  ), class = "moe_identifiability")
}

identifiability_verdict <- function(found, expert) {
  if (!is_smooth(expert)) return("not twice differentiable")
  if (length(found$relations)) return("fails")
  if (found$rank < length(found$singular)) "undecided" else "holds"
}

#' Has the mean two derivatives everywhere?
#' @noRd
is_smooth <- function(expert) (expert$activation %||% expert$name) != "relu"
