# All benchmarks in one run: Rscript bench/run.R [quick | rest] [fits] [pass] [threads] [memory] [defaults] [squares] [study]
# `quick` leaves out what takes minutes, `rest` adds that to the fits of an earlier quick run. Results go to
# bench/results/*.csv, and from there to bench/README.md.

folder <- sub("^--file=", "", dirname(grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(folder, "common.R"))
source(file.path(folder, "tables.R"))
args <- commandArgs(TRUE)
quick <- "quick" %in% args
rest <- "rest" %in% args
parts <- setdiff(args, c("quick", "rest"))
if (rest) parts <- "fits"
if (length(parts) == 0) parts <- c("fits", "pass", "threads", "memory", "defaults", "squares", "study")
limit <- 240
Sys.setenv(OMP_NUM_THREADS = 1, OPENBLAS_NUM_THREADS = 1)

cell <- function(model, k, n, tol = 1e-6) data.frame(model = model, k = k, n = n, tol = tol)
cells <- rbind(
  cell("hard", 3, 1e4), cell("hard", 3, 1e5), cell("hard", 3, 1e6), cell("hard", 4, 1e5), cell("lambda", 2, 1e5),
  cell("lambda", 2, 1e6), cell("lambda", 3, 1e4), cell("lambda", 3, 1e5),
  cell("hard", 3, 1e4, 1e-10), cell("hard", 3, 1e5, 1e-10), cell("hard", 4, 1e4, 1e-10),
  cell("lambda", 3, 1e4, 1e-10)
)
is_quick <- function(cells) cells$n < 1e6 & cells$tol == 1e-6
if (quick) cells <- cells[is_quick(cells), ]
if (rest) cells <- cells[!is_quick(cells), ]

rscript <- function(script, ..., timeout = 0) {
  system2(file.path(R.home("bin"), "Rscript"), shQuote(c(file.path(folder, script), ...)), timeout = timeout)
}

measure <- function(package, cell) {
  file <- tempfile(fileext = ".rds")
  watch <- stopwatch(suppressWarnings(rscript(
    "measure.R", package, cell$model, format(cell$n, scientific = FALSE), cell$k, format(cell$tol), file,
    timeout = limit
  )))
  if (file.exists(file)) return(readRDS(file))
  if (watch$elapsed >= limit) "timeout" else "failed"
}

# A few rounds, the packages in turn, so that a busy moment of the machine meets all of them.
measure_cell <- function(cell, packages) {
  runs <- stats::setNames(vector("list", length(packages)), packages)
  for (round in seq_len(if (quick || rest) 1 else 3)) {
    for (package in packages) {
      last <- utils::tail(runs[[package]], 1)
      slow <- length(last) && (is.character(last[[1]]) || last[[1]]$elapsed[1] > 15)
      if (!slow) runs[[package]] <- c(runs[[package]], list(measure(package, cell)))
    }
  }
  do.call(rbind, lapply(packages, function(package) summarise_runs(cell, package, runs[[package]])))
}

summarise_runs <- function(cell, package, runs) {
  failed <- vapply(runs, is.character, NA)
  row <- data.frame(cell,
    package = package, status = "done", elapsed = NA, cpu = NA, repetitions = 0, iterations = NA, passes = NA,
    says = NA, loglik = NA, gradient = NA, before_mb = NA, peak_mb = NA
  )
  if (all(failed)) {
    row$status <- runs[[1]]
    if (row$status == "timeout") row$elapsed <- limit
    return(row)
  }
  runs <- runs[!failed]
  pool <- function(field) unlist(lapply(runs, `[[`, field))
  row$elapsed <- stats::median(pool("elapsed"))
  row$cpu <- stats::median(pool("cpu"))
  row$repetitions <- length(pool("cpu"))
  fields <- c("iterations", "passes", "says", "loglik", "gradient", "before_mb")
  row[fields] <- runs[[1]][fields]
  row$peak_mb <- max(pool("peak_mb"))
  row
}

run_fits <- function() {
  packages <- c("moerate", "meteorits", "flexmix")
  there <- vapply(packages, requireNamespace, NA, quietly = TRUE)
  for (package in packages[!there]) report("%s is not installed: skipped (make bench tries to install it)", package)
  result <- if (rest) subset(read_result("fits"), is_quick(data.frame(n, tol)))
  for (i in seq_len(nrow(cells))) {
    rows <- measure_cell(cells[i, ], packages[there])
    result <- rbind(result, rows)
    report(
      "%-6s k = %d n = %-7g stop %-5g %-9s %8s s (processor %s) passes %4s loglik/n %.7f gradient %.0e peak %.0f MB %s",
      rows$model, rows$k, rows$n, rows$tol, rows$package, signif(rows$elapsed, 3), signif(rows$cpu, 3), rows$passes,
      rows$loglik, rows$gradient, rows$peak_mb, ifelse(is.na(rows$says), rows$status, rows$says)
    )
    keep_result(result, "fits")
  }
  report("%s", fits_ratios(result))
}

if ("fits" %in% parts) run_fits()
for (part in setdiff(parts, "fits")) rscript(paste0(part, ".R"))
describe_machine()
write_tables()
