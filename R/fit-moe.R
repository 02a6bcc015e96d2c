# Fitting ----------------------------------------------------------------------------------------------------

#' Fit a softmax-gated mixture of experts
#'
#' Fits by maximum likelihood the conditional density
#' \deqn{g_G(y \mid x) = \sum_{i=1}^k \pi_i(x)\, N(y;\, h(x, \eta_i),\, \sigma_i^2), \quad
#'   \pi_i(x) = \frac{\exp(\beta_{0i} + \beta_{1i}'x)}{\sum_j \exp(\beta_{0j} + \beta_{1j}'x)},}
#' or by least squares the regression function
#' \deqn{f_G(x) = \sum_{i=1}^k \pi_i(x)\, h(x, \eta_i), \quad
#'   \textrm{RSS} = \sum_j w_j \{y_j - f_G(x_j)\}^2.}
#' The mean function h of the experts is that of `expert`, \eqn{a_i'x + b_i} by default.
#'
#' Many starts are tried on a sample of rows (random partitions, then split-and-merge moves from the
#' best of them); the best few optima are carried to all rows and finished by a trust-region Newton method
#' until the gradient of the mean log-likelihood (or of -RSS / 2n, in units of the variance of the residuals), in
#' standardised coordinates, is below `moe_control(tol)`. The fit says how it ended:
#'
#' | `status` | meaning | what to do |
#' |---|---|---|
#' | `converged` | a local maximum to the tolerance asked for | nothing |
#' | `gate_separated` | so, but the gate is a step: its coefficients grow without bound | do not read these |
#' | `boundary` | so, with a coefficient on `moe_control(bound = )` | a wider bound, or lower k |
#' | `kink` | ReLU experts: no step improves, and there is no derivative to vanish | nothing; gradients say little |
#' | `variance_floor` | the variance of an expert ended on its floor | lower k, or share the variance |
#' | `small_change` | EM stopped because the likelihood changed little | `optimizer = "newton"`, or lower `tol` |
#' | `max_iter` | the iterations allowed did not reach an optimum | raise `max_iter` |
#' | `stalled` | no further progress above `tol`: rounding, or a ridge | lower k, or accept the gradient |
#' | `not_finite` | the likelihood or its derivatives are not finite at the end | give another `start`, or rescale y |
#'
#' What is remarkable beside that is in `flags`, a character vector; conditions that occur together are all there:
#' `degenerate` (a variance on its floor), `bound` (a coefficient on `moe_control(bound = )`), `separated` (the gate is a
#' step), `limit` (an expert has next to no rows, so that nothing holds its variance), `set_aside` (an optimum of higher
#' log-likelihood was found and not preferred) and `disagree` (only one start reached the optimum, or another
#' of higher likelihood is within three units of the criterion).
#'
#' @section The choice among optima:
#' The likelihood of a mixture is unbounded where a variance vanishes, and high by chance where an expert follows a few
#' rows that lie well. Optima with a variance on its floor, or with an expert of fewer than `moe_control(min_rows)` rows,
#' come last. The others are ranked by the log-likelihood less a price of their experts,
#' \deqn{\sum_i \frac{q}{2} \log\Big\{\frac{n}{m_i}\, \max\Big(1, \frac{s}{\sigma_i}\Big)\Big\},}
#' where an expert has q parameters, expert i accounts for \eqn{m_i} of n rows, and
#' \eqn{s^2 = \sum_i m_i \sigma_i^2 / n}. The fewer its rows and the smaller its variance, the more places there are for an
#' expert, and the best of N places gains log N by chance alone. It is a penalty on log variances relative to the fit's
#' own scale, in the manner of Chen, Tan and Zhang (2008), that counts rows as well. Differences of
#' less than three units decide nothing: then the likelihood does, if several starts reached the optimum (a tenth of
#' those at the one preferred). An optimum that one start alone reached has to be better by as much. No estimate is moved
#' by the price: what is returned is a maximum of the likelihood. If an optimum of higher likelihood was set aside, the
#' fit says so, and [as_fit()] makes it a fit. Among optima from several starts that are given the likelihood decides;
#' by least squares always the sum of squares, which is bounded. `vignette("starts")` has a study of how often the choice
#' is a spurious optimum.
#'
#' Where BIC prefers k - 1 experts the likelihood has many maxima of nearly the same height. Then the optimum of k - 1
#' experts is split in many places, on all rows (on 100,000 of them if there are more), and the best of these optima
#' competes. A `start` that is given is followed from where it is, on all rows, and does not depend on the seed.
#'
#' Data are standardised internally, so rescaling y or a covariate changes nothing but the units. Variances and standard
#' errors are squares, so the range of every column must have a square between 1e-290 and 1e308. A design has at most
#' 3000 columns and a model at most 3000 parameters, or `getOption("moerate.max_parameters")`. Other columns are errors
#' of class `moe_error_data`.
#'
#' Some data are remarked on: a response with two values or of counts, which no normal law has (messages of classes
#' `moe_message_binary` and `moe_message_count`); a gate in an identifier with many values (`moe_message_grouping`);
#' dropped columns (`moe_message_dropped`); more parameters than rows (a warning of class `moe_warning_few_rows`).
#'
#' @section Least squares:
#' `method = "lse"` supposes of the response no more than that its mean is \eqn{f_G(x)}. The measure has no variances;
#' there are no densities, quantiles, posterior probabilities. See [moe-lse-methods], [vcov.moe_lse()] and
#' [predict.moe_lse()] for what there is. An expert whose parameters do not change the fit, because its activation is flat or its gate
#' zero on all rows, is a warning of class `moe_warning_flat`. With more than one linear or polynomial expert the
#' atoms need not be determined by the data although f is (see [theory()]).
#'
#' @param formula `y ~ experts` or `y ~ experts | gate`: the covariates of the experts, and those of the
#'   gate if they differ. Constant experts have none: `y ~ 1 | gate`. Factors, interactions, [poly()] and
#'   [splines::ns()] work as in [lm()]; intercepts are always present.
#' @param data A data frame, a list or an environment; without it variables are taken from the environment of the
#'   formula. A dot in the formula stands for all columns of the data but the response, in each part.
#' @param k Number of experts, a positive integer. With linear experts `k = 1` is linear regression.
#' @param gate A gate, such as [gate_softmax()].
#' @param expert An expert, such as [expert_linear()].
#' @param method `"mle"`: maximum likelihood. `"lse"`: least squares.
#' @param weights Case weights, one per row, not negative: a weight says how often a row was seen, so that a weight of
#'   2 is the row twice, and `nobs()`, standard errors and criteria go by their sum. Weights of which the ratios alone
#'   matter (precisions, sampling weights) should have mean one: `weights / mean(weights)`; estimates do not
#'   depend on a common factor. A sum below half the number
#'   of rows is a message of class `moe_message_weights`.
#' @param subset,na.action As in [lm()].
#' @param start Where to start instead of many random partitions: a measure, a fit, an unnamed list of
#'   these, or an n x k matrix of posterior probabilities. Experts then keep the order of the start.
#' @param control A list made by [moe_control()].
#' @param ... Not used: an unknown argument is an error.
#' @return A list of class `moe` (of classes `moe_lse` and `moe` for least squares), which can be saved and loaded.
#'   Its main fields are `measure` (a [moe_measure()] in the units of the data), `loglik` (for least squares that of
#'   normal noise, and `rss`), `status`, `converged`, `gradient` (norm of the gradient of the mean log-likelihood),
#'   `flags` (see above), `min_eigenvalue` (smallest eigenvalue of the mean observed information, both in standardised coordinates; `NA` where they
#'   are no numbers),
#'   `iterations` (of the best start), `passes` (through the data or a sample of it, all starts), `starts` (a data
#'   frame: `start`, `kind`, `value` (the log-likelihood, or -RSS / 2), `gradient`, `status`, `iterations`, and
#'   `agrees`, whether it ended at the optimum of the fit: see [moe_optima()]), `mass` (rows that each expert accounts
#'   for: sums of posterior probabilities, or of gates), `nobs` and `df`. Experts are sorted by mass. Arguments that
#'   cannot be used are errors of class `moe_error_input`, data that no such model can be fitted to (for least squares
#'   also fewer rows than parameters) `moe_error_data`; a status other than `converged` and `small_change` is also a
#'   warning of class `moe_warning`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#'
#'   Nguyen, H., Ho, N. and Rinaldo, A. (2024). On least squares estimation in softmax gating mixture of
#'   experts. *ICML*. \doi{10.48550/arXiv.2402.02952}
#'
#'   Chen, J., Tan, X. and Zhang, R. (2008). Inference for normal mixtures in mean and variance. *Statistica
#'   Sinica* 18, 443-465.
#'
#'   Jordan, M. I. and Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM algorithm.
#'   *Neural Computation* 6, 181-214. \doi{10.1162/neco.1994.6.2.181}
#' @seealso [predict.moe()], [autoplot.moe()], [tidy.moe()]
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' fit
#' summary(fit)
#' predict(fit, data.frame(eruptions = c(2, 3, 4)))
#'
#' # experts without covariates, one variance for all
#' moe(waiting ~ 1 | eruptions, faithful, k = 2, expert = expert_linear("shared"))
#'
#' # least squares
#' moe(waiting ~ eruptions, faithful, k = 2, method = "lse", control = moe_control(seed = 1))
#' @family fitting
#' @export
moe <- function(formula, data, k, gate = gate_softmax(), expert = expert_linear(),
                method = c("mle", "lse"), weights, subset, na.action, start = NULL,
                control = moe_control(), ...) {
  call <- match.call()
  here <- rlang::current_env()
  check_dots_empty(..., call = here, fn = moe)
  if (missing(formula)) moe_abort("{.arg formula} is missing: use {.code y ~ x}.")
  if (missing(k)) moe_abort("{.arg k}, the number of experts, is missing.")
  k <- check_count(k, max = 1000)
  gate <- check_gate(gate)
  expert <- check_expert(expert)
  method <- check_choice(method, c("mle", "lse"))
  control <- check_optimizer(check_control(control, here), method, here)
  if (missing(data)) data <- NULL
  check_data(data, here)
  na_action <- if (missing(na.action)) getOption("na.action", "na.omit") else na.action
  parts <- moe_frame(formula, data, rlang::enquo(weights), rlang::enquo(subset), na_action, here)
  y <- check_response(parts$frame, here)
  w <- check_weights(parts$frame, here)
  check_size(y, w, k, here)
  # as in lm(): rows of weight zero are predicted, but take no part in the fit
  used <- if (any(w == 0)) w > 0
  designs <- moe_designs(parts$formula, parts$frame, parts$terms, data, used, control$threads, here)
  check_expert_designs(designs, expert, here)
  same <- designs$blueprint$same
  spec <- model_spec(gate, expert, k, ncol(designs$x), ncol(designs$z), same, response_law(method))
  check_parameters_count(theta_size(spec), k, here)
  total <- if (is.null(w)) length(y) else sum(w)
  start <- check_start(start, designs, parts$frame, k, expert, gate, method, here)
  if (!is.null(used)) {
    y <- y[used]
    w <- w[used]
    start$posterior <- start$posterior[used, , drop = FALSE]
  }
  inform_response(y, names(parts$frame)[1], method)
  if (method == "lse") check_squares(y, spec, here) else warn_few_rows(length(y), theta_size(spec), k, here)
  control <- complete_control(control, spec, length(y), w)
  raw <- run_fit(y, designs, w, spec, start, control, total)
  fit <- new_moe(raw, designs, spec, parts, control, total, gate, expert, method, call)
  warn_status(fit, raw$scale, here)
  fit
}

