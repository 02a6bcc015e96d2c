# P2-poly: over-specified linear and quadratic experts, whose atoms do not converge though averages and f do.
source("studies/common.R")
source("studies/least-squares.R")
seed <- 2402
arguments <- list(
  k = 3, n = c(1000, 3162, 10000, 31623), reps = 20, noise = 0.1, loss = c("d1_lse", "l2"),
  control = moe_control(bound = bound, max_iter = 200)
)
# Averages of cells show their rate with little noise and more replicates.
quiet <- utils::modifyList(arguments, list(reps = 50, noise = 0.01))
one <- function(name, arguments, id) do.call(least_squares, c(list(paste(id, name), families[[name]]), arguments))
studies <- lapply(stats::setNames(nm = c("linear", "polynomial(2)")), one, arguments, "poly")
linear_quiet <- one("linear", quiet, "poly quiet")
print(rates(linear_quiet, converged = FALSE))
for (name in names(studies)) print(cbind(study = name, rates(studies[[name]], converged = FALSE)))
save_result(
  "P2-poly", list(families = lapply(studies, slim), linear_quiet = slim(linear_quiet)), seed,
  c(arguments, list(quiet = quiet[c("reps", "noise")])), cpu = cpu_of(c(studies, list(linear_quiet)))
)
