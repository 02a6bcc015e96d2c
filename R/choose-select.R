# Choosing the number of experts: one call, one table -----------------------------------------------------------------

#' How many experts?
#'
#' Fits every number of experts in `k` to the same data and compares them by up to six criteria:
#'
#' | criterion | value | chosen |
#' |---|---|---|
#' | `"bic"`, `"aic"` | [BIC()], [AIC()] | lowest |
#' | `"icl"` | \eqn{\mathrm{BIC} - 2 \sum_{j,i} \tau_{ji} \log \tau_{ji}}, of posterior probabilities | lowest |
#' | `"cv"` | mean over rows left out of minus the log density, or of the squared error for least squares | lowest |
#' | `"mtm"` | [merge_truncate_merge()] of the largest fit: share of a path over c with that k | at c = 1 |
#' | `"dendrogram"` | DSC of [moe_dendrogram()] of the largest fit | lowest |
#'
#' @section Which to believe:
#' Read `"bic"` and `"cv"` side by side. BIC was the most often right where a truth is known; it takes too few experts
#' where they lie close together for the number of rows, and on real data of few rows now and then one that follows a
#' handful of them. `"cv"` makes no use of the number of parameters and predicted such data better, at the cost of
#' searches in every fold; look at its standard errors. `"aic"` takes too
#' many experts until the rows are very many, and then predicts worse, not better. `"icl"` counts experts that can be
#' told apart, and may stay at one where experts overlap although more describe the data far better.
#'
#' `"mtm"` and `"dendrogram"` look at the atoms of one fit with too many experts, so `k` must reach beyond the answer.
#' On real data, where additional experts seldom coincide, the dendrogram tends to answer the largest k that is offered
#' and merge-truncate-merge too few. `vignette("how-many-experts")` has the numbers.
#'
#' @section Rows, weights and failures:
#' All fits use one seed. A fit that fails is a row with its status and `NA`; one that ended on the
#' variance floor has values that are shown and not chosen, as its likelihood is not that of a maximum. The two criteria
#' of one fit take the largest k whose fit can be used.
#'
#' Weights that are whole numbers, or small multiples of one number, count rows, but a factor that all of them share is
#' no evidence for more experts and is left out. Of other weights only ratios matter: their rows are Kish's
#' \eqn{n = (\sum w)^2 / \sum w^2}. The log-likelihood is brought to that number of rows. Choices are therefore the same
#' for weights w and c w, unless c makes whole numbers of fractions or fractions of large counts; without weights, and for
#' counts without a common factor, values are those of [BIC()] and [AIC()].
#'
#' @section Cross-validation:
#' Every fold searches anew on its training rows, and the best start by their likelihood is scored on the rows left out.
#' No fold begins at the fit to all rows, which has seen the rows that are to be predicted. Folds make at most 60 starts,
#' and fewer where most starts of that fit agreed. They run on the current plan of the future package, one at a time, and
#' depend on `seed` alone.
#'
#' @param formula_or_fit A formula as in [moe()], or a fit, whose call is then repeated with other k.
#' @param data A data frame, as in [moe()]; not for a fit.
#' @param k Numbers of experts to compare: whole numbers from 1 to a third of the rows. By default, for a fit, all
#'   up to one more than it has.
#' @param criterion Names of criteria. By default all that the method has: least squares has `"cv"` and
#'   `"dendrogram"`.
#' @param ... Further arguments of [moe()]: `gate`, `expert`, `method`, `weights`, `subset` and `na.action`.
#' @param folds Number of folds, or the fold of every row of the data as used.
#' @param warm Deprecated and without effect, with a warning of class `moe_warning_deprecated`.
#' @param control A list made by [moe_control()]. By default, for a fit, its own. With `progress` a bar counts folds.
#' @param seed A whole number, of starts and folds; by default the seed of `control`, or one drawn from R's generator.
#' @return `select_k()`: a data frame of class `moe_selection`, a row per criterion and k: `criterion`, `k`, `value`,
#'   `std.error` (of `"cv"`, over folds), `selected` (logical) and `status` (of the fit, see [moe()]; for `"cv"` the
#'   worst of its folds; `"error"` where there is none). Attributes: `k`, as `chosen_k()`; `fits`, a list named by k;
#'   `dendrogram` and `mtm`, the results for the largest fit; `messages`, of fits that failed.
#'
#'   `chosen_k()`: the number of experts that each criterion chooses, a named integer vector (`NA` if none).
#'
#'   Wrong arguments, such as a k below 1 or above a third of the rows, or folds that leave fewer rows than there
#'   are parameters, are errors of class `moe_error_input`; a criterion that the method cannot give is one of class
#'   `moe_error_unsupported`; data that no k can be fitted to are one of class `moe_error_data`.
#' @references Biernacki, C., Celeux, G. and Govaert, G. (2000). Assessing a mixture model for clustering
#'   with the integrated completed likelihood. *IEEE Transactions on Pattern Analysis and Machine
#'   Intelligence* 22, 719-725. \doi{10.1109/34.865189}
#'
#'   Guha, A., Ho, N. and Nguyen, X. (2021). On posterior contraction of parameters and interpretability in
#'   Bayesian mixture modeling. *Bernoulli* 27, 2159-2188. \doi{10.3150/20-BEJ1275}
#'
#'   The dendrogram of mixing measures for softmax-gated Gaussian experts: \doi{10.48550/arXiv.2510.12744}.
#' @examples
#' choice <- select_k(waiting ~ eruptions, faithful, k = 1:3, folds = 5, seed = 1)
#' choice
#' chosen_k(choice)
#' autoplot(choice)
#'
#' # from a fit, by some criteria
#' fit <- moe(waiting ~ eruptions, faithful, k = 3, control = moe_control(seed = 1))
#' select_k(fit, k = 2:3, criterion = c("bic", "dendrogram"))
#' @family choosing k
#' @export
select_k <- function(formula_or_fit, data, k, criterion = NULL, ..., folds = 10, warm = NULL, control = NULL,
                     seed = NULL) {
  here <- rlang::current_env()
  call <- match.call(expand.dots = FALSE)
  request <- sweep_request(formula_or_fit, call, control, seed, parent.frame(), here)
  criterion <- check_criteria(criterion, request$method, here)
  if (!is.null(warm)) warn_warm(here)
  if (missing(k)) {
    if (is.null(request$fit)) moe_abort("{.arg k}, the numbers of experts to compare, is missing.")
    k <- seq_len(request$fit$k + 1)
  }
  k <- check_range(k, request$rows, here)
  sweep <- fit_sweep(request, k, here)
  results <- lapply(stats::setNames(nm = criterion), function(name) {
    switch(name,
      bic = , aic = , icl = swept(name, sweep, information_criteria[[name]]),
      cv = swept_cv(sweep, folds, request, here),
      mtm = merged_mtm(sweep),
      dendrogram = merged_dendrogram(sweep)
    )
  })
  table <- do.call(rbind, c(lapply(results, function(result) result$table), make.row.names = FALSE))
  structure(table,
    k = vapply(results, function(result) result$k, 0L), fits = sweep$fits, dendrogram = results$dendrogram$object,
    mtm = results$mtm$object, messages = results$cv$messages %||% sweep$messages,
    formula = sweep$formula, rows = sweep$rows,
    class = c("moe_selection", "data.frame")
  )
}

