test_that("a study is a table with a row per cell, in the order of the grid", {
  study <- small_study(k = 2:3)
  expect_s3_class(study, c("moe_study", "data.frame"), exact = TRUE)
  expect_identical(study$k, rep(2:3, each = 6))
  expect_identical(study$n, rep(rep(c(200L, 400L), each = 3), 2))
  expect_identical(study$replicate, rep(1:3, 4))
  columns <- c("status", "converged", "gradient", "loglik", "iterations", "passes", "starts", "starts_agreeing",
    "seconds", "d1", "d2", "hellinger", "b.single", "b.over", "largest_cell", "estimate")
  expect_true(all(columns %in% names(study)))
  expect_true(all(study$d1 > 0 & study$hellinger > 0))
  expect_identical(attr(study, "session")$version, as.character(packageVersion("moerate")))
  expect_identical(attr(study, "spec")$n, c(200L, 400L))
})

test_that("a larger grid leaves finished cells as they are, to the bit", {
  small <- small_study()
  large <- small_study(k = 2:3, n = c(100, 200, 400), reps = 4)
  finished <- large[large$k == 2 & large$n >= 200 & large$replicate <= 3, ]
  rownames(finished) <- NULL
  expect_same_study(finished, small)
})

test_that("chunks and threads do not matter", {
  study <- small_study(k = 2:3)
  expect_same_study(small_study(k = 2:3, chunk_seconds = 1e-6), study)
  threaded <- moe_study(
    truth_overlap(), 2:3, c(200, 400), 3, seed = 1, start = study_start(starts = 1), threads = 2, progress = FALSE
  )
  expect_same_study(threaded, study)
})

test_that("workers give the table of this process", {
  skip_below("full")
  study <- small_study(k = 2:3)
  old <- future::plan("multisession", workers = 2)
  withr::defer(future::plan(old))
  expect_same_study(small_study(k = 2:3, chunk_seconds = 0.01), study)
})

test_that("a worker that dies costs nothing but time", {
  skip_below("full")
  skip_on_os("windows")
  study <- small_study(k = 2:3)
  old <- future::plan("multisession", workers = 2)
  withr::defer(future::plan(old))
  victim <- future::value(future::future(Sys.getpid()))
  tools::pskill(victim, 9)
  expect_same_study(small_study(k = 2:3, chunk_seconds = 0.01), study)
})

test_that("cells that kill every worker they meet are rows, and only they", {
  skip_below("full")
  skip_on_os("windows")
  whole <- small_study()
  old <- future::plan("multisession", workers = 2)
  withr::defer(future::plan(old))
  real <- study_cells
  local_mocked_cells(function(spec, cells, threads) {
    if (any(cells$n == 400 & cells$replicate == 2)) tools::pskill(Sys.getpid(), 9)
    real(spec, cells, threads)
  })
  expect_warning(study <- small_study(chunk_seconds = 1e-6), class = "moe_warning_worker_lost")
  lost <- study$n == 400 & study$replicate == 2
  expect_identical(study$status[lost], "worker_lost")
  expect_identical(study$d1[!lost], whole$d1[!lost])
})

test_that("cells whose workers die twice are rows, and the others are kept", {
  real <- study_cells
  lose <- function(spec, cells, threads) {
    if (any(cells$n == 400)) stop("the worker is gone")
    real(spec, cells, threads)
  }
  local_mocked_cells(lose)
  expect_warning(study <- small_study(chunk_seconds = 1e-6), class = "moe_warning_worker_lost")
  expect_identical(study$status[study$n == 400], rep("worker_lost", 3))
  expect_match(study$message[study$n == 400], "the worker is gone")
  expect_false(any(study$converged[study$n == 400]))
  expect_true(all(study$converged[study$n == 200]))
  expect_identical(rates(study, "d1")$unconverged, 3L)
})

test_that("an interrupt keeps what has arrived", {
  left <- 4
  real <- study_cells
  interrupted <- function(spec, cells, threads) {
    left <<- left - nrow(cells)
    if (left < 0) rlang::interrupt()
    real(spec, cells, threads)
  }
  whole <- small_study()
  local_mocked_cells(interrupted)
  expect_warning(study <- small_study(chunk_seconds = 1e-6), class = "moe_warning_interrupted", "4 of 6 cells")
  expect_identical(nrow(study), 4L)
  key <- paste(study$n, study$replicate)
  expect_identical(study$d1, whole$d1[match(key, paste(whole$n, whole$replicate))])
  expect_output(print(study), "4 of 6 cells done")
})

