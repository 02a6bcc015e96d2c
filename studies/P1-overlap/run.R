# P1-exact and P1-over: both theorems about the overlap truth, on the same samples.
source("studies/common.R")
seed <- 2305
arguments <- list(
  k = 2:3, n = c(1000, 3162, 10000, 31623, 100000), reps = 100, loss = c("d1", "d2", "hellinger", "l2"),
  start = study_start()
)
study <- do.call(moe_study, c(list(truth_overlap(), seed = seed, threads = 2), arguments))
print(rates(study))
save_result("P1-overlap", list(overlap = slim(study)), seed, arguments, cpu = sum(study$seconds))
