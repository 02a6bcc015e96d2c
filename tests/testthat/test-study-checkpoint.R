chunk_files <- function(dir) list.files(dir, "^rows-.*rds$", full.names = TRUE)

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
  manifest <- readRDS(file.path(dir, "manifest.rds"))
  manifest$study$version <- "0.0.1"
  saveRDS(manifest, file.path(dir, "manifest.rds"))
  expect_error(small_study(checkpoint = dir), "another version", class = "moe_error_checkpoint")
})

test_that("what cannot change a number can change", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir)
  other <- moe_control(threads = 2, progress = TRUE, trace = TRUE, seed = 9)
  expect_identical(small_study(checkpoint = dir, control = other, chunk_seconds = 1)$seconds, study$seconds)
})

test_that("truncated and foreign files are set aside by name and computed again", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir, chunk_seconds = 1e-6)
  files <- chunk_files(dir)
  bytes <- readBin(files[1], "raw", 1e6)
  writeBin(bytes[seq_len(length(bytes) %/% 2)], files[1])
  saveRDS(mtcars, files[2])
  foreign <- readRDS(files[3])
  foreign$study$seed <- 99
  saveRDS(foreign, files[3])
  caught <- list()
  again <- withCallingHandlers(small_study(checkpoint = dir), moe_warning_checkpoint = function(cnd) {
    caught <<- c(caught, list(conditionMessage(cnd)))
    rlang::cnd_muffle(cnd)
  })
  expect_same_study(again, study)
  expect_length(caught, 3)
  for (i in 1:3) {
    expect_true(any(grepl(basename(files[i]), unlist(caught), fixed = TRUE)))
    expect_true(file.exists(paste0(files[i], ".set-aside")))
  }
  expect_no_warning(small_study(checkpoint = dir))
})

test_that("a lost or truncated manifest loses nothing", {
  dir <- withr::local_tempdir()
  study <- small_study(checkpoint = dir)
  writeBin(as.raw(1:10), file.path(dir, "manifest.rds"))
  expect_warning(again <- small_study(checkpoint = dir), "manifest", class = "moe_warning_checkpoint")
  expect_identical(again$seconds, study$seconds)
  unlink(file.path(dir, "manifest.rds"))
  expect_identical(small_study(checkpoint = dir, seed = NULL)$seconds, study$seconds)
  unlink(file.path(dir, "manifest.rds"))
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

test_that("a process that is killed in the middle loses no finished cell", {
  skip_below("full")
  skip_on_os("windows")
  dir <- withr::local_tempdir()
  arguments <- "truth_overlap(), 2:3, c(400, 800, 1600), 40, seed = 3, threads = 1, chunk_seconds = 0.05"
  study <- function(...) eval(parse(text = sprintf("moe_study(%s, ...)", arguments)))
  run_r(c("library(moerate)", sprintf("writeLines(format(Sys.getpid()), %s)", deparse(file.path(dir, "manifest.pid"))),
    sprintf("moe_study(%s, checkpoint = %s)", arguments, deparse(dir))), wait = FALSE)
  for (i in 1:600) {
    if (length(chunk_files(dir)) >= 3) break
    Sys.sleep(0.05)
  }
  tools::pskill(as.integer(readLines(file.path(dir, "manifest.pid"))), 9)
  Sys.sleep(0.2)
  done <- bind_rows(lapply(chunk_files(dir), function(file) readRDS(file)$rows))
  expect_gt(nrow(done), 0)
  expect_lt(nrow(done), 240)
  resumed <- study(checkpoint = dir)
  expect_same_study(resumed, study())
  at <- match(cell_key(done), cell_key(resumed))
  expect_identical(resumed$seconds[at], done$seconds)
  stored <- bind_rows(lapply(chunk_files(dir), function(file) readRDS(file)$rows))
  expect_identical(anyDuplicated(cell_key(stored)), 0L)
  expect_identical(nrow(stored), 240L)
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
