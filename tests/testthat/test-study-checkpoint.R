chunk_files <- function(dir) list.files(dir, "^rows-.*moe$", full.names = TRUE)
stored_in <- function(file) decode(read_bytes(file))
store_in <- function(file, object) writeBin(encode(object), file)

# The study that a call gives, and the messages of its checkpoint warnings
with_warnings <- function(expr) {
  said <- character()
  value <- withCallingHandlers(expr, moe_warning_checkpoint = function(cnd) {
    said <<- c(said, conditionMessage(cnd))
    rlang::cnd_muffle(cnd)
  })
  list(study = value, said = said)
}

test_that("a study on disk is the study, and is not computed twice", {
  dir <- file.path(withr::local_tempdir(), "deep", "study")
  study <- small_study(checkpoint = dir, chunk_seconds = 1e-6)
  expect_same_study(study, small_study())
  expect_length(chunk_files(dir), 6)
  expect_match(readLines(file.path(dir, "manifest.txt")), "seed: 1", all = FALSE)
  local_mocked_cells(function(...) stop("nothing is lacking"))
  expect_no_warning(again <- small_study(checkpoint = dir))
  expect_identical(again$seconds, study$seconds)
  expect_same_study(again, study)
})

test_that("what is lacking is computed, and only that", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir, chunk_seconds = 1e-6)
  unlink(chunk_files(dir)[c(2, 5)])
  real <- study_cells
  computed <- 0
  local_mocked_cells(function(spec, cells, threads) {
    computed <<- computed + nrow(cells)
    real(spec, cells, threads)
  })
  expect_same_study(small_study(checkpoint = dir), study)
  expect_identical(computed, 2)
  larger <- small_study(checkpoint = dir, k = 2:3, n = c(100, 200, 400), reps = 4)
  expect_identical(computed, 2 + 24 - 6)
  expect_same_study(larger, small_study(k = 2:3, n = c(100, 200, 400), reps = 4))
  # a smaller grid has its rows only
  expect_same_study(small_study(checkpoint = dir), study)
})

test_that("the seed of the directory is taken up when none is given", {
  dir <- withr::local_tempdir()
  set.seed(1)
  study <- small_study(checkpoint = dir, seed = NULL)
  expect_same_study(small_study(checkpoint = dir, seed = NULL), study)
})

test_that("another study is refused, and its files are left alone", {
  dir <- withr::local_tempdir()
  small_study(checkpoint = dir)
  before <- tools::md5sum(list.files(dir, full.names = TRUE))
  expect_snapshot(error = TRUE, transform = \(x) gsub(dir, "DIR", x, fixed = TRUE), {
    small_study(checkpoint = dir, seed = 2)
    small_study(checkpoint = dir, loss = "d1", control = moe_control(tol = 1e-6))
    moe_study(truth_overlap(design_uniform(0, 1)), 2, 100, 1, checkpoint = dir)
  })
  expect_error(small_study(checkpoint = dir, seed = 2), class = "moe_error_checkpoint")
  expect_identical(tools::md5sum(list.files(dir, full.names = TRUE)), before)
  manifest <- stored_in(file.path(dir, "manifest.moe"))
  manifest$study$version <- "0.0.1"
  store_in(file.path(dir, "manifest.moe"), manifest)
  expect_error(small_study(checkpoint = dir), "another version", class = "moe_error_checkpoint")
})

test_that("what cannot change a number can change", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir)
  other <- moe_control(threads = 2, progress = TRUE, trace = TRUE, seed = 9)
  expect_identical(small_study(checkpoint = dir, control = other, chunk_seconds = 1)$seconds, study$seconds)
})

test_that("damaged and foreign files are set aside by name and computed again", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir, chunk_seconds = 1e-6)
  files <- chunk_files(dir)
  writeBin(utils::head(read_bytes(files[1]), -100), files[1])
  store_in(files[2], mtcars)
  foreign <- stored_in(files[3])
  foreign$study$seed <- 99
  store_in(files[3], foreign)
  writeBin(raw(), files[4])
  again <- with_warnings(small_study(checkpoint = dir))
  expect_same_study(again$study, study)
  expect_length(again$said, 4)
  why <- c("damaged", "not of a study", "of another study", "damaged")
  for (i in 1:4) {
    expect_match(again$said[grepl(basename(files[i]), again$said, fixed = TRUE)], why[i])
    expect_true(file.exists(paste0(files[i], ".set-aside")))
  }
  expect_no_warning(small_study(checkpoint = dir))
})

