# The simulations of the Gaussian paper by its own protocol, and the same truth at converged estimates.
source("studies/common.R")
seed <- 2305
truth <- truth_lambda(design_grid(0, 1))

# Their n are equally spaced: all of them for k = 2, every fourth for k = 3 and 4.
every_fourth <- round(seq(10000, 100000, length.out = 200))[seq(1, 200, by = 4)]
grids <- list(
  "2" = c(100, 300, 500, 700, 900, round(seq(1000, 100000, length.out = 195))), "3" = every_fourth, "4" = every_fourth
)
published <- lapply(names(grids), function(k) {
  moe_study(
    truth, as.integer(k), grids[[k]], 40, loss = c("d1", "d2"), protocol = "published", seed = seed, threads = 2
  )
})
names(published) <- paste0("k", names(grids))
for (study in published) print(rates(study, summary = "mean"))

arguments <- list(k = 2:4, n = round(10^seq(3, 5, length.out = 7)), reps = 20, loss = c("d1", "d2", "hellinger"))
converged <- do.call(moe_study, c(list(truth, seed = seed, threads = 2), arguments))
print(rates(converged))

parameters <- grep("[.](single|over)$", names(converged), value = TRUE)
cpu <- sum(converged$seconds, vapply(published, function(study) sum(study$seconds), 0))
save_result(
  "P1-published",
  list(
    published = lapply(published, slim, drop = c(parameters, "loglik", "starts_agreeing")), converged = slim(converged)
  ),
  seed, list(published = list(n = grids, reps = 40), converged = arguments), cpu
)
