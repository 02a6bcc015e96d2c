# Least squares with tanh experts beside nls() and minpack.lm::nlsLM(): the same data, objective and start, one thread.
# nls() is given its derivatives by deriv() as well, which is the most that it can be given.
# Rscript bench/squares.R [repetitions]

source(file.path(sub("^--file=", "", dirname(grep("^--file=", commandArgs(), value = TRUE))), "common.R"))
library(moerate)
repetitions <- as.integer(c(commandArgs(TRUE), 15)[1])
n <- 1e5

truth <- function(k) {
  moe_measure(
    beta0 = rep(0, k), beta1 = c(2, -2, 0)[c(if (k > 1) 1, if (k > 2) 2, 3)], a = c(2, -1.5, 0.5)[seq_len(k)],
    b = c(1, -1, -3)[seq_len(k)], expert = expert_tanh()
  )
}

# f as a formula in u1, v1 (gate 1 against 2) and a1, b1, a2, b2
formulas <- list(
  y ~ tanh(a1 * x + b1),
  y ~ tanh(a2 * x + b2) + (tanh(a1 * x + b1) - tanh(a2 * x + b2)) / (1 + exp(-u1 - v1 * x))
)
start_of <- function(m) {
  k <- length(m$b)
  experts <- c(rbind(m$a[, 1], m$b))
  names(experts) <- c(rbind(paste0("a", seq_len(k)), paste0("b", seq_len(k))))
  c(as.list(experts), if (k > 1) list(u1 = m$beta0[1], v1 = m$beta1[1, 1]))
}
with_derivatives <- function(formula, start) {
  formula[[3]] <- as.call(list(stats::deriv(formula[[3]], names(start), c(names(start), "x")), quote(x)))
  f <- formula[[3]][[1]]
  call <- as.call(c(list(f), lapply(c(names(start), "x"), as.name)))
  stats::as.formula(call("~", quote(y), call))
}

# Processor time comes in milliseconds: short fits are repeated until they take a quarter of a second together.
measure <- function(fit) {
  attempt <- function() tryCatch(fit(), error = function(e) NULL)
  first <- stopwatch(value <- attempt())
  calls <- max(1, ceiling(0.25 / max(first$cpu, 1e-3)))
  runs <- lapply(seq_len(repetitions), function(i) stopwatch(for (j in seq_len(calls)) attempt()))
  list(cpu = stats::median(vapply(runs, `[[`, 0, "cpu")) / calls, rss = if (is.null(value)) NA else stats::deviance(value))
}

compare <- function(k) {
  m <- truth(k)
  data <- rmoe(n, m, design_uniform(-3, 3), noise = 0.1, seed = k)
  set.seed(k)
  near <- moe_measure(
    beta0 = m$beta0 + c(rep(0.2, k - 1), 0), beta1 = m$beta1, a = m$a * 0.9, b = m$b + 0.1, expert = expert_tanh()
  )
  start <- start_of(near)
  formula <- if (k == 1) y ~ x | 1 else y ~ x
  given <- if (k == 1) moe_measure(0, NULL, near$a, near$b, expert = expert_tanh()) else near
  fits <- list(
    moerate = function() moe(formula, data, k, expert = expert_tanh(), method = "lse", start = given,
                             control = moe_control(threads = 1, seed = 1, progress = FALSE)),
    nls = function() stats::nls(formulas[[k]], data, start),
    `nls, derivatives given` = function() stats::nls(with_derivatives(formulas[[k]], start), data, start),
    nlsLM = if (requireNamespace("minpack.lm", quietly = TRUE)) function() minpack.lm::nlsLM(formulas[[k]], data, start)
  )
  fits <- Filter(Negate(is.null), fits)
  runs <- lapply(fits, measure)
  cpu <- vapply(runs, `[[`, 0, "cpu")
  data.frame(
    k = k, n = n, start = "near the truth", package = names(fits), cpu = cpu, rss = vapply(runs, `[[`, 0, "rss"),
    times = cpu / cpu[1]
  )
}

several <- function(k) {
  data <- rmoe(n, truth(k), design_uniform(-3, 3), noise = 0.1, seed = k)
  runs <- lapply(seq_len(repetitions), function(seed) stopwatch(
    moe(y ~ x, data, k, expert = expert_tanh(), method = "lse",
        control = moe_control(starts = 3, threads = 1, seed = seed, progress = FALSE))
  ))
  gradients <- vapply(runs, function(r) glance(r$value)$gradient, 0)
  verdict(sprintf("k = %d, three starts of its own: every gradient at most 1e-8", k), all(gradients <= 1e-8))
  data.frame(
    k = k, n = n, start = "three of its own", package = "moerate", cpu = stats::median(vapply(runs, `[[`, 0, "cpu")),
    rss = stats::median(vapply(runs, function(r) stats::deviance(r$value), 0)), times = 1
  )
}

result <- rbind(compare(1), compare(2), several(3))
row.names(result) <- NULL
keep_result(result, "squares")
report("k = %d, %-16s %-23s %7.3f s, RSS %.6f, %5.1f times moerate", result$k, result$start, result$package, result$cpu, result$rss, result$times)
peers <- result[result$package != "moerate", ]
own <- result[result$package == "moerate", ]
best <- own$rss[match(peers$k, own$k)]
given <- grepl("given", peers$package)
verdict("at least 10 times as fast as nls() and nlsLM()", all(peers$times[!given] >= 10))
verdict("at least 10 times as fast as nls() with derivatives given to it", all(peers$times[given] >= 10))
verdict("no residual sum of squares is larger than a peer's", all(best <= peers$rss * (1 + 1e-9), na.rm = TRUE))
verdict("three starts, k = 3: below 2 s", own$cpu[own$k == 3] < 2)
