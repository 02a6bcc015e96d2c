# Every expert once more in plain R: its mean, random parameters, and parameters that give the same mean.

ref_activations <- list(
  sigmoid = function(u) 1 / (1 + exp(-u)), tanh = tanh, gelu = function(u) u * pnorm(u), relu = function(u) max(u, 0),
  softplus = function(u) log(1 + exp(u)), sine = sin
)

# One of each kind; feed-forward experts with every activation
all_experts <- function(variance = "free") {
  networks <- lapply(names(ref_activations), function(activation) expert_feedforward(2, activation, variance))
  c(
    list(
      expert_linear(variance), expert_constant(variance), expert_polynomial(1, variance),
      expert_polynomial(2, variance), expert_polynomial(3, variance), expert_sigmoid(variance), expert_tanh(variance),
      expert_gelu(variance), expert_relu(variance), expert_softplus(variance), expert_sine(variance),
      expert_feedforward(1, "tanh", variance), expert_feedforward(3, "sigmoid", variance)
    ), networks
  )
}

with_units <- function() Filter(function(expert) expert$name == "feedforward", all_experts())

# Mean of expert i of a measure at one row of covariates
ref_mean <- function(measure, i, x) {
  expert <- measure$expert
  if (expert$name == "feedforward") return(ref_network(measure$eta[i, ], expert, x))
  u <- measure$b[i] + sum(measure$a[i, ] * x)
  switch(expert$name, linear = , constant = u, polynomial = u^expert$degree, ref_activations[[expert$name]](u))
}

ref_network <- function(eta, expert, x) {
  total <- eta[["u"]]
  for (j in seq_len(expert$hidden)) {
    weights <- eta[paste0("W", j, ".", names(x))]
    total <- total + eta[[paste0("v", j)]] *
      ref_activations[[expert$activation]](sum(weights * x) + eta[[paste0("c", j)]])
  }
  total
}

# A random measure of k experts with d covariates and a gate with p
random_experts <- function(expert, k, d, p = d, variance = TRUE) {
  sigma2 <- if (!variance) NULL else if (expert$variance == "shared") exp(rnorm(1)) else exp(rnorm(k))
  normal <- function(columns) matrix(rnorm(k * columns), k, columns)
  gate <- list(beta0 = rnorm(k), beta1 = normal(p), sigma2 = sigma2, expert = expert)
  own <- switch(expert$name,
    constant = list(b = rnorm(k)), feedforward = list(eta = normal(expert$hidden * (d + 2) + 1)),
    list(a = normal(d), b = rnorm(k))
  )
  do.call(moe_measure, c(gate, own))
}

# Other parameters of the same experts, drawn from all that there are
random_forms <- function(measure) {
  expert <- measure$expert
  for (i in seq_along(measure$beta0)) {
    flip <- runif(1) < 0.5
    turns <- sample(-2:2, 1)
    if (expert$name == "polynomial" && expert$degree %% 2 == 0 && flip) {
      measure$a[i, ] <- -measure$a[i, ]
      measure$b[i] <- -measure$b[i]
    }
    if (expert$name == "sine" && flip) {
      measure$a[i, ] <- -measure$a[i, ]
      measure$b[i] <- pi - measure$b[i]
    }
    if (expert$name == "sine") measure$b[i] <- measure$b[i] + 2 * pi * turns
    if (expert$name == "feedforward") measure$eta[i, ] <- random_form(measure$eta[i, ], expert)
  }
  measure
}

random_form <- function(eta, expert) {
  columns <- function(j) grep(sprintf("^(c%d|W%d[.].*|v%d)$", j, j, j), names(eta))
  for (j in seq_len(expert$hidden)) {
    inner <- head(columns(j), -1)
    v <- tail(columns(j), 1)
    if (expert$activation %in% c("tanh", "sine", "sigmoid") && runif(1) < 0.5) {
      if (expert$activation == "sigmoid") eta[["u"]] <- eta[["u"]] + eta[[v]]
      eta[c(inner, v)] <- -eta[c(inner, v)]
    }
    if (expert$activation == "sine") {
      turns <- sample(-3:3, 1)
      eta[inner[1]] <- eta[inner[1]] + pi * turns
      eta[v] <- eta[v] * (-1)^turns
    }
    if (expert$activation == "relu") {
      scale <- exp(rnorm(1))
      eta[inner] <- eta[inner] * scale
      eta[v] <- eta[v] / scale
    }
  }
  shuffled <- eta
  to <- sample(expert$hidden)
  for (j in seq_along(to)) shuffled[columns(j)] <- eta[columns(to[j])]
  shuffled
}

# All orders of 1 to n
orders <- function(n) {
  if (n == 1) return(list(1L))
  do.call(c, lapply(orders(n - 1), function(o) lapply(0:(n - 1), function(at) append(o, n, at))))
}
