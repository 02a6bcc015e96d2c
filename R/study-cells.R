# The cells of a study: data, estimate, losses of each (k, n, replicate) --------------------------------------

#' Compute cells of a study
#'
#' A cell's numbers depend on the specification without its grid and on (k, n, replicate) only. Its data are
#' `draw_moe(n, truth, design, noise, seed, index = c(n, replicate))`, the same for every k.
#' @param spec A `moe_study_spec`.
#' @param cells A data frame with integer columns `k`, `n` and `replicate`.
#' @param threads Number of threads, over cells.
#' @return A data frame with a row per cell: `k`, `n`, `replicate`, `status`, `message`, `converged`, `gradient`,
#'   `loglik`, `iterations` (of the best start), `passes` (of all), `starts`, `starts_agreeing`, `seconds`
#'   (processor), the losses, the errors after matching (such as `b.over`: largest error of b over true atoms to
#'   which several estimated ones belong), `largest_cell`, and the list column `estimate` (theta). What fails is a
#'   row of status `"error"`.
#' @noRd
study_cells <- function(spec, cells, threads = 1) cell_table(spec, cells, run_cells(spec, cells, threads))

#' @param raw What the core found for the cells.
#' @noRd
cell_table <- function(spec, cells, raw) {
  out <- data.frame(
    k = as.integer(cells$k), n = as.integer(cells$n), replicate = as.integer(cells$replicate),
    status = raw$status, message = refusal_words(raw$problem, cells, spec), converged = is_optimum_word(raw$status)
  )
  counts <- c("iterations", "passes", "starts", "starts_agreeing")
  raw[counts] <- lapply(raw[counts], as.integer)
  if (spec$method == "lse") raw$loglik <- normal_loglik(-2 * raw$loglik, out$n)
  out[c("gradient", "loglik", counts, "seconds")] <- raw[c("gradient", "loglik", counts, "seconds")]
  judged <- judge_cells(spec, cells$k, raw$estimate)
  out <- cbind(out, judged$numbers)
  out$estimate <- raw$estimate
  mark_failures(out, judged$message)
}

#' What the core refuses cells for, in words; an exception has its own
#' @noRd
refusal_words <- function(problem, cells, spec) {
  one <- function(problem, k, n) {
    switch(problem,
      fewer_rows_than_experts = sprintf("Fewer rows than experts: %d and %d.", n, k),
      fewer_rows_than_parameters = sprintf(
        "Fewer rows than parameters: %d and %d.", n, theta_size(study_model(k, spec))
      ),
      data_not_finite = "The drawn data are not finite.",
      constant_response = "The drawn response is constant.",
      no_start = "The log-likelihood is not finite at any start.",
      problem
    )
  }
  vapply(seq_along(problem), function(i) one(problem[i], cells$k[i], cells$n[i]), "")
}

#' A cell that failed, in its fit or in its losses, has a message and no numbers
#' @noRd
mark_failures <- function(out, message) {
  out$message[out$message == ""] <- message[out$message == ""]
  failed <- out$status == "error" | nzchar(out$message)
  out$status[failed] <- "error"
  out$converged[failed] <- FALSE
  numbers <- setdiff(names(out), c("k", "n", "replicate", "status", "message", "converged", "seconds", "estimate"))
  out[failed, numbers] <- NA
  out$message[!failed] <- NA_character_
  out
}

# The core's part: data and estimates ---------------------------------------------------------------------------

run_cells <- function(spec, cells, threads = 1) {
  groups <- unique(data.frame(k = cells$k, n = cells$n))
  group <- match(paste(cells$k, cells$n), paste(groups$k, groups$n))
  study_cells_cpp(
    study_plan(spec, groups), list(group = group, n = as.integer(cells$n), replicate = as.integer(cells$replicate)),
    threads
  )
}

#' What the core needs to know of a study, with a model, a control and a number of starts per (k, n)
#' @noRd
study_plan <- function(spec, groups) {
  columns <- study_columns(spec)
  start <- if (spec$protocol == "published") published_start() else spec$start
  law <- truth_law(spec$truth, spec$noise, response_law(spec$method))
  models <- lapply(groups$k, study_model, spec = spec)
  list(
    truth = law, design = design_law(spec$design), x = columns$x, z = columns$z, seed = spec$seed, start = start,
    models = models, controls = Map(study_control, models, groups$n, MoreArgs = list(spec = spec, start = start)),
    starts = vapply(groups$k, near_starts, 1L, start = start, k_true = law$model$k)
  )
}

