# All methods of a random fit, odd data included: fuzz_case2(seed) is a list of arguments of moe(), fuzz_methods(seed)
# a table of the calls made and what came of each: "" or a complaint.

# A case of fuzz_case() with odd columns, extreme scales, habits of other packages, or so many rows that the search
# works on samples of them
fuzz_odd_case <- function(seed) {
  case <- fuzz_case(seed)
  withr::local_seed(seed + 1e6, .rng_kind = "Mersenne-Twister", .rng_normal_kind = "Inversion", .rng_sample_kind = "Rejection")
  if (runif(1) < 0.04) case$data <- case$data[sample(nrow(case$data), sample(c(2000, 8000, 5e4), 1, prob = c(4, 3, 1)), TRUE), ]
  n <- nrow(case$data)
  if (n > 1000) {
    # copies of a few rows have optima of their own
    case$data$x1 <- rnorm(n)
    case$data$y <- fuzz_response(n, case$data$x1)
    case$weights <- case$start <- NULL
    if (is.numeric(case$k) && length(case$k) == 1 && !is.na(case$k) && case$k > 5) case$k <- 5
  }
  case$data <- fuzz_odd_columns(case$data)
  if (runif(1) < 0.15) case$formula <- stats::as.formula(fuzz_odd_formula(), env = globalenv())
  if (runif(1) < 0.15) case$expert <- one_of(expert_tanh(), expert_relu(), expert_sigmoid(), expert_polynomial(2), expert_feedforward(2))
  if (runif(1) < 0.2) case$method <- "lse"
  if (runif(1) < 0.04) case$data <- one_of(list2env(case$data, parent = globalenv()), as.list(case$data), as.matrix(case$data["x1"]))
  if (runif(1) < 0.02) case <- c(case, one_of(list(seed = 1), list(starts = 3), list(id = 1), list(family = "poisson")))
  case
}

fuzz_odd_columns <- function(data) {
  n <- nrow(data)
  scale <- one_of(1, 1e153, 4e307, 1e-310, 1e-140, 1e-200, 1e100, 1e-100, prob = c(20, rep(1, 7)))
  data$x2 <- data$x2 / max(1, abs(data$x2[is.finite(data$x2)])) * scale
  data$id <- one_of(factor(seq_len(n) %% max(2, n %/% 3)), seq_len(n) %/% 2, as.character(seq_len(n) %% 7))
  data$odd <- one_of(
    as.raw(seq_len(n) %% 256), complex(n, 1, 2), I(as.list(seq_len(n))), as.Date("2020-01-01") + seq_len(n),
    factor(sample(c("a", "b", "c \u00e9"), n, TRUE)), array(rnorm(2 * n), c(n, 2)) > 0, rep(NA, n), rpois(n, 2)
  )
  data[["odd name {x}"]] <- rnorm(n)
  data$w <- one_of(data$w, rep(1e308, n), rep(1e-308, n), rep(1 / n, n), prob = c(20, 1, 1, 2))
  if (runif(1) < 0.05 && is.numeric(data$y)) data$y <- one_of(rpois(n, 2), rbinom(n, 1, 0.4), 1e20 * data$y, 1e70 * data$y)
  data
}

fuzz_odd_formula <- function() {
  one_of(
    "y ~ . | (x1 > 0) + x2", "y ~ odd", "y ~ (m > 0)", "y ~ x1 | id", "y ~ x1 + (1 | id)", "y ~ s(x1)", "y ~ id", "y ~ . - odd - id",
    "y ~ `odd name {x}` | x1", "y ~ x1 + misspelt", "y ~ x1 | . - odd - id", "y ~ x1 + odd | odd", "y ~ cut(x1, 3) | f", "y ~ x2 | x2"
  )
}

