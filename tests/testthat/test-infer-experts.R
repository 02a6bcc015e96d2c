# One line per expert is what most tests of inference look at; here are others
curved <- function(expert) {
  truth <- moe_measure(c(0, 0), c(2, 0), c(1.5, -1), c(1, -1), 0.1 + numeric(2), expert = expert)
  data <- rmoe(400, truth, design_uniform(-2, 2), seed = 1)
  list(data = data, fit = moe(y ~ x, data, k = 2, expert = expert, start = truth))
}

test_that("covariances, profiles, bootstrap and predictions know experts of every kind", {
  skip_if_not_installed("sandwich")
  for (expert in list(expert_tanh(), expert_softplus("shared"))) {
    m <- quiet(curved(expert))
    fit <- m$fit
    expect_equal(quiet(vcov(fit, "sandwich", adjust = FALSE)), quiet(sandwich::sandwich(fit)), tolerance = 1e-8)
    v <- quiet(vcov(fit))
    wald <- quiet(confint(fit))
    known <- which(is.finite(wald[, 1]))
    j <- known[length(known)]
    profile <- quiet(confint(fit, j, method = "profile"))
    expect_true(profile[1] < coef(fit)[j] && coef(fit)[j] < profile[2])
    boot <- moe_bootstrap(fit, 3, seed = 1)
    expect_identical(colnames(boot$replicates), names(coef(fit)))
    p <- quiet(predict(fit, m$data[1:3, ], se.fit = TRUE))
    gradient <- vapply(seq_along(coef(fit)), function(j) {
      move <- replace(0 * coef(fit), j, 1e-4 * sqrt(v[j, j])) / coef_units(fit)
      at <- function(theta) {
        measure <- theta_measure(theta, measure_spec(fit$measure), fit$expert, fit$gate, "x", "x")
        regression(measure, cbind(x = m$data$x[1:3]))
      }
      theta <- measure_theta(fit$measure)
      (at(theta + move) - at(theta - move)) / (2e-4 * sqrt(v[j, j]))
    }, numeric(3))
    expect_equal(unname(p$se.fit), sqrt(rowSums((gradient %*% v) * gradient)), tolerance = 1e-5)
  }
})

test_that("experts without covariates are checked as others are", {
  fit <- moe(y ~ 1 | x, the_data(), k = 2, control = quick())
  constant <- moe(y ~ 1 | x, the_data(), k = 2, expert = expert_constant(), control = quick())
  expect_equal(unname(quiet(vcov(constant, "sandwich"))), unname(quiet(vcov(fit, "sandwich"))), tolerance = 1e-4)
  check <- check_moe(constant, reps = 39, seed = 1)
  expect_identical(check$table$check, c("Optimum", "Experts", "Law", "Calibration", "Rows", "Errors"))
  expect_identical(dim(moe_bootstrap(constant, 2, seed = 1)$replicates), c(2L, 6L))
})
