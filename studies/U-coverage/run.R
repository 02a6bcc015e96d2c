# U-coverage: do intervals hold what they promise, is an expert too many noticed, and how is the likelihood ratio of
# k against k + 1 distributed?
source("studies/common.R")
seed <- 2026
arguments <- list(
  n = 2000, reps = c(wald = 1000, profile = 300, boot = 200), replicates = 199, level = 0.95,
  over = list(n = c(500, 1000, 2000, 5000), k = 2:3, reps = 200, starts = 40), lr = list(n = 500, replicates = 199)
)
truth <- truth_overlap()

# Noise around the experts: that of the model, and one whose standard deviation grows eightfold over the covariates
draw <- function(n, noise, seed) {
  data <- rmoe(n, truth, seed = seed, labels = TRUE)
  if (noise == "gaussian") return(data)
  m <- truth$measure
  mean <- m$b[data$expert] + m$a[data$expert, 1] * data$x
  data$y <- mean + (data$y - mean) * exp(0.52 * data$x) / 1.3
  data
}

# Estimates keep the numbering of the truth. A search ends at the same optimum, see starts_agreeing below.
fit_one <- function(n, noise, seed, start) {
  moe(y ~ x, draw(n, noise, seed), k = 2, start = start, control = moe_control(threads = 1))
}

# The coefficients that the estimates of a wrong model tend to: those of a very large sample
target <- function(noise) {
  if (noise == "gaussian") return(truth$measure)
  fit_one(4e6, noise, seed, truth$measure)$measure
}

# One row per interval: was the target in it, how wide is it, and where are its ends in standard errors
intervals <- function(noise, method, vcov, reps, measure) {
  rows <- lapply(seq_len(reps), function(i) {
    fit <- fit_one(arguments$n, noise, seed + i, measure)
    limits <- switch(method,
      wald = confint(fit, vcov = vcov), profile = confint(fit, method = "profile"),
      boot = confint(fit, method = "boot", reps = arguments$replicates, seed = i)
    )
    unit <- sqrt(diag(vcov(fit)))
    data.frame(
      noise = noise, method = method, vcov = vcov, term = names(coef(fit)), replicate = i, estimate = coef(fit),
      covered = limits[, 1] <= coef(measure) & coef(measure) <= limits[, 2],
      lower = (limits[, 1] - coef(fit)) / unit, upper = (limits[, 2] - coef(fit)) / unit, row.names = NULL
    )
  })
  do.call(rbind, rows)
}

said <- function(fit) {
  found <- FALSE
  withCallingHandlers(vcov(fit), moe_warning = function(w) {
    found <<- found || inherits(w, "moe_warning_overspecified")
    invokeRestart("muffleWarning")
  })
  found
}

over <- function() {
  grid <- expand.grid(replicate = seq_len(arguments$over$reps), n = arguments$over$n, k = arguments$over$k)
  one <- function(replicate, n, k) {
    data <- rmoe(n, truth, seed = seed + replicate)
    control <- moe_control(seed = replicate, starts = arguments$over$starts, threads = 1)
    fit <- suppressWarnings(moe(y ~ x, data, k = k, control = control))
    data.frame(said = said(fit), agreeing = mean(fit$starts$agrees))
  }
  cbind(grid, do.call(rbind, Map(one, grid$replicate, grid$n, grid$k)))
}

targets <- lapply(c(gaussian = "gaussian", growing = "growing"), target)
coverage <- rbind(
  intervals("gaussian", "wald", "observed", arguments$reps[["wald"]], targets$gaussian),
  intervals("gaussian", "wald", "sandwich", arguments$reps[["wald"]], targets$gaussian),
  intervals("growing", "wald", "observed", arguments$reps[["wald"]], targets$growing),
  intervals("growing", "wald", "sandwich", arguments$reps[["wald"]], targets$growing),
  intervals("gaussian", "profile", "none", arguments$reps[["profile"]], targets$gaussian),
  intervals("gaussian", "boot", "none", arguments$reps[["boot"]], targets$gaussian)
)
print(aggregate(covered ~ noise + method + vcov + term, coverage, function(x) round(100 * mean(x), 1)))
warned <- over()
print(aggregate(said ~ k + n, warned, mean))
small <- moe(y ~ x, rmoe(arguments$lr$n, truth, seed = seed), k = 2, control = moe_control(seed = 1, threads = 1))
lr <- moe_lr_test(small, reps = arguments$lr$replicates, seed = 1)
print(lr)
for (column in c("estimate", "lower", "upper")) coverage[[column]] <- as_float(coverage[[column]])
for (column in c("noise", "method", "vcov", "term")) coverage[[column]] <- factor(coverage[[column]])
save_result("U-coverage", list(
  coverage = coverage, targets = sapply(targets, coef), over = warned,
  lr = list(statistic = lr$statistic, p.value = lr$p.value, replicates = lr$replicates)
), seed, arguments)
