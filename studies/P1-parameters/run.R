# P1-over for the parameters: the rates of a shared cell need the compact set of the theorem.
source("studies/common.R")
seed <- 2305
arguments <- list(
  k = 3, n = c(1000, 3162, 10000, 31623, 100000), reps = 100, starts = 10, variance_floor = 0.01, mass = 0.05
)

# Variances of at least 1 % of that of y, and optima preferred whose experts each account for 5 % of the rows: the
# number of rows depends on n, and so there is a study for each n.
one_size <- function(n) {
  moe_study(
    truth_overlap(), arguments$k, n, arguments$reps, start = study_start(starts = arguments$starts), seed = seed,
    control = moe_control(variance_floor = arguments$variance_floor, min_rows = arguments$mass * n), threads = 2
  )
}
studies <- lapply(arguments$n, one_size)
study <- do.call(rbind, studies)
attr(study, "spec")$n <- as.integer(arguments$n)

study$mass <- least_mass(study)
print(aggregate(cbind(inside = mass >= arguments$mass, converged) ~ n, as.data.frame(study), mean))
print(rates(study, converged = FALSE))
print(rates(study[study$mass >= arguments$mass, ]))
save_result("P1-parameters", list(over = slim(study)), seed, arguments, cpu = sum(study$seconds))
