# The function families of strong identifiability, as columns at rows of covariates ------------------------
# A jet is the value of an expert at n rows with its first (n x q) and second (n x q(q+1)/2, pairs by rows)
# derivatives in q parameters. A family is x^nu times the columns of the jets of all experts.

#' What a family is made of: everything but the rows
#' @param parameters Names of the parameters to differentiate in; `NULL` for all.
#' @noRd
new_family <- function(measure, type, order, parameters, call) {
  if (type == "independence") {
    measure <- hidden_units(measure, call)
    order <- 2
  }
  gaussian <- type == "interaction" && !is.null(measure$sigma2)
  # a shared variance is no parameter of one expert
  variance <- gaussian && measure$expert$variance == "free"
  names <- parameter_names(measure)
  kept <- check_parameters(parameters, c(names, if (variance) "sigma2"), type, call)
  family <- list(
    measure = measure, type = type, order = order, gaussian = gaussian,
    splits = type == "interaction" && order == 2 && is_smooth(measure$expert), names = c(names, if (gaussian) "sigma2"),
    kept = kept
  )
  check_family_size(family, call)
  family$powers <- monomials(colnames(measure$beta1), if (type == "independence") 2 else order)
  family$functions <- family_functions(family)
  family
}

check_parameters <- function(parameters, known, type, call) {
  if (is.null(parameters)) return(known)
  if (type == "independence") {
    moe_abort("{.arg parameters} must be {.code NULL} for {.code type = \"independence\"}.", call = call)
  }
  if (!is.character(parameters) || length(parameters) == 0 || !all(parameters %in% known)) {
    moe_abort(c(
      "{.arg parameters} must be names of parameters of the experts.",
      x = "Found {describe(parameters)}.", i = "Known: {.val {known}}."
    ), call = call)
  }
  known[known %in% parameters]
}

#' The measure whose experts are the activations: the hidden units of a network are taken one by one
#' @noRd
hidden_units <- function(measure, call) {
  if (!kind_of(measure$expert)$covariates) {
    moe_abort("A constant expert has no activation.", class = "unsupported", call = call)
  }
  hidden <- measure$expert$hidden
  if (is.null(hidden)) return(measure)
  names <- expert_covariates(measure)
  inner <- expert_parameters(measure)[, seq_len(hidden * (1 + length(names))), drop = FALSE]
  units <- matrix(t(inner), ncol = 1 + length(names), byrow = TRUE)
  each <- rep(seq_len(n_experts(measure)), each = hidden)
  new_measure(
    measure$beta0[each], measure$beta1[each, , drop = FALSE],
    a = named_columns(units[, -1, drop = FALSE], names), b = units[, 1],
    expert = new_expert(measure$expert$activation, "free"), gate = measure$gate
  )
}

#' Names of the parameters of one expert in the order of theta, by the symbols of the papers
#' @noRd
parameter_names <- function(measure) {
  terms <- expert_terms(measure$expert, expert_covariates(measure))
  ridge <- terms[1] == "(Intercept)"
  if (ridge) c("b", covariate_symbols("a", terms[-1])) else terms
}

covariate_symbols <- function(stem, names) {
  if (length(names) == 1) stem else sprintf("%s.%s", rep(stem, length(names)), names)
}

#' Multi-indices nu with |nu| <= degree, in order of degree: exponents, orders and x^nu as text
#' @noRd
monomials <- function(names, degree) {
  d <- length(names)
  # one more factor at a time, in the order of the covariates
  all <- level <- matrix(0, 1, d)
  for (total in seq_len(if (d > 0) degree else 0)) {
    level <- unique(do.call(rbind, lapply(seq_len(d), function(t) {
      level[, t] <- level[, t] + 1
      level
    })))
    all <- rbind(all, level)
  }
  all <- all[do.call(base::order, c(list(rowSums(all)), lapply(seq_len(d), function(t) -all[, t]))), , drop = FALSE]
  text <- apply(all, 1, function(nu) {
    paste0(names, ifelse(nu > 1, paste0("^", nu), ""))[nu > 0]
  }, simplify = FALSE)
  list(exponents = all, order = rowSums(all), text = vapply(text, paste, "", collapse = " "), names = names)
}

#' x^nu for all nu
#' @noRd
monomial_values <- function(powers, z) {
  values <- lapply(seq_len(nrow(powers$exponents)), function(i) {
    Reduce(`*`, lapply(seq_len(ncol(z)), function(t) z[, t]^powers$exponents[i, t]), rep(1, nrow(z)))
  })
  matrix(unlist(values), nrow(z))
}

# The functions by name ------------------------------------------------------------------------------------

#' Pairs (s, t), s <= t <= q, by rows: the columns of second derivatives
#' @noRd
pairs_of <- function(q) {
  all <- expand.grid(t = seq_len(q), s = seq_len(q))
  all <- all[all$s <= all$t, ]
  cbind(all$s, all$t)
}

