# theta in plain R: gates relative to the last, parameters in the order of their names, log variances
ref_theta <- function(measure) {
  k <- length(measure$beta0)
  theta <- numeric()
  for (i in seq_len(k - 1)) {
    theta <- c(theta, measure$beta0[i] - measure$beta0[k], measure$beta1[i, ] - measure$beta1[k, ])
  }
  for (i in seq_len(k)) {
    theta <- c(theta, if (is.null(measure$eta)) c(measure$b[i], measure$a[i, ]) else measure$eta[i, ])
  }
  shared <- measure$expert$variance == "shared"
  unname(c(theta, if (!is.null(measure$sigma2)) log(if (shared) measure$sigma2[1] else measure$sigma2)))
}

test_that("theta of every expert, with and without variances, goes there and back", {
  set.seed(1)
  for (expert in c(all_experts(), all_experts("shared"))) {
    for (variance in c(TRUE, FALSE)) {
      d <- if (kind_of(expert)$covariates) 2 else 0
      measure <- random_experts(expert, sample(3, 1), d, p = 1, variance = variance)
      spec <- measure_spec(measure)
      theta <- measure_theta(measure)
      expect_identical(unname(theta), ref_theta(measure))
      expect_identical(as.integer(theta_size(spec)), length(theta))
      expect_identical(spec$response, if (variance) "gaussian" else "none")
      back <- theta_measure(theta, spec, expert, measure$gate, expert_covariates(measure), colnames(measure$beta1))
      expect_equal(back, canonical_gate(measure), tolerance = 1e-14)
      expect_identical(names(back), names(measure))
      part <- coef_parts(measure)$part == "variance"
      expect_equal(unname(coef(measure)), ifelse(part, exp(theta), theta), ignore_attr = TRUE)
    }
  }
})

test_that("the core is told everything about an expert", {
  spec <- function(expert) model_spec(gate_softmax(), expert, 2, 3, 3)[c("mean", "degree", "hidden", "activation", "q")]
  expect_identical(spec(expert_linear()), list(mean = "linear", degree = 0L, hidden = 0L, activation = "", q = 4L))
  expect_identical(
    spec(expert_polynomial(2)), list(mean = "polynomial", degree = 2L, hidden = 0L, activation = "", q = 4L)
  )
  expect_identical(
    spec(expert_feedforward(4, "gelu")),
    list(mean = "feedforward", degree = 0L, hidden = 4L, activation = "gelu", q = 21L)
  )
})
