random_experts <- function(expert, k, d) {
  gate <- matrix(rnorm(k * d), k)
  if (expert$name != "feedforward") {
    return(moe_measure(rnorm(k), gate, matrix(rnorm(k * d), k), rnorm(k), expert = expert))
  }
  moe_measure(rnorm(k), gate, eta = matrix(rnorm(k * (expert$hidden * (d + 2) + 1)), k), expert = expert)
}

ridge_experts <- function() {
  list(
    expert_linear(), expert_polynomial(3), expert_sigmoid(), expert_tanh(), expert_gelu(), expert_relu(),
    expert_softplus(), expert_sine()
  )
}

test_that("terms of the core are those of the plain version", {
  x <- withr::with_seed(1, matrix(rnorm(20), 10))
  for (expert in c(ridge_experts(), list(expert_feedforward(2, "tanh"), expert_feedforward(1, "gelu")))) {
    measure <- withr::with_seed(2, random_experts(expert, 2, 2))
    expect_equal(lapply(mean_terms(measure, x), `[`, c("mu", "d1", "d2")), ref_mean_terms(measure, x))
  }
})

test_that("derivatives in the parameters are those of numerical differentiation", {
  skip_if_not_installed("numDeriv")
  x <- withr::with_seed(1, matrix(rnorm(6), 3))
  for (expert in c(ridge_experts(), list(expert_feedforward(2, "sigmoid")))) {
    measure <- withr::with_seed(2, random_experts(expert, 2, 2))
    jets <- expert_jets(measure, x, x)
    for (j in 1:2) for (row in 1:3) {
      h <- function(eta) ref_mean_at(measure, x[row, , drop = FALSE], eta)
      eta <- expert_parameters(measure)[j, ]
      hessian <- numDeriv::hessian(h, eta)
      expected <- c(h(eta), numDeriv::grad(h, eta), hessian[pairs_of(length(eta))])
      expect_equal(jets[[j]][row, ], unname(expected), tolerance = 1e-6)
    }
  }
})

test_that("derivatives of the Gaussian density are those of numerical differentiation", {
  skip_if_not_installed("numDeriv")
  x <- matrix(c(-0.5, 1))
  measure <- moe_measure(0, 0, 1.5, -1, expert = expert_tanh())
  jet <- gaussian_jet(expert_jets(measure, x, x)[[1]], 0.3, y = c(0, 0.4, -1), row = c(1, 2, 2))
  density <- function(p, y, x) dnorm(y, tanh(p[1] + p[2] * x), sqrt(p[3]))
  for (row in 1:3) {
    f <- function(p) density(p, c(0, 0.4, -1)[row], x[c(1, 2, 2)[row]])
    hessian <- numDeriv::hessian(f, c(-1, 1.5, 0.3))
    expected <- c(f(c(-1, 1.5, 0.3)), numDeriv::grad(f, c(-1, 1.5, 0.3)), hessian[pairs_of(3)])
    expect_equal(jet[row, ], expected, tolerance = 1e-6)
  }
})

test_that("singular values are those of the exact Gram matrix: linear experts", {
  a <- c(2, -1.5)
  b <- c(1, -1)
  result <- strong_identifiability(expert_linear(), list(a = a, b = b), design_uniform(-3, 3))
  # h, x h, x^2 h, dh/db, x dh/db, dh/da, x dh/da as coefficients of 1, x, x^2, x^3; second derivatives are zero
  each <- lapply(1:2, function(j) {
    rbind(c(b[j], a[j], 0, 0), c(0, b[j], a[j], 0), c(0, 0, b[j], a[j]), diag(4)[c(1, 2, 2, 3), ], matrix(0, 3, 4))
  })
  coefficients <- do.call(rbind, each)
  moments <- outer(0:3, 0:3, function(n, m) uniform_moment(n + m, 3))
  # rounding of the Gram matrix is the square of that of its triangular factor
  expect_equal(result$singular, ref_singular(coefficients %*% moments %*% t(coefficients)), tolerance = 1e-7)
  expect_identical(result$rank, 4L)
  expect_equal(sort(result$functions$norm^2), sort(diag(coefficients %*% moments %*% t(coefficients))))
})

