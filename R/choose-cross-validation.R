# Cross-validation of fits to the same data: out of fold, what likelihood or error -----------------------------------

#' The loss of rows that a fit has not seen: minus the log density, or the squared error for least squares
#'
#' Every fold searches as if its training rows were all there is. A start at the fit to all rows would let the rows
#' that are left out speak: an expert that they alone called for would still be there when they are scored.
#' @param fits Fits of the same data, of different k.
#' @param fold For every row of the data its fold, 1 to v.
#' @return A data frame, a row per fit: `value` (weighted mean), `std.error` (over folds), `status` (the worst of
#'   its folds), `message` (of the first fold that failed).
#' @noRd
cross_validate <- function(fits, fold) {
  first <- fits[[1]]
  problem <- list(
    y = fit_y(first), x = fit_x(first), z = fit_z(first), fold = fold,
    w = as.double(fit_weights(first)), models = lapply(fits, cv_model), tell = progressr::progressor(max(fold))
  )
  folds <- map_futures(seq_len(max(fold)), cv_fold, problem, threads = first$control$threads)
  # a row per fit, a column per fold
  loss <- vapply(folds, function(f) f$loss, numeric(length(fits)))
  status <- vapply(folds, function(f) f$status, character(length(fits)))
  message <- vapply(folds, function(f) f$message, character(length(fits)))
  weight <- vapply(folds, function(f) f$weight, 0)
  dim(loss) <- dim(status) <- dim(message) <- c(length(fits), length(folds))
  value <- colSums(t(loss) * weight) / sum(weight)
  data.frame(
    value = value, std.error = sqrt(rowSums((loss - value)^2) / (length(folds) - 1) / length(folds)),
    status = apply(status, 1, worst_status), message = apply(message, 1, function(m) stats::na.omit(m)[1])
  )
}

#' What a fold needs of a fit: no data, which all folds and fits share, and no estimate
#' @noRd
cv_model <- function(fit) {
  control <- fit$control
  control$starts <- fold_starts(fit$starts$agrees, control$starts)
  list(
    spec = measure_spec(fit$measure, fit$blueprint$same), gate = fit$gate, expert = fit$expert, control = control,
    start = list(theta = list(), posterior = NULL)
  )
}

#' Starts of a fold: as many as miss the optimum that the starts of the fit agree on once in a thousand folds, but not
#' more than find with 95 % one that a start in twenty reaches: all folds together cost a few fits, not as many as folds
#' @noRd
fold_starts <- function(agrees, most) {
  enough <- if (length(agrees) < 20) Inf else log(1e-3) / log1p(-mean(agrees))
  as.integer(min(most, 60, max(20, ceiling(enough))))
}

#' @param v The fold that is left out.
#' @return list(loss: mean over its rows for every model; status; weight of the fold)
#' @noRd
cv_fold <- function(v, problem, threads) {
  out <- problem$fold == v
  # rows of weight zero take no part
  training <- !out & problem$w > 0
  scored <- out & problem$w > 0
  full <- !is_collinear(problem$x[training, , drop = FALSE]) && !is_collinear(problem$z[training, , drop = FALSE])
  each <- lapply(problem$models, function(model) {
    if (!full) {
      return(list(loss = NA_real_, status = "collinear", message = sprintf(
        "without fold %d covariates are collinear, as without all rows of a level of a factor", v
      )))
    }
    model$control$threads <- threads
    tryCatch(cv_score(model, problem, training, scored), error = function(cnd) {
      list(loss = NA_real_, status = "error", message = conditionMessage(cnd))
    })
  })
  problem$tell()
  list(
    loss = vapply(each, function(e) e$loss, 0), status = vapply(each, function(e) e$status, ""),
    message = vapply(each, function(e) e$message %||% NA_character_, ""), weight = sum(problem$w[scored])
  )
}

is_collinear <- function(x) length(independent_columns(x, 1L)) < ncol(x)

cv_score <- function(model, problem, training, scored) {
  rows <- function(m, which) m[which, , drop = FALSE]
  w <- problem$w[training]
  if (all(w == 1)) w <- NULL
  designs <- list(x = rows(problem$x, training), z = rows(problem$z, training))
  model$control$progress <- model$control$trace <- FALSE
  total <- if (is.null(w)) sum(training) else sum(w)
  raw <- run_fit(problem$y[training], designs, w, model$spec, model$start, model$control, total)
  measure <- theta_measure(
    raw$theta, model$spec, model$expert, model$gate, colnames(designs$x), colnames(designs$z)
  )
  held <- list(
    x = rows(problem$x, scored), z = rows(problem$z, scored), y = problem$y[scored], missing = logical(sum(scored))
  )
  loss <- by_blocks(measure, held, function(parts, y) {
    if (is.null(measure$sigma2)) (y - mixture_mean(parts))^2 else -mixture_density(y, parts, log = TRUE)
  })
  list(loss = stats::weighted.mean(loss, problem$w[scored]), status = raw$status)
}

# Folds --------------------------------------------------------------------------------------------------------------

#' The fold of every row: rows in random order dealt to the folds in turn, or what the user gave
#' @param folds A number of folds, or a fold per row of the data as used.
#' @noRd
make_folds <- function(folds, n, df, seed, call) {
  if (length(folds) == 1) {
    v <- check_count(folds, "folds", min = 2, max = n, call = call)
    fold <- integer(n)
    fold[stream_sample(n, n, seed, "fold")] <- rep_len(seq_len(v), n)
  } else {
    folds <- check_vector(folds, "folds", length = n, call = call)
    fold <- match(folds, sort(unique(folds)))
    if (max(fold) < 2) moe_abort("{.arg folds} must have at least two different folds, not one.", call = call)
  }
  left <- n - max(tabulate(fold))
  if (left < df) {
    moe_abort(c(
      "{.arg folds} must leave at least as many rows as there are parameters.",
      x = "The largest fold leaves {left} row{?s}, the largest model has {df} parameter{?s}.",
      i = "Use more folds, or lower {.arg k}."
    ), call = call)
  }
  fold
}
