# What least squares recovers on U(0, 1): sigmoid against linear experts, and steeper and steeper gates.
source("studies/common.R")
source("studies/least-squares.R")
seed <- 2402
arguments <- list(
  n = c(1000, 3162, 10000, 31623), reps = 24, noise = 0.01, slopes = c(1, 2, 4, 8, 16), size = 10000
)
unit <- design_uniform(0, 1)
kinds <- list(sigmoid = expert_sigmoid(), linear = expert_linear())

# Gates that change over at 1/2: experts of equal shares whatever the slope
crossing <- function(expert, slope) {
  moe_measure(c(-slope / 2, 0), c(slope, 0), a = c(6, -4), b = c(-2, 1), expert = expert)
}
contrast <- function(k, reps, kind) {
  least_squares(
    paste("contrast", kind, k), crossing(kinds[[kind]], 8), k = k, n = arguments$n, reps = reps,
    noise = arguments$noise, loss = c("d1_lse", "l2"), design = unit
  )
}
separation <- function(slope, kind) {
  study <- least_squares(
    paste("separation", kind, slope), crossing(kinds[[kind]], slope), k = 2, n = arguments$size, reps = arguments$reps,
    noise = arguments$noise, loss = c("d1_lse", "l2"), design = unit
  )
  cbind(kind = kind, slope = slope, as.data.frame(slim(study)))
}
exact <- lapply(stats::setNames(nm = names(kinds)), contrast, k = 2, reps = arguments$reps)
over <- lapply(stats::setNames(nm = names(kinds)), contrast, k = 3, reps = 10)
gates <- do.call(rbind, lapply(names(kinds), function(kind) do.call(rbind, lapply(arguments$slopes, separation, kind))))
for (kind in names(kinds)) {
  print(cbind(kind = kind, rates(exact[[kind]], converged = FALSE)))
  print(cbind(kind = kind, rates(over[[kind]], converged = FALSE)))
}
result <- list(exact = lapply(exact, slim), over = lapply(over, slim), gates = gates)
save_result("P2-gates", result, seed, arguments, cpu = cpu_of(c(exact, over, list(gates))))