test_that("singular values are those of the exact Gram matrix: Gaussian response", {
  x <- c(-1, 0.5, 1, 2)
  beta1 <- 0.7
  sigma2 <- 0.4
  result <- strong_identifiability(
    expert_linear(), list(a = 2, b = 1), x, type = "interaction", beta1 = beta1, sigma2 = sigma2
  )
  # every function is exp(beta1 x) x^p d^m N / db^m, up to a factor: F, then derivatives in beta1, a, b, sigma2, pairs
  p <- c(0, 1, 1, 0, 0, 2, 2, 1, 1, 2, 1, 1, 0, 0, 0)
  m <- c(0, 0, 1, 1, 2, 0, 1, 1, 2, 2, 2, 3, 2, 3, 4)
  product <- function(m, n) {
    # the Fourier transform of d^m N is (it)^m exp(-sigma2 t^2 / 2)
    value <- gamma((m + n + 1) / 2) / (2 * pi * sqrt(sigma2)^(m + n + 1)) * (-1)^((m - n) %/% 2)
    ifelse((m + n) %% 2 == 0, value, 0)
  }
  moment <- function(n) vapply(n, function(n) mean(exp(2 * beta1 * x) * x^n), 0)
  gram <- outer(seq_along(p), seq_along(p), function(i, j) moment(p[i] + p[j]) * product(m[i], m[j]))
  expect_equal(result$singular, ref_singular(gram), tolerance = 1e-7)
  expect_identical(result$rank, 12L)
})

test_that("linear and polynomial experts fail, and the dependencies have names", {
  linear <- one_expert(expert_linear())
  expect_identical(linear$verdict, "fails")
  expect_relations(linear, c("dh/da = x dh/db", "d2h/db2 = 0", "d2h/da db = 0", "d2h/da2 = 0", "h = 2 x dh/db + dh/db"))
  expect_identical(nrow(linear$relations), 10L - linear$rank)
  expect_relations(
    strong_identifiability(expert_linear(), list(a = c(2, 3), b = 1:2), design_uniform(-3, 3)),
    c("dh/db [2] = dh/db [1]", "h = 3 x dh/db + 2 dh/db")
  )
  square <- one_expert(expert_polynomial(2))
  expect_identical(square$verdict, "fails")
  expect_relations(square, c("dh/da = x dh/db", "dh/db = d2h/db2 + 2 d2h/da db"))
  activation <- one_expert(expert_polynomial(2), type = "independence")
  expect_identical(activation$verdict, "fails")
  # A = u^2, A' = 2 u and A'' = 2 with u = 2 x + 1
  expect_relations(activation, "A' = 2 x A'' + A''")
})

test_that("ridge experts fail the definition by their intercept alone; their activations are independent", {
  for (expert in list(expert_sigmoid(), expert_tanh(), expert_gelu())) {
    for (eta in list(list(a = 2, b = 1), list(a = c(2, -1.5), b = c(1, -1)))) {
      definition <- strong_identifiability(expert, eta, design_uniform(-3, 3))
      expect_identical(definition$verdict, "fails")
      expect_identical(definition$relations$relation, "dh/da = x dh/db")
      expect_identical(definition$rank, length(definition$singular) - length(eta$a))
      independence <- strong_identifiability(expert, eta, design_uniform(-3, 3), type = "independence")
      expect_identical(independence$verdict, "holds")
      expect_gt(independence$margin, 1e-8)
      expect_identical(nrow(independence$relations), 0L)
    }
    # known intercepts
    expect_identical(one_expert(expert, parameters = "a")$verdict, "holds")
  }
})

