# Studies: many samples of many sizes, and what their estimates are off ------------------------------------

#' Run a study of estimation errors
#'
#' Draws `reps` samples of every size `n` from a truth, fits every number of experts `k` to each, and measures
#' how far the estimates are from the truth: by Voronoi losses, by distances, and parameter by parameter.
#' [rates()] turns the result into rates of convergence, `autoplot()` into a picture.
#'
#' A cell is one sample and one k. Its numbers depend on the seed and on (k, n, replicate) alone: the same
#' samples serve every k, and more sizes, replicates or k, other threads, other chunks or another computer
#' leave what was there as it was, to the last bit.
#'
#' @section Where it runs:
#' Cells run in chunks on the current plan of the future package. Under `future::plan("sequential")`, the
#' default, they run in this process on `threads` threads; under `multisession` on the cores of this computer;
#' with the package future.batchtools on a cluster. See `vignette("studies-on-a-cluster")`. The table is the same on
#' each.
#'
#' When a worker dies, the study goes on, and the cells that it had are tried once more; when that
#' fails they are rows with status `worker_lost`, and a warning says how many. An interrupt (Ctrl-C) ends the study
#' with a warning of class `moe_warning_interrupted` and returns all rows that had arrived.
#'
#' Progress is signalled through the package progressr. `progress = TRUE` shows a bar with the time left;
#' otherwise [progressr::handlers()] decide.
#'
#' @section Checkpoints:
#' With `checkpoint`, a directory, every chunk is stored as soon as it has arrived. The same call resumes a
#' study that was ended in any way, and computes only the cells that are lacking; larger `k`, `n` or `reps`
#' extend it. Without a `seed` it takes up that of the directory. A change of any other argument, or of the version
#' of moerate, is refused. Rows of lost workers are not stored. Every file begins with a checksum, which is looked at
#' before anything else: files that are damaged, or have other columns than the study, are renamed with a warning, and
#' their cells computed again. Checkpoints without checksums are of an older version, and are refused. When the disk is
#' full or the directory goes away, the study goes on and returns all rows; a warning of class
#' `moe_warning_checkpoint` says how many are not on disk. Several processes may use one directory at once: they may
#' do the same work, never spoil it.
#'
#' A checksum finds accidents, not malice: as with [readRDS()], open only directories that you trust.
#'
#' @section Losses when k is not k*:
#' With fewer experts than the truth some true atoms have no estimated one. Their Voronoi cells are empty, and a loss
#' counts their whole weight: it is defined, but tends to a positive constant. With k >= 2k* the softmax
#' gate does not identify the atoms. See [theory()].
#'
#' @param truth A named truth such as [truth_overlap()], or a [moe_measure()] with a `design`.
#' @param k Numbers of experts to fit: positive whole numbers, each once.
#' @param n Sample sizes: positive whole numbers, increasing.
#' @param reps Number of replicates at every n, a positive whole number.
#' @param design Law of the covariates, such as [design_uniform()]. By default that of the truth.
#' @param method `"mle"`: maximum likelihood. `"lse"`: least squares, which estimates the regression function; a truth
#'   may have variances all the same, and its samples are those that maximum likelihood gets.
#' @param expert Experts to fit, by default those of the truth.
#' @param loss Names of losses of [voronoi_loss()] and of metrics of [moe_distance()]. By default `d1`,
#'   `d2` and `hellinger`, or `d1_lse` and `l2` for least squares and for a truth without variances. Where the
#'   experts fitted are not of the kind of the truth's, only distances can be had.
#' @param r Order of the loss `"dr"`, a number of at least 1.
#' @param start Where the fits start: [study_start()].
#' @param noise Standard deviation of the noise, for truths without variances only.
#' @param protocol `"converged"`: estimates are converged optima of the likelihood, the best of several starts.
#'   `"published"`: the simulations of Nguyen, Nguyen and Ho (2023) as their code has them; see [study_start()].
#' @param seed A whole number; `NULL` draws it from R's generator, so that [set.seed()] governs.
#' @param threads Threads per process: by default `getOption("moerate.threads")`, or 2, in this process, and 1 on
#'   the workers of another plan.
#' @param checkpoint Name of a directory, made if need be, or `NULL`.
#' @param control Control of the fits, made by [moe_control()]. Its threads, seed, progress and trace have no effect.
#'   The compact set that rates of least squares suppose is its `bound`; by default there is none.
#' @param progress Logical: show a progress bar.
#' @param chunk_seconds About how many seconds a chunk of cells takes: what a kill can lose, and on a cluster the
#'   length of a job (give minutes there).
#' @return A data frame of class `moe_study`, one row per cell: `k`, `n`, `replicate`, `status` (how the fit ended, as
#'   in [moe()]; `error` with a `message` when it could not be made; `worker_lost`), `converged`, `gradient`, `loglik`,
#'   `iterations`, `passes`, `starts`, `starts_agreeing`, `seconds` (CPU), a column for every loss, and the
#'   errors of the parameters: `b.single` is the largest error of `b` over the true atoms that have one estimated atom,
#'   `b.over` that over the true atoms that share several; so also `weight`, `beta1`, `a` and `sigma2` (or `eta`, all
#'   parameters of a feed-forward expert). The gate is translated so that the log weights of the cells, and their
#'   weighted mean slopes, are right on average over the true atoms, each of them counting once. For least squares `b.mean` is the largest error of the cell average
#'   \eqn{\sum w_i b_i / \sum w_i} over these same atoms; so also `beta1.mean`, `a.mean` or `eta.mean`. `largest_cell`
#'   is the number of estimated atoms in the fullest Voronoi cell, `estimate` the parameters as a list column.
#'   Attributes `spec` and `session` say what was run. Wrong arguments are errors of class `moe_error_input`, losses
#'   that need variances where there are none of class `moe_error_unsupported`, checkpoints that do not fit of class
#'   `moe_error_checkpoint`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#'   Gaussian mixture of experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#'
#'   Nguyen, H., Ho, N. and Rinaldo, A. (2024). On least squares estimation in softmax gating mixture of
#'   experts. *ICML*. \doi{10.48550/arXiv.2402.02952}
#' @examples
#' study <- moe_study(truth_overlap(), k = 2, n = c(200, 400, 800), reps = 5, seed = 1)
#' study
#' rates(study)
#' autoplot(study)
#' @family studies
#' @export
moe_study <- function(truth, k, n, reps, design = NULL, method = c("mle", "lse"), expert = NULL, loss = NULL, r = NULL,
                      start = NULL, noise = NULL, protocol = c("converged", "published"), seed = NULL,
                      threads = NULL, checkpoint = NULL, control = moe_control(),
                      progress = interactive(), chunk_seconds = 5) {
  here <- rlang::current_env()
  for (arg in c("truth", "k", "n", "reps")) {
    if (eval(call("missing", as.name(arg)))) moe_abort("{.arg {arg}} is missing.")
  }
  spec <- new_study_spec(
    truth, k, n, reps, design, method, expert, loss, r, start, noise, protocol, seed, control, here
  )
  if (!is.null(threads)) threads <- check_count(threads, max = 1024)
  progress <- check_flag(progress)
  chunk_seconds <- check_number(chunk_seconds, min = 0, exclusive_min = TRUE)
  disk <- if (!is.null(checkpoint)) open_checkpoint(checkpoint, spec, is.null(seed), here)
  spec <- disk$spec %||% spec
  arrived <- list(disk$rows)
  keep <- function(new) {
    arrived <<- c(arrived, list(new))
    new <- new[new$status != "worker_lost", ]
    if (!is.null(disk) && nrow(new)) disk$write(new)
  }
  complete <- with_bar(progress, run_study(spec, missing_cells(spec, disk$rows), threads, chunk_seconds, keep))
  study <- new_moe_study(spec, bind_rows(arrived))
  warn_study(study, complete, here)
  if (!is.null(disk)) warn_unsaved(disk$write(), checkpoint, here)
  study
}

