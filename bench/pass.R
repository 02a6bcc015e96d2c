# One pass through the data (value, gradient and Hessian; n = 1e5, d = 5, k = 3) beside bare loops with the same numbers
# of exponentials, logarithms and multiply-adds. All are compiled with R's own flags and use one thread.
# Rscript bench/pass.R [repetitions]

source(file.path(sub("^--file=", "", dirname(grep("^--file=", commandArgs(), value = TRUE))), "common.R"))
repetitions <- as.integer(c(commandArgs(TRUE), 40)[1])

Rcpp::sourceCpp(file.path(bench_folder(), "loop.cpp"))
data <- make_data("hard", 1e5)
point <- near_start(data, 3)
measure <- as_moe_measure(point)
theta <- moerate:::measure_theta(measure)
spec <- moerate:::measure_spec(measure, same = TRUE)
coefficients <- cbind(point$gate[, 1:2], point$coef)
set.seed(1)
shift <- runif(100)
stopifnot(all.equal(
  loop_rows(data$x, coefficients, shift)[2], loop_blocks(data$x, coefficients, shift)[2],
  tolerance = 1e-10
))

through_r <- function() {
  stopwatch(moerate:::objective_cpp(theta, data$y, data$x, data$x, NULL, spec, 2L, FALSE, 1L))$cpu
}

# side by side, so that whatever else the machine does falls on all alike
seconds <- t(replicate(repetitions, c(
  rows = loop_rows(data$x, coefficients, shift)[1], blocks = loop_blocks(data$x, coefficients, shift)[1],
  pass = core_pass(data$y, data$x, theta, 2L), gradient = core_pass(data$y, data$x, theta, 1L),
  value = core_pass(data$y, data$x, theta, 0L), package = through_r()
)))
best <- apply(seconds, 2, min)
middle <- apply(seconds, 2, median)
result <- data.frame(
  what = c(
    "bare loop, row by row", "bare loop, in blocks with Eigen", "pass: value, gradient, Hessian",
    "pass: value, gradient", "pass: value", "the first through R, with standardisation"
  ),
  best_ms = 1e3 * best, median_ms = 1e3 * middle,
  over_rows = best / best[["rows"]], over_blocks = best / best[["blocks"]]
)
keep_result(result, "pass")

counts <- loop_counts()
sums <- counts[-(1:2)]
report(
  "per row: %d exponentials, %d logarithms, %d multiply-adds (%s)", counts[["exponentials"]],
  counts[["logarithms"]], sum(sums), toString(paste(names(sums), sums))
)
report(
  "%-42s best %6.1f ms, median %6.1f ms: %4.2f times the loop by rows, %4.2f times that in blocks", result$what,
  result$best_ms, result$median_ms, result$over_rows, result$over_blocks
)
verdict("one pass is at most 2.5 times either loop", best[["pass"]] <= 2.5 * min(best[c("rows", "blocks")]))
