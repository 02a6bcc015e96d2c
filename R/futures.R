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
