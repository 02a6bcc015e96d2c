# Random small data sets, formulas and settings, most of them nasty: fuzz_case(seed) is a list of arguments
# of moe() and fuzz_run(seed) the complaint about what came of it, or "".

one_of <- function(..., prob = NULL) {
  choices <- list(...)
  choices[[sample(length(choices), 1, prob = prob)]]
}

fuzz_numeric <- function(n) {
  x <- one_of(rnorm(n), runif(n), round(rnorm(n)), sample(2, n, TRUE), seq_len(n), rt(n, 1), rexp(n)^3)
  x <- one_of(x, 1e6 * x, 1e-8 * x, 1e6 + x, 1e8 + x, 1e12 * x, 1e-150 * x, 1e150 * x, rep(x[1], n), 0 * x,
    prob = c(12, 1, 1, 1, 1, 1, 0.3, 0.3, 0.7, 0.3)
  )
  x
}

fuzz_spoil <- function(x, chance = 0.12) {
  if (runif(1) < chance) x[sample(length(x), sample(length(x), 1))] <- one_of(NA, NaN, NA)
  if (runif(1) < chance / 4) x[sample(length(x), 1)] <- one_of(Inf, -Inf)
  if (runif(1) < chance / 2) x[sample(length(x), 1)] <- one_of(1e8, -1e8, 1e300)
  x
}

fuzz_response <- function(n, x) {
  label <- sample(3, n, TRUE)
  y <- c(1, -2, 0.5)[label] * ifelse(is.finite(x), x, 0) + c(0, 3, -3)[label] + rnorm(n) * one_of(0, 0.01, 0.3, 1)
  y <- one_of(y, fuzz_numeric(n), round(y), rep(y, length.out = n), rep(y[1:min(3, n)], length.out = n),
    prob = c(6, 2, 1, 0.5, 0.5)
  )
  y <- one_of(y, 1e6 * y, 1e-8 * y, y + 1e6, 1e-200 * y, 1e200 * y, prob = c(10, 1, 1, 1, 0.2, 0.2))
  y <- fuzz_spoil(y, 0.15)
  if (runif(1) < 0.02) y <- one_of(as.character(y), factor(y > 0), y > 0, as.integer(round(pmin(abs(y), 9))), 1i * y)
  y
}

fuzz_data <- function(n) {
  data <- data.frame(x1 = fuzz_spoil(fuzz_numeric(n)), x2 = fuzz_spoil(fuzz_numeric(n)))
  data$x3 <- one_of(fuzz_numeric(n), data$x1, data$x1 + 2 * data$x2, data$x1 * (1 + 1e-9 * rnorm(n)),
    seq_len(n) %% 2,
    prob = c(6, 1, 1, 1, 1)
  )
  data$f <- factor(sample(letters[1:sample(5, 1)], n, TRUE), levels = letters[1:sample(5:6, 1)])
  if (runif(1) < 0.1) data$f[sample(n, 1)] <- NA
  data$g <- one_of(sample(c("u", "v"), n, TRUE), runif(n) > 0.5, ordered(sample(3, n, TRUE)), rep("u", n))
  data$m <- matrix(rnorm(2 * n), n)
  data$y <- fuzz_response(n, data$x1)
  data$w <- one_of(rep(1, n), runif(n), sample(0:3, n, TRUE), rexp(n)^4, rep(0, n), rnorm(n), 1e10 * runif(n),
    1e-10 * runif(n), c(NA, rep(1, n - 1)), c(Inf, rep(1, n - 1)), rep("a", n),
    prob = c(4, 4, 4, 2, 0.3, 0.3, 1, 1, 0.3, 0.3, 0.1)
  )
  data
}

fuzz_terms <- function() {
  terms <- c(
    "1", "x1", "x2", "x3", "f", "g", "m", "x1:x2", "x1*f", "x2:f", "poly(x1, 2)", "splines::ns(x1, 3)", "I(x1^2)",
    "log(abs(x2) + 1)", "log(x1)", "poly(x1, x2, degree = 2)", "scale(x1)", "offset(x1)", "0", "nothing", "cut(x2, 3)",
    "I(x1 / x2)", "exp(x1)"
  )
  weight <- c(2, 14, 8, 8, 5, 3, 2, 2, 2, 1, 2, 2, 1, 1, 0.7, 0.5, 0.5, 0.3, 0.3, 0.3, 0.5, 0.5, 0.5)
  paste(sample(terms, sample(c(1, 1, 1, 2, 2, 3), 1), prob = weight), collapse = " + ")
}

fuzz_formula <- function() {
  left <- one_of("y", "log(abs(y) + 1)", "I(2 * y)", "cbind(y, x2)", "", prob = c(40, 1, 1, 0.3, 0.3))
  right <- one_of(fuzz_terms(), ".", "1", prob = c(20, 0.5, 1))
  gate <- one_of("", paste("|", fuzz_terms()), "| 1", "| x1 | x2", prob = c(12, 6, 1, 0.3))
  stats::as.formula(paste(left, "~", right, gate), env = globalenv())
}

fuzz_control <- function() {
  one_of(
    list(), list(optimizer = "em", tol = one_of(1e-8, 1e-4), max_iter = one_of(1, 20, 300)),
    list(starts = 1), list(starts = 5, trace = TRUE), list(tol = one_of(1e-12, 1e-3, 1)),
    list(max_iter = one_of(1, 2, 5)), list(variance_floor = one_of(1e-15, 1e-3, 0.5, 1)), list(min_rows = one_of(0, 1, 1e3)),
    list(tol = -1), list(starts = 0), list(optimizer = "bfgs"), list(seed = 1.5),
    prob = c(8, 4, 3, 2, 1, 1, 2, 1, 0.2, 0.2, 0.2, 0.2)
  )
}

