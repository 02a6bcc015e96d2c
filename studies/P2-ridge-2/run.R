# P2-ridge-2: ridge experts without slopes (a* = 0), one of the two or both, in the place of ones with slopes; the
# studies with slopes are those of P2-strong with as much noise, on the same samples of covariates and noise.
source("studies/common.R")
source("studies/least-squares.R")
seed <- 2402
# Without slopes there are surfaces of equal sums of squares, on which iterations are cut short.
common <- list(noise = 0.01, loss = c("d1_lse", "l2"), control = moe_control(bound = bound, max_iter = 200))
sizes <- c(1000, 3162, 10000, 31623)
truths <- list(one = two_experts(expert_tanh(), a = c(2, 0)), both = two_experts(expert_tanh(), a = c(0, 0)))
arguments <- list(exact = list(k = 2, n = sizes, reps = 60), over = list(k = 3, n = sizes, reps = 40))
one <- function(flat, name) {
  do.call(least_squares, c(list(paste("ridge-2", flat, name), truths[[flat]]), common, arguments[[name]]))
}
studies <- lapply(stats::setNames(nm = names(truths)), function(flat) {
  lapply(stats::setNames(nm = names(arguments)), one, flat = flat)
})
for (flat in names(studies)) {
  for (name in names(studies[[flat]])) print(cbind(flat, study = name, rates(studies[[flat]][[name]], converged = FALSE)))
}
save_result(
  "P2-ridge-2", lapply(studies, lapply, slim), seed, c(common, arguments), cpu = cpu_of(do.call(c, studies))
)
