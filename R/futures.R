# Independent pieces of work on the current plan of the future package ---------------------------------------------

#' f(item, threads, ...) for every item, in their order
#'
#' In this process with `threads` threads under the sequential plan; otherwise as futures with one thread each. f
#' must be a function of the package whose numbers depend on its arguments alone. The first error is thrown.
#' @noRd
map_futures <- function(items, f, ..., threads = default_threads()) {
  if (inherits(future::plan("next"), "sequential")) return(lapply(items, f, threads = threads, ...))
  arguments <- list(...)
  futures <- lapply(items, function(item) {
    # no seed: what is random has streams of the package
    future::future(do.call(f, c(list(item, threads = 1L), arguments)),
      seed = NULL, packages = "moerate", globals = list(f = f, item = item, arguments = arguments)
    )
  })
  lapply(futures, future::value)
}

#' The same for many short pieces, such as the replicates of a bootstrap: as many futures as keep the workers busy
#'
#' Results must not depend on the piece: what is random takes its stream from the index. Progress is signalled through
#' progressr.
#' @param f A function of an index and of a number of threads.
#' @noRd
map_replicates <- function(index, f, threads) {
  sequential <- inherits(future::plan("next"), "sequential")
  pieces <- if (sequential) 1 else min(length(index), 4 * min(future::nbrOfWorkers(), 64))
  chunks <- unname(split(index, sort(rep_len(seq_len(pieces), length(index)))))
  tell <- progressr::progressor(steps = length(index), enable = TRUE)
  one_chunk <- function(chunk, threads) {
    lapply(chunk, function(i) {
      value <- f(i, threads = threads)
      tell()
      value
    })
  }
  unlist(map_futures(chunks, one_chunk, threads = threads), recursive = FALSE)
}
