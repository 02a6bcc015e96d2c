# The simulations of Nguyen, Nguyen and Ho (2023): processor seconds of a sample of cells by protocol = "published",
# beside simulation and EM of meteorits for the same cells in the same run, and of the whole grid of 24,000 fits by
# interpolation in n.
# Rscript bench/study.R [repetitions]

source(file.path(sub("^--file=", "", dirname(grep("^--file=", commandArgs(), value = TRUE))), "common.R"))
source(file.path(bench_folder(), "packages.R"))
suppressPackageStartupMessages({
  library(moerate)
  library(meteorits)
})
repetitions <- as.integer(c(commandArgs(TRUE), 5)[1])
sizes <- c(1e3, 1e4, 3e4, 1e5)

cell_starts <- getFromNamespace("cell_starts", "moerate")
draw_moe <- getFromNamespace("draw_moe", "moerate")

# theta as a point of common.R: gates, experts with the intercept first, log variances
as_point <- function(theta, k) {
  gates <- 2 * (k - 1)
  list(
    gate = cbind(matrix(theta[seq_len(gates)], 2), 0), coef = matrix(theta[gates + seq_len(2 * k)], 2),
    sigma = exp(utils::tail(theta, k) / 2)
  )
}

# The cell by meteorits: a simulation of its own, then its EM on the data of the cell from the same starts. On data of
# its own it may need three times as many passes, or a third.
by_meteorits <- function(cell, k) {
  truth <- truth_steep()
  meteorits::sampleUnivNMoE(
    alphak = truth$gate[, 1, drop = FALSE], betak = truth$coef, sigmak = truth$sigma, x = cell$data$x[, 1]
  )
  ends <- lapply(seq_len(ncol(cell$starts)), function(s) fit_meteorits(cell$data, as_point(cell$starts[, s], k), 1e-6))
  sum(vapply(ends, `[[`, 0, "passes"))
}

cell_of <- function(spec, k, n, replicate) {
  drawn <- draw_moe(n, spec$truth, spec$design, spec$noise, spec$seed, index = c(n, replicate))
  list(data = list(x = matrix(drawn$x), y = drawn$y), starts = cell_starts(spec, k, n, replicate))
}

by_moerate <- function(k, n, protocol) {
  moe_study(
    truth_lambda(design_grid(0, 1)), k, n, repetitions,
    loss = if (k == 2) "d1" else "d2", protocol = protocol, seed = 1, threads = 1, progress = FALSE
  )
}

# The same cells by both, one after the other, and by the converged protocol; seconds and passes of one cell on average.
measure_cell <- function(k, n) {
  ours <- stopwatch(study <- by_moerate(k, n, "published"))
  converged <- stopwatch(rows <- by_moerate(k, n, "converged"))
  cells <- lapply(seq_len(repetitions), cell_of, spec = attr(study, "spec"), k = k, n = n)
  theirs <- stopwatch(passes <- vapply(cells, by_meteorits, 0, k = k))
  row <- data.frame(
    k = k, n = n, moerate = ours$cpu / repetitions, passes = mean(study$passes),
    meteorits = theirs$cpu / repetitions, passes_meteorits = mean(passes), converged = converged$cpu / repetitions,
    passes_converged = mean(rows$passes), gradient = max(rows$gradient)
  )
  report(
    "k = %d n = %-6g moerate %.4f s (passes %.0f), meteorits %.3f s (passes %.0f): ratio %.1f; converged %.3f s", k, n,
    row$moerate, row$passes, row$meteorits, row$passes_meteorits, row$meteorits / row$moerate, row$converged
  )
  row
}

# Seconds of one k over its grid of n, 40 replicates each, interpolated in n.
whole_grid <- function(rows, seconds) {
  n <- if (rows$k[1] == 2) {
    c(seq(100, 900, length.out = 5), seq(1e3, 1e5, length.out = 195))
  } else {
    seq(1e4, 1e5, length.out = 200)
  }
  inside <- stats::approx(c(0, rows$n), c(0, seconds), xout = pmin(n, max(rows$n)))$y
  40 * sum(inside * n / pmin(n, max(rows$n)))
}

cells <- expand.grid(n = sizes, k = 2:4)
cells <- cells[cells$k == 2 | cells$n >= 1e4, ]
result <- do.call(rbind, Map(measure_cell, cells$k, cells$n))
keep_result(result, "study")
total <- function(column) vapply(split(result, result$k), function(rows) whole_grid(rows, rows[[column]]), 0)
ours <- total("moerate")
theirs <- total("meteorits")
converged <- total("converged")
keep_result(
  data.frame(fits = 24000L, moerate = sum(ours), meteorits = sum(theirs), converged = sum(converged)), "study-grid"
)
report("whole grid, k = %s: moerate %.0f s, meteorits %.0f s of one processor", names(ours), ours, theirs)
report("24,000 fits: moerate %.0f s, meteorits %.0f s, ratio %.1f", sum(ours), sum(theirs), sum(theirs) / sum(ours))
report("converged, best of 5 starts: moerate %.0f s, ratio %.1f", sum(converged), sum(theirs) / sum(converged))
verdict("the published protocol takes at most 1/40 of the processor time", sum(theirs) >= 40 * sum(ours))
verdict("the same grid converged takes less than a quarter of it", sum(theirs) >= 4 * sum(converged))
