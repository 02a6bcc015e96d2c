# Experts: the mean function of a component and the law of the response around it ----------------

#' Experts
#'
#' An expert is the mean function \eqn{h(x, \eta_i)} of component i and, under maximum likelihood, the
#' law of the response around it, \eqn{y \mid x \sim N(h(x, \eta_i), \sigma_i^2)}. Under least squares
#' (a [moe_measure()] without variances) there is no such law, and `variance` means nothing.
#'
#' | expert | \eqn{h(x, \eta)} | parameters \eqn{\eta} |
#' |---|---|---|
#' | `expert_linear()` | \eqn{a'x + b} | `a` (d), `b` |
#' | `expert_constant()` | \eqn{b} | `b`; such experts have no covariates, only the gate has |
#' | `expert_polynomial(degree)` | \eqn{(a'x + b)^{degree}} | `a` (d), `b` |
#' | `expert_sigmoid()` | \eqn{1 / (1 + \exp(-(a'x + b)))} | `a` (d), `b` |
#' | `expert_tanh()` | \eqn{\tanh(a'x + b)} | `a` (d), `b` |
#' | `expert_gelu()` | \eqn{u \Phi(u)}, \eqn{u = a'x + b} | `a` (d), `b` |
#' | `expert_relu()` | \eqn{\max(a'x + b, 0)} | `a` (d), `b` |
#' | `expert_softplus()` | \eqn{\log(1 + \exp(a'x + b))} | `a` (d), `b` |
#' | `expert_sine()` | \eqn{\sin(a'x + b)} | `a` (d), `b` |
#' | `expert_feedforward(hidden, activation)` | \eqn{\sum_{j=1}^{H} v_j A(W_j'x + c_j) + u} | `eta`: [moe_measure()] |
#'
#' The experts from `expert_sigmoid()` to `expert_sine()` are ridge experts \eqn{A(a'x + b)}; their names
#' are those of the activations A. A ridge expert has the range of its activation: fit the response in
#' units that it can reach, or use `expert_feedforward(1, activation)`, which has a scale and a level.
#'
#' Several values of the parameters can give one and the same function, as with the hidden units of a
#' network in another order. [canonical()] says which of them stands for all.
#'
#' @param variance `"free"`: every expert has its own variance; `"shared"`: all experts have the
#'   same one.
#' @param degree Power of the polynomial, a positive whole number. With degree 1 it is the linear expert.
#' @param hidden Number H of hidden units, a positive whole number.
#' @param activation Activation A of the hidden units: the name of a ridge expert.
#'
#' @return An object of class `moe_expert`: a list of the expert's `name`, its `variance`, and the `degree`
#'   of a polynomial, or the number of `hidden` units and their `activation`. A degree or a number of units
#'   that is not a positive whole number, an unknown activation, and an unknown variance are errors of class
#'   `moe_error_input`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#'
#'   Nguyen, H., Ho, N. and Rinaldo, A. (2024). On least squares estimation in softmax gating mixture of
#'   experts. *ICML*. \doi{10.48550/arXiv.2402.02952}
#' @examples
#' expert_linear()
#' expert_linear(variance = "shared")
#' expert_polynomial(2)
#' expert_feedforward(3, "tanh")
#'
#' # the same gate with two kinds of experts
#' tanh <- moe_measure(c(0, 0), c(4, 0), a = c(2, -1), b = c(1, 0), expert = expert_tanh())
#' line <- moe_measure(c(0, 0), c(4, 0), a = c(2, -1), b = c(1, 0))
#' x <- seq(-2, 2, by = 0.5)
#' cbind(x, tanh = regression(tanh, x), linear = regression(line, x))
#' @name experts
#' @family structure
NULL

#' What R needs to know of a kind of expert
#'
#' To add an expert: its header in the core, its line in `expert_kinds`, both under its name, and one exported
#' constructor. Where its parameters are not (b, a), they are the columns of `eta`.
#' @param eta Does a measure hold the parameters as `eta`, rather than as `a` and `b`?
#' @param covariates Has the expert covariates?
#' @param linear Is h = a'x + b? The losses d2 and dfra are made for that.
#' @param terms Function of an expert and the names of its covariates: the names of its parameters, in the order of
#'   theta.
#' @param activation Function of an expert: the row of `unit_maps`, its symmetries, if there is one.
#' @noRd
expert_kind <- function(eta = FALSE, covariates = TRUE, linear = FALSE, terms = ridge_terms,
                        activation = function(expert) expert$name) {
  list(eta = eta, covariates = covariates, linear = linear, terms = terms, activation = activation)
}