test_that("flipped bytes are found before anything is unserialised", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir, chunk_seconds = 1e-6)
  whole <- read_bytes(chunk_files(dir)[1])
  expect_identical(decode(whole)$rows$k, 2L)
  for (at in unique(round(seq(1, length(whole), length.out = 200)))) {
    bytes <- whole
    bytes[at] <- xor(bytes[at], as.raw(255))
    expect_null(decode(bytes))
  }
  for (size in c(0, 1, 30, 70, length(whole) - 1)) expect_null(decode(whole[seq_len(size)]))
  expect_null(decode(c(whole, as.raw(0))))
  # a header that is right, of a body that is not an object: an error that is caught
  body <- as.raw(1:100)
  expect_error(decode(c(file_header(body), body)))
  writeBin(c(file_header(body), body), chunk_files(dir)[1])
  again <- with_warnings(small_study(checkpoint = dir))
  expect_match(again$said, "damaged")
  expect_same_study(again$study, study)
})

test_that("rows with other columns than the study has are computed again", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir, chunk_seconds = 1e-6)
  files <- chunk_files(dir)
  change <- function(file, edit) store_in(file, within(stored_in(file), rows <- edit(rows)))
  change(files[1], function(rows) rows[names(rows) != "d1"])
  change(files[2], function(rows) cbind(rows, evil = 1))
  change(files[3], function(rows) replace(rows, "d1", "a"))
  change(files[4], function(rows) replace(rows, "n", NA_integer_))
  again <- with_warnings(small_study(checkpoint = dir))
  expect_length(again$said, 4)
  expect_match(again$said, "other columns")
  expect_same_study(again$study, study)
})

test_that("cells that a file says were lost are computed again, and what it says of them is only text", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir, chunk_seconds = 1e-6)
  file <- chunk_files(dir)[1]
  mark <- withr::local_tempfile()
  chunk <- stored_in(file)
  chunk$rows$status <- "worker_lost"
  chunk$rows$message <- sprintf("{file.create('%s')}", mark)
  store_in(file, chunk)
  expect_no_warning(again <- small_study(checkpoint = dir))
  expect_same_study(again, study)
  expect_false(file.exists(mark))
})

test_that("the message of a lost worker is text, whatever it is", {
  withr::local_options(cli.width = 1000)
  mark <- withr::local_tempfile()
  text <- sprintf("cannot open '{tmp}' {file.create('%s')} {?s} {.val x} `a` %%d", mark)
  local_mocked_cells(function(...) stop(text))
  lost <- rlang::catch_cnd(study <- small_study(), "moe_warning_worker_lost")
  expect_match(conditionMessage(lost), text, fixed = TRUE)
  study <- suppressWarnings(small_study())
  expect_identical(study$status, rep("worker_lost", 6))
  expect_false(file.exists(mark))
})

test_that("checkpoints of older versions, which have no checksums, are refused and left alone", {
  dir <- withr::local_tempdir()
  saveRDS(list(study = list(), rows = mtcars), file.path(dir, "rows-1.rds"))
  expect_error(small_study(checkpoint = dir), "older version", class = "moe_error_checkpoint")
  expect_identical(list.files(dir), "rows-1.rds")
})

test_that("a manifest of the wrong shape is set aside", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir)
  file <- file.path(dir, "manifest.moe")
  manifest <- stored_in(file)
  for (wrong in list(
    replace(manifest, "runs", list(list(1, "a"))), replace(manifest, "runs", 3),
    replace(manifest, "study", list(1:3)), 1:3, NULL, list()
  )) {
    store_in(file, wrong)
    again <- with_warnings(small_study(checkpoint = dir))
    expect_match(again$said, "manifest.moe", fixed = TRUE)
    expect_identical(again$study$seconds, study$seconds)
    expect_length(stored_in(file)$runs, 1)
  }
})

# A study whose directory is spoilt by `spoil` when its third chunk is computed
spoilt_study <- function(dir, spoil, seen = 3) {
  real <- study_cells
  calls <- 0
  local_mocked_cells(function(spec, cells, threads) {
    calls <<- calls + 1
    if (calls == seen) spoil()
    real(spec, cells, threads)
  })
  with_warnings(small_study(checkpoint = dir, chunk_seconds = 1e-6))
}