#' Which columns of the design the experts and the gate have
#' @noRd
study_columns <- function(spec) {
  names <- colnames(name_covariates(draw_design(spec$design, 1, 0), spec$truth, rlang::caller_env()))
  list(x = match(expert_covariates(spec$truth), names), z = match(colnames(spec$truth$beta1), names))
}

study_model <- function(k, spec) {
  columns <- study_columns(spec)
  model_spec(
    spec$truth$gate, spec$expert, k, length(columns$x), length(columns$z), identical(columns$x, columns$z),
    response_law(spec$method)
  )
}

#' The published protocol stops EM at a relative change of the log-likelihood of 1e-6, or after 2000 iterations
#' @noRd
study_control <- function(model, n, spec, start) {
  control <- spec$control
  if (spec$protocol == "published") control[c("optimizer", "tol", "max_iter")] <- list("em", 1e-6, 2000L)
  if (start$kind == "search") control$starts <- start$starts %||% control$starts
  # optima of least squares lie close together, and on a sample another one may be the best
  control$subsample <- control$subsample %||% (spec$method == "mle")
  control$seed <- 0 # each cell has streams of its own
  unclass(complete_control(control, model, n))
}

#' The starts of one cell, as columns of theta
#' @noRd
cell_starts <- function(spec, k, n, replicate) {
  cells <- list(group = 1L, n = as.integer(n), replicate = as.integer(replicate))
  study_starts_cpp(study_plan(spec, data.frame(k = k, n = n)), cells)
}

# Losses and errors of the estimates ----------------------------------------------------------------------------

judge_cells <- function(spec, k, estimates) {
  judge <- new_judge(spec)
  message <- character(length(k))
  numbers <- matrix(NA_real_, length(k), length(judge$names), dimnames = list(NULL, judge$names))
  for (i in which(lengths(estimates) > 0)) {
    found <- tryCatch(judge_one(judge, k[i], estimates[[i]]), error = conditionMessage)
    if (is.character(found)) message[i] <- found else numbers[i, ] <- found
  }
  numbers <- as.data.frame(numbers)
  numbers$largest_cell <- as.integer(numbers$largest_cell)
  list(numbers = numbers, message = message)
}

#' The truth in the forms that losses and distances want, once for all cells
#' @noRd
new_judge <- function(spec) {
  truth <- estimated_part(spec$truth, spec$method)
  metrics <- setdiff(spec$loss, loss_names)
  fields <- if (same_mean(spec$expert, truth$expert)) error_fields(truth, spec$method)
  judge <- list(
    spec = spec, truth = truth, losses = intersect(spec$loss, loss_names), metrics = metrics,
    order = spec$r %||% 1, published = spec$protocol == "published", canonical = measure_atoms(canonical_gate(truth)),
    fields = fields, averaged = spec$method == "lse",
    names = c(spec$loss, error_names(fields, spec$method == "lse"), "largest_cell")
  )
  truth$beta0 <- truth$beta0 - anchor(truth)
  judge$atoms <- measure_atoms(truth)
  if (length(setdiff(metrics, "wasserstein"))) {
    judge$rule <- design_rule(spec$design, 200L, spec$seed)
    judge$parts <- design_parts(truth, judge$rule$x)
  }
  judge
}

judge_one <- function(judge, k, theta) {
  truth <- judge$truth
  estimate <- theta_measure(
    theta, study_model(k, judge$spec), judge$spec$expert, truth$gate, expert_covariates(truth), colnames(truth$beta1)
  )
  fitted <- if (!is.null(judge$rule)) design_parts(estimate, judge$rule$x)
  metrics <- vapply(judge$metrics, function(metric) {
    if (metric == "wasserstein") return(wasserstein(estimate, truth, 1))
    mean_distance(fitted, judge$parts, judge$rule$weight, metric)
  }, 0)
  # experts of another kind have no parameters to match
  if (length(judge$fields) == 0) return(c(metrics[judge$spec$loss], NA))
  atoms <- measure_atoms(estimate, truth)
  over <- k > n_experts(truth) && kind_of(truth$expert)$linear
  main <- if (is.null(truth$sigma2)) "d1_lse" else if (over) "d2" else "d1"
  matched <- voronoi_loss_cpp(atoms, judge$atoms, main, judge$order)
  losses <- vapply(judge$losses, function(loss) {
    if (judge$published) return(voronoi_loss_cpp(atoms, judge$canonical, loss, judge$order, TRUE)$value)
    if (loss == main) matched$value else voronoi_loss_cpp(atoms, judge$atoms, loss, judge$order)$value
  }, 0)
  errors <- matching_errors(atoms, judge$atoms, matched, judge$fields, judge$averaged)
  c(c(losses, metrics)[judge$spec$loss], errors, max(tabulate(matched$cells)))
}
