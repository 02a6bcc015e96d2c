# A study on disk: a directory that can be left at any moment and taken up again ---------------------------
# manifest.moe    what the study is, and when it was run; manifest.txt says the same to a reader
# rows-*.moe      finished cells, one file per chunk, each with the study it belongs to
# A file is a line with the checksum of what comes after it, and a serialised object. It is written under a temporary
# name, read back, and renamed, so that a file under its own name is whole; and R sees no byte of one that is not.

checkpoint_abort <- function(message, call, .envir = parent.frame()) {
  moe_abort(message, call = call, .envir = .envir, subclass = "checkpoint")
}

#' Open or make the directory, and read what it holds
#' @param missing_seed Was no seed given? Then that of the directory is taken.
#' @return list(spec, rows, write): the study with its seed, finished cells, and a function that stores rows and
#'   tells what is not stored: see `new_writer()`.
#' @noRd
open_checkpoint <- function(dir, spec, missing_seed, call) {
  dir <- check_directory(dir, call)
  stored <- read_manifest(dir, call)
  found <- read_chunks(dir, call)
  # a lost manifest can be told from the rows
  study <- stored$study %||% (if (length(found)) found[[1]]$study)
  if (missing_seed && !is.null(study$seed)) spec$seed <- study$seed
  given <- study_identity(spec)
  if (!is.null(study)) check_same_study(study, given, dir, call)
  write_manifest(dir, given, spec, stored, call)
  mine <- vapply(found, function(chunk) same(chunk$study, given), NA)
  set_aside(names(found)[!mine], "of another study", call)
  found <- found[mine]
  columns <- if (length(found)) cell_columns(spec)
  sound <- vapply(found, function(chunk) has_columns(chunk$rows, columns), NA)
  set_aside(names(found)[!sound], "with other columns than this study has", call)
  list(spec = spec, rows = bind_rows(lapply(found[sound], finished_rows)), write = new_writer(dir, given))
}

#' Cells that were lost with their worker are computed again
#' @noRd
finished_rows <- function(chunk) chunk$rows[!chunk$rows$status %in% "worker_lost", ]

#' A function that stores rows, and those that could not be stored before
#'
#' A full disk or a lost directory must cost nothing but the file: rows are kept until they can be written.
#' @return A function of rows; without any it returns list(cells, reason): how many are not on disk, and why.
#' @noRd
new_writer <- function(dir, study) {
  waiting <- NULL
  reason <- NULL
  function(rows = NULL) {
    if (is.null(rows)) return(list(cells = NROW(waiting), reason = reason))
    waiting <<- bind_rows(list(waiting, rows))
    reason <<- write_chunk(dir, list(study = study, rows = waiting))
    if (is.null(reason)) waiting <<- NULL
    invisible()
  }
}

check_directory <- function(dir, call) {
  if (!is.character(dir) || length(dir) != 1 || is.na(dir) || !nzchar(dir)) {
    moe_abort("{.arg checkpoint} must be the name of a directory, not {describe(dir)}.", call = call)
  }
  if (file.exists(dir) && !dir.exists(dir)) {
    checkpoint_abort("{.arg checkpoint} {.path {dir}} is a file, not a directory.", call)
  }
  dir.create(dir, recursive = TRUE, showWarnings = FALSE)
  if (!dir.exists(dir)) {
    checkpoint_abort("The {.arg checkpoint} directory {.path {dir}} cannot be made.", call)
  }
  probe <- tempfile("writing-", dir)
  if (!suppressWarnings(file.create(probe))) {
    checkpoint_abort("The {.arg checkpoint} directory {.path {dir}} cannot be written to.", call)
  }
  unlink(probe)
  if (length(list.files(dir, "^(manifest|rows-.*)[.]rds$"))) {
    checkpoint_abort(c(
      "The {.arg checkpoint} {.path {dir}} was written by an older version of moerate.",
      x = "Its files have no checksums.",
      i = "Give a new directory, or go on with the version that began the study."
    ), call)
  }
  others <- setdiff(list.files(dir), list.files(dir, "^(manifest[.]|rows-|writing-)"))
  if (length(others) && length(list.files(dir, "^(manifest|rows-.*)[.]moe$")) == 0) {
    checkpoint_abort(c(
      "The {.arg checkpoint} directory {.path {dir}} holds other files and no study.",
      x = "Found {.file {others[1]}}.", i = "Give a new or an empty directory."
    ), call)
  }
  normalizePath(dir)
}

