# P2-poly: over-specified linear and quadratic experts, whose atoms do not converge though averages and f do.
source("studies/common.R")
source("studies/least-squares.R")
seed <- 2402
arguments <- list(
  k = 3, n = c(1000, 3162, 10000, 31623), reps = 20, noise = 0.1, loss = c("d1_lse", "l2"),
  start = study_start(starts = 3)
)
one <- function(name) do.call(least_squares, c(list(paste("poly", name), families[[name]]), arguments))
studies <- lapply(stats::setNames(nm = c("linear", "polynomial(2)")), one)
for (name in names(studies)) print(cbind(study = name, rates(studies[[name]], converged = FALSE)))
save_result("P2-poly", list(families = lapply(studies, slim)), seed, arguments, cpu = cpu_of(studies))
