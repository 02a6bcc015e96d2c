# Data drawn from a measure with R's own generator, in plain R, and what the tests of fits share.

# y of rows x, z: a label by the gate, then a normal response
draw_response <- function(measure, x, z = x) {
  parts <- ref_components(measure, x, z)
  label <- apply(exp(parts$log_gate), 1, function(p) sample(length(p), 1, prob = p))
  at <- cbind(seq_along(label), label)
  parts$mean[at] + sqrt(parts$variance[at]) * rnorm(length(label))
}

# A data frame y, x1.., (z1..) of n rows of a random measure, and the measure
random_data <- function(n, k, d, p = d, same = p == d, variance = "free") {
  measure <- random_measure(k, d, p, variance)
  x <- matrix(rnorm(n * d), n, d)
  z <- if (same) x else matrix(rnorm(n * p), n, p)
  list(
    measure = measure, x = x, z = z, same = same, w = round(rexp(n) * 4) / 2 + 0.5,
    y = draw_response(measure, x, z), spec = measure_spec(measure, same)
  )
}

# Two lines that cross, three experts in five dimensions: the fits of most tests
crossing_lines <- function(n, seed = 1) {
  withr::with_seed(seed, {
    x <- runif(n, -2, 2)
    measure <- moe_measure(c(0.5, 0), c(2, 0), c(1.5, -1), c(1, -1), c(0.3, 0.5))
    data.frame(x = x, y = draw_response(measure, cbind(x)))
  })
}
five_covariates <- function(n, seed = 1) {
  withr::with_seed(seed, {
    x <- matrix(rnorm(5 * n), n)
    measure <- moe_measure(
      c(0.4, -0.3, 0), rbind(c(1, -1, 0.5, 0, 0), c(-1, 0.5, 0, 1, -0.5), 0),
      rbind(c(1.5, -1, 0.5, 0, 0.5), c(-1, 1, 0, 1, -0.5), c(0.5, 0.5, -1.5, -1, 1)), c(2, -2, 0), c(1, 0.6, 1.4)
    )
    list(data = data.frame(y = draw_response(measure, x), x), measure = measure)
  })
}

# moe() with its warnings about the status muffled: the status is what the tests look at. Called from where
# quiet_moe() was, as weights and subset are looked up there.
quiet_moe <- function(...) {
  call <- sys.call()
  call[[1]] <- quote(moe)
  quiet(eval(call, parent.frame()))
}
quiet <- function(object) {
  withCallingHandlers(object,
    moe_warning = function(w) invokeRestart("muffleWarning"),
    moe_message = function(m) invokeRestart("muffleMessage")
  )
}

few <- function(starts = 8, seed = 1, ...) moe_control(starts = starts, seed = seed, ...)

# Everything of a fit that must not depend on threads or on the time of day
fit_numbers <- function(fit) {
  unclass(fit)[c(
    "measure", "loglik", "status", "gradient", "min_eigenvalue", "iterations", "passes", "starts", "mass",
    "hessian", "jacobian", "nobs", "df"
  )]
}

expect_same_fit <- function(a, b) expect_identical(fit_numbers(a), fit_numbers(b))

# A fit that carries a status and nothing but finite numbers, or a classed error; its work is counted in passes through
# the data, as seconds depend on what else the machine does: one, and one for each of the 500 iterations of the default
expect_sound <- function(object, passes = 501) {
  fit <- tryCatch(object, moe_error = identity)
  if (inherits(fit, "moe_error")) return(invisible(fit))
  expect_identical(fit_complaint(fit), "")
  expect_lte(fit$passes / nrow(fit$starts), passes)
  invisible(fit)
}

# expect_no_warning() is younger than the testthat that we ask for
expect_no_warnings <- function(object) expect_warning(object, NA)
