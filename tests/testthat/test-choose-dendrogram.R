over_fit <- function() {
  if (is.null(the_fits$over)) {
    the_fits$over <- moe(y ~ x, rmoe(800, truth_overlap(), seed = 11), k = 4, control = quick())
  }
  the_fits$over
}

test_that("heights, merged measures and members are those of the plain version, on random measures", {
  for (seed in seq_len(at_level(60, nightly = 500))) {
    measure <- clustered_measure(seed)
    rule <- c("moments", "means")[1 + seed %% 2]
    tree <- moe_dendrogram(measure, merge = rule)
    wanted <- ref_dendrogram(measure, rule == "moments")
    expect_equal(tree$height, wanted$height, tolerance = 1e-10)
    for (q in seq_along(tree$measures)) {
      expect_atoms(tree$measures[[q]], wanted$atoms[[q]])
      groups <- unname(split(seq_len(n_experts(measure)), tree$membership[, q]))
      members <- lapply(wanted$members[[q]], sort)
      expect_identical(groups, members)
    }
  }
})

test_that("merged moments are those of the fit to 1e-12", {
  moments <- function(measure) {
    w <- exp(measure$beta0) / sum(exp(measure$beta0))
    c(
      colSums(w * measure$beta1), sum(w * measure$b), colSums(w * (measure$a + measure$beta1 * measure$b)),
      sum(w * (measure$sigma2 + measure$b^2))
    )
  }
  for (seed in 1:50) {
    measure <- clustered_measure(seed)
    wanted <- moments(measure)
    scale <- sum(abs(wanted))
    for (merged in moe_dendrogram(measure)$measures) expect_lte(max(abs(moments(merged) - wanted)), 1e-12 * scale)
  }
})

test_that("moments of covariates that only the gate or only the experts have are left alone", {
  measure <- moe_measure(
    c(0.1, 0), cbind(u = c(1, -1), v = c(2, 0)), cbind(v = c(1, 2), w = c(3, 5)), c(1, -1), c(1, 2)
  )
  merged <- moe_dendrogram(measure)$measures[[1]]
  w <- exp(measure$beta0) / sum(exp(measure$beta0))
  gap <- measure$b - sum(w * measure$b)
  v <- measure$beta1[, "v"]
  expect_equal(merged$a[, "v"], sum(w * (measure$a[, "v"] + (v - sum(w * v)) * gap)), ignore_attr = TRUE)
  expect_equal(merged$a[, "w"], sum(w * measure$a[, "w"]), ignore_attr = TRUE)
  expect_named(merged$beta1[1, ], c("u", "v"))
})

test_that("the criterion is that of its formula, with the likelihoods of the merged measures", {
  fit <- over_fit()
  for (standardise in c(TRUE, FALSE)) {
    tree <- moe_dendrogram(fit, standardise = standardise)
    data <- model.frame(fit)
    loglik <- vapply(tree$measures, function(m) mean(log(ref_dmoe(data$y, data$x, m))), 0)
    expect_equal(tree$levels$loglik, loglik, tolerance = 1e-10)
    expect_equal(tree$levels$height, c(NA, rev(tree$height)))
    expect_equal(tree$levels$dsc, -(tree$levels$height + log(800) * loglik), tolerance = 1e-10)
    expect_identical(tree$k, which.min(tree$levels$dsc))
  }
  # all atoms: the fit itself
  expect_equal(tree$levels$loglik[4], fit$loglik / 800, tolerance = 1e-10)
  expect_equal(coef(canonical(tree$measures[[4]])), coef(fit), tolerance = 1e-8)
  expect_equal(unname(moe_dendrogram(fit)$measures[[4]]$b), fit$measure$b, tolerance = 1e-8)
})

test_that("four experts of two overlapping lines are two", {
  tree <- moe_dendrogram(over_fit())
  expect_identical(tree$k, 2L)
  expect_lt(max(abs(sort(as_measure(tree)$b) - c(-2, 2))), 0.3)
  expect_s3_class(as_measure(tree), "moe_measure")
})

