# Peak memory of a whole R process that fits n = 1e7 rows (d = 1, k = 2), over the size of the data.
# Rscript bench/memory.R [rows] [default]        `default`: no start is given, moe() searches

source(file.path(sub("^--file=", "", dirname(grep("^--file=", commandArgs(), value = TRUE))), "common.R"))
suppressPackageStartupMessages(library(moerate))
args <- commandArgs(TRUE)
n <- as.numeric(c(grep("^[0-9]", args, value = TRUE), 1e7)[1])
empty <- memory_mb()

# made in pieces, so that the data are all this process has held before the fit
truth <- truth_mild()
y <- x <- numeric(n)
set.seed(1)
for (rows in split(seq_len(1000), seq_len(1000))) {
  at <- seq(floor((rows - 1) * n / 1000) + 1, floor(rows * n / 1000))
  x[at] <- runif(length(at))
  second <- runif(length(at)) > plogis(truth$gate[1, 1] + truth$gate[2, 1] * x[at])
  y[at] <- truth$coef[1, 1 + second] + truth$coef[2, 1 + second] * x[at] + truth$sigma[1 + second] * rnorm(length(at))
}
frame <- list2DF(list(y = y, x = x))
rm(y, x, at, second)
invisible(gc())
before <- memory_mb()

start <- if (!"default" %in% args) as_moe_measure(near_start(list(truth = truth), 2))
watch <- stopwatch(moe(y ~ x, frame, k = 2, start = start, control = moe_control(seed = 1)))
peak <- memory_mb()
size <- 16 * n / 2^20
result <- data.frame(
  n = n, data_mb = size, empty_mb = empty, before_mb = before, peak_mb = peak, over_data = peak / size,
  elapsed = watch$elapsed, status = watch$value$status
)
keep_result(result, "memory")
report(
  "data %.0f MB; R with the package %.0f MB, just before the fit %.0f MB, peak %.0f MB: %.2f times the data",
  size, empty, before, peak, peak / size
)
report("%.1f s, %s", watch$elapsed, watch$value$status)
verdict("peak below 5 times the data", peak < 5 * size)
