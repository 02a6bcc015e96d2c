test_that("one expert has the standard errors of lm()", {
  fit <- the_fit("one")
  line <- lm(y ~ x + f, the_data())
  expect_equal(vcov(fit)[1:4, 1:4], vcov(line), ignore_attr = TRUE, tolerance = 1e-9)
  expect_equal(vcov(fit, adjust = FALSE), vcov(fit) * 296 / 300)
  s2 <- mean(residuals(line)^2)
  expect_equal(vcov(fit, adjust = FALSE)[5, 5], 2 * s2^2 / 300, tolerance = 1e-9)
  expect_equal(unname(vcov(fit)[1:4, 5]), rep(0, 4), tolerance = 1e-9)
  # normal instead of t quantiles, and nothing else
  ratio <- qnorm(0.975) / qt(0.975, 296)
  expect_equal(confint(fit)[1:4, ] - coef(line), (confint(line) - coef(line)) * ratio, ignore_attr = TRUE, tolerance = 1e-7)
  expect_identical(colnames(confint(fit)), colnames(confint(line)))
  expect_identical(colnames(confint(fit, level = 0.9)), colnames(confint(line, level = 0.9)))
})

test_that("the inverse is that of a numerical Hessian, in the units of the coefficients", {
  skip_if_not_installed("numDeriv")
  data <- the_data()
  for (name in c("plain", if (test_level != "quick") "gated")) {
    fit <- the_fit(name)
    x <- model.matrix(fit, "experts")[, -1, drop = FALSE]
    z <- model.matrix(fit, "gate")[, -1, drop = FALSE]
    # in units of standard errors
    unit <- sqrt(diag(vcov(fit, adjust = FALSE)))
    hessian <- numDeriv::hessian(function(u) ref_loglik(coef(fit) + unit * u, fit, data$y, x, z), 0 * unit,
      method.args = list(eps = 0.02)
    )
    expect_equal(solve(-hessian), cov2cor(vcov(fit, adjust = FALSE)), ignore_attr = TRUE, tolerance = 1e-5)
  }
})

# the fit "plain" with y in units of 1e-6, x in units of 1e8 and far from its origin
scaled_fit <- function(fit) {
  data <- the_data()
  m <- fit$measure
  moe(y ~ x, data.frame(y = 1e6 * data$y, x = 1e-8 * data$x + 1e-6), k = 2, start = moe_measure(
    beta0 = m$beta0 - 100 * m$beta1[, 1], beta1 = 1e8 * m$beta1, a = 1e14 * m$a, b = 1e6 * (m$b - 100 * m$a[, 1]),
    sigma2 = 1e12 * m$sigma2
  ))
}
slopes <- c("gate1:x", "expert1:x", "expert2:x")

test_that("units of the data change nothing but units", {
  fit <- the_fit("plain")
  scaled <- scaled_fit(fit)
  expect_equal(diag(vcov(scaled))[slopes], diag(vcov(fit))[slopes] * c(1e8, 1e14, 1e14)^2, tolerance = 1e-6)
  expect_equal(tidy(scaled)$statistic[c(2, 4, 6)], tidy(fit)$statistic[c(2, 4, 6)], tolerance = 1e-6)
})

test_that("a separated gate has no standard errors, its experts do", {
  data <- separated_data()
  expect_warning(fit <- moe(y ~ x, data, k = 2, control = quick()), class = "moe_warning_separated_gate")
  expect_warning(v <- vcov(fit), class = "moe_warning_separated_gate")
  expect_true(all(is.na(v[1:2, ])) && all(is.na(v[, 1:2])))
  left <- lm(y ~ x, data, subset = x < 0)
  first <- which(abs(fit$measure$a[, 1] - coef(left)[2]) < 1e-6)
  names <- paste0("expert", first, c(":(Intercept)", ":x"))
  # n / (n - q) is 100 / 96 for the mixture and 50 / 48 for the line: the same
  expect_equal(v[names, names], vcov(left), ignore_attr = TRUE, tolerance = 1e-6)
  expect_warning(limits <- confint(fit), class = "moe_warning_separated_gate")
  expect_identical(unname(is.na(limits[, 1])), rep(c(TRUE, FALSE), c(2, 6)))
  expect_no_warning <- function(x) expect_warning(x, NA)
  expect_no_warning(s <- summary(fit))
  expect_match(s$note, "separates")
})

