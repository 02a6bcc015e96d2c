# Faults 13 and 15, and findings of the door: extremes, texts of data, habits from other packages.
small <- function() data.frame(y = rnorm(50), x = rnorm(50), f = rep(c("a", "b"), 25))

extreme <- function(s) {
  data <- kink_data()
  vapply(c(1, s), function(s) moe(y ~ x, transform(data, x = s * x), k = 2, control = control())$loglik, 0)
}
for (s in c(1e153, 1e300, 4e307, 1e-310)) {
  eval(bquote(promise("13", "x of any size gives the fit of x of size one, or is refused", extreme(.(s)),
    refused_or(function(v) near(v[2], v[1], 1e-6)))))
}
promise("13", "weights of 1e308 give the fit of equal weights, or are refused", {
  one <- function(w) moe(y ~ x, kink_data(), k = 2, weights = rep(w, 50), control = control())$loglik / w
  c(one(1), one(1e308))
}, refused_or(function(v) near(v[2], v[1], 1e-6)))

promise("15", "three rows for eight parameters: a word, or a refusal", {
  fit <- moe(y ~ x, data.frame(x = 1:3, y = c(1, 4, 2)), k = 2, control = control())
  flags_of(fit)
}, refused_or(function(v) length(v) > 0))
promise("15", "weights looked up in an environment: no warning of rlang", {
  heard <- character()
  env <- list2env(small())
  env$w <- rep(1:2, 25)
  withCallingHandlers(moe(y ~ x, env, k = 1, weights = w, control = control()),
    warning = function(w) heard <<- c(heard, conditionMessage(w)))
  heard
}, refused_or(function(v) length(v) == 0))
promise("15", "clustered standard errors with weights", {
  house <- MASS::whiteside
  house$w <- rep(1:2, 28)
  house$cl <- rep(1:14, each = 4)
  dim(sandwich::vcovCL(moe(Gas ~ Temp, house, k = 2, weights = w, control = control()), cluster = house$cl))
}, function(v) v[1] == 8)
promise("15", "update() of a formula with a dot", {
  fit <- moe(Gas ~ ., MASS::whiteside, k = 1, control = control())
  deparse1(formula(update(fit, . ~ . - Insul)))
}, function(v) grepl("Temp", v) && !grepl("Insul", v))
promise("15", "`y ~ x + (1 | id)` names the habit", moe(y ~ x + (1 | f), small(), k = 2, control = control()),
  function(v) refused(v) && grepl("random effect", conditionMessage(v)))
promise("15", "`y ~ x | id` with an id of many levels is remarked on", {
  data <- transform(small(), id = factor(rep(1:25, 2)))
  tryCatch(withCallingHandlers(moe(y ~ x | id, data, k = 2, control = control(starts = 2)),
    moe_message = function(m) stop(conditionMessage(m)), moe_warning = function(w) stop(conditionMessage(w))),
    error = conditionMessage)
}, function(v) is.character(v) && grepl("id", v) && grepl("person|group|level", v))
promise("15", "a count response under a normal law is remarked on", {
  data <- transform(small(), y = rpois(50, exp(x)))
  said <- character()
  withCallingHandlers(moe(y ~ x, data, k = 1, control = control()),
    moe_message = function(m) said <<- conditionMessage(m), moe_warning = function(w) said <<- conditionMessage(w))
  said
}, function(v) any(grepl("count", v)))
promise("15", "confint(method = \"bootstrap\") is understood",
  dim(confint(moe(y ~ x, small(), k = 1, control = control()), method = "bootstrap")),
  function(v) is.integer(v) || refused(v) && grepl("moe_bootstrap", conditionMessage(v)))
promise("15", "moe(seed = 1) points to moe_control()", moe(y ~ x, small(), k = 1, seed = 1),
  function(v) refused(v) && grepl("moe_control", conditionMessage(v)))

