# P2-poly: over-specified linear and quadratic experts, whose atoms do not converge though averages and f do.
source("studies/common.R")
source("studies/least-squares.R")
seed <- 2402
arguments <- list(
  k = 3, n = c(1000, 3162, 10000, 31623), reps = 20, noise = 0.1, loss = c("d1_lse", "l2"),
  control = moe_control(bound = bound, max_iter = 200)
)
# Averages of cells show their rate with little noise. On surfaces of equal sums of squares a start near the truth ends
# near it, though, so that atoms need starts that know nothing of the truth.
near <- utils::modifyList(arguments, list(reps = 50, noise = 0.01))
quiet <- utils::modifyList(arguments, list(reps = 24, noise = 0.01, start = study_start("search", starts = 10)))
one <- function(name, arguments, id) do.call(least_squares, c(list(paste(id, name), families[[name]]), arguments))
names <- stats::setNames(nm = c("linear", "polynomial(2)"))
result <- list(
  families = lapply(names, one, arguments, "poly"), near = lapply(names, one, near, "poly near"),
  quiet = lapply(names, one, quiet, "poly quiet")
)
for (part in names(result)) {
  for (name in names) print(cbind(part, study = name, rates(result[[part]][[name]], converged = FALSE)))
}
save_result(
  "P2-poly", lapply(result, lapply, slim), seed, c(arguments, list(near = near[c("reps", "noise")], quiet = quiet[c("reps", "noise")])),
  cpu = cpu_of(do.call(c, result))
)