test_that("a variance on its floor has no standard error", {
  x <- seq(-2, 2, length.out = 60)
  y <- ifelse(x < 0, 1 + x, -5 - x + sin(1:60 * 7))
  expect_warning(
    expect_warning(fit <- moe(y ~ x, k = 2, start = cbind(x < 0, x >= 0) + 1e-9), class = "moe_warning_variance_floor"),
    class = "moe_warning_separated_gate"
  )
  # of an expert without errors the gate is a step: that is said as well
  expect_warning(
    expect_warning(v <- vcov(fit), class = "moe_warning_variance_floor"), class = "moe_warning_separated_gate"
  )
  expect_identical(unname(is.na(diag(v))), 1:8 %in% c(1, 2, 7))
  expect_true(is.na(v["expert1:sigma2", "expert1:sigma2"]))
  expect_true(v["expert2:sigma2", "expert2:sigma2"] > 0)
})

test_that("directions without information cost only the coefficients in them", {
  fit <- the_fit("plain")
  # a model whose first expert does not matter: its information is zero
  fit$hessian[3:4, ] <- fit$hessian[, 3:4] <- 0
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified")
  expect_identical(unname(is.na(diag(v))), 1:8 %in% 3:4)
  # the sum of two coefficients is known, not their difference
  fit <- the_fit("plain")
  fit$hessian[7:8, ] <- fit$hessian[, 7:8] <- 0
  fit$hessian[7:8, 7:8] <- -50
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified")
  expect_identical(unname(is.na(diag(v))), 1:8 %in% 7:8)
  # nothing is known where the fit is no maximum
  fit <- the_fit("plain")
  fit$hessian[1:2, ] <- fit$hessian[, 1:2] <- 0
  fit$hessian[1:2, 1:2] <- c(3, 1, 1, 3)
  expect_warning(v <- vcov(fit), class = "moe_warning_convergence")
  expect_identical(unname(is.na(diag(v))), 1:8 %in% 1:2)
  expect_snapshot(v <- vcov(fit))
})

test_that("standard errors are not corrected when there are no rows left", {
  data <- the_data()[1:4, ]
  suppressWarnings(fit <- moe(y ~ x, data, k = 2, control = quick()))
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified")
  expect_true(all(is.na(v)))
  # four rows cannot determine six coefficients, corrected or not
  expect_warning(plain <- vcov(fit, adjust = FALSE), class = "moe_warning_overspecified", "degree of freedom")
  expect_true(all(is.na(plain)))
  # weights that sum to less than the coefficients of the experts only forbid the correction
  fit <- moe(y ~ x, the_data(), k = 2, weights = rep(1 / 300, 300), start = the_fit("plain"))
  expect_warning(v <- vcov(fit), class = "moe_warning_overspecified", "adjust")
  expect_true(all(is.na(v)))
  expect_equal(suppressWarnings(vcov(fit, adjust = FALSE)), 300 * vcov(the_fit("plain"), adjust = FALSE), tolerance = 1e-5)
})

test_that("a gate that is all but a step has no standard errors, whatever the status", {
  data <- withr::with_seed(3, data.frame(x = rnorm(80), noise = rnorm(80)))
  data$y <- ifelse(data$x > 0.8, 3, data$noise)
  sound <- function(fit) {
    errors <- suppressWarnings(sqrt(diag(vcov(fit))), classes = "moe_warning")
    gate <- coef_parts(fit$measure)$part == "gate"
    spread <- ifelse(coef_parts(fit$measure)$term == "x", sd(fit$model$x), 1)[gate]
    expect_true(all(is.na(errors[gate]) | errors[gate] * spread < 101))
    if (anyNA(errors[gate])) expect_match(summary(fit)$note, "gate", all = FALSE)
  }
  for (k in 2:4) sound(quiet_moe(y ~ x, data, k, control = few(min_rows = 1)))
  tiny <- withr::with_seed(4, data.frame(x = rnorm(8), y = rnorm(8)))
  fit <- quiet_moe(y ~ x, tiny, 2, control = few(min_rows = 1))
  sound(fit)
  # a flat direction of the gate that is put into an information which had none
  fit <- the_fit("plain")
  fit$hessian[1:2, ] <- fit$hessian[, 1:2] <- 0
  diag(fit$hessian)[1:2] <- -1e-5
  expect_warning(value <- vcov(fit), class = "moe_warning_overspecified")
  expect_identical(unname(is.na(diag(value))), rep(c(TRUE, FALSE), c(2, 6)))
})

