# Seconds of default fits (many starts, no start given) of classic data sets.
# Rscript bench/defaults.R [repetitions]

source(file.path(sub("^--file=", "", dirname(grep("^--file=", commandArgs(), value = TRUE))), "common.R"))
library(moerate)
repetitions <- as.integer(c(commandArgs(TRUE), 5)[1])

sets <- list(
  ethanol = list(NOx ~ E, lattice::ethanol), mcycle = list(accel ~ times, MASS::mcycle),
  faithful = list(waiting ~ eruptions, datasets::faithful)
)
measure_set <- function(name, k) {
  runs <- vapply(seq_len(repetitions), function(seed) {
    watch <- stopwatch(suppressWarnings(
      moe(sets[[name]][[1]], sets[[name]][[2]], k = k, control = moe_control(seed = seed))
    ))
    c(watch$elapsed, watch$cpu, watch$value$loglik)
  }, numeric(3))
  data.frame(
    data = name, k = k, elapsed = median(runs[1, ]), elapsed_most = max(runs[1, ]), cpu = median(runs[2, ]),
    loglik_least = min(runs[3, ]), loglik_most = max(runs[3, ])
  )
}

cells <- expand.grid(k = 2:4, name = names(sets), stringsAsFactors = FALSE)
result <- do.call(rbind, Map(measure_set, cells$name, cells$k))
keep_result(result, "defaults")
report(
  "%-9s k = %d: %.3f s (at most %.3f), log-likelihood over %d seeds %.4f to %.4f", result$data, result$k,
  result$elapsed, result$elapsed_most, repetitions, result$loglik_least, result$loglik_most
)
verdict("every default fit takes less than a second", all(result$elapsed < 1))
