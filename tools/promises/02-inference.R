# Faults 9 to 12 and 14: standard errors, intervals, tests, the choice of k; and memory.
readme <- function() moe(waiting ~ eruptions, faithful, k = 2, control = control())

right_k <- function(truth, n, reps = 30) {
  mean(vapply(seq_len(reps), function(s) {
    data <- rmoe(n, truth, seed = s)
    chosen_k(select_k(y ~ x, data, k = 1:3, criterion = "cv", control = control(s)))[["cv"]]
  }, 0) == 2)
}
promise("9", "cross-validation takes the right k, overlap, n = 101", right_k(truth_overlap(), 101),
  function(v) v >= 0.9, slow = TRUE)
promise("9", "cross-validation takes the right k, overlap, n = 568", right_k(truth_overlap(), 568),
  function(v) v >= 0.9, slow = TRUE)
promise("9", "cross-validation takes the right k, lambda, n = 101", right_k(truth_lambda(), 101),
  function(v) v >= 0.9, slow = TRUE)

promise("10", "the profile interval of a gate's slope stays in its basin, open above",
  c(confint(readme(), "gate1:eruptions", method = "profile")),
  function(v) near(v[1], 3.05, 0.05) && identical(v[2], Inf))
promise("11", "summary() of a nearly separated gate points to the likelihood ratio",
  utils::capture.output(print(summary(readme()))), function(v) any(grepl("drop1|anova|profile", v)))
promise("11", "drop1() tests the gate's term by likelihood ratio", {
  table <- drop1(readme())
  min(as.data.frame(table)[["Pr(>Chi)"]], na.rm = TRUE)
}, function(v) v < 2e-5)
promise("12", "vcov() of a fit costs once, and not more than a few fits (k = 6)", {
  data <- rmoe(5000, truth_overlap(), seed = 1)
  took <- seconds(fit <- moe(y ~ x, data, k = 6, control = control(starts = 4)))
  c(fit = took, first = seconds(vcov(fit)), again = seconds(vcov(fit)))
}, function(v) v[["first"]] < 3 * v[["fit"]] + 1 && v[["again"]] < 0.5)
promise("12", "moe_bootstrap() says how many replicates separated",
  utils::capture.output(print(moe_bootstrap(readme(), reps = 20, seed = 1))), function(v) any(grepl("separat", v)))
promise("14", "a Hessian of 2,500 parameters takes less than 200 MB beyond itself", {
  run <- in_process(c(
    "peak <- function() {",
    "  line <- grep('VmHWM', readLines('/proc/self/status'), value = TRUE)",
    "  as.numeric(gsub('[^0-9]', '', line)) / 1024",
    "}",
    "set.seed(1); d <- 249; k <- 5; n <- 2e4; x <- matrix(rnorm(n * d), n); y <- rnorm(n)",
    "m <- moe_measure(rnorm(k), matrix(rnorm(k * d), k), matrix(rnorm(k * d), k), rnorm(k), rep(1, k))",
    "theta <- moerate:::measure_theta(m); spec <- moerate:::measure_spec(m, TRUE); before <- peak()",
    "invisible(moerate:::objective_cpp(theta, y, x, x, NULL, spec, 2, FALSE, 2))",
    "cat('grown', round(peak() - before - 8 * length(theta)^2 / 2^20), '\\n')"
  ))
  as.numeric(sub("grown ", "", grep("^grown", run$lines, value = TRUE)))
}, function(v) length(v) == 1 && v < 200, slow = TRUE)

# Standard errors and influence at the edges of what can be computed
scaled_errors <- function(s) {
  data <- kink_data()
  fit <- moe(y ~ x, transform(data, y = s * y), k = 2, control = control())
  unname(sqrt(diag(vcov(fit)))["expert1:x"]) / s
}
promise("f08", "standard errors at y in units of 1e20, 1e50, 1e100 are those of units of 1",
  vapply(c(1, 1e20, 1e50, 1e100), function(s) tryCatch(scaled_errors(s), moe_error_data = function(e) Inf), 0),
  function(v) all(is.infinite(v[-1]) | abs(v[-1] / v[1] - 1) < 1e-4))
nan_fit <- function() {
  data <- transform(kink_data(), y = round(x))
  moe(y ~ x, data, k = 3, control = control(starts = 8, variance_floor = 1e-300))
}
promise("f09", "summary() of ties with a variance floor of 1e-300", class(summary(nan_fit()))[1],
  refused_or(function(v) identical(v, "summary.moe")))
promise("f22", "profile intervals of ties with a variance floor of 1e-300",
  dim(confint(nan_fit(), 1, method = "profile")), refused_or(function(v) identical(v, 1:2)))
promise("f10", "dfbeta() where one coefficient has a standard error", {
  set.seed(1)
  x <- rnorm(50)
  data <- data.frame(x, y = abs(x) + 0.3 * rnorm(50))
  fit <- moe(y ~ x, data, k = 1, expert = expert_relu(), control = control(bound = 0.1))
  dim(dfbeta(fit))
}, function(v) v[1] == 50)
promise("f15", "no negative variances of the sandwich, no warning of base R", {
  set.seed(5)
  data <- data.frame(y = rbinom(50, 1, 0.5))
  heard <- character()
  lowest <- withCallingHandlers(vapply(1:20, function(i) {
    fit <- moe(y ~ 1, data, k = 3, expert = expert_softplus(), control = control(i, starts = 5))
    min(0, diag(vcov(fit, "sandwich")), na.rm = TRUE)
  }, 0), warning = function(w) if (!inherits(w, "moe_warning")) heard <<- c(heard, conditionMessage(w)))
  list(min(lowest), unique(heard))
}, function(v) v[[1]] == 0 && length(v[[2]]) == 0, slow = TRUE)
promise("f17", "a fit by least squares without degrees of freedom has no silent NA", {
  set.seed(1)
  x <- rnorm(6)
  fit <- moe(y ~ x, data.frame(x, y = x^2), k = 2, method = "lse", control = control())
  said <- function(call) tryCatch({ call; "silent" }, moe_warning = function(w) "said", moe_error = function(e) "said")
  c(said(residuals(fit, "pearson")), said(simulate(fit, 1, seed = 1)))
}, function(v) all(v == "said"))
promise("f20", "estfun() of weights of 1e9 has a row per row, or is refused", {
  set.seed(1)
  x <- rnorm(50)
  data <- data.frame(x, y = x + rnorm(50))
  nrow(sandwich::estfun(moe(y ~ x, data, k = 1, weights = rep(1e9, 50), control = control())))
}, refused_or(function(v) v == 50))
