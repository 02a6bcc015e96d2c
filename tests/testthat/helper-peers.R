# Problems that other packages are given too, and their fits

# Random lines, a random gate, everything overlapping: both packages converge
peer_problem <- function(seed, n, k, d) {
  withr::with_seed(seed, {
    x <- matrix(rnorm(n * d), n, dimnames = list(NULL, paste0("x", seq_len(d))))
    measure <- moe_measure(
      rnorm(k), matrix(rnorm(k * d, sd = 0.7), k), matrix(2 * rnorm(k * d), k), 4 * seq_len(k) + rnorm(k), 0.3 + rexp(k)
    )
    y <- draw_response(measure, x)
    parts <- ref_components(measure, x)
    tau <- exp(parts$log_gate) * dnorm(y, parts$mean, sqrt(parts$variance))
    list(data = data.frame(y = y, x), x = x, tau = tau / rowSums(tau), measure = measure)
  })
}

flexmix_fit <- function(problem, k, gate) {
  flexmix::flexmix(stats::reformulate(colnames(problem$x), "y"),
    data = problem$data, k = k, cluster = problem$tau,
    model = flexmix::FLXMRglm(), concomitant = flexmix::FLXPmultinom(gate),
    control = list(iter.max = 5000, tolerance = 1e-13, minprior = 0)
  )
}

# The measure of flexmix's estimates: its own log-likelihood is not used
flexmix_measure <- function(fit, k) {
  experts <- flexmix::parameters(fit)
  gate <- flexmix::parameters(fit, which = "concomitant")
  slopes <- experts[grepl("^coef", rownames(experts)), , drop = FALSE]
  moe_measure(
    gate[1, ], t(gate[-1, , drop = FALSE]), t(slopes[-1, , drop = FALSE]), slopes[1, ], experts["sigma", ]^2
  )
}