# A start of some kind for a model of unknown shape: wrong as often as right
fuzz_start <- function(k, n) {
  posterior <- function(rows, cols) matrix(runif(rows * cols), rows, cols)
  measure <- function(d) {
    moe_measure(rnorm(k), matrix(rnorm(k * d, sd = one_of(1, 100)), k, d), matrix(rnorm(k * d), k, d), rnorm(k), one_of(1, 1e-8, 1e6) * rexp(k))
  }
  one_of(
    posterior(n, k), diag(k)[sample(k, n, TRUE), , drop = FALSE], posterior(n + 1, k), posterior(n, k + 1),
    matrix(NA_real_, n, k), measure(1), measure(2), measure(0), list(measure(1), measure(1)), list(measure(1), measure(2)),
    "a", 1:3, list(), list(a = 1), prob = c(4, 2, 0.5, 0.5, 0.3, 5, 2, 1, 1, 0.5, 0.3, 0.3, 0.3, 0.3)
  )
}

fuzz_case <- function(seed) {
  withr::local_seed(seed, .rng_kind = "Mersenne-Twister", .rng_normal_kind = "Inversion", .rng_sample_kind = "Rejection")
  n <- sample(c(1:9, 12, 15, 20, 30, 40, 60, 80, 150), 1)
  case <- list(formula = fuzz_formula(), data = fuzz_data(n))
  good_k <- runif(1) < 0.96
  case$k <- if (good_k) sample(6, 1) else one_of(0, -1, 2.5, NA, "2", 1e5, NULL, c(1, 2), Inf)
  if (runif(1) < 0.3) case$weights <- quote(w)
  if (runif(1) < 0.15) case$subset <- one_of(quote(x2 > 0), quote(-1), quote(rep(FALSE, length(x1))), quote(1:3), quote(nothing))
  if (runif(1) < 0.1) case$na.action <- one_of(quote(na.fail), quote(na.exclude), quote(na.pass), quote(na.omit), "nothing")
  if (runif(1) < 0.3) case$expert <- expert_linear("shared")
  if (runif(1) < 0.2 && good_k) case$start <- fuzz_start(case$k, n)
  control <- fuzz_control()
  control$threads <- sample(3, 1)
  control$seed <- control$seed %||% seed
  if (is.null(control$starts) && runif(1) < 0.8) control$starts <- 6
  if (runif(1) < 0.1) control$bound <- one_of(0.3, 3, 30)
  case$control <- control
  if (runif(1) < 0.01) case$nonsense <- 1
  case
}

fuzz_words <- c("converged", "gate_separated", "boundary", "variance_floor", "small_change", "max_iter", "stalled")

# What a fit must be, whatever it was fitted to
fit_complaint <- function(fit) {
  numbers <- unlist(fit$measure[c("beta0", "beta1", "a", "b", "sigma2")])
  best <- fit$starts[fit$starts$best, ]
  if (!fit$status %in% fuzz_words) return(paste("status", fit$status))
  if (!is.finite(fit$loglik)) return("logLik not finite")
  if (!all(is.finite(numbers))) return("a parameter is not finite")
  if (any(fit$measure$sigma2 <= 0)) return("a variance is not positive")
  if (!is.finite(fit$gradient) || !is.finite(fit$min_eigenvalue)) return("gradient or eigenvalue not finite")
  if (!all(is.finite(fit$hessian)) || !all(is.finite(fit$jacobian))) return("Hessian or Jacobian not finite")
  if (!all(is.finite(fit$mass)) || abs(sum(fit$mass) / fit$nobs - 1) > 1e-6) return("mass")
  value <- if (fit$method == "lse") -fit$rss / 2 else fit$loglik
  if (anyNA(fit$starts$agrees) || nrow(best) != 1 || abs(best$value - value) > 1e-8 * (1 + abs(value))) {
    return("the table of starts does not fit")
  }
  if (fit$converged != (fit$status %in% c("converged", "gate_separated", "boundary"))) return("converged does not fit the status")
  if (fit$converged && fit$gradient > fit$control$tol) return("converged with a gradient above tol")
  ""
}

fuzz_run <- function(seed, limit = 5) {
  case <- fuzz_case(seed)
  plain <- character()
  call <- as.call(c(list(quote(moe)), lapply(case, function(v) if (is.language(v) || is.data.frame(v)) v else v)))
  setTimeLimit(cpu = 4 * limit, transient = TRUE)
  on.exit(setTimeLimit())
  begin <- proc.time()
  fit <- tryCatch(
    withCallingHandlers(eval(call),
      moe_warning = function(w) invokeRestart("muffleWarning"),
      moe_message = function(m) invokeRestart("muffleMessage"),
      warning = function(w) {
        plain <<- c(plain, conditionMessage(w))
        invokeRestart("muffleWarning")
      }
    ),
    moe_error = identity, error = identity
  )
  setTimeLimit()
  used <- proc.time() - begin
  seconds <- sum(used[c("user.self", "sys.self")])
  if (inherits(fit, "error") && !inherits(fit, "moe_error")) return(paste("plain error:", conditionMessage(fit)))
  if (inherits(fit, "moe_error") && !inherits(fit, paste0("moe_error_", c("input", "data", "unsupported")))) return("error without subclass")
  if (seconds > limit) return(sprintf("took %.1f s", seconds))
  if (inherits(fit, "moe_error")) return("")
  complaint <- fit_complaint(fit)
  if (nzchar(complaint)) return(complaint)
  # warnings of the user's own expressions are theirs; ours are classed
  foreign <- grepl("NaNs produced|ns\\(|shoving|interior knots|contrasts|variable '.*' is not a factor", plain)
  if (any(!foreign)) return(paste("plain warning:", plain[!foreign][1]))
  ""
}