test_that("the three types are what their formulas say", {
  for (name in c("plain", "gated", "one")) {
    fit <- the_fit(name)
    scores <- estfun.moe(fit)
    inverse <- vcov(fit, adjust = FALSE)
    expect_equal(vcov(fit, "sandwich", adjust = FALSE), inverse %*% crossprod(scores) %*% inverse, tolerance = 1e-8)
    expect_equal(vcov(fit, "outer", adjust = FALSE), solve(crossprod(scores)), tolerance = 1e-8)
    q <- sum(coef_parts(fit$measure)$part == "expert")
    for (type in vcov_types) expect_equal(vcov(fit, type), vcov(fit, type, adjust = FALSE) * 300 / (300 - q))
    expect_identical(vcov(fit, "observed"), vcov(fit))
    # the model is true: all estimate the same
    expect_lt(max(abs(log(diag(vcov(fit, "sandwich")) / diag(vcov(fit))))), 1)
    expect_lt(max(abs(log(diag(vcov(fit, "outer")) / diag(vcov(fit))))), 1)
  }
  expect_moe_error(vcov(fit, type = "robust"), regexp = "sandwich")
  expect_moe_error(vcov(fit, FALSE))
})

test_that("large and small units give the same standard errors, or say that they are no numbers", {
  data <- withr::with_seed(1, {
    x <- rnorm(50)
    data.frame(x, y = ifelse(x > 0, 2 * x, 1 - x) + 0.3 * rnorm(50))
  })
  start <- quiet_moe(y ~ x, data, k = 2, control = quick())
  error <- suppressWarnings(sqrt(diag(vcov(start))))
  variance <- grepl("sigma2", names(error))
  for (s in c(1e-60, 1e-20, 1e8, 1e16, 1e20, 1e50, 1e70)) {
    m <- start$measure
    scaled <- quiet_moe(y ~ x, transform(data, y = s * y), k = 2, start = moe_measure(
      m$beta0, m$beta1, s * m$a, s * m$b, s^2 * m$sigma2
    ))
    unit <- c(1, 1, rep(s, 4), rep(s^2, 2))
    expect_equal(suppressWarnings(sqrt(diag(vcov(scaled)))) / unit, error, tolerance = 1e-5)
    expect_equal(suppressWarnings(sqrt(diag(vcov(scaled, "sandwich")))) / unit,
      suppressWarnings(sqrt(diag(vcov(start, "sandwich")))), tolerance = 1e-5
    )
    expect_identical(dim(coef(summary(scaled))), c(8L, 4L))
  }
  # variances of variances near 1e400
  m <- start$measure
  s <- 1e100
  scaled <- quiet_moe(y ~ x, transform(data, y = s * y), k = 2, start = moe_measure(
    m$beta0, m$beta1, s * m$a, s * m$b, s^2 * m$sigma2
  ))
  seen <- character()
  v <- withCallingHandlers(vcov(scaled), moe_warning = function(w) {
    seen <<- c(seen, class(w)[1])
    rlang::cnd_muffle(w)
  })
  expect_true("moe_warning_range" %in% seen)
  expect_identical(unname(is.na(diag(v))), unname(variance | is.na(error)))
  expect_equal(sqrt(diag(v)[!variance]) / c(1, 1, s, s, s, s), error[!variance], tolerance = 1e-5)
})