run_fit <- function(y, designs, w, spec, start, control, total) {
  report <- NULL
  if (control$progress) {
    bar <- cli::cli_progress_bar("Fitting", total = 100, .envir = environment())
    report <- function(share) cli::cli_progress_update(set = 100 * share, id = bar)
  }
  settings <- control[c("optimizer", "tol", "max_iter", "starts", "variance_floor", "bound", "seed", "trace")]
  settings$subsample <- control$subsample %||% TRUE
  settings$min_rows <- control$min_rows
  settings$rows_per_weight <- effective_rows(w, length(y)) / total
  fit_cpp(
    # one matrix where gate and experts share their covariates: the core tells by that
    y, designs$x, if (spec$same) designs$x else designs$z, w, start$posterior, spec, start$theta, settings, control$threads, report
  )
}

new_moe <- function(raw, designs, spec, parts, control, total, gate, expert, method, call) {
  blueprint <- designs$blueprint
  measure <- theta_measure(
    raw$theta, spec, expert, gate, blueprint$x_names, blueprint$z_names
  )
  lse <- method == "lse"
  value <- if (lse) lse_fields(raw, total) else list(loglik = raw$value, df = length(raw$theta))
  structure(c(value, list(
    measure = measure, status = raw$status, flags = raw$flags,
    converged = is_optimum_word(raw$status),
    gradient = number_or_na(raw$gradient), min_eigenvalue = number_or_na(raw$min_eigenvalue),
    iterations = raw$iterations, passes = raw$passes, starts = starts_table(raw),
    ends = c(list(theta = raw$ends), raw$starts[c("optimum", "difference", "soundness", "price", "whole")]),
    trace = trace_table(raw, control$trace), mass = raw$mass * total,
    held = raw$held, hessian = raw$hessian, jacobian = raw$jacobian,
    k = spec$k, method = method, gate = gate, expert = expert, formula = parts$formula, call = call,
    blueprint = blueprint, model = parts$frame, na.action = attr(parts$frame, "na.action"),
    nobs = total, control = control, seed = control$seed, cache = new.env(parent = emptyenv())
  )), class = c(if (lse) "moe_lse", "moe"))
}