test_that("progress is signalled through progressr, and adds up", {
  steps <- 0
  withCallingHandlers(
    small_study(chunk_seconds = 1e-6),
    progression = function(p) if (p$type == "update") steps <<- steps + p$amount
  )
  expect_equal(steps, 1000)
})

test_that("a study leaves R's random numbers alone", {
  set.seed(1)
  before <- .Random.seed
  small_study()
  expect_identical(.Random.seed, before)
  set.seed(2)
  first <- small_study(seed = NULL)
  set.seed(2)
  expect_same_study(small_study(seed = NULL), first)
})

test_that("a study can be cut and made a plain data frame", {
  study <- small_study()
  expect_s3_class(study[study$n == 200, ], "moe_study")
  expect_identical(class(study[c("k", "d1")]), "data.frame")
  expect_identical(study[["d1"]], study$d1)
  expect_identical(class(as.data.frame(study)), "data.frame")
})

test_that("studies and their summaries print", {
  study <- made_study(outer(c(100, 400, 1600)^-0.5, c(0.8, 1, 1.2)), c(100, 400, 1600))
  study$converged[2] <- FALSE
  study$status[2] <- "max_iter"
  expect_snapshot({
    study
    summary(study)
  })
  one <- study[study$n == 100, ]
  expect_output(print(one), "no slopes")
})

test_that("arguments that cannot be used are named", {
  truth <- truth_overlap()
  bare <- moe_measure(c(0, 0), c(2, 0), c(1, -1), c(2, -2))
  uniform <- design_uniform(-2, 2)
  expect_snapshot(error = TRUE, {
    moe_study(truth, k = 2, n = 100)
    moe_study("overlap", 2, 100, 1)
    moe_study(truth$measure, 2, 100, 1)
    moe_study(truth, 2, 100, 1, design = design_uniform(0, 1, d = 2))
    moe_study(truth, 2, 100, 1, design = "uniform")
    moe_study(truth, 0, 100, 1)
    moe_study(truth, c(2, 2), 100, 1)
    moe_study(truth, 2, c(100, 50), 1)
    moe_study(truth, 2, 100.5, 1)
    moe_study(truth, 2, c(100, NA), 1)
    moe_study(truth, 2, integer(), 1)
    moe_study(truth, 2, 100, 0)
    moe_study(truth, 2, 100, 1, loss = c("d1", "d3"))
    moe_study(truth, 2, 100, 1, loss = c("d1", "d1"))
    moe_study(truth, 2, 100, 1, loss = 1)
    moe_study(truth, 2, 100, 1, loss = "dr")
    moe_study(truth, 2, 100, 1, loss = "dr", r = 0.5)
    moe_study(truth, 2, 100, 1, r = 2)
    moe_study(truth, 2, 100, 1, expert = "linear")
    moe_study(truth, 2, 100, 1, method = "bayes")
    moe_study(truth, 2, 100, 1, protocol = "quick")
    moe_study(truth, 2, 100, 1, start = "truth")
    moe_study(truth, 2, 100, 1, protocol = "published", start = study_start())
    moe_study(truth, 1, 100, 1, protocol = "published")
    moe_study(truth, 2, 100, 1, noise = 1)
    moe_study(bare, 2, 100, 1, design = uniform)
    moe_study(bare, 2, 100, 1, design = uniform, noise = 0.1, loss = "d1")
    moe_study(bare, 2, 100, 1, design = uniform, noise = 0.1, loss = c("l2", "hellinger"))
    moe_study(truth, 2, 100, 1, seed = -1)
    moe_study(truth, 2, 100, 1, threads = 0)
    moe_study(truth, 2, 100, 1, control = 1)
    moe_study(truth, 2, 100, 1, progress = NA)
    moe_study(truth, 2, 100, 1, chunk_seconds = 0)
  })
  expect_moe_error(moe_study(bare, 2, 100, 1, design = uniform, noise = 0.1, loss = "d2"), "unsupported")
})

test_that("fewer experts than the truth have losses that stay away from zero", {
  study <- small_study(k = 1)
  expect_true(all(is.finite(study$d2) & study$d2 > 0.1))
  expect_true(all(theory(study)$slope[theory(study)$loss == "d2"] == 0))
})