test_that("an information that is not a number gives NA and a warning, in every method", {
  fit <- the_fit("plain")
  fit$hessian[] <- NaN
  for (type in c("observed", "sandwich")) {
    expect_warning(v <- vcov(fit, type), class = "moe_warning_convergence", "not a number")
    expect_true(all(is.na(v)))
  }
  expect_warning(limits <- confint(fit, method = "profile"), class = "moe_warning_convergence")
  expect_true(all(is.na(limits)))
  expect_match(summary(fit)$note, "not a number")
  expect_warning(table <- tidy(fit, conf.int = TRUE), class = "moe_warning_convergence")
  expect_true(all(is.na(table$std.error)))
  expect_warning(step <- dfbeta(fit), class = "moe_warning_convergence")
  expect_true(all(is.na(step)))
  expect_warning(distance <- cooks.distance(fit), class = "moe_warning_convergence")
  expect_true(all(is.na(distance)))
})

test_that("what is held has no standard error, whatever the status, and every reason is said", {
  fit <- the_fit("plain")
  fit$status <- "max_iter"
  fit$held <- 1:8 == 7
  fit$measure$sigma2[1] <- 1e-9
  # as if the optimiser had edited the Hessian
  fit$hessian[7, ] <- fit$hessian[, 7] <- 0
  fit$hessian[7, 7] <- -1
  expect_warning(v <- vcov(fit), class = "moe_warning_variance_floor")
  expect_identical(unname(is.na(diag(v))), 1:8 == 7)
  # a slope of the gate on its bound takes its intercept with it
  fit <- the_fit("plain")
  fit$held <- 1:8 == 2
  expect_warning(v <- vcov(fit), class = "moe_warning_boundary")
  expect_identical(unname(is.na(diag(v))), 1:8 <= 2)
  # two troubles, two warnings
  fit$held <- 1:8 == 7
  fit$flags <- "separated"
  fit$measure$sigma2[1] <- 1e-9
  seen <- character()
  v <- withCallingHandlers(vcov(fit), moe_warning = function(w) {
    seen <<- c(seen, class(w)[1])
    rlang::cnd_muffle(w)
  })
  expect_setequal(seen, c("moe_warning_separated_gate", "moe_warning_variance_floor"))
  expect_identical(unname(is.na(diag(v))), 1:8 %in% c(1, 2, 7))
  # few iterations, a variance on the floor: one over the root of n was no standard error
  x <- seq(-2, 2, length.out = 60)
  y <- ifelse(x < 0, 1 + x, -5 - x + sin(1:60 * 7))
  fit <- quiet_moe(y ~ x, k = 2, start = cbind(x < 0, x >= 0) + 1e-9, control = moe_control(max_iter = 3))
  v <- suppressWarnings(vcov(fit))
  floor <- min(which(coef(fit) == min(coef(fit)[7:8])))
  if (coef(fit)[[floor]] < 1e-4) expect_true(is.na(v[floor, floor]))
})

test_that("a sandwich has no negative variances, and one that is given must not have them", {
  data <- withr::with_seed(5, data.frame(y = rbinom(50, 1, 0.5)))
  for (seed in 1:6) {
    few <- moe_control(seed = seed, threads = 1, starts = 5)
    fit <- quiet_moe(y ~ 1, data, k = 3, expert = expert_softplus(), control = few)
    foreign <- character()
    v <- withCallingHandlers(vcov(fit, "sandwich"), warning = function(w) {
      if (!inherits(w, "moe_warning")) foreign <<- c(foreign, conditionMessage(w))
      invokeRestart("muffleWarning")
    })
    expect_true(all(diag(v) > 0, na.rm = TRUE))
    expect_identical(foreign, character())
  }
  wrong <- vcov(the_fit("plain"))
  wrong[2, 2] <- -1
  expect_moe_error(tidy(the_fit("plain"), vcov = wrong), regexp = "negative variance")
})

test_that("models with fewer experts are fitted once, and saved with the fit", {
  fit <- moe(y ~ x, the_data(), k = 2, start = the_fit("plain"))
  expect_length(ls(fit$cache), 0)
  first <- vcov(fit)
  expect_identical(fit$cache$bic_of_fewer$value, bic_of_fewer(fit))
  # a value put there is taken, so nothing is fitted again
  kept <- fit$cache$bic_of_fewer
  fit$cache$bic_of_fewer$value <- -Inf
  expect_warning(vcov(fit), class = "moe_warning_overspecified", "BIC")
  fit$cache$bic_of_fewer <- kept
  path <- withr::local_tempfile()
  saveRDS(fit, path)
  expect_identical(readRDS(path)$cache$bic_of_fewer, kept)
  # another measure is another fit
  fit$cache$bic_of_fewer$value <- -Inf
  expect_identical(bic_of_fewer(fit), -Inf)
  fit$measure$b <- fit$measure$b + 1e-3
  expect_equal(bic_of_fewer(fit), kept$value, tolerance = 1e-4)
})

