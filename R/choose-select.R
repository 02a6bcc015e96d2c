# Choosing the number of experts: one call, one table -----------------------------------------------------------------

#' How many experts?
#'
#' Fits every number of experts in `k` to the same data and compares them by up to six criteria:
#'
#' | criterion | value | chosen |
#' |---|---|---|
#' | `"bic"`, `"aic"` | [BIC()], [AIC()] | least |
#' | `"icl"` | \eqn{\mathrm{BIC} - 2 \sum_{j,i} \tau_{ji} \log \tau_{ji}}, with the posterior probabilities | least |
#' | `"cv"` | minus the log density of rows left out, or their squared error for least squares; mean over rows | least |
#' | `"mtm"` | [merge_truncate_merge()] of the largest fit: share of a path over c with that k | at c = 1 |
#' | `"dendrogram"` | DSC of [moe_dendrogram()] of the largest fit | least |
#'
#' Which to believe? `"bic"` and `"icl"` suppose that the model is right; ICL counts experts that can be told apart,
#' and so tends to fewer. `"aic"` and `"cv"` look for good predictions and tend to more. `"mtm"` and `"dendrogram"`
#' look at one fit with too many experts, so `k` must reach beyond the answer, and they ask for its atoms, not for
#' its likelihood alone. See `vignette("how-many-experts")` for how often each is right, also where a few rows follow
#' no expert.
#'
#' All fits use one seed. A fit that fails is a row with its status and `NA`; one that ended on the
#' variance floor has values that are shown and not chosen, as its likelihood is not that of a maximum. The two criteria
#' of one fit take the largest k whose fit can be used.
#'
#' Cross-validation runs on the current plan of the future package, a fold at a time. The folds depend on `seed`
#' alone. With `warm` every fold begins with the fit to all rows, which is fast; otherwise it searches for starts
#' of its own.
#'
#' @param formula_or_fit A formula as in [moe()], or a fit, whose call is then repeated with other k.
#' @param data A data frame, as in [moe()]; not for a fit.
#' @param k Numbers of experts to compare: whole numbers from 1 to a third of the rows. By default, for a fit, all
#'   up to one more than it has.
#' @param criterion Names of criteria. By default all that the method has: least squares has `"cv"` and
#'   `"dendrogram"`.
#' @param ... Further arguments of [moe()]: `gate`, `expert`, `method`, `weights`, `subset` and `na.action`.
#' @param folds Number of folds, or the fold of every row of the data as used.
#' @param warm Logical: begin in every fold with the fit to all rows?
#' @param control A list made by [moe_control()]. By default, for a fit, its own.
#' @param seed A whole number, of starts and folds; by default the seed of `control`, or one drawn from R's generator.
#' @return A data frame of class `moe_selection`, a row per criterion and k: `criterion`, `k`, `value`, `std.error`
#'   (of `"cv"`, over folds), `selected` (logical) and `status` (of the fit, see [moe()]; for `"cv"` the worst of
#'   its folds; `"error"` where there is none). Attributes: `k`, the number of experts that each criterion chooses,
#'   a named vector (`NA` if none); `fits`, a list named by k; `dendrogram` and `mtm`, the results for the largest
#'   fit; `messages`, of fits that failed.
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
#' choice <- select_k(waiting ~ eruptions, faithful, k = 1:4, seed = 1)
#' choice
#' attr(choice, "k")
#' autoplot(choice)
#'
#' # from a fit, by some criteria
#' fit <- moe(waiting ~ eruptions, faithful, k = 3, control = moe_control(seed = 1))
#' select_k(fit, k = 2:3, criterion = c("bic", "dendrogram"))
#' @family choosing k
#' @export
select_k <- function(formula_or_fit, data, k, criterion = NULL, ..., folds = 10, warm = TRUE, control = NULL,
                     seed = NULL) {
  here <- rlang::current_env()
  call <- match.call(expand.dots = FALSE)
  request <- sweep_request(formula_or_fit, call, control, seed, parent.frame(), here)
  criterion <- check_criteria(criterion, request$method, here)
  warm <- check_flag(warm)
  if (missing(k)) {
    if (is.null(request$fit)) moe_abort("{.arg k}, the numbers of experts to compare, is missing.")
    k <- seq_len(request$fit$k + 1)
  }
  k <- check_range(k, request$rows, here)
  sweep <- fit_sweep(request, k, here)
  results <- lapply(stats::setNames(nm = criterion), function(name) {
    switch(name,
      bic = , aic = , icl = swept(name, sweep, information_criteria[[name]]),
      cv = swept_cv(sweep, folds, warm, request$seed, here),
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

# The sweep: one fit for every k ------------------------------------------------------------------------------------

#' The call of moe() that is repeated, and what is known before it is
#' @return list(call: evaluated in `frame` once it has a k; shown: the same as the user would write it; ...)
#' @noRd
sweep_request <- function(formula_or_fit, call, control, seed, frame, here) {
  fit <- if (inherits(formula_or_fit, "moe")) formula_or_fit
  check_sweep_dots(call$..., here)
  shown <- if (is.null(fit)) rlang::call2("moe", formula = call$formula_or_fit) else fit$call
  shown$start <- NULL
  shown[names(call$...)] <- call$...
  if (!is.null(call$data)) shown$data <- call$data
  if (!is.null(call$control)) shown$control <- call$control
  fresh <- is.null(fit) || length(call$...) || !is.null(call$data) || !is.null(control) || !is.null(seed)
  control <- check_control(control %||% eval(shown$control, frame) %||% moe_control(), here)
  control$seed <- check_seed(seed %||% control$seed %||% fit$seed, call = here)
  run <- shown
  run[[1]] <- moe
  run$formula <- if (is.null(fit)) formula_or_fit else fit$formula
  run$control <- control
  data <- if (is.null(fit)) eval(call$data, frame)
  list(
    call = run, shown = shown, frame = frame, seed = control$seed, fit = fit, reuse = !fresh,
    method = check_choice(eval(shown$method, frame) %||% "mle", c("mle", "lse"), "method", here),
    rows = if (!fresh) nrow(fit$model) else if (is.data.frame(data)) nrow(data) else Inf
  )
}

check_sweep_dots <- function(dots, call) {
  known <- c("gate", "expert", "method", "weights", "subset", "na.action")
  names <- rlang::names2(dots)
  if (all(names %in% known)) return(invisible())
  moe_abort(c(
    "{.arg ...} takes arguments of {.fn moe}: {.arg {known}}.",
    x = "Found {.arg {setdiff(names, known)}}.",
    i = if ("start" %in% names) "One start cannot serve several k."
  ), call = call)
}

#' @return list(k, fits (named; NULL where there is none), status, messages, formula, rows)
#' @noRd
fit_sweep <- function(request, k, call) {
  fits <- stats::setNames(vector("list", length(k)), k)
  messages <- stats::setNames(rep(NA_character_, length(k)), k)
  for (at in seq_along(k)) {
    first <- Find(Negate(is.null), fits)
    if (!is.null(first)) check_range(k, nrow(first$model), call)
    result <- sweep_fit(request, k[at], is.null(first))
    if (inherits(result, "moe")) fits[[at]] <- result else messages[at] <- result
  }
  first <- Find(Negate(is.null), fits)
  if (is.null(first)) {
    moe_abort(c("No {.arg k} could be fitted.", x = "{text_of(messages[[1]])}"), class = "data", call = call)
  }
  check_range(k, nrow(first$model), call)
  status <- vapply(fits, function(fit) fit$status %||% "error", "")
  list(
    k = k, fits = fits, status = unname(status), messages = messages, formula = first$formula, rows = nrow(first$model)
  )
}

#' A fit, or the message of the error that it ended with; what is wrong with the call is an error for every k
#' @noRd
sweep_fit <- function(request, k, first) {
  if (request$reuse && k == request$fit$k) return(request$fit)
  run <- request$call
  run$k <- k
  tryCatch(
    withCallingHandlers(
      {
        fit <- eval(run, request$frame)
        fit$call <- request$shown
        fit$call$k <- k
        fit
      },
      # statuses are in the table; what is said of the data is said once
      moe_warning = function(cnd) rlang::cnd_muffle(cnd),
      moe_message = function(cnd) if (!first) rlang::cnd_muffle(cnd)
    ),
    moe_error_data = conditionMessage,
    `C++Error` = conditionMessage
  )
}

#' The fit with the most experts of those that can be chosen
#' @noRd
largest_fit <- function(sweep) {
  usable <- which(is_usable(sweep$status))
  if (length(usable)) sweep$fits[[max(usable)]]
}

# Criteria: each gives its table and its choice ---------------------------------------------------------------------

information_criteria <- list(
  bic = function(fit) stats::BIC(fit), aic = function(fit) stats::AIC(fit),
  icl = function(fit) stats::BIC(fit) + 2 * posterior_entropy(fit)
)

#' @param value Function of a fit.
#' @noRd
swept <- function(name, sweep, value) {
  values <- vapply(sweep$fits, function(fit) if (is.null(fit)) NA_real_ else value(fit), 0)
  least(name, sweep$k, unname(values), sweep$status)
}

swept_cv <- function(sweep, folds, warm, seed, call) {
  present <- which(is_usable(sweep$status) | sweep$status == "variance_floor")
  value <- error <- rep(NA_real_, length(sweep$k))
  status <- sweep$status
  if (length(present)) {
    df <- max(vapply(sweep$fits[present], function(fit) as.double(fit$df), 0))
    fold <- make_folds(folds, sweep$rows, df, seed, call)
    scores <- cross_validate(sweep$fits[present], fold, warm)
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