ridge_terms <- function(expert, x_names) c("(Intercept)", x_names)

network_terms <- function(expert, x_names) {
  units <- seq_len(expert$hidden)
  inner <- lapply(units, function(j) c(paste0("c", j), if (length(x_names)) paste0("W", j, ".", x_names)))
  c(unlist(inner), paste0("v", units), "u")
}

expert_kinds <- list(
  linear = expert_kind(linear = TRUE),
  constant = expert_kind(covariates = FALSE),
  polynomial = expert_kind(activation = function(expert) if (expert$degree %% 2 == 0) "even" else "odd"),
  sigmoid = expert_kind(),
  tanh = expert_kind(),
  gelu = expert_kind(),
  relu = expert_kind(),
  softplus = expert_kind(),
  sine = expert_kind(),
  feedforward = expert_kind(eta = TRUE, terms = network_terms, activation = function(expert) expert$activation)
)

kind_of <- function(expert) expert_kinds[[expert$name]]

#' Names of the parameters of one expert, in the order of theta
#' @noRd
expert_terms <- function(expert, x_names) kind_of(expert)$terms(expert, x_names)

new_expert <- function(name, variance, ..., call = rlang::caller_env()) {
  variance <- check_choice(variance, c("free", "shared"), "variance", call)
  structure(
    list(name = name, variance = variance, ...),
    class = c(paste0("moe_expert_", name), "moe_expert")
  )
}

#' @rdname experts
#' @export
expert_linear <- function(variance = c("free", "shared")) new_expert("linear", variance)

#' @rdname experts
#' @export
expert_constant <- function(variance = c("free", "shared")) new_expert("constant", variance)

#' @rdname experts
#' @export
expert_polynomial <- function(degree, variance = c("free", "shared")) {
  new_expert("polynomial", variance, degree = check_count(degree, max = 100))
}

#' @rdname experts
#' @export
expert_sigmoid <- function(variance = c("free", "shared")) new_expert("sigmoid", variance)

#' @rdname experts
#' @export
expert_tanh <- function(variance = c("free", "shared")) new_expert("tanh", variance)

#' @rdname experts
#' @export
expert_gelu <- function(variance = c("free", "shared")) new_expert("gelu", variance)

#' @rdname experts
#' @export
expert_relu <- function(variance = c("free", "shared")) new_expert("relu", variance)

#' @rdname experts
#' @export
expert_softplus <- function(variance = c("free", "shared")) new_expert("softplus", variance)

#' @rdname experts
#' @export
expert_sine <- function(variance = c("free", "shared")) new_expert("sine", variance)

#' @rdname experts
#' @export
expert_feedforward <- function(hidden, activation = c("sigmoid", "tanh", "gelu", "relu", "softplus", "sine"),
                               variance = c("free", "shared")) {
  hidden <- check_count(hidden, max = 1000)
  activation <- check_choice(activation, c("sigmoid", "tanh", "gelu", "relu", "softplus", "sine"))
  new_expert("feedforward", variance, hidden = hidden, activation = activation)
}

check_expert <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (inherits(x, "moe_expert")) return(x)
  found <- describe(x)
  moe_abort(c(
    "{.arg {arg}} must be an expert, not {found}.",
    i = "Use {.code expert_linear()}."
  ), call = call)
}

#' The name of an expert with its numbers: feedforward(3, tanh)
#' @noRd
expert_label <- function(expert) {
  details <- expert_details(expert)
  if (length(details) == 0) return(expert$name)
  sprintf("%s(%s)", expert$name, paste(unlist(details), collapse = ", "))
}

expert_details <- function(expert) expert[setdiff(names(expert), c("name", "variance"))]

#' The call that makes an expert of this kind with another variance
#' @noRd
expert_code <- function(expert, variance) {
  quoted <- function(x) if (is.character(x)) encodeString(x, quote = "\"") else format(x)
  details <- c(lapply(expert_details(expert), quoted), paste("variance =", quoted(variance)))
  sprintf("expert_%s(%s)", expert$name, paste(unlist(details), collapse = ", "))
}

#' @export
format.moe_expert <- function(x, ...) {
  paste0(expert_label(x), " expert (", x$variance, " variance)")
}

#' @export
print.moe_expert <- function(x, ...) {
  writeLines(paste0("<", format(x), ">"))
  invisible(x)
}
