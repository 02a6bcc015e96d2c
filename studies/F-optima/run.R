# F-optima: how often does a spurious optimum win? Fits against the optimum that a climb from the truth reaches, and
# against the optimum of the highest likelihood among those that the starts of the fit ended at.
source("studies/common.R")
source("studies/choosing.R")
seed <- 2008
arguments <- list(
  n = c(30, 100, 300, 1000, 1e4, 1e5), reps = vapply(c(30, 30, 30, 20, 6, 2), replicates, 0),
  truth = c("overlap", "lambda", "three"), beyond = 0:1, margin = 0.05, decisive = 3, higher = 3, seeds = if (small) 2 else 20
)

# Lines of slopes of either sign, one after the other along x, with noise of three sizes
three <- function() {
  list(
    name = "three", design = design_uniform(-3, 3),
    measure = moe_measure(
      beta0 = c(-4, 0, -4), beta1 = c(-4, 0, 4), a = c(1, -1, 1), b = c(0, 1, -2), sigma2 = c(0.2, 0.4, 0.3)^2
    )
  )
}
truths <- list(overlap = truth_overlap(), lambda = truth_lambda(), three = three())
control <- function(seed = 1, ...) moe_control(seed = seed, threads = 2, progress = FALSE, ...)
# Warnings say what the columns say
quietly <- function(call) suppressWarnings(suppressMessages(call))

# The truth with one of its experts in two, a standard deviation apart at the ends of the covariates: a start for each
halves <- function(measure, expert, apart) {
  at <- c(seq_along(measure$b), expert)
  side <- numeric(length(at))
  side[c(expert, length(at))] <- c(-1, 1)
  step <- side * sqrt(measure$sigma2[at]) * apart
  moe_measure(
    beta0 = measure$beta0[at] - log(2) * (side != 0), beta1 = measure$beta1[at, 1], a = measure$a[at, 1] + step,
    b = measure$b[at] + step, sigma2 = measure$sigma2[at]
  )
}
starts_near <- function(truth, k) {
  if (k == length(truth$measure$b)) return(truth$measure)
  grid <- expand.grid(expert = seq_len(length(truth$measure$b)), apart = c(-0.5, 0.5))
  Map(halves, list(truth$measure), grid$expert, grid$apart)
}

# Of the optima at which the starts ended, the one of the highest likelihood; those seen on a sample climb on all rows.
# The likelihood is unbounded on the variance floor, and other programs refuse that as well: `off` leaves it out.
highest <- function(fit) {
  optima <- moe_optima(fit)
  pick <- function(floor) {
    above <- which(optima$difference > arguments$margin & (floor | optima$flaw != "variance_floor"))
    fits <- c(list(fit), lapply(utils::head(above, arguments$higher), function(i) quietly(as_fit(optima, i))))
    values <- vapply(fits, function(fit) fit$loglik, 0)
    if (!floor) values[-1][vapply(fits[-1], has, NA, "degenerate")] <- -Inf
    fits[[which.max(values)]]
  }
  list(off = pick(FALSE), any = pick(TRUE))
}
has <- function(fit, flag) flag %in% fit[["flags"]]
distance <- function(fit, truth) moe_distance(fit$measure, truth$measure, truth$design)

# `price` and `flaw` are those that moe_optima() shows
describe <- function(fit, truth, prefix = "") {
  at <- which(fit$starts$best)
  out <- data.frame(
    loglik = fit$loglik, price = fit$nobs * fit$ends$price[at], smallest = min(fit$mass), sound = fit$ends$soundness[at] == 3,
    hellinger = distance(fit, truth)
  )
  stats::setNames(out, paste0(prefix, names(out)))
}

one <- function(name, n, replicate, beyond) {
  truth <- truths[[name]]
  k <- length(truth$measure$b) + beyond
  data <- as.data.frame(quietly(rmoe(n, truth$measure, truth$design, seed = seed + replicate)))
  fit <- quietly(moe(y ~ x, data, k = k, control = control(replicate)))
  climb <- quietly(moe(y ~ x, data, k = k, start = starts_near(truth, k), control = control()))
  high <- highest(fit)
  data.frame(
    truth = name, n = n, replicate = replicate, beyond = beyond, status = fit$status, disagree = has(fit, "disagree"),
    set_aside = has(fit, "set_aside"), degenerate = has(fit, "degenerate"), describe(fit, truth),
    describe(climb, truth, "climb_"), describe(high$off, truth, "high_"), describe(high$any, truth, "any_")
  )
}

cells <- expand.grid(
  beyond = arguments$beyond, truth = arguments$truth, at = seq_along(arguments$n), stringsAsFactors = FALSE
)
samples <- by_cell("F-optima", cells, function(cell) {
  table <- do.call(rbind, lapply(seq_len(arguments$reps[cell$at]), function(replicate) {
    one(cell$truth, arguments$n[cell$at], replicate, cell$beyond)
  }))
  same <- abs(table$loglik - table$climb_loglik) <= arguments$margin
  cat(cell$truth, cell$beyond, arguments$n[cell$at], "same", round(mean(same), 2), "lower",
    round(mean(table$loglik < table$climb_loglik - arguments$margin), 2), "disagree", round(mean(table$disagree), 2),
    "set aside", round(mean(table$set_aside), 2), "\n")
  table
})

# Real data with known optima: those of galaxies (velocities in 1000 km/s) are listed in the documentation of the R package
# sBIC (Weihs and Plummer), those of faithful are those that the tests of the package ask for.
known <- data.frame(
  data = c("galaxies", "galaxies", "galaxies", "faithful", "faithful"), k = c(2, 3, 4, 2, 3),
  known = c(-220.2445, -203.1792, -197.4621, -851.3149, -845.4922)
)
galaxies <- data.frame(g = MASS::galaxies / 1000)
real <- do.call(rbind, lapply(seq_len(nrow(known)), function(i) {
  row <- known[i, ]
  do.call(rbind, lapply(seq_len(arguments$seeds), function(seed) {
    fit <- quietly(switch(row$data,
      galaxies = moe(g ~ 1 | 1, galaxies, k = row$k, control = control(seed)),
      faithful = moe(waiting ~ eruptions, faithful, k = row$k, control = control(seed))
    ))
    optima <- moe_optima(fit)
    data.frame(
      row, seed = seed, loglik = fit$loglik, smallest = min(fit$mass), status = fit$status, disagree = has(fit, "disagree"),
      set_aside = has(fit, "set_aside"), high = highest(fit)$off$loglik, listed = min(abs(optima$logLik - row$known)),
      row.names = NULL
    )
  }))
}))
print(real)
for (column in grep("hellinger|smallest", names(samples))) samples[[column]] <- as_float(samples[[column]])
save_result("F-optima", list(samples = samples, real = real), seed, arguments)
