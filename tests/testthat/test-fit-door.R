# Bad input, case by case: a classed error that names the problem, or a fit that carries its status

lines <- crossing_lines(60)

# Refused, with the class and a message that matches
refused <- function(object, class, regexp) expect_moe_error(object, class, regexp)
# Fitted or refused, in a few seconds, and nothing but finite numbers
fit2 <- function(data, k = 2, formula = y ~ x, ...) {
  more <- as.list(substitute(list(...)))[-1]
  call <- as.call(c(list(quote(moe), formula, data), list(k = k), more, list(control = few())))
  quiet(eval(call, parent.frame()))
}
with_y <- function(i, value) {
  lines$y[i] <- value
  lines
}

test_that("NA and NaN follow na.action, and what was dropped is counted", {
  for (value in c(NA, NaN)) {
    data <- lines
    data$x[c(3, 8)] <- value
    data$y[9] <- value
    fit <- fit2(data)
    expect_equal(nrow(fit$model), 57)
    expect_equal(as.integer(fit$na.action), c(3, 8, 9))
    expect_same_fit(fit, fit2(data[-c(3, 8, 9), ]))
    expect_output(print(fit), "3")
  }
  data$w <- 1
  data$w[20] <- NA
  expect_equal(nrow(fit2(data, weights = w)$model), 56)
  expect_s3_class(fit2(data, na.action = na.exclude)$na.action, "exclude")
  refused(fit2(data, na.action = na.fail), "data", "missing values")
  refused(fit2(data, na.action = na.pass), "data", "y|x")
  data$y <- NA_real_
  refused(fit2(data), "data", "no rows|missing")
  refused(fit2(lines[0, ]), "data", "no rows")
})

test_that("Inf in y, x or weights", {
  refused(fit2(with_y(5, Inf)), "data", "y.*must be finite")
  refused(fit2(with_y(5, -Inf)), "data", "y.*must be finite")
  data <- lines
  data$x[2] <- Inf
  refused(fit2(data), "data", "must be finite.*x")
  refused(fit2(data, formula = y ~ 1 | x), "data", "gate covariates must be finite")
  data <- transform(lines, w = c(Inf, rep(1, 59)))
  refused(fit2(data, weights = w), "input", "weights.*not finite")
})

test_that("y that is not a number", {
  for (y in list(as.character(lines$y), factor(lines$y > 0), lines$y > 0, as.Date(lines$y, origin = "1970-01-01"), as.complex(lines$y))) {
    data <- lines
    data$y <- y
    refused(fit2(data), "data", "y.*must be a numeric vector")
  }
  refused(fit2(lines, formula = cbind(y, x) ~ x), "data", "must be a numeric vector")
  refused(fit2(lines, formula = ~x), "input", "response")
})

test_that("constant and collinear columns are dropped with a message, and nothing is NA", {
  data <- transform(lines, constant = 3, twice = 2 * x, sum = x + 1e-12 * seq_along(x))
  expect_message(fit <- moe(y ~ x + constant + twice, data, 2, control = few()), "constant.*twice", class = "moe_message_dropped")
  expect_identical(colnames(fit$measure$a), "x")
  expect_identical(fit$blueprint$dropped, c("constant", "twice"))
  expect_equal(fit$loglik, fit2(lines)$loglik, tolerance = 1e-10)
  expect_message(fit <- moe(y ~ x | constant, data, 2, control = few()), "gate.*constant", class = "moe_message_dropped")
  expect_identical(ncol(fit$measure$beta1), 0L)
  expect_message(fit <- moe(y ~ constant, data, 2, control = few()), "constant")
  expect_identical(ncol(fit$measure$a), 0L)
  expect_identical(fit_complaint(fit2(data, formula = y ~ x + sum)), "")
  # the columns that lm() drops
  data <- withr::with_seed(1, transform(mtcars, a = wt + hp, b = 1, c = rnorm(32)))
  formula <- mpg ~ wt + hp + a + b + c + factor(cyl) + factor(cyl):factor(gear)
  kept <- names(which(!is.na(coef(lm(formula, data)))))[-1]
  expect_identical(colnames(fit2(data, 1, formula)$measure$a), kept)
})