test_that("a directory that goes away in the middle costs no row, and is told once", {
  withr::local_options(cli.width = 1000)
  dir <- file.path(withr::local_tempdir(), "study")
  lost <- spoilt_study(dir, function() unlink(dir, recursive = TRUE))
  expect_same_study(lost$study, small_study())
  expect_length(lost$said, 1)
  expect_match(lost$said, "results of 4 cells are in the table, but not in the `checkpoint`")
  expect_match(lost$said, "cannot open file .*: No such file or directory")
})

test_that("a file in the place of the directory costs no row", {
  dir <- file.path(withr::local_tempdir(), "study")
  lost <- spoilt_study(dir, function() {
    unlink(dir, recursive = TRUE)
    writeLines("mine", dir)
  })
  expect_same_study(lost$study, small_study())
  expect_length(lost$said, 1)
  expect_identical(readLines(dir), "mine")
})

test_that("rows that could not be stored are stored with the next that can", {
  dir <- file.path(withr::local_tempdir(), "study")
  away <- paste0(dir, "-away")
  real <- study_cells
  calls <- 0
  local({
    local_mocked_cells(function(spec, cells, threads) {
      calls <<- calls + 1
      if (calls == 3) file.rename(dir, away)
      if (calls == 5) file.rename(away, dir)
      real(spec, cells, threads)
    })
    expect_no_warning(small_study(checkpoint = dir, chunk_seconds = 1e-6))
  })
  local_mocked_cells(function(...) stop("nothing is lacking"))
  expect_same_study(small_study(checkpoint = dir), local({
    local_mocked_cells(real)
    small_study()
  }))
})

test_that("a lost or truncated manifest loses nothing", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir)
  writeBin(as.raw(1:10), file.path(dir, "manifest.moe"))
  expect_warning(again <- small_study(checkpoint = dir), "manifest", class = "moe_warning_checkpoint")
  expect_identical(again$seconds, study$seconds)
  unlink(file.path(dir, "manifest.moe"))
  expect_identical(small_study(checkpoint = dir, seed = NULL)$seconds, study$seconds)
  unlink(file.path(dir, "manifest.moe"))
  expect_error(small_study(checkpoint = dir, seed = 7), "another", class = "moe_error_checkpoint")
})

test_that("directories that cannot be used are refused before any work", {
  local_mocked_cells(function(...) stop("too late"))
  file <- withr::local_tempfile(lines = "a file")
  expect_error(small_study(checkpoint = file), "is a file", class = "moe_error_checkpoint")
  expect_error(small_study(checkpoint = file.path(file, "sub")), "cannot be made", class = "moe_error_checkpoint")
  used <- withr::local_tempdir()
  writeLines("mine", file.path(used, "thesis.txt"))
  expect_error(small_study(checkpoint = used), "thesis.txt", class = "moe_error_checkpoint")
  for (bad in list(1, c("a", "b"), NA_character_, "")) expect_moe_error(small_study(checkpoint = bad))
})

test_that("a read-only directory is refused", {
  dir <- withr::local_tempdir()
  # not even root can write there
  if (dir.exists("/proc/self")) dir <- "/proc/self" else Sys.chmod(dir, "0555")
  skip_if(suppressWarnings(file.create(file.path(dir, "probe"))))
  expect_error(small_study(checkpoint = dir), "cannot be written", class = "moe_error_checkpoint")
})

test_that("rows of lost workers are not stored, and are computed when the study resumes", {
  dir <- withr::local_tempdir()
  real <- study_cells
  local({
    local_mocked_cells(function(spec, cells, threads) {
      if (any(cells$n == 400)) stop("gone") else real(spec, cells, threads)
    })
    expect_warning(small_study(checkpoint = dir, chunk_seconds = 1e-6), class = "moe_warning_worker_lost")
  })
  expect_same_study(small_study(checkpoint = dir), small_study())
})

# Starts a study in another process, kills it when `when` says so, and returns the finished files
killed_study <- function(dir, arguments, when) {
  pid <- withr::local_tempfile()
  run_r(c("library(moerate)", sprintf("writeLines(format(Sys.getpid()), %s)", deparse(pid)),
    sprintf("invisible(moe_study(%s, checkpoint = %s))", arguments, deparse(dir))), wait = FALSE)
  wait <- function(done, seconds) for (i in seq_len(20 * seconds)) if (done()) break else Sys.sleep(0.05)
  wait(function() isTRUE(file.size(pid) > 0), 120)
  wait(when, 60)
  tools::pskill(as.integer(readLines(pid)), 9)
  Sys.sleep(0.2)
  chunk_files(dir)
}
stored_rows <- function(dir) bind_rows(lapply(chunk_files(dir), function(file) stored_in(file)$rows))