# The calls on a fit. Errors and warnings of the package are answers; numbers that are not finite need a word.
fuzz_calls <- function(seed) {
  calls <- alist(
    print = print(fit), summary = print(summary(fit)), tidy = tidy(fit), glance = glance(fit), augment = augment(fit),
    vcov_observed = vcov(fit), vcov_sandwich = vcov(fit, type = "sandwich"), vcov_outer = vcov(fit, type = "outer"),
    confint = confint(fit), predict = predict(fit), predict_new = predict(fit, rows), expert = predict(fit, rows, type = "expert"),
    gate = predict(fit, rows, type = "gate"), posterior = predict(fit, type = "posterior"), class = predict(fit, type = "class"),
    density = predict(fit, type = "density", log = TRUE), quantile = predict(fit, rows, type = "quantile"),
    interval = predict(fit, rows, type = "interval"), se = predict(fit, rows, se.fit = TRUE), response = residuals(fit),
    pearson = residuals(fit, "pearson"), quantile_residuals = residuals(fit, "quantile"), simulate = simulate(fit, 2, seed = 1),
    cooks = cooks.distance(fit), dfbeta = dfbeta(fit), estfun = sandwich::estfun(fit), optima = print(moe_optima(fit)),
    frame = model.frame(fit), matrix = model.matrix(fit), gate_matrix = model.matrix(fit, "gate"), contrasts = gate_contrasts(fit),
    update = update(fit, k = fit$k + 1), terms = update(fit, . ~ . | 1), anova = anova(fit, update(fit, k = max(1, fit$k - 1))),
    plot = ggplot2::ggplot_build(autoplot(fit)), plot_gate = ggplot2::ggplot_build(autoplot(fit, "gate")),
    plot_residuals = ggplot2::ggplot_build(autoplot(fit, "residuals")), again = moe_again(fit)
  )
  slow <- alist(
    profile = confint(fit, 1, method = "profile"), select = select_k(fit, k = 1:2, criterion = "bic"),
    check = print(check_moe(fit, reps = 39, seed = 1)), bootstrap = moe_bootstrap(fit, reps = 3, seed = 1),
    lr_test = moe_lr_test(fit, reps = 3, seed = 1), dendrogram = print(moe_dendrogram(fit)),
    identifiability = strong_identifiability(fit, order = 1), merge = print(merge_truncate_merge(fit))
  )
  c(calls, slow[sample(length(slow), 2)])
}

# A saved fit is the fit
moe_again <- function(fit) {
  copy <- unserialize(serialize(fit, NULL))
  stopifnot(identical(coef(copy), coef(fit)))
  coef(copy)
}

# Conditions that are not of the package, and numbers that are not finite without a word of it
judge <- function(expression, env, seconds = 20) {
  said <- FALSE
  plain <- character()
  setTimeLimit(cpu = seconds, transient = TRUE)
  on.exit(setTimeLimit())
  value <- tryCatch(
    withCallingHandlers(
      suppress_output(eval(expression, env)),
      moe_warning = function(w) {
        said <<- TRUE
        invokeRestart("muffleWarning")
      },
      message = function(m) invokeRestart("muffleMessage"),
      warning = function(w) {
        plain <<- c(plain, conditionMessage(w))
        invokeRestart("muffleWarning")
      }
    ),
    error = identity
  )
  setTimeLimit()
  if (inherits(value, "moe_error")) return("")
  if (inherits(value, "error")) return(paste("plain error:", conditionMessage(value)))
  plain <- plain[!grepl(users_warnings, plain)]
  if (length(plain)) return(paste("plain warning:", plain[1]))
  if (!said && !finite_numbers(value)) "silent: numbers that are not finite" else ""
}

# What the user's own expressions say
users_warnings <- "NaNs produced|ns\\(|shoving|interior knots|contrasts|variable '.*' is not a factor|not meaningful|rank-deficient|new levels|ill-conditioned"

suppress_output <- function(value) {
  utils::capture.output(value <- force(value))
  value
}

finite_numbers <- function(value) {
  if (inherits(value, c("moe", "ggplot_built", "moe_check", "moe_selection", "moe_optima", "glm"))) return(TRUE)
  numbers <- if (is.data.frame(value)) unlist(value[vapply(value, is.double, NA)]) else unlist(value)
  # NA is an answer where a table has no such number; NaN and Inf are not
  !is.double(numbers) || !any(is.nan(numbers) | is.infinite(numbers))
}

# A list of columns, matrices among them, as a data frame
as_rows <- function(columns) {
  structure(columns, class = "data.frame", row.names = .set_row_names(NROW(columns$x1)))
}

# The fit of a case and all calls on it: a data frame of `call` and `complaint`, of the fit alone where there is none
fuzz_methods <- function(seed) {
  case <- fuzz_odd_case(seed)
  withr::local_seed(seed)
  env <- new.env()
  env$case <- case
  if (!is.matrix(case$data)) env$rows <- as_rows(as.list(case$data))[seq_len(min(5, NROW(case$data$x1))), ]
  call <- as.call(c(list(quote(moe)), case))
  env$call <- call
  out <- judge(quote(fit <- eval(call)), env, 60)
  table <- data.frame(seed = seed, call = "moe", complaint = out)
  if (is.null(env$fit)) return(table)
  complaint <- odd_complaint(env$fit)
  if (nzchar(complaint)) table$complaint <- complaint
  calls <- fuzz_calls(seed)
  rbind(table, data.frame(
    seed = seed, call = names(calls), complaint = vapply(calls, judge, "", env = env), row.names = NULL
  ))
}

odd_complaint <- function(fit) {
  if (fit$status %in% c("not_finite", "kink")) return("")
  fit_complaint(fit)
}