test_that("factors of one level are refused by name, or dropped like constants", {
  data <- transform(lines, g = factor("u"), h = rep(c("a", NA), 30))
  for (formula in c(y ~ x + g, y ~ x | g, y ~ h)) {
    fit <- tryCatch(fit2(data, formula = formula), moe_error = identity)
    if (inherits(fit, "moe_error")) {
      expect_s3_class(fit, "moe_error_data")
      expect_match(conditionMessage(fit), "g|h")
    } else {
      expect_identical(fit_complaint(fit), "")
    }
  }
})

test_that("fewer rows than experts", {
  refused(fit2(lines[1:3, ], 4), "data", "k.*must not exceed the number of rows")
  refused(fit2(transform(lines, w = c(1, 1, rep(0, 58))), 3, weights = w), "data", "k")
  refused(fit2(lines, 61), "data", "k")
})

test_that("n = 8 with k = 3", {
  for (seed in 1:5) expect_sound(fit2(crossing_lines(8, seed), 3))
  expect_sound(fit2(mtcars[1:8, ], 3, mpg ~ wt + hp + qsec))
  for (k in 1:5) expect_sound(fit2(lines[1:5, ], k))
})

test_that("k is a positive whole number", {
  for (k in list(0, -1, 1.5, NA, NULL, "2", c(1, 2), Inf, TRUE, list(2), NaN)) refused(fit2(lines, k), "input", "k")
  refused(moe(y ~ x, lines), "input", "k")
  expect_same_fit(fit2(lines, 2), fit2(lines, 2L))
})

test_that("constant y", {
  refused(fit2(transform(lines, y = 7)), "data", "response is constant")
  refused(fit2(transform(lines, y = 7), 1), "data", "response is constant")
  refused(fit2(transform(lines, y = 1e8 + 1e-9 * x)), "data", "constant")
  refused(fit2(lines[1, ], 1), "data", "constant")
  refused(fit2(transform(lines, y = c(1, rep(0, 59)), w = c(0, rep(1, 59))), weights = w), "data", "constant")
})

test_that("50-fold duplicated rows", {
  expect_sound(fit <- fit2(lines[rep(1:4, 50), ]))
  expect_sound(fit2(lines[rep(1:6, 50), ], 3))
  expect_sound(fit <- fit2(lines[rep(1:60, 50), ], 3))
  expect_equal(fit$nobs, 3000)
})

test_that("one outlier of 1e8", {
  for (k in 1:3) expect_sound(fit2(with_y(7, 1e8), k))
  data <- lines
  data$x[7] <- 1e8
  for (k in 1:3) expect_sound(fit2(data, k))
})

test_that("a perfectly separated gate", {
  data <- withr::with_seed(2, data.frame(x = c(runif(40, -2, -1), runif(40, 1, 2)), y = rep(c(-10, 10), each = 40) + rnorm(80)))
  expect_warning(fit <- moe(y ~ x, data, 2, control = few()), "separates", class = "moe_warning_separated_gate")
  expect_identical(fit$status, "gate_separated")
  expect_true(fit$converged)
  expect_identical(fit_complaint(fit), "")
  halves <- lapply(list(1:40, 41:80), function(rows) lm(y ~ x, data[rows, ]))
  expect_equal(fit$loglik, sum(vapply(halves, function(l) as.numeric(logLik(l)), 0)), tolerance = 1e-6)
})

test_that("a component of zero variance", {
  data <- lines
  data$y[1:20] <- 2 + 3 * data$x[1:20]
  start <- moe_measure(c(0, 0), c(0, 0), c(3, -1), c(2, -1), c(0.01, 1))
  expect_warning(fit <- moe(y ~ x, data, 2, start = start), "floor", class = "moe_warning_variance_floor")
  expect_identical(fit$status, "variance_floor")
  expect_false(fit$converged)
  expect_identical(fit_complaint(fit), "")
  expect_equal(min(fit$measure$sigma2), 1e-6 * mean((data$y - mean(data$y))^2), tolerance = 1e-8)
  expect_sound(fit2(data))
  expect_sound(fit2(transform(lines, y = ifelse(x > 0, 1, 2))))
  expect_sound(fit2(transform(lines, y = 2 * x), 1))
  expect_sound(fit2(transform(lines, y = 2 * x), 3))
})

