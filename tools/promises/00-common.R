# What the promises share: data, controls, and words for values.
source("bench/common.R")

control <- function(seed = 1, ...) moe_control(seed = seed, threads = 2, progress = FALSE, ...)
# A refusal of the package, not an error from somewhere inside
refused <- function(value) inherits(value, "moe_error")
refused_or <- function(test) function(value) refused(value) || test(value)
near <- function(value, target, tolerance = 1e-8) {
  length(value) == length(target) && all(is.finite(value)) &&
    all(abs(value - target) <= tolerance * pmax(1, abs(target)))
}
attempt <- function(call) tryCatch(call, error = identity)
seconds <- function(call) system.time(call)[["elapsed"]]
flags_of <- function(fit) fit[["flags"]]

overlap_data <- function(n, seed = 3) rmoe(n, truth_overlap(), seed = seed)
hard_data <- function(n) {
  made <- make_data("hard", n)
  data.frame(y = made$y, made$x)
}
# Two experts of five covariates, by R's generator
five_data <- function(n, seed = 1) {
  set.seed(seed)
  x <- matrix(rnorm(5 * n), n)
  first <- runif(n) < plogis(0.3 + x %*% c(1, -1, 0.5, 0, 0))
  y <- ifelse(first, 1 + x %*% c(1.5, -1, 0.5, 0, 0.5), -1 + x %*% c(-1, 1, 0, 1, -0.5)) + rnorm(n)
  data.frame(y = y, x)
}
galaxies <- data.frame(g = MASS::galaxies / 1000)
kink_data <- function(n = 50, noise = 0.3) {
  set.seed(1)
  x <- rnorm(n)
  data.frame(x, y = ifelse(x > 0, 2 * x, 1 - x) + noise * rnorm(n))
}

# A script in an R process of its own: its exit status and lines, whatever it does to itself
in_process <- function(lines, timeout = 300) {
  script <- tempfile(fileext = ".R")
  writeLines(c("library(moerate)", lines), script)
  out <- suppressWarnings(system2(file.path(R.home("bin"), "Rscript"), script, stdout = TRUE, stderr = TRUE,
    timeout = timeout))
  list(status = attr(out, "status") %||% 0L, lines = as.character(out))
}
`%||%` <- function(a, b) if (is.null(a)) b else a

# Ten seeds: how far below the best sound value each ends, NA where the fit says that its starts disagree
shortfall <- function(formula, data, k, seeds = 1:10) {
  fits <- lapply(seeds, function(seed) moe(formula, data, k = k, control = control(seed)))
  sound <- !vapply(fits, function(fit) "degenerate" %in% flags_of(fit), NA)
  values <- vapply(fits, function(fit) fit$loglik, 0)
  said <- vapply(fits, function(fit) "disagree" %in% flags_of(fit), NA)
  best <- max(values[sound], moe(formula, data, k = k, control = control(99, subsample = FALSE, starts = 20))$loglik)
  ifelse(said, NA, best - values)
}
# Within 0.05, or said: the latter in at most one of twenty
agrees <- function(short) sum(is.na(short)) <= length(short) / 20 + 0.5 && all(short <= 0.05, na.rm = TRUE)
