# Rescaling and shifting x or y changes the measure exactly as it should, the log-likelihood by the Jacobian only

# The measure of (m x + s) and (c y + t), from that of x and y
changed_measure <- function(measure, x_scale = 1, x_shift = 0, y_scale = 1, y_shift = 0) {
  out <- measure
  out$beta1 <- sweep(measure$beta1, 2, x_scale, `/`)
  out$beta0 <- measure$beta0 - drop(out$beta1 %*% rep_len(x_shift, ncol(out$beta1)))
  out$a <- y_scale * sweep(measure$a, 2, x_scale, `/`)
  out$b <- y_scale * measure$b + y_shift - drop(out$a %*% rep_len(x_shift, ncol(out$a)))
  out$sigma2 <- y_scale^2 * measure$sigma2
  out
}

# Each number within tolerance of the larger of itself and what cancelled to make it
expect_close_measure <- function(found, wanted, tolerance = 1e-8, x_shift = 0) {
  # one expert has no gate to compare
  if (nrow(wanted$a) == 1) wanted[c("beta0", "beta1")] <- found[c("beta0", "beta1")] <- list(1, matrix(1))
  for (field in c("beta1", "a", "sigma2")) {
    size <- max(abs(wanted[[field]]), 1e-300)
    expect_lte(max(abs(found[[field]] - wanted[[field]])) / size, tolerance, label = field)
  }
  size <- max(abs(wanted$beta0), abs(wanted$beta1) * max(abs(x_shift)), 1e-300)
  expect_lte(max(abs(found$beta0 - wanted$beta0)) / size, tolerance, label = "beta0")
  size <- max(abs(wanted$b), abs(wanted$a) * max(abs(x_shift)), 1e-300)
  expect_lte(max(abs(found$b - wanted$b)) / size, tolerance, label = "b")
}

changes <- list(
  list(x_scale = 1000), list(x_shift = 1e4), list(y_scale = 1e6), list(y_shift = -1e5), list(x_scale = 1e-8, y_scale = 1e-8),
  list(x_scale = 2, x_shift = 3, y_scale = -0.5, y_shift = 7), list(x_scale = 1e6, y_scale = 1e6), list(x_shift = 1e6, y_scale = 1e6)
)

check_change <- function(data, change, k, ...) {
  args <- utils::modifyList(list(x_scale = 1, x_shift = 0, y_scale = 1, y_shift = 0), change)
  moved <- data
  covariates <- setdiff(names(data), "y")
  moved[covariates] <- lapply(data[covariates], function(x) args$x_scale * x + args$x_shift)
  moved$y <- args$y_scale * data$y + args$y_shift
  formula <- stats::reformulate(covariates, "y")
  before <- quiet_moe(formula, data, k, control = few(...))
  after <- quiet_moe(formula, moved, k, control = few(...))
  expect_identical(after$status, before$status)
  jacobian <- nrow(data) * log(abs(args$y_scale))
  expect_lte(abs(after$loglik + jacobian - before$loglik), 1e-8 * (abs(before$loglik) + abs(jacobian)))
  # digits that the shift itself has taken from the data cannot come back
  lost <- 1e-16 * max(abs(args$x_shift / args$x_scale), abs(args$y_shift / args$y_scale))
  wanted <- do.call(changed_measure, c(list(before$measure), args))
  expect_close_measure(after$measure, wanted, max(1e-7, 1e4 * lost), args$x_shift)
}

test_that("one covariate", {
  data <- crossing_lines(300)
  for (change in changes) check_change(data, change, k = 2)
})

test_that("several covariates, one and three experts", {
  data <- five_covariates(400)$data
  for (change in changes[c(1, 4, 6)]) {
    check_change(data, change, k = 1)
    check_change(data, change, k = 3)
  }
})

test_that("the real data sets of the documentation", {
  skip_below("full")
  skip_if_not_installed("lattice")
  ethanol <- data.frame(y = lattice::ethanol$NOx, x = lattice::ethanol$E)
  geyser <- data.frame(y = faithful$waiting, x = faithful$eruptions)
  # a separated gate has no finite coefficients to compare: the likelihood is the test there
  loglik <- function(data, k, x = 1, y = 1) {
    quiet_moe(y ~ x, data.frame(y = y * data$y, x = x * data$x), k, control = moe_control(seed = 1))$loglik + nrow(data) * log(y)
  }
  for (data in list(ethanol, geyser)) {
    for (scales in list(c(1e6, 1), c(1, 1e6), c(1e-8, 1e-8))) {
      expect_equal(loglik(data, 2, scales[1], scales[2]), loglik(data, 2), tolerance = 1e-8)
    }
  }
})

test_that("a start is carried over as a measure is", {
  data <- crossing_lines(300)
  start <- moe_measure(c(0.1, 0), c(1, 0), c(1, -1), c(0, 0), c(1, 1))
  moved <- data.frame(x = 50 * data$x - 7, y = 1e-3 * data$y + 2)
  a <- quiet_moe(y ~ x, data, 2, start = start)
  b <- quiet_moe(y ~ x, moved, 2, start = changed_measure(start, 50, -7, 1e-3, 2))
  expect_equal(b$loglik, a$loglik - 300 * log(1e-3), tolerance = 1e-9)
  expect_identical(b$iterations, a$iterations)
  expect_close_measure(b$measure, changed_measure(a$measure, 50, -7, 1e-3, 2), 1e-7, 7)
})