#' What must not change between runs: all but the grid, with the version of the package
#' @noRd
study_identity <- function(spec) {
  fields <- unclass(spec)[setdiff(names(spec), c("k", "n", "reps", "truth_name"))]
  c(fields, list(version = as.character(utils::packageVersion("moerate"))))
}

same <- function(x, y) {
  identical(x, y, ignore.bytecode = TRUE, ignore.environment = TRUE, ignore.srcref = TRUE)
}

check_same_study <- function(stored, given, dir, call) {
  names <- union(names(given), names(stored))
  changed <- names[!vapply(names, function(name) same(stored[[name]], given[[name]]), NA)]
  if (length(changed) == 0) return(invisible())
  name <- changed[1]
  values <- short_values(stored[[name]], given[[name]])
  if (name == "version") {
    checkpoint_abort(c(
      "The {.arg checkpoint} {.path {dir}} was written by another version of moerate.",
      x = "Stored {values[1]}, this is {values[2]}: results could differ between them.",
      i = "Give a new directory, or go on with the version that began the study."
    ), call)
  }
  checkpoint_abort(c(
    "The {.arg checkpoint} {.path {dir}} is of a study with another {.arg {name}}.",
    x = "Stored: {values[1]}.", x = "Given: {values[2]}.",
    i = if (length(changed) > 1) "Also changed: {.arg {changed[-1]}}.",
    i = "Give a new directory, or the arguments it was begun with. Only {.arg k}, {.arg n} and {.arg reps} may change."
  ), call)
}

#' Two different values on a line each, in which they differ
#' @noRd
short_values <- function(x, y) {
  values <- c(short_value(x), short_value(y))
  if (values[1] != values[2]) return(values)
  digits <- "digits17"
  vapply(list(x, y), function(v) paste(deparse(v, control = digits), collapse = " "), "")
}

#' An argument on one line
#' @noRd
short_value <- function(x) {
  bare <- function(x) if (is.list(x)) lapply(unclass(x), bare) else x
  x <- if (is.list(x) && !inherits(x, c("moe_design", "moe_expert", "moe_study_start"))) {
    deparse(bare(x))
  } else if (is.object(x)) {
    format(x)
  } else {
    deparse(x)
  }
  text <- gsub("\\s+", " ", paste(x, collapse = " "))
  if (nchar(text) > 300) paste0(substr(text, 1, 300), "...") else text
}

# Files ----------------------------------------------------------------------------------------------------

#' The line that a file of ours begins with
#' @noRd
file_header <- function(body) charToRaw(sprintf("moerate checkpoint 1 %s %d\n", rlang::hash(body), length(body)))

encode <- function(object) {
  body <- memCompress(serialize(object, NULL, version = 3), "gzip")
  c(file_header(body), body)
}

#' @return The object, or `NULL` for bytes that are not as they were written: these are never unserialised.
#' @noRd
decode <- function(bytes) {
  end <- match(as.raw(10), bytes)
  if (is.na(end)) return(NULL)
  body <- bytes[-seq_len(end)]
  if (identical(bytes[seq_len(end)], file_header(body))) unserialize(memDecompress(body, "gzip"))
}

read_bytes <- function(file) readBin(file, "raw", file.size(file))

#' Write a file of bytes that is whole, or none
#' @param exclusive Leave a file that is there already.
#' @return `NULL`, or why it could not be written.
#' @noRd
write_whole <- function(bytes, file, exclusive = FALSE) {
  temporary <- tempfile("writing-", dirname(file))
  on.exit(unlink(temporary))
  # a warning has the reason that the error after it lacks
  said <- NULL
  note <- function(cnd) {
    said <<- said %||% text_of(cnd)
    rlang::cnd_muffle(cnd)
  }
  tryCatch(
    withCallingHandlers(warning = note, {
      writeBin(bytes, temporary)
      # on a full disk, writing ends without a word
      if (!identical(read_bytes(temporary), bytes)) return("Not all bytes were stored: is the disk full?")
      if (exclusive && (file.link(temporary, file) || file.exists(file))) return(NULL)
      if (!file.rename(temporary, file)) said %||% "A file could not be renamed."
    }),
    error = function(cnd) said %||% text_of(cnd)
  )
}