braces <- '{file.create("promise-broken")}'
text_only <- function(call) {
  value <- attempt(call)
  ran <- file.exists("promise-broken")
  unlink("promise-broken")
  shown <- inherits(value, "condition") && grepl("{", conditionMessage(value), fixed = TRUE)
  list(class(value)[1], ran, shown)
}
as_text <- function(v) startsWith(v[[1]], "moe_error") && !v[[2]] && isTRUE(v[[3]])
promise("f01", "a level of newdata is text", {
  fit <- moe(y ~ f + x, small(), k = 1, control = control())
  text_only(predict(fit, data.frame(f = braces, x = 0)))
}, as_text)
promise("f01", "a name in a formula is text", text_only(moe(y ~ `{oops}`, small(), k = 1)), as_text)
promise("f02", "a fit with two flat experts comes with a warning", {
  set.seed(15)
  n <- sample(c(60, 500, 3000), 1)
  data <- data.frame(x = rnorm(n), z = rnorm(n))
  data$y <- with(data, ifelse(x + 0.5 * rnorm(n) > 0, 2 * x, 1 - x) + 0.4 * rnorm(n))
  c(
    class(moe(y ~ x | z, data, k = 2, expert = expert_tanh(), method = "lse", control = control(15, starts = 4))),
    class(moe(y ~ 1, data["y"], k = 3, expert = expert_sigmoid(), method = "lse", control = control()))
  )
}, function(v) sum(v == "moe") == 2)
promise("f11", "a dot before and a transformed gate after the bar", {
  data <- transform(small()[c("y", "x")], z = rnorm(50))
  formulas <- list(y ~ . | (x > 0) + z, y ~ x + z | (x > 0) + z)
  vapply(formulas, function(f) moe(f, data, k = 2, control = control())$loglik, 0)
}, function(v) near(v[1], v[2]))
for (f in c("y ~ r", "y ~ c", "y ~ (m > 0)")) {
  eval(bquote(promise("f12", "covariates of type raw or complex, a logical matrix: refused or right", {
    data <- data.frame(y = rnorm(50), r = as.raw(1:50), c = complex(50, 1:50, 1))
    data$m <- matrix(rnorm(100), 50)
    moe(as.formula(.(f)), data, k = 1, control = control())$loglik
  }, refused_or(is.finite))))
}
promise("f13", "a factor of 1e5 levels is refused", {
  data <- data.frame(f = factor(rep(1:1e5, 2)), y = rnorm(2e5))
  moe(y ~ f, data, k = 1, control = control())
}, refused, slow = TRUE)
promise("f13", "rmoe(1e10) is refused", rmoe(1e10, truth_overlap()), refused)
promise("f16", "strong_identifiability() with a level that is not ASCII", {
  data <- data.frame(w = rep(c("a", "b", "c \u00e9"), 20), y = rnorm(60))
  class(strong_identifiability(moe(y ~ w, data, k = 2, control = control(starts = 3))))[1]
}, refused_or(is.character))
promise("f18", "quantiles where standard deviations differ by 1e80", {
  m <- moe_measure(c(0, 0), c(0, 0), c(0, 0), c(0, 0), c(1e-80, 1e80))
  p <- c(0.2, 0.3, 0.4, 0.6)
  pmoe(qmoe(p, 0, m), 0, m) - p
}, function(v) all(abs(v) < 1e-8))
promise("f18", "Wasserstein distance of variances of 1e300", {
  m <- function(v) moe_measure(c(0, 0), c(1, -1), c(1, -1), c(0, 1), v)
  moe_distance(m(c(1e300, 1)), m(c(1, 1)), design_uniform(-1, 1), "wasserstein")
}, refused_or(is.finite))
promise("f19", "the picture of a gate of a covariate in units of 1e-200", {
  data <- transform(kink_data(), x = 1e-200 * x)
  class(ggplot2::ggplot_build(autoplot(moe(y ~ x, data, k = 2, control = control(starts = 3)), "gate")))[1]
}, refused_or(is.character))