test_that("the sandwich is that of the package sandwich, weights that are counts are rows", {
  skip_if_not_installed("sandwich")
  data <- the_data()
  start <- the_fit("plain")
  for (w in list(rep(1, 300), rep(c(0.5, 1.2, 2), 100))) {
    fit <- moe(y ~ x, data, k = 2, weights = w, start = start)
    expect_equal(vcov(fit, "sandwich", adjust = FALSE), sandwich::sandwich(fit), tolerance = 1e-8)
  }
  w <- rep(c(0, 1, 3), 100)
  fit <- moe(y ~ x, data, k = 2, weights = w, start = start)
  repeated <- moe(y ~ x, data[rep(1:300, w), ], k = 2, start = start)
  expect_equal(vcov(fit, "sandwich"), vcov(repeated, "sandwich"), tolerance = 1e-5)
  line <- lm(y ~ x + f, data)
  expect_equal(
    vcov(the_fit("one"), "sandwich", adjust = FALSE)[1:4, 1:4], sandwich::sandwich(line), ignore_attr = TRUE,
    tolerance = 1e-8
  )
})

test_that("units and blocks do not show in the sandwich", {
  fit <- the_fit("plain")
  scaled <- scaled_fit(fit)
  for (type in c("sandwich", "outer")) {
    expect_equal(
      diag(vcov(scaled, type))[slopes], diag(vcov(fit, type))[slopes] * c(1e8, 1e14, 1e14)^2, tolerance = 1e-6
    )
  }
  units <- coef_units(fit)
  gram <- crossprod(fit$jacobian %*% diag(1 / units), score_products(fit)) %*% fit$jacobian %*% diag(1 / units)
  expect_equal(gram, crossprod(estfun.moe(fit)), tolerance = 1e-8, ignore_attr = TRUE)
})

test_that("what has no standard error has none in any type", {
  expect_warning(fit <- moe(y ~ x, separated_data(), k = 2, control = quick()), class = "moe_warning_separated_gate")
  for (type in vcov_types) {
    expect_warning(v <- vcov(fit, type), class = "moe_warning_separated_gate")
    expect_identical(unname(is.na(diag(v))), rep(c(TRUE, FALSE), c(2, 6)))
    expect_true(all(diag(v)[3:8] > 0))
  }
  # three rows cannot determine eight coefficients
  fit <- the_fit("plain")
  fit$model <- fit$model[1:3, ]
  expect_warning(v <- vcov(fit, "outer"), class = "moe_warning")
  expect_true(anyNA(v))
})

test_that("each call warns once, and a hint names the expert of the fit", {
  warned <- function(expr) {
    out <- list()
    withCallingHandlers(expr, warning = function(w) {
      out <<- c(out, list(w))
      rlang::cnd_muffle(w)
    })
    out
  }
  fit <- quiet_moe(y ~ x, separated_data(), k = 2, control = quick())
  squares <- quiet_moe(y ~ x, separated_data(), k = 2, method = "lse", control = quick())
  for (each in list(fit, squares)) {
    expect_length(warned(vcov(each)), 1)
    expect_length(warned(confint(each)), 1)
    expect_length(warned(tidy(each, conf.int = TRUE)), 1)
  }
  expect_length(warned(confint(fit, "expert1:x", method = "profile")), 1)
  hint <- function(expert) {
    singular <- the_fit("plain")
    singular$hessian[3:4, ] <- singular$hessian[, 3:4] <- 0
    singular$expert <- expert
    conditionMessage(warned(vcov(singular))[[1]])
  }
  expect_match(hint(expert_linear()), 'expert_linear(variance = "shared")', fixed = TRUE)
  expect_match(hint(expert_polynomial(2)), 'expert_polynomial(2, variance = "shared")', fixed = TRUE)
  expect_no_match(hint(expert_linear("shared")), "share the variance")
})