#' @rdname select_k
#' @param selection A choice of `select_k()`.
#' @export
chosen_k <- function(selection) {
  if (!inherits(selection, "moe_selection")) {
    moe_abort("{.arg selection} must come from {.fn select_k}, not {describe(selection)}.")
  }
  attr(selection, "k")
}

warn_warm <- function(call) {
  moe_warn(c(
    "{.arg warm} is deprecated and has no effect.",
    i = "A fold that begins with the fit to all rows has seen the rows that it is to predict: every fold searches anew."
  ), class = "deprecated", call = call)
}

criteria_of <- list(mle = c("bic", "aic", "icl", "cv", "mtm", "dendrogram"), lse = c("cv", "dendrogram"))

check_criteria <- function(criterion, method, call) {
  known <- criteria_of$mle
  own <- criteria_of[[method]]
  if (is.null(criterion)) return(own)
  if (!is.character(criterion) || length(criterion) == 0 || any(!criterion %in% known) || anyDuplicated(criterion)) {
    moe_abort(c(
      "{.arg criterion} must be different names of criteria, not {describe(criterion)}.",
      i = "Known: {.val {known}}."
    ), call = call)
  }
  other <- setdiff(criterion, own)
  if (length(other)) {
    moe_abort(c(
      paste(
        "{.arg criterion} {.val {other}} {cli::qty(length(other))}need{?s/} a likelihood,",
        "which least squares does not have."
      ),
      i = "Use {.val {own}}, or {.code method = \"mle\"}."
    ), class = "unsupported", call = call)
  }
  criterion
}