test_that("a process that is killed in the middle loses no finished cell", {
  skip_below("full")
  skip_on_os("windows")
  dir <- withr::local_tempdir()
  arguments <- "truth_overlap(), 2:3, c(400, 800, 1600), 40, seed = 3, threads = 1, chunk_seconds = 0.05"
  study <- function(...) eval(parse(text = sprintf("moe_study(%s, ...)", arguments)))
  killed_study(dir, arguments, function() length(chunk_files(dir)) >= 3)
  done <- stored_rows(dir)
  expect_gt(nrow(done), 0)
  expect_lt(nrow(done), 240)
  resumed <- study(checkpoint = dir)
  expect_same_study(resumed, study())
  at <- match(cell_key(done), cell_key(resumed))
  expect_identical(resumed$seconds[at], done$seconds)
  stored <- stored_rows(dir)
  expect_identical(anyDuplicated(cell_key(stored)), 0L)
  expect_identical(nrow(stored), 240L)
})

test_that("25 kills at random moments leave the table as it is, and no finished file is touched", {
  skip_below("nightly")
  skip_on_os("windows")
  withr::local_seed(11)
  arguments <- "truth_overlap(), 2:3, c(400, 800), 30, seed = 3, threads = 1, chunk_seconds = 0.02"
  study <- function(...) eval(parse(text = sprintf("moe_study(%s, ...)", arguments)))
  whole <- study()
  dir <- withr::local_tempdir()
  partly <- 0
  for (kill in 1:25) {
    # a new study each time the last has come to its end
    if (length(missing_cells(attr(whole, "spec"), stored_rows(dir))) == 0) unlink(dir, recursive = TRUE)
    before <- tools::md5sum(chunk_files(dir))
    # asked twenty times a second
    left <- round(20 * stats::runif(1, 0, 2))
    killed_study(dir, arguments, function() (left <<- left - 1) < 0)
    after <- tools::md5sum(chunk_files(dir))
    expect_identical(after[names(before)], before)
    if (length(after) > length(before)) partly <- partly + 1
  }
  expect_gt(partly, 5)
  done <- tools::md5sum(chunk_files(dir))
  expect_no_warning(resumed <- study(checkpoint = dir))
  expect_same_study(resumed, whole)
  expect_identical(tools::md5sum(names(done)), done)
  expect_identical(anyDuplicated(cell_key(stored_rows(dir))), 0L)
})

test_that("a full disk costs no row, leaves no broken file, and is told", {
  skip_below("nightly")
  skip_if_not(identical(Sys.info()[["sysname"]], "Linux"))
  dir <- withr::local_tempdir()
  mount <- c("-t", "tmpfs", "-o", "size=64k", "tmpfs", dir)
  skip_if(suppressWarnings(system2("mount", mount, stdout = FALSE, stderr = FALSE)) != 0, "no tmpfs can be mounted")
  withr::defer(system2("umount", dir))
  within_disk <- file.path(dir, "study")
  study <- function(...) small_study(n = c(200, 400), reps = 40, k = 2:3, chunk_seconds = 0.02, ...)
  full <- with_warnings(study(checkpoint = within_disk))
  expect_same_study(full$study, study())
  expect_length(full$said, 1)
  expect_match(full$said, "is the disk full")
  files <- list.files(within_disk, full.names = TRUE)
  expect_length(grep("writing-", files), 0)
  expect_false(any(vapply(chunk_files(within_disk), function(file) is.null(stored_in(file)), NA)))
  expect_gt(length(chunk_files(within_disk)), 0)
})

test_that("two processes may use one directory at once", {
  skip_below("full")
  dir <- withr::local_tempdir()
  arguments <- "truth_overlap(), 2, c(200, 400), 10, seed = 3, threads = 1, chunk_seconds = 0.01"
  code <- c("library(moerate)", sprintf("moe_study(%s, checkpoint = %s)", arguments, deparse(dir)))
  run_r(code, wait = FALSE)
  run_r(code)
  expect_no_warning(
    both <- moe_study(truth_overlap(), 2, c(200, 400), 10, seed = 3, threads = 1, checkpoint = dir)
  )
  expect_same_study(both, moe_study(truth_overlap(), 2, c(200, 400), 10, seed = 3, threads = 1))
})