test_that("several covariates", {
  eta <- list(a = cbind(c(2, -1), c(1, 1.5)), b = c(1, 0))
  result <- strong_identifiability(expert_tanh(), eta, design_normal(0, 1, d = 2), seed = 1)
  expect_setequal(
    result$relations$relation, c("x1 dh/da.x2 = x2 dh/da.x1", "dh/da.x1 = x1 dh/db", "dh/da.x2 = x2 dh/db")
  )
  independence <- strong_identifiability(
    expert_tanh(), eta, design_normal(0, 1, d = 2), seed = 1, type = "independence"
  )
  expect_identical(independence$verdict, "holds")
  # 6 monomials, 3 derivatives, 2 experts
  expect_length(independence$singular, 36)
})

test_that("networks fail the definition by their intercepts and linear parts, and pass without", {
  full <- network(c(1, 2, 1.5, 0.5), 1, "tanh")
  expect_identical(full$verdict, "fails")
  expect_relations(full, c(
    "dh/dW1.x = x dh/dc1", "d2h/dv1^2 = 0", "d2h/du2 = 0", "d2h/dc1 dv1 = 0.6667 dh/dc1", "h = 1.5 dh/dv1 + 0.5 dh/du"
  ))
  for (activation in c("sigmoid", "tanh")) {
    inner <- network(c(1, 2, 1.5, 0.5), 1, activation, parameters = "W1.x")
    expect_identical(inner$verdict, "holds")
    expect_gt(inner$margin, 1e-4)
    units <- network(c(1, 2, 0, -1.5, 1, 1, 0.5), 2, activation, type = "independence")
    expect_identical(units$verdict, "holds")
    ridge <- strong_identifiability(
      if (activation == "tanh") expert_tanh() else expert_sigmoid(), list(a = c(2, -1.5), b = c(1, 0)),
      design_uniform(-3, 3), type = "independence"
    )
    expect_equal(units$singular, ridge$singular)
  }
})

test_that("ReLU is reported as not twice differentiable", {
  for (type in c("definition", "independence")) {
    result <- one_expert(expert_relu(), type = type)
    expect_identical(result$verdict, "not twice differentiable")
    expect_output(print(result), "not twice differentiable at the kink")
  }
  expect_relations(result, "A'' = 0")
  expect_identical(network(c(1, 2, 1, 0), 1, "relu", parameters = "W1.x")$verdict, "not twice differentiable")
})

test_that("the sine and mirror images are not independent", {
  expect_relations(one_expert(expert_sine(), type = "independence"), c("A'' = -A", "x A'' = -x A", "x^2 A'' = -x^2 A"))
  mirrored <- one_expert(expert_tanh(), a = c(2, -2), b = c(1, -1), type = "independence")
  expect_relations(mirrored, c("A [2] = -A [1]", "A' [2] = A' [1]"))
})

test_that("interactions of gate and experts are found and named", {
  of <- function(expert, ..., beta1 = 0.5) one_expert(expert, ..., type = "interaction", beta1 = beta1)
  for (expert in list(expert_tanh(), expert_sigmoid(), expert_gelu())) {
    expect_identical(of(expert)$relations$relation, "d2F/dbeta1 db = dF/da")
  }
  expect_relations(of(expert_linear()), c("d2F/dbeta1 db = dF/da", "dF/db = exp(beta1 x)"))
  # dF/dbeta1 = x h, dF/da = x A'(b)
  flat <- of(expert_tanh(), a = 0)
  expect_relations(flat, paste("dF/dbeta1 =", format(signif(tanh(1) / (1 - tanh(1)^2), 4)), "dF/da"))
  gaussian <- of(expert_linear(), sigma2 = 0.25)
  expect_setequal(
    gaussian$relations$relation,
    c("d2F/dbeta1 db = dF/da", "d2F/db2 = 2 dF/dsigma2", "d2F/dbeta1 dsigma2 = 0.5 d2F/da db")
  )
  expect_true(gaussian$gaussian)
  two <- strong_identifiability(truth_overlap(), type = "interaction")
  expect_identical(two$relations$experts, rep("1, 2", 3))
  expect_identical(two$relations$relation, gaussian$relations$relation)
  # gate and variance known, order 1: nothing is left that depends
  expect_identical(of(expert_tanh(), order = 1)$verdict, "holds")
})