#' Cells of the grid that no row is of
#' @noRd
missing_cells <- function(spec, rows) {
  grid <- study_grid(spec)
  if (is.null(rows)) return(grid)
  grid[!cell_key(grid) %in% cell_key(rows), ]
}

cell_key <- function(cells) paste(cells$k, cells$n, cells$replicate)

#' Rows of chunks, of which those of lost workers have fewer columns
#' @noRd
bind_rows <- function(parts) {
  parts <- parts[vapply(parts, NROW, 0L) > 0]
  if (length(parts) == 0) return(NULL)
  names <- unique(unlist(lapply(parts, names)))
  filled <- lapply(parts, function(part) {
    for (name in setdiff(names, names(part))) {
      part[[name]] <- if (name == "estimate") vector("list", nrow(part)) else NA
    }
    part[names]
  })
  do.call(rbind, c(filled, make.row.names = FALSE))
}

#' Rows in the order of the grid, whatever the order they arrived in
#' @noRd
new_moe_study <- function(spec, rows) {
  rows <- rows %||% data.frame(k = integer(), n = integer(), replicate = integer(), status = character())
  at <- match(cell_key(study_grid(spec)), cell_key(rows))
  rows <- rows[at[!is.na(at)], ]
  rownames(rows) <- NULL
  session <- list(
    version = as.character(utils::packageVersion("moerate")), r = R.version.string, time = Sys.time()
  )
  as_moe_study(rows, spec, session)
}

as_moe_study <- function(rows, spec, session) {
  structure(rows, spec = spec, session = session, class = c("moe_study", "data.frame"))
}

#' @param expr Evaluated with a bar that has the time left, or with the handlers of the user.
#' @noRd
with_bar <- function(progress, expr, title = "Study") {
  if (!progress) return(expr)
  format <- paste(title, "{cli::pb_bar} {cli::pb_percent}, time left {cli::pb_eta}")
  bar <- progressr::handler_cli(format = format, enable = TRUE)
  progressr::with_progress(expr, handlers = bar, enable = TRUE, interrupts = FALSE)
}

#' @param unsaved What `new_writer()` tells.
#' @noRd
warn_unsaved <- function(unsaved, dir, call) {
  if (unsaved$cells == 0) return(invisible())
  moe_warn(c(
    "The results of {unsaved$cells} cells are in the table, but not in the {.arg checkpoint} {.path {dir}}.",
    x = "{unsaved$reason}", i = "Save the table, as with {.fn saveRDS}."
  ), class = "checkpoint", call = call)
}

warn_study <- function(study, complete, call) {
  total <- nrow(study_grid(attr(study, "spec")))
  if (!complete) {
    moe_warn(c(
      "The study was interrupted: {nrow(study)} of {total} cells are done.",
      i = "With {.arg checkpoint} the same call goes on from there."
    ), class = "interrupted", call = call)
  }
  lost <- sum(study$status == "worker_lost")
  problem <- study$message[study$status == "worker_lost"][1]
  if (lost > 0) {
    moe_warn(c(
      "Workers were lost, and {lost} of {total} cells with them: status {.val worker_lost}.",
      x = "{text_of(problem)}",
      i = "With {.arg checkpoint} the same call computes these cells again."
    ), class = "worker_lost", call = call)
  }
  invisible(study)
}
