# What depends on the starts: losses and optima against the noise of starts, and k >= 2k*.
source("studies/common.R")
seed <- 2305
truths <- list(overlap = truth_overlap(), lambda = truth_lambda())
arguments <- list(
  noise = list(k = 2:3, n = 2000, reps = 60, scale = c(0.1, 0.5, 1, 2, 4, 8), searched = 40),
  cosh = list(k = 3:4, n = c(1000, 3162, 10000, 31623), reps = 20, starts = 5)
)

# One start per fit, the noise of gate and experts alike and not shrinking with n; the samples are the same for all.
one_start <- function(truth, scale) {
  noise <- arguments$noise
  start <- study_start(starts = 1, gate = scale, expert = scale, rate = 0)
  moe_study(truth, noise$k, noise$n, noise$reps, start = start, seed = seed, threads = 2)
}
searched <- function(truth) {
  noise <- arguments$noise
  start <- study_start("search", starts = noise$searched)
  moe_study(truth, noise$k, noise$n, noise$reps, start = start, seed = seed, threads = 2)
}
noise_rows <- function(name) {
  near <- lapply(arguments$noise$scale, function(scale) cbind(scale = scale, plain(one_start(truths[[name]], scale))))
  own <- cbind(scale = NA, plain(searched(truths[[name]])))
  cbind(truth = name, do.call(rbind, c(near, list(own))))
}
plain <- function(study) {
  slim(study)[c(
    "k", "n", "replicate", "status", "converged", "loglik", "seconds", "d1", "d2", "hellinger"
  )]
}

noise <- do.call(rbind, lapply(names(truths), noise_rows))
cosh <- moe_study(
  truths$overlap, arguments$cosh$k, arguments$cosh$n, arguments$cosh$reps, loss = c("d1", "d2", "hellinger"),
  start = study_start(starts = arguments$cosh$starts), seed = seed, threads = 2
)
cosh$mass <- least_mass(cosh)
print(rates(cosh))
save_result(
  "P1-starts", list(noise = noise, cosh = slim(cosh)), seed, arguments, cpu = sum(noise$seconds) + sum(cosh$seconds)
)
