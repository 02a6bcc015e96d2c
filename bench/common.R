# Models, data, starts, the common yardstick and stopwatches of all benchmarks. A point in parameter space is a list:
# gate ((d + 1) x k, last column zero), coef ((d + 1) x k, intercept first), sigma (k standard deviations).

truth_hard <- function() {
  list(
    gate = cbind(c(0.3, 1.2, -0.8, 0.5, 0, 0), c(-0.2, -0.9, 0.6, 0, 0.8, -0.4), 0),
    coef = cbind(c(2, 1.5, -1, 0.5, 0, 0.5), c(-2, -1, 1, 0, 0.8, -0.5), c(0, 0.5, 0.5, -1.5, -1, 1)),
    sigma = c(1, 0.8, 1.2)
  )
}

# Two experts of one covariate whose gate is steep: the truth of Nguyen, Nguyen and Ho (2023), section 4.
truth_steep <- function() {
  list(gate = cbind(c(-8, 25), 0), coef = cbind(c(15, -20), c(-5, 20)), sigma = c(0.3, 0.4))
}

truth_mild <- function() {
  list(gate = cbind(c(-2, 4), 0), coef = cbind(c(1, -2), c(-1, 3)), sigma = c(0.5, 0.6))
}

softmax <- function(u) {
  u <- exp(u - u[cbind(seq_len(nrow(u)), max.col(u, "first"))])
  u / rowSums(u)
}

make_data <- function(model, n, seed = 1) {
  set.seed(seed)
  truth <- switch(model, hard = truth_hard(), lambda = truth_steep(), mild = truth_mild())
  x <- switch(model,
    hard = matrix(rnorm(5 * n), n), lambda = matrix(seq(0, 1, length.out = n)), mild = matrix(runif(n))
  )
  share <- softmax(cbind(1, x) %*% truth$gate)
  drawn <- runif(n)
  z <- rep(1L, n)
  below <- 0
  for (j in seq_len(ncol(share) - 1)) {
    below <- below + share[, j]
    z <- z + (drawn > below)
  }
  y <- rowSums(cbind(1, x) * t(truth$coef)[z, ]) + truth$sigma[z] * rnorm(n)
  colnames(x) <- paste0("x", seq_len(ncol(x)))
  list(y = y, x = x, truth = truth)
}

# Near the truth: experts beyond the true ones are copies that share their parent's mass; then all is jittered.
near_start <- function(data, k, seed = 1, jitter = 0.1) {
  truth <- data$truth
  k0 <- ncol(truth$coef)
  set.seed(1000 + seed)
  parent <- c(seq_len(k0 - 1), rep_len(seq_len(k0), k - k0), k0)
  gate <- truth$gate[, parent]
  gate[1, ] <- gate[1, ] - log(tabulate(parent)[parent])
  gate <- gate - gate[, k]
  gate <- gate + jitter * pmax(1, abs(gate)) * matrix(rnorm(length(gate)), nrow(gate))
  coef <- truth$coef[, parent]
  coef <- coef + jitter * matrix(rnorm(length(coef)), nrow(coef))
  sigma <- truth$sigma[parent] * exp(jitter + abs(jitter * rnorm(k)))
  list(gate = gate - gate[, k], coef = coef, sigma = sigma)
}

# The yardstick: log-likelihood, posterior probabilities, and gradient of the mean log-likelihood where
# every covariate and y have mean zero and variance one, in plain R, whichever package made the point.
joint_log_density <- function(data, point) {
  one_x <- cbind(1, data$x)
  u <- one_x %*% point$gate
  top <- u[cbind(seq_len(nrow(u)), max.col(u, "first"))]
  u <- u - top - log(rowSums(exp(u - top)))
  mean <- one_x %*% point$coef
  for (i in seq_along(point$sigma)) {
    u[, i] <- u[, i] + dnorm(data$y, mean[, i], point$sigma[i], log = TRUE)
  }
  u
}

log_likelihood <- function(data, point) {
  joint <- joint_log_density(data, point)
  top <- joint[cbind(seq_len(nrow(joint)), max.col(joint, "first"))]
  sum(top + log(rowSums(exp(joint - top))))
}

posterior <- function(data, point) softmax(joint_log_density(data, point))

standardised <- function(data, point) {
  m <- colMeans(data$x)
  s <- sqrt(colMeans(sweep(data$x, 2, m)^2))
  my <- mean(data$y)
  sy <- sqrt(mean((data$y - my)^2))
  recentre <- function(b) rbind(b[1, ] + m %*% b[-1, , drop = FALSE], s * b[-1, , drop = FALSE])
  coef <- recentre(point$coef)
  coef[1, ] <- coef[1, ] - my
  list(
    data = list(y = (data$y - my) / sy, x = sweep(sweep(data$x, 2, m), 2, s, "/")),
    point = list(gate = recentre(point$gate), coef = coef / sy, sigma = point$sigma / sy)
  )
}

gradient_norm <- function(data, point) {
  std <- standardised(data, point)
  data <- std$data
  point <- std$point
  one_x <- cbind(1, data$x)
  k <- length(point$sigma)
  tau <- posterior(data, point)
  residual <- sweep(data$y - one_x %*% point$coef, 2, point$sigma, "/")
  gate <- crossprod(one_x, (tau - softmax(one_x %*% point$gate))[, -k, drop = FALSE])
  coef <- crossprod(one_x, sweep(tau * residual, 2, point$sigma, "/"))
  log_variance <- colSums(tau * (residual^2 - 1)) / 2
  sqrt(sum(gate^2, coef^2, log_variance^2)) / length(data$y)
}

# moerate's form of a point
as_moe_measure <- function(point) {
  moerate::moe_measure(
    beta0 = point$gate[1, ], beta1 = t(point$gate[-1, , drop = FALSE]),
    a = t(point$coef[-1, , drop = FALSE]), b = point$coef[1, ], sigma2 = point$sigma^2
  )
}

# Stopwatches: processor seconds (user + system, children not included) and elapsed ones.
stopwatch <- function(expr) {
  before <- proc.time()
  value <- force(expr)
  spent <- proc.time() - before
  list(value = value, cpu = spent[["user.self"]] + spent[["sys.self"]], elapsed = spent[["elapsed"]])
}

# Memory of this process in megabytes: VmHWM is its peak so far, VmRSS what it holds now.
memory_mb <- function(field = "VmHWM") {
  if (!file.exists("/proc/self/status")) return(NA_real_)
  line <- grep(field, readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}

# After this VmHWM counts from now on, where the system allows it.
forget_peak <- function() {
  invisible(gc())
  try(suppressWarnings(cat("5", file = "/proc/self/clear_refs")), silent = TRUE)
  invisible()
}

bench_folder <- function() {
  file <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
  if (length(file)) dirname(file[1]) else "bench"
}

report <- function(...) {
  writeLines(sprintf(...))
  flush(stdout())
}
verdict <- function(claim, holds) report("%s: %s", claim, if (holds) "yes" else "NO")

keep_result <- function(result, name) {
  folder <- file.path(bench_folder(), "results")
  dir.create(folder, showWarnings = FALSE)
  utils::write.csv(result, file.path(folder, paste0(name, ".csv")), row.names = FALSE)
}
