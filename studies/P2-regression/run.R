# P2-regression: the L2 distance of regression functions for every family of experts, k = k* and k = k* + 1.
source("studies/common.R")
source("studies/least-squares.R")
seed <- 2402
# The sum of squares needs only be as low as that of the truth: iterations on surfaces of equal sums are cut short.
arguments <- list(k = 2:3, n = c(1000, 10000, 100000), reps = 12, noise = 0.1, loss = "l2", starts = 2, max_iter = 100)

one_family <- function(name) {
  least_squares(
    paste("regression", name), families[[name]], k = arguments$k, n = arguments$n, reps = arguments$reps,
    noise = arguments$noise, loss = arguments$loss, start = study_start(starts = arguments$starts),
    control = moe_control(bound = bound, max_iter = arguments$max_iter)
  )
}
studies <- lapply(stats::setNames(nm = names(families)), one_family)
for (name in names(studies)) print(cbind(family = name, rates(studies[[name]], "l2", converged = FALSE)))
save_result("P2-regression", list(families = lapply(studies, slim)), seed, arguments, cpu = cpu_of(studies))