split_of <- function(expert, ..., a = c(2, -1.5), b = c(1, -1), sigma2 = NULL) {
  measure <- moe_measure(c(0.5, 0), c(1, 0), a, b, sigma2, expert = expert)
  strong_identifiability(measure, design = design_uniform(-3, 3), type = "interaction", ...)$splits
}

test_that("an expert is split without a trace where it is known to be", {
  expect_identical(split_of(expert_linear())$spread, rep("b or a", 2))
  expect_true(all(split_of(expert_polynomial(2))$hidden))
  expect_identical(split_of(expert_tanh(), a = c(0, 1))$hidden, c(TRUE, FALSE))
  expect_identical(split_of(expert_tanh(), a = c(0, 1))$spread[1], "b")
  gaussian <- split_of(expert_linear(), sigma2 = c(0.25, 0.5), nodes = 100)
  expect_identical(gaussian$spread, rep("b", 2))
  expect_true(all(gaussian$hidden))
  for (expert in list(expert_tanh(), expert_sigmoid(), expert_gelu(), expert_sine())) {
    expect_false(any(split_of(expert)$hidden))
  }
  expect_false(any(split_of(expert_tanh(), sigma2 = c(0.25, 0.5), nodes = 100)$hidden))
  expect_null(split_of(expert_relu()))
  expect_null(split_of(expert_tanh(), order = 1))
  network <- moe_measure(
    c(0, 0), c(2, 0), eta = rbind(c(1, 2, 1.5, 0.5), c(-1, -1.5, 1, 0)), expert = expert_feedforward(1, "tanh")
  )
  splits <- function(...) {
    strong_identifiability(network, design = design_uniform(-3, 3), type = "interaction", ...)$splits
  }
  expect_identical(splits()$spread, rep("v1 or u", 2))
  expect_false(any(splits(parameters = c("c1", "W1.x"))$hidden))
})

test_that("a split leaves a trace of second order just where the margin is positive", {
  # towards 4, as 1 / delta^2
  ratio <- distance_of_split(c(2, -1.5), 0.1) / distance_of_split(c(2, -1.5), 0.05)
  expect_gt(ratio, 3.7)
  expect_lt(ratio, 4.7)
  # an expert that does not depend on x: none at all
  expect_lt(distance_of_split(c(0, -1.5), 0.2), 1e-10)
})

test_that("margins shrink smoothly as two experts approach", {
  apart <- rep(2^seq(0.5, -2, by = -0.5), each = 2) * c(1, 0.99)
  design <- design_uniform(-3, 3)
  network <- expert_feedforward(1, "sigmoid")
  margin <- function(of) vapply(apart, function(delta) of(delta)$margin, 0)
  margins <- list(
    margin(function(delta) {
      one_expert(expert_tanh(), a = c(1, 1), b = c(-delta, delta), type = "independence")
    }),
    margin(function(delta) {
      strong_identifiability(network, cbind(0, c(4, 4 - delta), 1, 0), design, order = 1, parameters = "W1.x")
    })
  )
  for (margin in margins) {
    expect_true(all(diff(margin) < 0))
    # a change of 1 % changes it by little
    expect_gt(min(margin[c(FALSE, TRUE)] / margin[c(TRUE, FALSE)]), 0.9)
  }
})