test_that("x shifted by 1e6 and y scaled by 1e6; both scaled by 1e-8", {
  plain <- fit2(lines)
  shifted <- fit2(transform(lines, x = x + 1e6, y = 1e6 * y))
  small <- fit2(transform(lines, x = 1e-8 * x, y = 1e-8 * y))
  for (fit in list(shifted, small)) {
    expect_identical(fit_complaint(fit), "")
    expect_identical(fit$status, plain$status)
  }
  expect_equal(shifted$loglik, plain$loglik - 60 * log(1e6), tolerance = 1e-8)
  expect_equal(small$loglik, plain$loglik - 60 * log(1e-8), tolerance = 1e-8)
})

test_that("numbers whose squares overflow or vanish", {
  for (scale in c(1e-310, 1e-200, 1e-160, 1e150, 1e200)) {
    expect_sound(fit2(transform(lines, y = scale * y)))
    expect_sound(fit2(transform(lines, x = scale * x)))
  }
  expect_sound(fit2(with_y(3, 1e300)))
  expect_sound(fit2(with_y(1:2, c(-1e308, 1e308))))
})

test_that("weights: all zero, negative, no numbers, wrong length", {
  data <- transform(lines, zero = 0, negative = -1, one_negative = c(-1, rep(1, 59)), letters = "a")
  refused(fit2(data, weights = zero), "input", "weights.*zero")
  refused(fit2(data, weights = negative), "input", "weights.*negative")
  refused(fit2(data, weights = one_negative), "input", "weights.*1 negative")
  refused(fit2(data, weights = letters), "input", "weights")
  refused(fit2(data, weights = 1:3), "input", "variable lengths|weights")
  expect_sound(fit2(data, weights = c(1e10, rep(1, 59))))
  expect_sound(fit2(data, weights = rep(1e-300, 60)))
  expect_sound(fit2(data, weights = rep(1e300, 60)))
})

test_that("a start of the wrong shape or kind", {
  start <- function(k = 2, d = 1, p = d) moe_measure(rep(0, k), matrix(0, k, p), matrix(0, k, d), seq_len(k), rep(1, k))
  refused(fit2(lines, start = start(3)), "input", "start.*shape")
  refused(fit2(lines, start = start(2, 2)), "input", "start.*shape")
  refused(fit2(lines, start = start(2, 1, 0)), "input", "start.*shape")
  refused(fit2(lines, start = list(start(), start(3))), "input", "start.*shape")
  refused(fit2(lines, start = matrix(0.5, 59, 2)), "input", "start.*row")
  refused(fit2(lines, start = matrix(0.5, 60, 3)), "input", "start.*column")
  refused(fit2(lines, start = matrix(c(0.5, NA), 60, 2)), "input", "start.*probabilities")
  refused(fit2(lines, start = matrix(c(-1, 1), 60, 2)), "input", "start.*probabilities")
  refused(fit2(lines, start = matrix(0, 60, 2)), "input", "start.*probabilities")
  refused(fit2(lines, start = matrix("a", 60, 2)), "input", "start")
  refused(fit2(lines, start = moe_measure(0:1, 0:1, 0:1, 0:1)), "input", "start.*sigma2")
  for (wrong in list("kmeans", 1:3, TRUE, mean, list(), list(a = 1), list(1, 2))) refused(fit2(lines, start = wrong), "input", "start")
  # numbers that lead nowhere still end in a status
  far <- moe_measure(c(0, 0), c(1e6, -1e6), c(1e8, 0), c(0, 1e9), c(1e-12, 1e12))
  expect_sound(fit2(lines, start = far))
  equal <- moe_measure(c(0, 0), c(0, 0), c(0, 0), c(0, 0), c(1, 1))
  expect_sound(fit2(lines, start = equal))
})

