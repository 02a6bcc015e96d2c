# Findings 3 to 7 and 21: what a study keeps on disk, and what it does when that fails.
with_checkpoint <- function(dir, n = 100, reps = 3, ...) {
  moe_study(truth_overlap(), k = 2, n = n, reps = reps, seed = 1, threads = 1, checkpoint = dir, progress = FALSE, ...)
}
row_files <- function(dir) list.files(dir, "^rows", full.names = TRUE)
# A file of a checkpoint rewritten, with a checksum that is right
alter <- function(file, change) {
  object <- change(moerate:::decode(moerate:::read_bytes(file)))
  writeBin(moerate:::encode(object), file)
}
# A finished checkpoint whose first rows are changed as a stranger might
tampered <- function(change) {
  dir <- tempfile("checkpoint")
  with_checkpoint(dir)
  alter(row_files(dir)[1], function(chunk) within(chunk, rows <- change(rows)))
  dir
}

promise("f03", "a full disk: the rows come back, a warning is given, no file is empty", {
  dir <- tempfile("tiny")
  dir.create(dir)
  mounted <- suppressWarnings(system2("mount", c("-t", "tmpfs", "-o", "size=40k", "tmpfs", dir), stderr = FALSE)) == 0
  if (mounted) {
    heard <- FALSE
    study <- withCallingHandlers(
      attempt(with_checkpoint(file.path(dir, "ck"), n = c(200, 400), reps = 40, chunk_seconds = 0.02)),
      warning = function(w) heard <<- TRUE
    )
    empty <- sum(file.size(row_files(file.path(dir, "ck"))) == 0)
    system2("umount", dir)
    list(rows = NROW(study), heard = heard, empty = empty)
  } else skipped("no small file system could be mounted")
}, function(v) v$rows == 80 && v$heard && v$empty == 0, slow = TRUE)
promise("f04", "a folder that vanishes midway costs no row", {
  dir <- tempfile("checkpoint")
  system(sprintf("(sleep 1; rm -rf %s) &", shQuote(dir)))
  NROW(with_checkpoint(dir, n = c(400, 800), reps = 300, chunk_seconds = 0.05))
}, function(v) v == 600, slow = TRUE)
promise("f05", "the message of a stored row is text", {
  mark <- tempfile()
  dir <- tampered(function(rows) {
    rows$status[1] <- "worker_lost"
    rows$message[1] <- sprintf("{file.create('%s')}", mark)
    rows
  })
  study <- attempt(with_checkpoint(dir))
  list(class(study)[1], file.exists(mark))
}, function(v) v[[1]] == "moe_study" && !v[[2]])
promise("f06", "an interrupt within one long start returns in seconds", {
  run <- in_process(c(
    "d <- rmoe(1e6, truth_overlap(), seed = 1)",
    "system(sprintf('(sleep 3; kill -INT %d) &', Sys.getpid())); began <- Sys.time()",
    "tryCatch(moe(y ~ x, d, k = 3, control = moe_control(seed = 1, subsample = FALSE, threads = 1)),",
    "  interrupt = function(c) NULL)",
    "cat('back', as.numeric(difftime(Sys.time(), began, units = 'secs')), '\\n')"
  ))
  as.numeric(sub("back ", "", grep("^back", run$lines, value = TRUE)))
}, function(v) length(v) == 1 && v < 8, slow = TRUE)
promise("f07", "60 damaged copies of a file crash nothing, and the study is the same", {
  in_process(c(
    "dir <- tempfile()",
    "run <- function() suppressWarnings(moe_study(truth_overlap(), k = 2, n = 100, reps = 3, seed = 1, threads = 1,",
    "  checkpoint = dir, progress = FALSE))",
    "whole <- run(); files <- list.files(dir, full.names = TRUE)",
    "keep <- lapply(files, readBin, 'raw', 1e6); at <- grep('/rows', files)[1]",
    "for (i in 1:60) {",
    "  set.seed(i); bytes <- keep[[at]]; j <- sample(length(bytes), 3); bytes[j] <- xor(bytes[j], as.raw(255))",
    "  unlink(dir, recursive = TRUE); dir.create(dir); Map(function(b, f) writeBin(b, f), keep, files)",
    "  writeBin(bytes, files[at]); again <- run(); stopifnot(identical(again$loglik, whole$loglik))",
    "}"
  ))$status
}, function(v) identical(v, 0L), slow = TRUE)
promise("f21", "a stored table with other columns is not taken", {
  dir <- tampered(function(rows) cbind(rows[setdiff(names(rows), "d1")], evil = 1))
  study <- with_checkpoint(dir)
  list(anyNA(study$d1), "evil" %in% names(study))
}, function(v) !v[[1]] && !v[[2]])
promise("f21", "a manifest of something else is set aside or refused", {
  dir <- tampered(identity)
  alter(file.path(dir, "manifest.moe"), function(manifest) replace(manifest, "runs", list(list(1, "a"))))
  NROW(with_checkpoint(dir))
}, refused_or(function(v) v == 3))
# Twenty-five kills, each at another moment; then the study is that of an undisturbed run
promise("f04", "25 kill -9 lose nothing that was finished", {
  dir <- tempfile("checkpoint")
  script <- tempfile(fileext = ".R")
  writeLines(sprintf(
    "moerate::moe_study(moerate::truth_overlap(), k = 2, n = c(500, 1000), reps = 400, seed = 1, threads = 1,
     checkpoint = '%s', chunk_seconds = 0.05, progress = FALSE)", dir
  ), script)
  for (i in 1:25) {
    system(sprintf("timeout -s KILL %.2f Rscript %s >/dev/null 2>&1", 0.8 + i / 20, script))
  }
  whole <- with_checkpoint(NULL, n = c(500, 1000), reps = 400)
  identical(with_checkpoint(dir, n = c(500, 1000), reps = 400)$loglik, whole$loglik)
}, isTRUE, slow = TRUE)