test_that("measures, truths and experts with parameters give the same", {
  measure <- moe_measure(c(1, 0), c(2, 0), c(2, -1.5), c(1, -1), expert = expert_tanh())
  design <- design_uniform(-3, 3)
  expected <- one_expert(expert_tanh(), a = c(2, -1.5), b = c(1, -1))$singular
  expect_equal(strong_identifiability(measure, design = design)$singular, expected)
  named <- cbind(b = c(1, -1), x = c(2, -1.5))
  expect_equal(strong_identifiability(expert_tanh(), named, design)$singular, expected)
  frame <- data.frame(a = c(2, -1.5), b = c(1, -1))
  expect_equal(strong_identifiability(expert_tanh(), frame, design)$singular, expected)
  truth <- truth_overlap()
  expect_equal(
    strong_identifiability(truth, type = "interaction")$singular,
    strong_identifiability(truth$measure, design = truth$design, type = "interaction")$singular
  )
  # the order of experts and the translation of the gate do not matter
  moved <- translate_gate(permute_experts(truth$measure, 2:1), 1, -0.5)
  expect_equal(
    strong_identifiability(moved, design = truth$design, type = "interaction", order = 1)$rank,
    strong_identifiability(truth, type = "interaction", order = 1)$rank
  )
})

test_that("a fit is looked at on its own data, in standardised covariates", {
  fit <- the_fit()
  result <- strong_identifiability(fit, type = "interaction")
  expect_identical(result$verdict, "fails")
  expect_relations(result, c("d2F/dbeta1 db = dF/da", "d2F/db2 = 2 dF/dsigma2"))
  expect_true(result$standardised)
  # units do not matter
  data <- transform(the_data(), x = 60 * x + 1000)
  other <- strong_identifiability(update(fit, data = data), type = "interaction")
  expect_equal(other$singular[seq_len(other$rank)], result$singular[seq_len(result$rank)], tolerance = 1e-4)
  at_rows <- strong_identifiability(fit$measure, design = the_data()["x"], type = "interaction")
  expect_identical(at_rows$rank, result$rank)
  # a gate with covariates of its own
  gated <- strong_identifiability(the_fit("gated"), type = "interaction")
  expect_relations(gated, "d2F/dbeta1.x db = dF/da.x")
  expect_false(any(grepl("sigma2", gated$functions$name)))
})

test_that("fits by least squares", {
  x <- seq(-3, 3, length.out = 200)
  y <- regression(moe_measure(c(0, 0), c(2, 0), c(2, -1.5), c(1, -1), expert = expert_tanh()), x) + 0.05 * sin(50 * x)
  fit <- moe(y ~ x, k = 2, expert = expert_tanh(), method = "lse", control = quick())
  expect_identical(strong_identifiability(fit)$relations$relation, "dh/da = x dh/db")
  result <- strong_identifiability(fit, type = "interaction")
  expect_false(result$gaussian)
  expect_false(any(result$splits$hidden))
  constant <- moe(y ~ 1 | x, k = 2, expert = expert_constant(), method = "lse", control = quick())
  expect_relations(strong_identifiability(constant), "d2h/db2 = 0")
})

test_that("blocks of rows make no difference", {
  measure <- moe_measure(c(1, 0), c(2, 0), c(2, -1.5), c(1, -1), expert = expert_tanh())
  family <- new_family(measure, "definition", 2, NULL, NULL)
  rule <- design_rule(design_uniform(-3, 3), 100, NULL)
  rule$z <- rule$x
  rule$scaled <- list(x = rule$x, z = rule$x)
  whole <- dependence(family_triangle(family, rule), family$functions, "definition", 1e-12)
  parts <- dependence(family_triangle(family, rule, block = 7), family$functions, "definition", 1e-12)
  expect_equal(parts$singular, whole$singular, tolerance = 1e-8)
  expect_equal(parts$norm, whole$norm)
})

test_that("many smooth experts are undecided, not wrong", {
  many <- one_expert(expert_tanh(), a = seq(0.5, 2, length.out = 6), b = 1:6 / 3, type = "independence")
  expect_identical(many$verdict, "undecided")
  expect_lt(many$rank, length(many$singular))
})

