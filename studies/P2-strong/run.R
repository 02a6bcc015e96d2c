# P2-strong and P2-ridge-1: the loss of the paper where experts can be estimated well, feed-forward and tanh.
source("studies/common.R")
source("studies/least-squares.R")
seed <- 2402
common <- list(loss = c("d1_lse", "l2"))
exact <- c(1000, 3162, 10000, 31623, 100000)
over <- exact[1:4]
# Little noise is as good as many rows: a tenth of it acts like 100 times as many.
arguments <- list(
  tanh = list(k = 2, n = exact, reps = 100, noise = 0.1),
  tanh_quiet = list(k = 2, n = exact, reps = 100, noise = 0.01),
  network_quiet = list(k = 2, n = over, reps = 24, noise = 0.01),
  network_quieter = list(k = 2, n = over, reps = 24, noise = 0.001),
  tanh_over = list(k = 3, n = over, reps = 24, noise = 0.1),
  tanh_over_quiet = list(k = 3, n = exact, reps = 40, noise = 0.01),
  tanh_over_quieter = list(k = 3, n = over, reps = 24, noise = 0.001)
)
# The same samples in other compact sets, and in none
for (b in c(5, 20, Inf)) {
  arguments[[paste0("tanh_bound_", b)]] <-
    list(k = 3, n = over, reps = 40, noise = 0.01, control = moe_control(bound = b))
}
truth_of <- function(name) families[[if (startsWith(name, "tanh")) "tanh" else "feedforward(1, tanh)"]]
one <- function(name) {
  do.call(least_squares, c(list(paste("strong", name), truth_of(name)), common, arguments[[name]]))
}
studies <- lapply(stats::setNames(nm = names(arguments)), one)
for (name in names(studies)) print(cbind(study = name, rates(studies[[name]], c("d1_lse", "l2"), converged = FALSE)))
save_result("P2-strong", lapply(studies, slim), seed, c(common, list(bound = bound), arguments), cpu = cpu_of(studies))