#' Numbers of experts, increasing, of which the data can bear the largest
#' @noRd
check_range <- function(k, rows, call) {
  k <- sort(check_whole(k, "k", max = 1000, call = call))
  most <- max(1, floor(rows / 3))
  if (max(k) > most) {
    moe_abort(c(
      "{.arg k} must be at most a third of the rows.",
      x = "Found k = {max(k)} and {rows} row{?s}."
    ), call = call)
  }
  k
}

# Criteria: each gives its table and its choice ---------------------------------------------------------------------

information_criteria <- list(
  bic = function(fit) information_criterion(fit, log), aic = function(fit) information_criterion(fit, function(n) 2),
  icl = function(fit) {
    information_criterion(fit, log) + 2 * posterior_entropy(fit) * fit_rows(fit) / sum(fit_weights(fit))
  }
)

#' @param value Function of a fit.
#' @noRd
swept <- function(name, sweep, value) {
  values <- vapply(sweep$fits, function(fit) if (is.null(fit)) NA_real_ else value(fit), 0)
  least(name, sweep$k, unname(values), sweep$status)
}

swept_cv <- function(sweep, folds, request, call) {
  present <- which(is_usable(sweep$status) | sweep$status == "variance_floor")
  value <- error <- rep(NA_real_, length(sweep$k))
  status <- sweep$status
  if (length(present)) {
    df <- max(vapply(sweep$fits[present], function(fit) as.double(fit$df), 0))
    fold <- make_folds(folds, sweep$rows, df, request$seed, call)
    scores <- with_bar(request$progress, cross_validate(sweep$fits[present], fold), "Folds")
    value[present] <- scores$value
    error[present] <- scores$std.error
    status[present] <- scores$status
    sweep$messages[present] <- scores$message
  }
  result <- least("cv", sweep$k, value, status, error, eligible = is_usable(sweep$status))
  c(result, list(messages = sweep$messages))
}

#' The k with the least value of those that can be chosen
#' @noRd
least <- function(name, k, value, status, std.error = NA_real_, eligible = is_usable(status)) {
  at <- which.min(ifelse(eligible, value, NA))
  table <- data.frame(
    criterion = rep(name, length(k)), k = k, value = value, std.error = rep_len(std.error, length(k)),
    selected = seq_along(k) %in% at, status = status
  )
  list(table = table, k = if (length(at)) as.integer(k[at]) else NA_integer_)
}

merged_dendrogram <- function(sweep) {
  fit <- largest_fit(sweep)
  if (is.null(fit) || fit$k < 2) return(least("dendrogram", integer(), numeric(), character()))
  tree <- moe_dendrogram(fit)
  levels <- tree$levels[-1, ]
  c(least("dendrogram", levels$k, levels$dsc, rep(fit$status, nrow(levels))), list(object = tree))
}

#' The constants of the path: the result is that of the first
#' @noRd
mtm_constants <- c(1, 2^seq(-2, 2, by = 0.125))

merged_mtm <- function(sweep) {
  fit <- largest_fit(sweep)
  if (is.null(fit)) return(least("mtm", integer(), numeric(), character()))
  merged <- merge_truncate_merge(fit, c = mtm_constants)
  k <- seq_len(fit$k)
  table <- data.frame(
    criterion = "mtm", k = k, value = tabulate(merged$path$k[-1], fit$k) / (length(mtm_constants) - 1),
    std.error = NA_real_, selected = k == merged$k, status = fit$status
  )
  list(table = table, k = merged$k, object = merged)
}
