# A study that takes a second, and what of it must not depend on how it was run
small_study <- function(..., k = 2, n = c(200, 400), reps = 3, seed = 1, progress = FALSE) {
  moe_study(truth_overlap(), k = k, n = n, reps = reps, seed = seed, start = study_start(starts = 1),
    threads = 1, progress = progress, ...)
}

numbers_of <- function(study) {
  study <- as.data.frame(study)
  study$seconds <- NULL
  study
}

expect_same_study <- function(object, expected) expect_identical(numbers_of(object), numbers_of(expected))

# A study with losses of our choice, for what only reads them
made_study <- function(loss, n, k = 2, reps = ncol(loss), converged = TRUE, protocol = "converged") {
  spec <- new_study_spec(truth_overlap(), k = k, n = n, reps = reps, loss = "d1", protocol = protocol, seed = 5)
  rows <- study_grid(spec)
  rows$status <- ifelse(converged, "converged", "max_iter")
  rows$converged <- rep_len(converged, nrow(rows))
  # a row per n, a column per replicate
  rows$d1 <- as.vector(t(loss))
  new_moe_study(spec, rows)
}

# A fresh R process that has the installed package
run_r <- function(code, ..., wait = TRUE) {
  file <- tempfile(fileext = ".R")
  writeLines(c(sprintf(".libPaths(%s)", paste(deparse(.libPaths()), collapse = "")), code), file)
  system2(file.path(R.home("bin"), "Rscript"), shQuote(file), stdout = FALSE, stderr = FALSE, wait = wait)
}

# study_cells() of the package replaced until the end of the test (testthat of old has no mocked bindings)
local_mocked_cells <- function(cells, env = parent.frame()) {
  put <- function(value) {
    namespace <- asNamespace("moerate")
    unlockBinding("study_cells", namespace)
    assign("study_cells", value, namespace)
    lockBinding("study_cells", namespace)
  }
  old <- moerate:::study_cells
  withr::defer(put(old), env)
  put(cells)
}