test_that("newdata without a column, with a new level, with rows of NA", {
  data <- transform(lines, f = factor(rep(c("a", "b", "c"), 20)))
  fit <- fit2(data, formula = y ~ x + f)
  for (type in c("response", "expert", "gate", "class", "interval")) {
    refused(predict(fit, data["f"], type = type), "input", "newdata.*x")
    refused(predict(fit, transform(data, f = "d"), type = type), "input", "newdata.*(level|f)")
    holes <- data[1:6, ]
    holes$x[2] <- NA
    holes$f[5] <- NA
    found <- as.matrix(predict(fit, holes, type = type))
    expect_identical(nrow(found), 6L)
    expect_identical(unname(which(is.na(found[, 1]))), c(2L, 5L))
  }
  expect_error(predict(fit, transform(data, x = Inf)), "finite", class = "moe_error")
  expect_identical(length(predict(fit, data[0, ])), 0L)
})

test_that("unknown arguments, and arguments of the wrong kind", {
  refused(moe(y ~ x, lines, 2, nstart = 5), "input", "nstart")
  refused(moe(y ~ x, lines, 2, Control = list()), "input", "Control")
  refused(moe(y ~ x, lines, 2, gate = "softmax"), "input", "gate")
  refused(moe(y ~ x, lines, 2, expert = "linear"), "input", "expert")
  refused(moe(y ~ x, lines, 2, method = "ols"), "input", "method")
  refused(moe(y ~ x, lines, 2, control = 5), "input", "control")
  refused(moe(y ~ x, lines, 2, control = list(iterations = 5)), "input", "control.*iterations")
  refused(moe(y ~ x, "lines", 2), "input", "data")
  refused(moe(y ~ x, as.matrix(lines), 2), "input", "data")
  refused(moe("y ~ x", lines, 2), "input", "formula")
  refused(moe(), "input", "formula|k")
})

test_that("a status other than converged is a classed warning", {
  expect_warning(moe(y ~ x, lines, 3, control = few(max_iter = 1)), class = "moe_warning_convergence")
  fit <- quiet_moe(y ~ x, lines, 3, control = few(max_iter = 1))
  expect_identical(fit$status, "max_iter")
  expect_false(fit$converged)
  expect_silent(moe(y ~ x, crossing_lines(300), 2, control = few(progress = FALSE)))
})

test_that("messages name what was found and what to do", {
  local_reproducible_output(width = 120)
  data <- transform(lines, c = "a", w = -1)
  expect_snapshot(error = TRUE, {
    moe(y ~ x, lines, 0)
    moe(c ~ x, data, 2)
    moe(y ~ x, transform(lines, y = 1), 2)
    moe(y ~ x, transform(lines, x = 1 / (x - x[1])), 2)
    moe(y ~ x, lines[1:2, ], 3)
    moe(y ~ x, data, 2, weights = w)
    moe(y ~ x, lines, 2, nstart = 5)
    moe(y ~ x, lines, 2, start = moe_measure(0:2, 0:2, 0:2, 0:2, 1:3))
    moe(y ~ x, lines, 2, start = matrix(1, 3, 3))
  })
})

test_that("experts that the formula or the start do not fit are refused", {
  data <- crossing_lines(50)
  expect_snapshot(error = TRUE, {
    moe(y ~ x, data, 2, expert = expert_constant())
    moe(y ~ x, data, 2, start = moe_measure(1:2, 1:2, 1:2, 1:2, 1:2, expert = expert_tanh()))
  })
})

test_that("several flat experts are a warning that names them, not an error", {
  withr::local_seed(1)
  data <- data.frame(x = runif(60))
  data$y <- data$x + rnorm(60, sd = 0.1)
  # two experts that are zero on all rows, and have no derivative by which they could leave
  dead <- moe_measure(rep(0, 3), c(1, -1, 0), a = rep(1, 3), b = c(0, -5, -6), expert = expert_relu())
  said <- suppressWarnings(rlang::catch_cnd(
    moe(y ~ x, data, 3, expert = expert_relu(), method = "lse", start = dead, control = moe_control(threads = 1)),
    "moe_warning_flat"
  ))
  expect_match(conditionMessage(said), "experts 2 and 3\\.")
})
