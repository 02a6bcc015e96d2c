# Tests of terms by likelihood ratios ------------------------------------------------------------------------

#' Test the terms of a fit
#'
#' `drop1()` leaves out one term at a time, from the gate or from the experts, and compares the likelihoods:
#' \eqn{T = 2 (\ell - \ell_{without})}, by the chi-squared distribution with as many degrees of freedom as the term has
#' coefficients. The number of experts stays. `anova(fit)` does so term by term, in the order of the formula: each is
#' tested in a model that has the terms before it, the other part of the model being whole. [step()] uses `drop1()`.
#'
#' The smaller models are fitted from the fit on, once from its coefficients without those of the term, and once from
#' its
#' posterior probabilities; the better one counts. These tests do not suffer from steep gates, whose Wald tests mislead
#' (see [summary.moe()]).
#'
#' A chi-squared distribution needs a regular model. A fit that is no optimum, has coefficients on a bound or variances
#' on the floor, or an information that is singular, is an error of class `moe_error_unsupported`. A fit with more
#' experts than the data support is a warning of class `moe_warning_overspecified`. A separated gate is allowed: where
#' the term has no effect the gate is none.
#'
#' @param object,fit A fit of [moe()] by maximum likelihood: others are errors of class `moe_error_unsupported`.
#' @param scope Terms to drop, such as `"gate: x"` or `"experts: x"`; all that others do not contain by default. Where
#'   gate and experts have the same terms, `"x"` is dropped from both.
#' @param scale Not used: [step()] passes it.
#' @param k The penalty per parameter in the column AIC, 2 by default; `log(nobs(object))` makes it BIC.
#' @param test `"Chisq"`, or `"none"` for no p-values.
#' @param ... Not used.
#' @return `drop1()`: a data frame of class `anova` with a row per term: `Df`, `AIC` without the term, `LRT` and
#'   `Pr(>Chi)`. `NA` where the smaller model has no sound optimum. `extractAIC()`: the number of parameters and AIC.
#'   `add1()` is an error of class `moe_error_unsupported`, as is [step()] for formulas of two parts: terms are then
#'   added
#'   and dropped by [update()][moe-methods].
#' @examples
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = moe_control(seed = 1))
#' drop1(fit)
#' anova(fit)
#' @seealso [anova.moe()] for several fits.
#' @name drop1.moe
#' @family methods
NULL

#' @rdname drop1.moe
#' @importFrom stats drop1
#' @export
drop1.moe <- function(object, scope, scale = 0, test = c("Chisq", "none"), k = 2, ...) {
  here <- rlang::current_env()
  test <- check_choice(test, c("Chisq", "none"))
  check_regular(object, here)
  terms <- model_terms(object)
  drops <- if (missing(scope)) terms[vapply(terms, function(t) t$free, NA)] else scope_terms(scope, terms, here)
  whole <- whole_model(object)
  smaller <- lapply(drops, function(drop) Reduce(leave_out, drop$drops, whole))
  loglik <- vapply(smaller, function(s) s$loglik, 0)
  df <- vapply(smaller, function(s) s$df, 0)
  ratio <- ratios_of_terms(object$loglik - loglik, names(drops), here)
  table <- data.frame(
    Df = c(NA, object$df - df), AIC = -2 * c(object$loglik, loglik) + k * c(object$df, df), LRT = c(NA, ratio)
  )
  if (test == "Chisq") table[["Pr(>Chi)"]] <- stats::pchisq(table$LRT, table$Df, lower.tail = FALSE)
  structure(table,
    row.names = c("<none>", names(drops)), class = c("anova", "data.frame"),
    heading = c("Single terms left out", sprintf("\nModel: k = %d, %s\n", object$k, deparse_one(object$formula)))
  )
}

#' Of one fit, the terms of each part in their order
#' @noRd
anova_terms <- function(fit, call) {
  check_regular(fit, call)
  terms <- model_terms(fit)
  part <- vapply(terms, function(t) t$drops[[1]]$part, "")
  loglik <- fit$loglik
  table <- NULL
  for (name in unique(part)) {
    # from the last to the first
    steps <- Reduce(leave_out, lapply(rev(terms[part == name]), function(t) t$drops[[1]]), whole_model(fit),
      accumulate = TRUE
    )
    loglik <- rev(vapply(steps, function(s) s$loglik, 0))
    df <- rev(vapply(steps, function(s) s$df, 0))
    table <- rbind(table, data.frame(Df = diff(df), logLik = loglik[-1], Chisq = diff(loglik)))
  }
  if (is.null(table)) table <- data.frame(Df = numeric(), logLik = numeric(), Chisq = numeric())
  table$Chisq <- ratios_of_terms(table$Chisq, names(terms), call)
  table[["Pr(>Chisq)"]] <- stats::pchisq(table$Chisq, table$Df, lower.tail = FALSE)
  structure(table,
    row.names = names(terms), class = c("anova", "data.frame"), heading = c(
      "Likelihood ratios, terms added in their order\n",
      sprintf("Model: k = %d, %s\n", fit$k, deparse_one(fit$formula))
    )
  )
}

#' Twice the differences; below zero the larger model has missed an optimum
#' @noRd
ratios_of_terms <- function(difference, names, call) {
  if (any(difference < -1e-3, na.rm = TRUE)) {
    moe_warn(c(
      "Without {.field {names[which(difference < -1e-3)]}} the likelihood is higher: the fit is not the best one.",
      i = "Fit again with more {.arg starts}."
    ), class = "convergence", call = call)
  }
  2 * pmax(difference, 0)
}