test_that("results print and draw", {
  expect_snapshot({
    one_expert(expert_tanh())
    one_expert(expert_tanh(), type = "independence")
    strong_identifiability(truth_overlap(), type = "interaction")
    strong_identifiability(expert_linear(), list(a = c(2, -1.5), b = c(1, -1)), design_uniform(-3, 3))
  })
  for (result in list(one_expert(expert_linear()), one_expert(expert_tanh(), type = "independence"))) {
    picture <- autoplot(result)
    expect_s3_class(picture, "ggplot")
    expect_identical(nrow(ggplot2::layer_data(picture, 3)), length(result$singular))
  }
})

test_that("bad input is a classed error", {
  design <- design_uniform(-3, 3)
  eta <- list(a = 1, b = 0)
  expect_snapshot(error = TRUE, {
    strong_identifiability("tanh", eta, design)
    strong_identifiability(expert_tanh(), eta)
    strong_identifiability(expert_tanh(), NULL, design)
    strong_identifiability(expert_tanh(), c(1, 2), design)
    strong_identifiability(expert_tanh(), list(a = 1, b = NA), design)
    strong_identifiability(expert_tanh(), list(a = 1:2, b = 0), design)
    strong_identifiability(expert_tanh(), list(a = c(1, 1), b = c(0, 0)), design)
    strong_identifiability(expert_tanh(), list(a = cbind(1, 2), b = 0), design)
    strong_identifiability(expert_tanh(), eta, design, order = 3)
    strong_identifiability(expert_tanh(), eta, design, type = "strong")
    strong_identifiability(expert_tanh(), eta, design, type = "interaction")
    strong_identifiability(expert_tanh(), eta, design, parameters = "c")
    strong_identifiability(expert_tanh(), eta, design, parameters = "a", type = "independence")
    strong_identifiability(expert_tanh(), eta, design, tolerance = 0)
    strong_identifiability(expert_tanh(), eta, design, tol = 1)
    strong_identifiability(truth_overlap(), eta)
    strong_identifiability(expert_constant(), list(b = 1), design, type = "independence")
    strong_identifiability(expert_polynomial(100), list(a = 1e10, b = 0), design)
    autoplot(one_expert(expert_tanh()), colour = 2)
  })
  expect_moe_error(
    strong_identifiability(expert_constant(), list(b = 1), design, type = "independence"), "unsupported"
  )
  expect_moe_error(strong_identifiability(expert_polynomial(100), list(a = 1e10, b = 0), design), "data")
})

test_that("letters outside ASCII, and many covariates", {
  data <- withr::with_seed(2, {
    w <- sample(c("a", "b", "c \u00e9"), 60, TRUE)
    data.frame(w = w, y = rnorm(60) + (w == "a"))
  })
  fit <- quiet_moe(y ~ w, data, 2, control = few())
  accents <- strong_identifiability(fit)
  plain <- strong_identifiability(quiet_moe(y ~ w, transform(data, w = sub("\u00e9", "e", w)), 2, control = few()))
  expect_equal(accents$singular, plain$singular, tolerance = 1e-8)
  many <- moe_measure(1:2, matrix(rnorm(60), 2), matrix(rnorm(60), 2), 1:2, 1:2)
  expect_moe_error(strong_identifiability(many, design = matrix(rnorm(3000), 100)), "unsupported", "too many functions")
})

test_that("monomials are those of a full grid", {
  for (d in 0:4) for (degree in 1:2) {
    grid <- as.matrix(expand.grid(rep(list(0:degree), d)))
    wanted <- if (d == 0) 1 else sum(rowSums(grid) <= degree)
    found <- monomials(sprintf("x%d", seq_len(d)), degree)
    expect_identical(anyDuplicated(found$exponents), 0L)
    expect_equal(nrow(found$exponents), wanted)
    expect_identical(found$order, sort(rowSums(found$exponents)))
  }
})
