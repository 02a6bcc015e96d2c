# How often each criterion finds the two experts of a truth among k = 1, 2, 3, with and without contamination.
source("studies/common.R")
source("studies/choosing.R")
seed <- 2510
sizes <- c(101, 568, 3218, 18252, 100000)
reps <- vapply(c(60, 60, 40, 30, 16), replicates, 0)
share <- 0.03
constants <- 2^(-2:2)
control <- moe_control(seed = seed, threads = 1, progress = FALSE)

# The responses of a share of the rows drawn anew, uniformly over the range of all
contaminate <- function(data, seed) {
  set.seed(seed)
  rows <- sample(nrow(data), ceiling(share * nrow(data)))
  data$y[rows] <- runif(length(rows), min(data$y), max(data$y))
  data
}

# Three atoms at two true ones, as the publications start: the noise is that of study_start()
near_truth <- function(truth, n) {
  measure <- truth$measure
  lapply(1:5, function(start) {
    label <- sort(c(1, 2, sample(2, 1)))
    noise <- function(m, size = 0.5) m + size * n^(-1 / 12) * rnorm(length(m))
    copies <- table(label)[label]
    moe_measure(
      noise(measure$beta0[label]) - log(copies), noise(measure$beta1[label, ]), noise(measure$a[label, ]),
      noise(measure$b[label]), measure$sigma2[label] * exp(noise(numeric(3), 0.2))
    )
  })
}

by_dendrogram <- function(fit, ...) moe_dendrogram(fit, ...)$k

one <- function(truth, n, replicate, contaminated) {
  data <- rmoe(n, truth, seed = seed + replicate)
  if (contaminated) data <- contaminate(data, replicate)
  # folds of 100,000 rows would take most of the time of the study
  criterion <- c("bic", "aic", "icl", if (n < 1e5) "cv")
  choice <- select_k(y ~ x, data, k = 1:3, criterion = criterion, folds = 5, control = control)
  fits <- attr(choice, "fits")
  # also of a fit on the variance floor: select_k() would take the next smaller one, which leaves no choice
  merged <- merge_truncate_merge(fits[["3"]], c = constants)
  chosen <- chosen_k(choice)
  row <- data.frame(
    truth = truth$name, contaminated = contaminated, n = n, replicate = replicate, bic = chosen[["bic"]],
    aic = chosen[["aic"]], icl = chosen[["icl"]], cv = if (n < 1e5) chosen[["cv"]] else NA,
    mtm = merged$path$k[constants == 1], dendrogram = by_dendrogram(fits[["3"]]),
    original = by_dendrogram(fits[["3"]], standardise = FALSE), means = by_dendrogram(fits[["3"]], merge = "means"),
    near = NA, status = fits[["3"]]$status
  )
  row[paste0("mtm_", constants)] <- as.list(merged$path$k)
  if (truth$name == "lambda" && !contaminated) {
    set.seed(replicate)
    near <- suppressWarnings(moe(y ~ x, data, k = 3, start = near_truth(truth, n), control = control))
    row$near <- by_dendrogram(near, standardise = FALSE)
  }
  row
}

cells <- expand.grid(
  truth = c("lambda", "overlap"), contaminated = c(FALSE, TRUE), at = seq_along(sizes), stringsAsFactors = FALSE
)
truths <- list(lambda = truth_lambda(), overlap = truth_overlap())
rows <- by_cell("K-select", cells, function(cell) {
  table <- do.call(rbind, lapply(seq_len(reps[cell$at]), function(replicate) {
    one(truths[[cell$truth]], sizes[cell$at], replicate, cell$contaminated)
  }))
  found <- c(criteria, "original", "near")
  right <- vapply(table[found], function(k) mean(k == 2), 0)
  cat(cell$truth, if (cell$contaminated) "contaminated", sizes[cell$at], paste(names(right), round(right, 2)), "\n")
  table
})
arguments <- list(n = sizes, reps = reps, k = 1:3, folds = 5, contamination = share, c = constants)
save_result("K-select", list(choices = rows), seed, arguments, cpu = sum(rows$seconds))