#' @rdname drop1.moe
#' @importFrom stats add1
#' @export
add1.moe <- function(object, scope, ...) {
  moe_abort(c(
    "{.fn add1} is not available: a term may enter the gate or the experts.",
    i = "Fit the larger model with {.code update(fit, . ~ . + w | .)}, and compare with {.fn anova}."
  ), class = "unsupported")
}

#' @rdname drop1.moe
#' @importFrom stats extractAIC
#' @export
extractAIC.moe <- function(fit, scale = 0, k = 2, ...) c(fit$df, -2 * fit$loglik + k * fit$df)

# Terms and the models without them ------------------------------------------------------------------------------

#' The terms of the parts that have coefficients
#' @return A named list of list(drops = list of list(part, columns), free = is it contained in no other term?).
#' @noRd
model_terms <- function(fit) {
  parts <- c(if (fit$k > 1) "gate", if (kind_of(fit$expert)$covariates) "experts")
  unlist(lapply(parts, function(part) {
    terms <- stats::terms(fit, part)
    design <- stats::model.matrix(fit, part)
    labels <- attr(terms, "term.labels")
    columns <- lapply(seq_along(labels), function(i) colnames(design)[attr(design, "assign") == i])
    known <- lengths(columns) > 0
    all <- Map(function(label, columns) {
      list(drops = list(list(part = part, columns = columns)), free = label %in% stats::drop.scope(terms))
    }, labels, columns)
    stats::setNames(all, paste0(part, ": ", labels, recycle0 = TRUE))[known]
  }), recursive = FALSE)
}

#' Terms as a user names them; a bare label is that term in gate and experts alike
#' @noRd
scope_terms <- function(scope, terms, call) {
  if (inherits(scope, "formula")) scope <- attr(stats::terms(scope), "term.labels")
  known <- names(terms)
  part <- sub(": .*", "", known)
  labels <- split(sub("^[a-z]*: ", "", known), part)
  both <- Reduce(intersect, labels)
  alike <- length(labels) < 2 || setequal(labels[[1]], labels[[2]])
  bad <- if (is.character(scope)) setdiff(scope, c(known, if (alike) both)) else describe(scope)
  if (length(bad)) {
    moe_abort(c(
      "{.arg scope} must name terms of the model, not {.val {bad}}.",
      i = "Terms: {.val {known}}.",
      i = "{.fn step} needs a formula of one part; for others drop terms with {.fn update}."
    ), class = if (is.character(scope) && any(bad %in% unlist(labels))) "unsupported" else "input", call = call)
  }
  stats::setNames(lapply(scope, function(term) {
    found <- if (term %in% known) terms[term] else terms[known %in% paste0(unique(part), ": ", term)]
    list(drops = unlist(lapply(unname(found), function(t) t$drops), recursive = FALSE))
  }), scope)
}

whole_model <- function(fit) {
  problem <- fit_problem(fit)
  list(
    problem = problem, k = fit$k, measure = fit$measure, loglik = fit$loglik, df = fit$df,
    posterior = if (fit$k > 1) posterior_of(fit$measure, problem)
  )
}

#' The model without some columns of a part, fitted from the larger one
#' @param drop list(part, columns).
#' @noRd
leave_out <- function(model, drop) {
  parts <- coef_parts(model$measure)
  design <- if (drop$part == "gate") "z" else "x"
  problem <- model$problem
  kept <- !colnames(problem$designs[[design]]) %in% drop$columns
  problem$designs[[design]] <- problem$designs[[design]][, kept, drop = FALSE]
  problem$names[[paste0(design, "_names")]] <- colnames(problem$designs[[design]])
  problem$same <- FALSE
  spec <- problem_spec(problem, model$k)
  gone <- parts$part == c(z = "gate", x = "expert")[[design]] & parts$term %in% drop$columns
  theta <- measure_theta(model$measure)[!gone]
  # experts that are not linear have other numbers of coefficients
  runs <- c(
    if (length(theta) == theta_size(spec)) list(refit(problem, model$k, list(theta))),
    if (!is.null(model$posterior)) list(refit(problem, model$k, posterior = model$posterior)),
    if (model$k == 1 && length(theta) != theta_size(spec)) list(refit(problem, model$k))
  )
  runs <- runs[vapply(runs, is_optimum, NA)]
  smaller <- list(problem = problem, k = model$k, df = theta_size(spec), posterior = model$posterior)
  best <- if (length(runs)) runs[[which.max(vapply(runs, function(r) r$value, 0))]]
  best <- best %||% list(theta = numeric(theta_size(spec)), value = NA_real_)
  smaller$loglik <- best$value
  smaller$measure <- refit_measure(best, problem, model$k)
  if (length(runs) && model$k > 1) smaller$posterior <- posterior_of(smaller$measure, problem)
  smaller
}

#' Chi-squared distributions need an optimum in the interior of the parameters, with a regular information
#' @noRd
check_regular <- function(fit, call) {
  check_likelihood(fit, call)
  inverse <- lose_rows(invert_information(fit), fit, FALSE)
  found <- setdiff(unique(inverse$why), c("", "separated_gate"))
  if (is_optimum(fit) && length(found) == 0) {
    warn_overspecified(fit, inverse$covariance, call)
    return(invisible(fit))
  }
  cause <- if (length(found)) no_error_causes$mle[[found[1]]] else paste("It is no optimum: its status is", fit$status)
  moe_abort(c(
    "Likelihood ratios of this fit have no chi-squared distribution.", x = "{cause}",
    i = "Fit fewer experts, or from more {.arg starts}."
  ), class = "unsupported", call = call)
}