#' A row per function: its expert, the orders of nu and gamma, the column of the jet, and its name
#' @noRd
family_functions <- function(family) {
  derivatives <- family_derivatives(family)
  gate <- family$type == "interaction" && !family$gaussian
  each <- lapply(seq_len(nrow(derivatives)), function(g) {
    free <- if (family$type == "independence") 2 else family$order - derivatives$order[g]
    nu <- which(family$powers$order <= free)
    data.frame(
      nu = nu, nu_order = family$powers$order[nu], gamma_order = derivatives$order[g], column = derivatives$column[g],
      name = vapply(nu, function(i) function_name(family, i, derivatives$parameters[[g]]), "")
    )
  })
  functions <- do.call(rbind, each)
  if (gate) {
    score <- paste(symbols_of_gate(family), family$powers$names, collapse = " + ")
    name <- if (nzchar(score)) sprintf("exp(%s)", score) else "1"
    functions <- rbind(data.frame(nu = 1, nu_order = 0, gamma_order = 0, column = 0, name = name), functions)
  }
  k <- n_experts(family$measure)
  functions <- functions[rep(seq_len(nrow(functions)), k), ]
  rownames(functions) <- NULL
  cbind(expert = rep(seq_len(k), each = nrow(functions) / k), functions)
}

#' The derivatives gamma: their order, their column of the jet, and the parameters they are taken in
#' @noRd
family_derivatives <- function(family) {
  q <- length(family$names)
  pairs <- pairs_of(q)
  kept <- match(family$kept, family$names)
  second <- which(pairs[, 1] %in% kept & pairs[, 2] %in% kept)
  if (family$type == "independence") {
    # the argument of A is the parameter b, the first one
    return(data.frame(order = 0:2, column = c(1, 2, 2 + q), parameters = I(list(NULL, "u", c("u", "u")))))
  }
  parameters <- c(
    list(NULL), as.list(family$names[kept]),
    if (family$order > 1) lapply(second, function(i) family$names[pairs[i, ]])
  )
  data.frame(
    order = lengths(parameters), column = c(1, 1 + kept, if (family$order > 1) 1 + q + second),
    parameters = I(parameters)
  )
}

symbols_of_gate <- function(family) covariate_symbols("beta1", family$powers$names)

function_name <- function(family, nu, parameters) {
  if (family$type == "independence") {
    return(trimws(paste(family$powers$text[nu], c("A", "A'", "A''")[length(parameters) + 1])))
  }
  if (family$type == "interaction") {
    gate <- rep(symbols_of_gate(family), family$powers$exponents[nu, ])
    return(derivative_name("F", c(gate, sorted_names(parameters))))
  }
  trimws(paste(family$powers$text[nu], derivative_name("h", sorted_names(parameters))))
}

#' In an order that no locale changes; radix sort knows letters of UTF-8 alone
#' @noRd
sorted_names <- function(names) sort(enc2utf8(as.character(names)), method = "radix")

#' "h", "dh/da", "d2h/da2", "d2h/da db"
#' @noRd
derivative_name <- function(stem, parameters) {
  if (length(parameters) == 0) return(stem)
  if (length(parameters) == 1) return(sprintf("d%s/d%s", stem, parameters))
  if (parameters[1] != parameters[2]) return(sprintf("d2%s/d%s d%s", stem, parameters[1], parameters[2]))
  square <- if (grepl("[0-9]$", parameters[1])) "^2" else "2"
  sprintf("d2%s/d%s%s", stem, parameters[1], square)
}

# The functions by value -----------------------------------------------------------------------------------

#' The family at rows of covariates: one column per function
#' @param x,z Covariates of the experts and of the gate.
#' @param scaled Lists of the same two matrices, as multipliers: standardised or not.
#' @return A list of a matrix with a row per row, or per row and node of y, and the `weight` of each of them.
#' @noRd
family_values <- function(family, x, z, weight, scaled) {
  jets <- expert_jets(family$measure, x, scaled$x)
  if (family$gaussian) {
    response <- response_nodes(jets, family$measure$sigma2)
    row <- rep(seq_len(nrow(x)), each = response$each)
    jets <- Map(gaussian_jet, jets, family$measure$sigma2, MoreArgs = list(y = response$y, row = row))
    scaled$z <- scaled$z[row, , drop = FALSE]
    z <- z[row, , drop = FALSE]
    weight <- weight[row] * response$weight
  }
  powers <- monomial_values(family$powers, scaled$z)
  columns <- lapply(seq_along(jets), function(j) {
    part <- family$functions[family$functions$expert == j, ]
    values <- cbind(1, jets[[j]])[, part$column + 1, drop = FALSE] * powers[, part$nu, drop = FALSE]
    if (family$type == "interaction") values * gate_factor(family$measure, z, j, family$max_score[j]) else values
  })
  if (family$splits) columns <- c(columns, list(centre_values(family, jets, z, powers)))
  list(values = do.call(cbind, columns), weight = weight)
}

