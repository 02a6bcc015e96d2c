# One measurement in a process of its own: Rscript bench/measure.R package model n k tol file
# Writes one row: seconds of each repetition, counts, what was reached (by the common yardstick), peak memory.

folder <- sub("^--file=", "", dirname(grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(folder, "common.R"))
source(file.path(folder, "packages.R"))
args <- stats::setNames(as.list(commandArgs(TRUE)), c("package", "model", "n", "k", "tol", "file"))
suppressPackageStartupMessages(library(args$package, character.only = TRUE))

data <- make_data(args$model, as.numeric(args$n))
point <- near_start(data, as.integer(args$k))
fit <- packages[[args$package]]
forget_peak()
before <- memory_mb()
watches <- list(stopwatch(fit(data, point, as.numeric(args$tol))))
peak <- memory_mb()
while (length(watches) < 5 && watches[[1]]$elapsed < 3) {
  invisible(gc())
  watches <- c(watches, list(stopwatch(fit(data, point, as.numeric(args$tol)))))
}
reached <- watches[[1]]$value
saveRDS(list(
  elapsed = vapply(watches, `[[`, 0, "elapsed"), cpu = vapply(watches, `[[`, 0, "cpu"),
  iterations = reached$iterations, passes = reached$passes, says = reached$says,
  loglik = log_likelihood(data, reached$point) / length(data$y), gradient = gradient_norm(data, reached$point),
  before_mb = before, peak_mb = peak
), args$file)