#' Read files of ours; those that are damaged or foreign are renamed, never removed
#' @param is_ours Has an object the shape that it should have?
#' @return Their contents, named by file.
#' @noRd
read_whole <- function(files, is_ours, call) {
  nothing <- function(cnd) NULL
  contents <- lapply(files, function(file) tryCatch(suppressWarnings(decode(read_bytes(file))), error = nothing))
  damaged <- vapply(contents, is.null, NA)
  ours <- !damaged
  ours[!damaged] <- vapply(contents[!damaged], function(x) isTRUE(tryCatch(is_ours(x), error = function(e) FALSE)), NA)
  set_aside(files[damaged], "damaged, or cannot be read", call)
  set_aside(files[!damaged & !ours], "not of a study", call)
  stats::setNames(contents[ours], files[ours])
}

set_aside <- function(files, why, call) {
  for (file in files) {
    to <- paste0(file, ".set-aside")
    while (file.exists(to)) to <- paste0(to, "-")
    moved <- suppressWarnings(file.rename(file, to))
    moe_warn(c(
      "The checkpoint has a file that is {why}: {.path {file}}.",
      i = if (moved) {
        "It is now {.path {basename(to)}}; its cells are computed again."
      } else {
        "It could not be renamed; its cells are computed again."
      }
    ), class = "checkpoint", call = call)
  }
}

is_study <- function(x) is.list(x) && !is.null(names(x)) && is_number(x$seed)

is_run <- function(x) is.list(x) && all(c("time", "grid", "session") %in% names(x)) && is.list(x$grid)

read_manifest <- function(dir, call) {
  file <- file.path(dir, "manifest.moe")
  if (!file.exists(file)) return(NULL)
  is_manifest <- function(x) is_study(x$study) && is.list(x$runs) && all(vapply(x$runs, is_run, NA))
  found <- read_whole(file, is_manifest, call)
  if (length(found)) found[[1]]
}

#' @return The contents of the chunk files, named by file.
#' @noRd
read_chunks <- function(dir, call) {
  files <- sort(list.files(dir, "^rows-.*[.]moe$", full.names = TRUE))
  read_whole(files, function(x) is_study(x$study) && is.data.frame(x$rows), call)
}

#' The columns of the rows of a study and their types: those of no cells at all
#' @noRd
cell_columns <- function(spec) {
  none <- study_grid(spec)[0, ]
  cell_table(spec, none, run_cells(spec, none))
}

has_columns <- function(rows, columns) {
  kinds <- function(table) vapply(table, typeof, "")
  identical(kinds(rows), kinds(columns)) && !anyNA(rows[c("k", "n", "replicate", "status")])
}

#' @return `NULL`, or why it could not be written.
#' @noRd
write_chunk <- function(dir, chunk) {
  # a random name, without a draw from R's generator
  write_whole(encode(chunk), file.path(dir, basename(tempfile("rows-", dir, ".moe"))))
}

#' The runs of the study so far, and this one
#'
#' Of two processes that begin at once one makes the manifest, and the other finds it.
#' @noRd
write_manifest <- function(dir, given, spec, stored, call) {
  run <- list(time = Sys.time(), grid = unclass(spec)[c("k", "n", "reps")], session = utils::sessionInfo())
  manifest <- list(study = given, truth_name = spec$truth_name, runs = c(stored$runs, list(run)))
  reason <- write_whole(encode(manifest), file.path(dir, "manifest.moe"), exclusive = is.null(stored))
  if (is.null(reason) && is.null(stored)) check_same_study(read_manifest(dir, call)$study, given, dir, call)
  text <- charToRaw(paste0(manifest_text(manifest), "\n", collapse = ""))
  reason <- reason %||% write_whole(text, file.path(dir, "manifest.txt"))
  if (!is.null(reason)) {
    checkpoint_abort(c(
      "The {.arg checkpoint} directory {.path {dir}} cannot be written to.", x = "{reason}"
    ), call)
  }
}

manifest_text <- function(manifest) {
  study <- vapply(manifest$study, short_value, "")
  runs <- vapply(manifest$runs, function(run) {
    grid <- vapply(run$grid, toString, "")
    sprintf("%s  k = %s; n = %s; reps = %s", format(run$time), grid[["k"]], grid[["n"]], grid[["reps"]])
  }, "")
  session <- utils::capture.output(print(manifest$runs[[length(manifest$runs)]]$session))
  c(
    "A study of moerate: see moe_study().", "", paste0(names(study), ": ", study), "",
    "Runs:", runs, "", "Session of the last run:", session
  )
}
