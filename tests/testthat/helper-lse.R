# Fits by least squares that several test files look at, made once

# One expert of every kind with a good start for nls(), and the formula of its mean
lse_cases <- function() {
  case <- function(expert, mean, truth, noise = 0.1, range = c(-3, 3)) {
    list(expert = expert, mean = mean, truth = truth, noise = noise, range = range)
  }
  list(
    case(expert_linear(), ~ a * x + b, c(a = 1.5, b = -0.5)),
    case(expert_polynomial(2), ~ (a * x + b)^2, c(a = 0.8, b = 0.6)),
    case(expert_polynomial(3), ~ (a * x + b)^3, c(a = 0.6, b = -0.4)),
    case(expert_sigmoid(), ~ 1 / (1 + exp(-(a * x + b))), c(a = 1.5, b = -0.5)),
    case(expert_tanh(), ~ tanh(a * x + b), c(a = 1.2, b = -0.4)),
    case(expert_gelu(), ~ (a * x + b) * pnorm(a * x + b), c(a = 1.2, b = 0.5)),
    case(expert_softplus(), ~ log(1 + exp(a * x + b)), c(a = 1.2, b = 0.5)),
    case(expert_sine(), ~ sin(a * x + b), c(a = 1.2, b = 0.5)),
    case(expert_feedforward(1, "tanh"), ~ v * tanh(w * x + s) + u, c(s = 0.5, w = 1.5, v = 3, u = 1)),
    case(expert_feedforward(1, "sigmoid"), ~ v / (1 + exp(-(w * x + s))) + u, c(s = 0.5, w = 1.5, v = 3, u = 1))
  )
}

lse_case_data <- function(case, n = 200, seed = 1) {
  withr::with_seed(seed, {
    x <- runif(n, case$range[1], case$range[2])
    data.frame(x = x, y = eval(case$mean[[2]], c(as.list(case$truth), list(x = x))) + case$noise * rnorm(n))
  })
}

# Two tanh experts, as in the specification
tanh_pair <- function() {
  moe_measure(c(0, 0), c(2, 0), a = c(2, -1.5), b = c(1, -1), expert = expert_tanh())
}

the_lse_fits <- new.env()

# "linear" and "network": two experts; "one": one linear expert with a factor; "tanh": two of them
the_lse <- function(name = c("linear", "tanh", "network", "one")) {
  name <- match.arg(name)
  if (is.null(the_lse_fits[[name]])) {
    data <- the_data()
    bent <- rmoe(400, tanh_pair(), design_uniform(-3, 3), noise = 0.1, seed = 3)
    the_lse_fits[[name]] <- switch(name,
      linear = moe(y ~ x, data, k = 2, method = "lse", control = quick()),
      tanh = moe(y ~ x, bent, k = 2, expert = expert_tanh(), method = "lse", control = quick()),
      network = moe(y ~ x, data, k = 2, expert = expert_feedforward(1, "tanh"), method = "lse", control = quick()),
      one = moe(y ~ x + f, the_data(), k = 1, method = "lse", control = quick())
    )
  }
  the_lse_fits[[name]]
}

# f of a measure with other parameters, given as the vector of coef(): in plain R
ref_regression_at <- function(theta, fit, x, z) {
  measure <- fit$measure
  spec <- measure_spec(measure)
  moved <- theta_measure(unname(theta), spec, measure$expert, measure$gate, expert_covariates(measure), colnames(measure$beta1))
  ref_regression(moved, x, z)
}
