# K-truths: how often each criterion finds k*, for one to four experts, one to three covariates, far apart and close.
source("studies/common.R")
source("studies/choosing.R")
seed <- 2027
arguments <- list(
  folds = 5, starts = 60, noise = 0.5, many = list(k = 1:4, d = 1:3, n = c(200, if (!small) 1000), reps = replicates(6)),
  close = list(
    separation = c(1, 0.5, 0.25, 0.125), n = 100 * 4^(if (small) 0:1 else 0:3), reps = replicates(4)
  )
)

# Experts take turns along the first covariate. `separation` scales what their means differ by; at 1 these are several
# standard deviations apart nearly everywhere, at 0 all are one.
truth <- function(k, d, separation) {
  at <- seq_len(k)
  centre <- at - (k + 1) / 2
  sign <- (-1)^at
  a <- cbind(1.5 * sign, 0.75 * cos(2 * at), 0.75 * sin(2 * at))[, seq_len(d), drop = FALSE]
  # the gates of neighbours cross at evenly spread places
  crossing <- -2 + 4 * at[-k] / k
  moe_measure(
    beta0 = -3 * c(0, cumsum(crossing)), beta1 = cbind(3 * centre, matrix(0, k, d - 1)), a = separation * a,
    b = separation * (2 * sign + centre), sigma2 = rep(arguments$noise^2, k)
  )
}

one <- function(cell) {
  measure <- truth(cell$k, cell$d, cell$separation)
  data <- rmoe(cell$n, measure, design_uniform(rep(-2, cell$d), rep(2, cell$d)), seed = seed + cell$replicate)
  choice <- select_k(
    y ~ ., data, k = seq_len(cell$k + 2), folds = arguments$folds,
    control = moe_control(seed = cell$replicate, threads = 1, starts = arguments$starts, progress = FALSE)
  )
  largest <- attr(choice, "fits")[[cell$k + 2]]
  cost <- c(
    dendrogram = system.time(moe_dendrogram(largest))[["elapsed"]],
    mtm = system.time(merge_truncate_merge(largest))[["elapsed"]]
  )
  data.frame(cell, rbind(chosen_k(choice)), status = largest$status, cost = rbind(cost), row.names = NULL)
}

many <- expand.grid(
  replicate = seq_len(arguments$many$reps), n = arguments$many$n, d = arguments$many$d, k = arguments$many$k, separation = 1
)
close <- expand.grid(
  replicate = seq_len(arguments$close$reps), n = arguments$close$n, d = 1, k = 2, separation = arguments$close$separation
)
result <- list(many = by_cell("K-truths many", many, one), close = by_cell("K-truths close", close, one))
for (name in names(result)) {
  print(aggregate(
    result[[name]][criteria] == result[[name]]$k, result[[name]][c("k", "d", "n", "separation")], mean, na.rm = TRUE
  ), digits = 2)
}
save_result("K-truths", result, seed, arguments, cpu = sum(result$many$seconds, result$close$seconds))