test_that("units of the data, and translations of the gate, change nothing", {
  data <- rmoe(400, truth_lambda(), seed = 3)
  fit <- quiet_moe(y ~ x, data, k = 3, control = quick())
  data$x <- 100 + 7 * data$x
  data$y <- 0.01 * data$y - 3
  other <- quiet_moe(y ~ x, data, k = 3, control = quick())
  a <- moe_dendrogram(fit)
  b <- moe_dendrogram(other)
  expect_equal(a$height, b$height, tolerance = 1e-4)
  expect_identical(a$k, b$k)
  # log densities differ by the logarithm of the scale of y
  expect_equal(diff(a$levels$dsc), diff(b$levels$dsc), tolerance = 1e-4)
  measure <- random_measure(4, 2)
  expect_equal(moe_dendrogram(translate_gate(measure, 5, c(-1, 2)))$height, moe_dendrogram(measure)$height)
})

test_that("changing units and back gives the same law, and the law itself is kept", {
  fit <- the_fit("gated")
  scales <- standard_scales(fit)
  there <- rescale_measure(fit$measure, scales)
  expect_equal(rescale_measure(there, inverse_scales(scales)), fit$measure)
  scale <- function(m, u) sweep(sweep(m, 2, u$centre), 2, u$scale, `/`)
  rows <- data_rows(fit)
  x <- scale(rows$x, scales$x)
  expect_equal(c(colMeans(x), colMeans(x^2)), rep(0:1, each = 3), ignore_attr = TRUE)
  parts <- ref_components(there, x, scale(rows$z, scales$z))
  original <- ref_components(fit$measure, rows$x, rows$z)
  expect_equal(parts$log_gate, original$log_gate)
  expect_equal(parts$mean * scales$y$scale + scales$y$centre, original$mean)
  expect_equal(parts$variance * scales$y$scale^2, original$variance)
})

test_that("every expert keeps its law in other units", {
  experts <- list(
    expert_constant(), expert_polynomial(3), expert_tanh(), expert_sine(), expert_relu(),
    expert_feedforward(2, "sigmoid"), expert_feedforward(3, "relu", variance = "shared")
  )
  scale <- function(m, s) sweep(sweep(m, 2, s$centre), 2, s$scale, `/`)
  withr::local_seed(2)
  for (expert in experts) {
    d <- if (expert$name == "constant") 0 else 2
    q <- length(expert_terms(expert, covariate_names("x", d)))
    eta <- matrix(rnorm(3 * q), 3, dimnames = list(NULL, expert_terms(expert, covariate_names("x", d))))
    sigma2 <- if (expert$variance == "shared") 2 else c(1, 2, 3)
    own <- split_parameters(eta, expert)
    measure <- new_measure(rnorm(3), matrix(rnorm(3), 3), own$a, own$b, rep_len(sigma2, 3), expert, eta = own$eta)
    scales <- list(
      y = list(centre = 3, scale = 2), x = list(centre = rnorm(d), scale = exp(rnorm(d))),
      z = list(centre = -1, scale = 0.5)
    )
    there <- rescale_measure(measure, scales)
    x <- matrix(rnorm(20 * d), 20)
    z <- matrix(rnorm(20), 20)
    was <- components(measure, x, z)
    is <- components(there, scale(x, scales$x), scale(z, scales$z))
    expect_equal(is$log_gate, was$log_gate)
    affine <- expert$name %in% c("constant", "feedforward")
    expect_equal(if (affine) 3 + 2 * is$mean else is$mean, was$mean)
    expect_equal(if (affine) 4 * is$variance else is$variance, was$variance)
    expect_equal(rescale_measure(there, inverse_scales(scales)), measure)
    # merging none of the atoms gives the measure, up to equivalent forms
    same <- replace_atoms(measure, measure_atoms(measure))
    expect_equal(components(same, x, z)[c("log_gate", "mean")], was[c("log_gate", "mean")])
  }
})

test_that("a fit by least squares has a dendrogram on the gate and the parameters of its experts", {
  truth <- moe_measure(c(0, 0), c(3, 0), c(2, -1.5), c(1, -1), expert = expert_tanh())
  data <- rmoe(600, truth, design_uniform(-3, 3), noise = 0.1, seed = 1)
  fit <- quiet_moe(y ~ x, data, k = 3, expert = expert_tanh(), method = "lse", control = quick())
  tree <- moe_dendrogram(fit)
  expect_identical(tree$rule, "means")
  scaled <- rescale_measure(fit$measure, standard_scales(fit))
  w <- exp(scaled$beta0) / sum(exp(scaled$beta0))
  atoms <- cbind(scaled$beta1, scaled$a, scaled$b)
  d <- outer(1:3, 1:3, Vectorize(function(i, j) w[i] * w[j] / (w[i] + w[j]) * sum((atoms[i, ] - atoms[j, ])^2)))
  expect_equal(tree$height[1], min(d[upper.tri(d)]))
  rss <- vapply(tree$measures, function(m) sum((data$y - regression(m, cbind(x = data$x)))^2), 0)
  expect_equal(tree$levels$loglik, -(log(2 * pi * rss / 600) + 1) / 2)
  expect_equal(tree$levels$loglik[3], as.numeric(logLik(fit)) / 600)
  expect_identical(tree$k, 2L)
  expect_null(as_measure(tree)$sigma2)
})