#' What takes long and is asked for again: computed once per fit, and saved with it
#'
#' A fit with another measure or likelihood, made from this one, does not inherit it.
#' @noRd
remember <- function(fit, name, value) {
  key <- list(measure_theta(fit$measure), fit$loglik, fit$nobs)
  if (!identical(fit$cache[[name]]$key, key)) {
    if (is.null(fit$cache)) return(value)
    assign(name, list(key = key, value = value), envir = fit$cache)
  }
  fit$cache[[name]]$value
}

starts_table <- function(raw) {
  s <- raw$starts
  # data.frame() takes longer than a pass through 1e4 rows
  list2DF(list(
    start = seq_along(s$kind), kind = s$kind, value = s$value, gradient = s$gradient,
    status = s$status, iterations = s$iterations, agrees = s$optimum == s$optimum[raw$best],
    best = seq_along(s$kind) == raw$best
  ))
}

trace_table <- function(raw, keep) {
  if (!keep) return(NULL)
  s <- raw$starts
  data.frame(
    start = s$trace_start, iteration = s$trace_iteration, value = s$trace_value,
    gradient = s$trace_gradient
  )
}

# The data of a fit: kept once, in its model frame -----------------------------------------------------------

# model.response() would name a vector by its rows, which takes longer than a fit
fit_y <- function(fit) as.double(fit$model[[1]])
fit_weights <- function(fit) stats::model.weights(fit$model) %||% rep(1, nrow(fit$model))
fit_x <- function(fit) {
  b <- fit$blueprint
  part_matrix(b$terms_x, fit$model, b$contrasts$x)[, b$x_names, drop = FALSE]
}
fit_z <- function(fit) {
  b <- fit$blueprint
  part_matrix(b$terms_z, fit$model, b$contrasts$z)[, b$z_names, drop = FALSE]
}

#' Of a fit that ended where derivatives are no numbers
#' @noRd
number_or_na <- function(x) if (is.finite(x)) x else NA_real_
