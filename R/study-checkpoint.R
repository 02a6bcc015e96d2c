# A study on disk: a directory that can be left at any moment and taken up again ---------------------------
# manifest.rds    what the study is, and when it was run; manifest.txt says the same to a reader
# rows-*.rds      finished cells, one file per chunk, each with the study it belongs to
# Files are written under a temporary name and renamed, so that a file under its own name is whole.

checkpoint_abort <- function(message, call, .envir = parent.frame()) {
  cli::cli_abort(
    message,
    class = c("moe_error_checkpoint", "moe_error_input", "moe_error"), call = call, .envir = .envir
  )
}

#' Open or make the directory, and read what it holds
#' @param missing_seed Was no seed given? Then that of the directory is taken.
#' @return list(spec, rows, write): the study with its seed, finished cells, and a function that stores rows.
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
  list(
    spec = spec, rows = bind_rows(lapply(found[mine], `[[`, "rows")),
    write = function(rows) write_chunk(dir, list(study = given, rows = rows))
  )
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
  others <- setdiff(list.files(dir), list.files(dir, "^(manifest[.]|rows-|writing-)"))
  if (length(others) && length(list.files(dir, "^(manifest|rows-.*)[.]rds$")) == 0) {
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

#' Read a file of ours; one that is truncated or foreign is renamed, never removed
#' @return Its contents, or `NULL`.
#' @noRd
read_whole <- function(file, is_ours, call) {
  contents <- tryCatch(suppressWarnings(readRDS(file)), error = identity)
  if (!inherits(contents, "error") && is_ours(contents)) return(contents)
  why <- if (inherits(contents, "error")) "that cannot be read" else "that is not of a study"
  set_aside(file, why, call)
  NULL
}

set_aside <- function(files, why, call) {
  for (file in files) {
    to <- paste0(file, ".set-aside")
    while (file.exists(to)) to <- paste0(to, "-")
    file.rename(file, to)
    moe_warn(c(
      "The checkpoint has a file {why}: {.path {file}}.",
      i = "It is now {.path {basename(to)}}; its cells are computed again."
    ), class = "checkpoint", call = call)
  }
}

read_manifest <- function(dir, call) {
  file <- file.path(dir, "manifest.rds")
  if (!file.exists(file)) return(NULL)
  read_whole(file, function(m) is.list(m) && is.list(m$study) && is.list(m$runs), call)
}

#' @return The contents of the chunk files, named by file.
#' @noRd
read_chunks <- function(dir, call) {
  files <- sort(list.files(dir, "^rows-.*[.]rds$", full.names = TRUE))
  chunks <- stats::setNames(lapply(files, read_whole, is_chunk, call), files)
  chunks[!vapply(chunks, is.null, NA)]
}

is_chunk <- function(x) {
  needed <- c("k", "n", "replicate", "status")
  is.list(x) && is.list(x$study) && is.data.frame(x$rows) && all(needed %in% names(x$rows))
}

write_chunk <- function(dir, chunk) {
  # a random name, without a draw from R's generator
  write_whole(chunk, file.path(dir, basename(tempfile("rows-", dir, ".rds"))))
}

#' @param exclusive Leave a file that is there already.
#' @noRd
write_whole <- function(object, file, write = saveRDS, exclusive = FALSE) {
  temporary <- tempfile("writing-", dirname(file))
  on.exit(unlink(temporary))
  write(object, temporary)
  if (exclusive && suppressWarnings(file.link(temporary, file))) return(invisible())
  if (exclusive && file.exists(file)) return(invisible())
  file.rename(temporary, file)
  invisible()
}

#' The runs of the study so far, and this one
#'
#' Of two processes that begin at once one makes the manifest, and the other finds it.
#' @noRd
write_manifest <- function(dir, given, spec, stored, call) {
  run <- list(time = Sys.time(), grid = unclass(spec)[c("k", "n", "reps")], session = utils::sessionInfo())
  manifest <- list(study = given, truth_name = spec$truth_name, runs = c(stored$runs, list(run)))
  file <- file.path(dir, "manifest.rds")
  write_whole(manifest, file, exclusive = is.null(stored))
  if (is.null(stored)) check_same_study(read_manifest(dir, call)$study, given, dir, call)
  write_whole(manifest_text(manifest), file.path(dir, "manifest.txt"), writeLines)
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