test_that("weights that underflow, shared variances and measures of least squares are merged too", {
  far <- moe_measure(c(0, -2000, -3000), c(5000, 1, 0), c(1, 2, 3), c(1, 2, 3), c(1, 2, 3))
  tree <- moe_dendrogram(far)
  expect_true(all(is.finite(tree$height)))
  expect_true(all(is.finite(unlist(lapply(tree$measures, coef)))))
  shared <- random_measure(3, 1, variance = "shared")
  tree <- moe_dendrogram(shared)
  expect_identical(tree$measures[[3]]$expert, shared$expert)
  expect_identical(tree$measures[[2]]$expert$variance, "free")
  lse <- moe_measure(c(0, 0, 0), c(1, 1, -1), c(1, 1.1, 3), c(0, 0.1, 3))
  tree <- moe_dendrogram(lse)
  expect_identical(tree$rule, "means")
  expect_equal(tree$height[1], (0.01 + 0.01) / 6)
  expect_equal(tree$measures[[2]]$a[, 1], c(1.05, 3))
  expect_null(tree$measures[[1]]$sigma2)
  expect_moe_error(moe_dendrogram(lse, merge = "moments"), "unsupported", "means")
})

test_that("trees of R have the same groups", {
  for (seed in 1:40) {
    tree <- moe_dendrogram(clustered_measure(seed))
    atoms <- length(tree$measures)
    hclust <- as.hclust(tree)
    expect_identical(sort(hclust$order), seq_len(atoms))
    dendrogram <- as.dendrogram(tree)
    expect_s3_class(dendrogram, "dendrogram")
    expect_identical(stats::order.dendrogram(dendrogram), hclust$order)
    if (is.unsorted(tree$height)) next
    for (q in seq_len(atoms)) {
      expect_identical(unname(stats::cutree(hclust, q)), match(tree$membership[, q], unique(tree$membership[, q])))
    }
  }
})

test_that("a measure alone has heights and no criterion", {
  tree <- moe_dendrogram(random_measure(3, 1))
  expect_identical(tree$k, NA_integer_)
  expect_true(all(is.na(tree$levels$dsc)))
  expect_moe_error(as_measure(tree), "unsupported", "measures")
})

test_that("wrong arguments are classed errors", {
  expect_moe_error(moe_dendrogram("a"))
  expect_moe_error(moe_dendrogram(the_fit("one")), regexp = "at least two")
  expect_moe_error(moe_dendrogram(over_fit(), merge = "ward"), regexp = "merge")
  expect_moe_error(moe_dendrogram(over_fit(), standardise = NA), regexp = "standardise")
  expect_moe_error(moe_dendrogram(random_measure(3, 1), standardise = TRUE), regexp = "fit")
  expect_moe_error(autoplot(moe_dendrogram(over_fit()), k = 5), regexp = "k")
  expect_moe_error(autoplot(moe_dendrogram(over_fit()), groups = 5), regexp = "groups")
})

test_that("a dendrogram prints and draws", {
  tree <- moe_dendrogram(over_fit())
  shown <- capture.output(print(tree))
  expect_match(shown, "4 experts", all = FALSE)
  expect_match(shown, "Least DSC: 2 experts", all = FALSE, fixed = TRUE)
  pictures <- list(
    autoplot(tree), autoplot(tree, k = 3), autoplot(tree, k = 1), autoplot(moe_dendrogram(random_measure(2, 1)))
  )
  for (picture in pictures) {
    expect_silent(ggplot2::ggplot_build(picture))
  }
  segments <- ggplot2::layer_data(autoplot(tree), 1)
  # two per merge on each side
  expect_identical(nrow(segments), 12L)
})