#' exp(beta1'z); columns are normalised, so a constant factor is free, and keeps it finite
#' @noRd
gate_factor <- function(measure, z, j, max_score) {
  score <- as.vector(z %*% measure$beta1[j, ])
  exp(score - max_score)
}

#' Value, first and second derivatives of every expert as the columns of one matrix
#'
#' The core gives derivatives in the linear predictors. A parameter is the coefficient of one column (1 or a covariate)
#' of one predictor, so the derivative in it is that of the predictor times the column.
#' @noRd
expert_jets <- function(measure, x, multiplier) {
  terms <- mean_terms(measure, x)
  place <- parameter_places(measure)
  pairs <- pairs_of(nrow(place))
  columns <- cbind(1, multiplier)[, place$covariate + 1, drop = FALSE]
  lapply(terms, function(term) {
    m <- ncol(term$d1)
    predictors <- matrix(0, m, m)
    predictors[pairs_of(m)] <- seq_len(m * (m + 1) / 2)
    both <- predictors[cbind(place$predictor[pairs[, 1]], place$predictor[pairs[, 2]])]
    second <- term$d2[, both, drop = FALSE] * columns[, pairs[, 1], drop = FALSE] * columns[, pairs[, 2], drop = FALSE]
    unname(cbind(term$mu, term$d1[, place$predictor, drop = FALSE] * columns, second))
  })
}

#' Means of all experts, with derivatives in their linear predictors
#' @return For every expert `mu` (n), `d1` (n x m) and `d2` (n x m(m+1)/2, pairs by rows).
#' @noRd
mean_terms <- function(measure, x) {
  z <- matrix(0, nrow(x), ncol(measure$beta1))
  mean_terms_cpp(measure_theta(measure), x, z, measure_spec(measure))
}

#' Which linear predictor, and which covariate of it (0 for the intercept), a parameter belongs to
#' @noRd
parameter_places <- function(measure) {
  d <- length(expert_covariates(measure))
  with <- max(1, measure$expert$hidden)
  alone <- if (is.null(measure$expert$hidden)) 0 else with + 1
  data.frame(
    predictor = c(rep(seq_len(with), each = d + 1), with + seq_len(alone)),
    covariate = c(rep(0:d, with), rep(0, alone))
  )
}

# The Gaussian response ------------------------------------------------------------------------------------

#' Nodes of y for every row: composite Gauss-Legendre over eight standard deviations around every expert
#' @noRd
response_nodes <- function(jets, sigma2) {
  panel <- gauss_rule(8, "uniform")
  t <- as.vector(outer(panel$x, seq(-7, 7, by = 2), `+`))
  n <- nrow(jets[[1]])
  y <- lapply(seq_along(jets), function(j) outer(sqrt(sigma2[j]) * t, jets[[j]][, 1], `+`))
  weight <- outer(rep(panel$weight, 8), sqrt(sigma2))
  list(y = as.vector(do.call(rbind, y)), weight = rep(as.vector(weight), n), each = length(weight))
}

#' The jet of N(y; h, sigma2) in the parameters of h and sigma2, from that of h: the chain rule, with
#' dN/dsigma2 = (1/2) d2N/dh2
#' @noRd
gaussian_jet <- function(jet, sigma2, y, row) {
  q <- (sqrt(8 * ncol(jet) + 1) - 3) / 2
  first <- jet[row, 1 + seq_len(q), drop = FALSE]
  second <- jet[row, -seq_len(1 + q), drop = FALSE]
  r <- (y - jet[row, 1]) / sqrt(sigma2)
  # N, and its derivatives of orders 1 to 4 in h by Hermite polynomials
  d <- list(r, r^2 - 1, r^3 - 3 * r, r^4 - 6 * r^2 + 3)
  density <- exp(-r^2 / 2) / sqrt(2 * pi * sigma2)
  d <- Map(function(h, order) h * density / sqrt(sigma2)^order, d, 1:4)
  pairs <- pairs_of(q)
  inner <- d[[2]] * first[, pairs[, 1], drop = FALSE] * first[, pairs[, 2], drop = FALSE] + d[[1]] * second
  columns <- cbind(inner, d[[3]] * first / 2, d[[4]] / 4)
  # pairs with sigma2 come after those of their row
  order <- match(pair_keys(pairs_of(q + 1)), pair_keys(rbind(pairs, cbind(seq_len(q), q + 1), q + 1)))
  unname(cbind(density, d[[1]] * first, d[[2]] / 2, columns[, order, drop = FALSE]))
}

pair_keys <- function(pairs) paste(pairs[, 1], pairs[, 2])
