# The whole fit with two threads beside one: hard model, k = 3, from a start near the truth. The machine's own limit is
# measured in between: how much more two one-thread processes get done than one.
# Rscript bench/threads.R [repetitions]

source(file.path(sub("^--file=", "", dirname(grep("^--file=", commandArgs(), value = TRUE))), "common.R"))
library(moerate)
repetitions <- as.integer(c(commandArgs(TRUE), 9)[1])

compare <- function(n) {
  data <- make_data("hard", n)
  frame <- data.frame(y = data$y, data$x)
  start <- as_moe_measure(near_start(data, 3))
  fit <- function(threads) {
    watch <- stopwatch(moe(y ~ ., frame, k = 3, start = start, control = moe_control(threads = threads, seed = 1)))
    c(seconds = watch$elapsed, loglik = watch$value$loglik)
  }
  two_processes <- function() {
    max(unlist(parallel::mclapply(1:2, function(i) fit(1)[["seconds"]], mc.cores = 2)))
  }
  runs <- replicate(max(3, ceiling(repetitions * 1e5 / n)), {
    one <- fit(1)
    two <- fit(2)
    c(one = one[["seconds"]], two = two[["seconds"]], side = two_processes(), same = one[["loglik"]] == two[["loglik"]])
  })
  best <- apply(runs, 1, min)
  middle <- apply(runs, 1, median)
  data.frame(
    n = n, one_thread = best[["one"]], two_threads = best[["two"]], speedup = best[["one"]] / best[["two"]],
    machine_limit = 2 * best[["one"]] / best[["side"]], one_median = middle[["one"]], two_median = middle[["two"]],
    same_bits = best[["same"]] == 1
  )
}

result <- do.call(rbind, lapply(c(1e5, 1e6), compare))
keep_result(result, "threads")
report(
  "n = %g: one thread %.3f s, two %.3f: %.2f times as fast (two processes side by side: %.2f); medians %.3f, %.3f; %s",
  result$n, result$one_thread, result$two_threads, result$speedup, result$machine_limit, result$one_median,
  result$two_median, ifelse(result$same_bits, "same bits", "DIFFERENT BITS")
)
verdict("two threads at least 1.7 times as fast as one", all(result$speedup >= 1.7))
