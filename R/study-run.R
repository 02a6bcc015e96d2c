# Many cells on the current future plan: chunks go out, rows come in ---------------------------------------

#' Run cells and keep whatever arrives
#'
#' @param cells Data frame of k, n and replicate.
#' @param keep Called with the rows of every chunk as it arrives.
#' @return Is it complete? `FALSE` when the user interrupted.
#' @noRd
run_study <- function(spec, cells, threads, chunk_seconds, keep) {
  campaign <- new_campaign(spec, cells, threads, chunk_seconds, keep)
  # bars count whole steps; the work done in thousandths
  tell <- progressr::progressor(steps = 1000, enable = TRUE)
  unit <- sum(campaign$queue$cost) / 1000
  campaign$tell <- function(rows) tell(amount = sum(cell_cost(spec, rows)) / unit)
  complete <- tryCatch({
    while (is_running(campaign)) campaign_step(campaign)
    TRUE
  }, interrupt = function(cnd) FALSE)
  if (!complete) collect_resolved(campaign)
  complete
}

new_campaign <- function(spec, cells, threads, chunk_seconds, keep) {
  in_process <- inherits(future::plan("next"), "sequential")
  threads <- threads %||% (if (in_process) default_threads() else 1L)
  cells$cost <- cell_cost(spec, cells)
  # the largest first: the end is then made of small pieces that fill all workers
  queue <- cells[order(-cells$cost), ]
  rlang::env(
    spec = spec, queue = queue, active = list(), again = list(), threads = threads,
    in_process = in_process, workers = if (in_process) 1 else future::nbrOfWorkers(),
    seconds = chunk_seconds * threads, keep = keep, broken = FALSE,
    # CPU seconds that cells took, and the cost that they were taken to have
    measured = c(seconds = 1, cost = 1)
  )
}

is_running <- function(campaign) {
  nrow(campaign$queue) > 0 || length(campaign$active) > 0 || length(campaign$again) > 0
}

#' About what a cell costs, in CPU seconds: over-specified likelihoods are flat and take many more passes
#'
#' A guess to make chunks by; what they took corrects it.
#' @noRd
cell_cost <- function(spec, cells) {
  extra <- pmax(0, cells$k - n_experts(spec$truth))
  2e-7 * (cells$n + 500) * cells$k * (1 + 15 * extra)
}

#' One round: hand out chunks while there are free workers, then take in what has arrived
#' @noRd
campaign_step <- function(campaign) {
  if (campaign$broken && length(campaign$active) == 0) restart_workers(campaign)
  while (!campaign$broken && length(campaign$active) < campaign$workers && nrow(campaign$queue)) {
    launch(campaign, next_chunk(campaign))
  }
  if (!collect_resolved(campaign)) Sys.sleep(0.05)
  # what came back from a lost worker goes out again when the others have ended
  if (length(campaign$again) && length(campaign$active) == 0) {
    if (campaign$broken) restart_workers(campaign)
    chunk <- campaign$again[[1]]
    campaign$again <- campaign$again[-1]
    launch(campaign, chunk, attempt = 2)
  }
}

#' The next cells, worth about the seconds asked for, but not more than a fair share of what is left
#' @noRd
next_chunk <- function(campaign) {
  queue <- campaign$queue
  speed <- campaign$measured[["seconds"]] / campaign$measured[["cost"]]
  seconds <- cumsum(queue$cost) * speed
  fair <- if (is.finite(campaign$workers)) seconds[nrow(queue)] / (2 * campaign$workers) else Inf
  size <- sum(seconds <= min(campaign$seconds, max(fair, campaign$seconds / 10)))
  size <- min(nrow(queue), max(size, campaign$threads))
  campaign$queue <- queue[-seq_len(size), ]
  queue[seq_len(size), c("k", "n", "replicate")]
}

launch <- function(campaign, cells, attempt = 1) {
  task <- list(cells = cells, attempt = attempt)
  if (campaign$in_process) {
    task$result <- tryCatch(study_cells(campaign$spec, cells, threads = campaign$threads), error = identity)
  } else {
    run <- study_cells
    spec <- campaign$spec
    threads <- campaign$threads
    # a backend that cannot take the chunk has lost it as well
    task$result <- tryCatch(
      # no seed: cells have random streams of their own
      future::future(run(spec, cells, threads = threads), seed = NULL, packages = "moerate", globals = list(
        run = run, spec = spec, cells = cells, threads = threads
      )),
      error = identity
    )
  }
  campaign$active <- c(campaign$active, list(task))
}

#' @return Has anything arrived?
#' @noRd
collect_resolved <- function(campaign) {
  # an interrupt in between could take the same rows in twice
  suspendInterrupts({
    ended <- vapply(campaign$active, has_ended, NA)
    for (task in campaign$active[ended]) collect(campaign, task)
    campaign$active <- campaign$active[!ended]
    any(ended)
  })
}

has_ended <- function(task) {
  if (!inherits(task$result, "Future")) return(TRUE)
  # asking a worker that has died is an error
  tryCatch(future::resolved(task$result), error = function(cnd) TRUE)
}

#' The rows of a chunk; chunks that were lost go out a second time
#' @noRd
collect <- function(campaign, task) {
  rows <- task$result
  if (inherits(rows, "Future")) rows <- tryCatch(future::value(rows), error = identity)
  if (inherits(rows, "error")) {
    campaign$broken <- TRUE
    if (task$attempt == 1) {
      campaign$again <- c(campaign$again, list(task$cells))
      return()
    }
    rows <- lost_rows(task$cells, rows)
  } else {
    cost <- c(seconds = sum(rows$seconds, na.rm = TRUE), cost = sum(cell_cost(campaign$spec, rows)))
    campaign$measured <- campaign$measured + cost
  }
  campaign$keep(rows)
  campaign$tell(rows)
}

lost_rows <- function(cells, error) {
  data.frame(cells, status = "worker_lost", converged = FALSE, message = conditionMessage(error))
}

#' Setting the plan anew is what replaces workers that have died
#' @noRd
restart_workers <- function(campaign) {
  if (!campaign$in_process) {
    plan <- future::plan(future::sequential)
    future::plan(plan)
  }
  campaign$broken <- FALSE
}
