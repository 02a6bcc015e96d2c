# P2-ridge-2: a ridge expert without slope (a* = 0) in the place of one with a slope; the studies with slopes are those
# of P2-strong with as much noise, on the same samples of covariates and noise.
source("studies/common.R")
source("studies/least-squares.R")
seed <- 2402
common <- list(noise = 0.01, loss = c("d1_lse", "l2"), start = study_start(starts = 3))
sizes <- c(1000, 3162, 10000, 31623)
arguments <- list(exact = list(k = 2, n = sizes, reps = 60), over = list(k = 3, n = sizes, reps = 16))
truth <- two_experts(expert_tanh(), a = c(2, 0))
one <- function(name) do.call(least_squares, c(list(paste("ridge-2", name), truth), common, arguments[[name]]))
studies <- lapply(stats::setNames(nm = names(arguments)), one)
for (name in names(studies)) print(cbind(study = name, rates(studies[[name]], converged = FALSE)))
save_result("P2-ridge-2", lapply(studies, slim), seed, c(common, arguments), cpu = cpu_of(studies))
