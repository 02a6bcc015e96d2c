new_data <- function() {
  data.frame(x = c(-1.5, -0.2, 0.3, 1.9), z = c(0, 1, -1, 0.5), f = c("a", "c", "b", "a"), y = c(0, 1, 2, 4))
}

# designs of new_data() for the fit "gated", written out
new_x <- function() with(new_data(), cbind(x, f == "b", f == "c"))
new_z <- function() with(new_data(), cbind(x, z))

test_that("all types equal the plain ones", {
  fit <- the_fit("gated")
  m <- fit$measure
  new <- new_data()
  parts <- ref_components(m, new_x(), new_z())
  tau <- ref_posterior(new$y, new_x(), m, new_z())
  plain <- function(...) unname(predict(fit, new, ...))
  expect_equal(plain(), ref_regression(m, new_x(), new_z()))
  expect_equal(plain("expert"), parts$mean)
  expect_equal(plain("gate"), exp(parts$log_gate))
  expect_equal(plain("posterior"), tau)
  expect_equal(plain("class"), apply(tau, 1, which.max))
  expect_equal(unname(predict(fit, new[1:3], "class")), apply(parts$log_gate, 1, which.max))
  expect_equal(plain("density"), ref_dmoe(new$y, new_x(), m, new_z()))
  expect_equal(plain("density", log = TRUE), log(ref_dmoe(new$y, new_x(), m, new_z())))
  quantiles <- plain("quantile", probs = c(0.1, 0.5))
  for (j in 1:2) expect_equal(ref_pmoe(quantiles[, j], new_x(), m, new_z()), rep(c(0.1, 0.5)[j], 4))
  interval <- plain("interval", level = 0.8)
  expect_equal(interval[, 1], plain())
  expect_equal(ref_pmoe(interval[, 2], new_x(), m, new_z()), rep(0.1, 4))
  expect_equal(ref_pmoe(interval[, 3], new_x(), m, new_z()), rep(0.9, 4))
})

test_that("shapes and names are documented ones, for any number of rows", {
  fit <- the_fit("gated")
  for (rows in list(1:4, 2, integer())) {
    new <- new_data()[rows, ]
    rownames(new) <- letters[rows]
    for (type in c("response", "class", "density")) {
      expect_identical(names(predict(fit, new, type)), if (length(rows)) letters[rows] else character(), info = type)
    }
    for (type in c("expert", "gate", "posterior")) {
      expect_identical(dim(predict(fit, new, type)), c(length(rows), 2L))
      expect_identical(colnames(predict(fit, new, type)), c("expert1", "expert2"))
    }
    expect_identical(colnames(predict(fit, new, "quantile", probs = c(0.025, 1 / 3))), c("2.5%", "33.33333%"))
    expect_identical(dim(predict(fit, new, "quantile", probs = 0.5)), c(length(rows), 1L))
    expect_identical(colnames(predict(fit, new, "interval")), c("fit", "lwr", "upr"))
  }
  expect_type(predict(fit, new_data(), "class"), "integer")
  expect_identical(rownames(predict(fit, new_data(), "gate")), as.character(1:4))
})

test_that("the data of the fit as new data give what the fit gives", {
  data <- the_data()
  for (name in c("plain", "gated", "one")) {
    fit <- the_fit(name)
    for (type in prediction_types) expect_equal(predict(fit, data, type), predict(fit, type = type), info = type)
  }
})

test_that("probabilities sum to one, intervals cover, quantiles invert pmoe()", {
  fit <- the_fit("plain")
  data <- rmoe(2000, fit, design_uniform(c(x = -2), 2), seed = 5)
  expect_equal(rowSums(predict(fit, data, "posterior")), rep(1, 2000), ignore_attr = TRUE)
  expect_equal(rowSums(predict(fit, data, "gate")), rep(1, 2000), ignore_attr = TRUE)
  interval <- predict(fit, data, "interval", level = 0.9)
  inside <- mean(interval[, "lwr"] <= data$y & data$y <= interval[, "upr"])
  expect_lt(abs(inside - 0.9), 4 * sqrt(0.09 / 2000))
  y <- predict(fit, data, "quantile", probs = c(0, 1e-10, 0.3, 1))
  expect_true(all(y[, 1] == -Inf & y[, 4] == Inf))
  expect_equal(pmoe(y[, 3], data$x, fit), rep(0.3, 2000))
  expect_equal(pmoe(y[, 2], data$x, fit), rep(1e-10, 2000))
  # posterior probabilities average to the gate's over y
  expect_equal(colMeans(predict(fit, data, "posterior")), colMeans(predict(fit, data, "gate")), tolerance = 0.03)
})

test_that("rows with missing values are kept, as NA", {
  fit <- the_fit("gated")
  new <- new_data()[c(1, 1:4), ]
  new$x[2] <- NA
  new$f[3] <- NA
  new$z[4] <- NaN
  new$y[5] <- NA
  for (type in c("response", "expert", "gate", "quantile", "interval")) {
    value <- as.matrix(predict(fit, new, type))
    expect_identical(unname(rowSums(is.na(value)) > 0), c(FALSE, TRUE, TRUE, TRUE, FALSE), info = type)
    expect_identical(unname(rowSums(is.na(value)) == ncol(value)), c(FALSE, TRUE, TRUE, TRUE, FALSE), info = type)
  }
  for (type in c("posterior", "density", "class")) {
    value <- as.matrix(predict(fit, new, type))
    expect_identical(unname(rowSums(is.na(value)) == ncol(value)), c(FALSE, TRUE, TRUE, TRUE, TRUE), info = type)
  }
  expect_equal(predict(fit, new)[[5]], predict(fit, new_data())[[4]])
})

test_that("poly(), ns() and transformed responses predict as they were fitted", {
  data <- the_data()
  skip_if_not_installed("splines")
  fits <- list(
    moe(y ~ poly(x, 2) | z, data, k = 2, control = quick()),
    moe(y ~ splines::ns(x, 3) | poly(x, 2, raw = TRUE), data, k = 2, control = quick()),
    moe(y ~ I(x^2) + x:z + scale(z) | f, data, k = 2, control = quick()),
    moe(exp(y / 3) ~ log(x + 3), data, k = 2, control = quick())
  )
  rows <- c(250, 3, 77, 12, 199)
  for (fit in fits) {
    for (type in prediction_types) {
      all <- predict(fit, type = type)
      some <- predict(fit, data[rows, ], type)
      expect_equal(some, if (is.matrix(all)) all[rows, , drop = FALSE] else all[rows], info = deparse(fit$call))
    }
  }
  # no rows, no values; an infinite one is named
  for (fit in fits) expect_length(predict(fit, data[0, ]), 0)
  expect_identical(dim(predict(fits[[2]], data[0, ], "interval")), c(0L, 3L))
  for (fit in fits[1:3]) expect_moe_error(predict(fit, transform(data, x = Inf)), regexp = "newdata\\$x")
  # a column without values
  expect_true(all(is.na(predict(fits[[2]], transform(data[rows, ], x = NA_real_)))))
  expect_true(all(is.na(predict(the_fit("plain"), data.frame(x = c(NA, NA))))))
  # a missing value does not reach the other rows
  data$x[3] <- NA
  some <- predict(fits[[2]], data[rows, ])
  expect_identical(unname(is.na(some)), rows == 3)
  expect_equal(some[-2], predict(fits[[2]])[rows[-2]])
})

test_that("a response may use a constant from outside, but is never taken from there", {
  data <- the_data()
  power <- 2
  y <- data$y
  fit <- moe(I(y^power) ~ x, data, k = 1)
  expect_equal(predict(fit, data[1:3, ], "density"), predict(fit, type = "density")[1:3])
  expect_moe_error(predict(fit, data[1:3, "x", drop = FALSE], "density"), regexp = "response")
  expect_moe_error(predict(the_fit("plain"), data["x"], "posterior"), regexp = "lacks the response")
  expect_identical(unname(predict(the_fit("plain"), data.frame(x = c(-2, 2)), "class")), order(c(
    predict(the_fit("plain"), data.frame(x = -2), "gate") %*% 1:2, predict(the_fit("plain"), data.frame(x = 2), "gate") %*% 1:2
  )))
})

test_that("new data that do not fit are refused", {
  fit <- the_fit("gated")
  new <- new_data()
  expect_moe_error(predict(fit, new[c("x", "f")]), regexp = "z")
  expect_moe_error(predict(fit, transform(new, f = "unseen")), regexp = "unseen")
  expect_moe_error(predict(fit, transform(new, x = Inf)), regexp = "finite")
  expect_moe_error(predict(fit, transform(new, y = -Inf), "density"), regexp = "finite")
  expect_moe_error(predict(fit, transform(new, y = "a"), "density"), regexp = "numeric")
  expect_moe_error(predict(fit, transform(new, z = "1")), regexp = "character, not numeric")
  expect_moe_error(predict(fit, transform(new, z = z > 0)), regexp = "logical, not numeric")
  expect_moe_error(predict(fit, transform(new, f = 1)), regexp = "f")
  expect_moe_error(predict(fit, as.list(new)))
  expect_moe_error(predict(fit, as.matrix(new[1:2])))
})

test_that("wrong arguments are refused", {
  fit <- the_fit("plain")
  expect_moe_error(predict(fit, type = "link"))
  expect_moe_error(predict(fit, type = "quantile", probs = c(0.5, 1.1)))
  expect_moe_error(predict(fit, type = "quantile", probs = "a"))
  expect_moe_error(predict(fit, type = "interval", level = 95))
  expect_moe_error(predict(fit, sd = TRUE), regexp = "se.fit")
  expect_moe_error(predict(fit, type = "density", log = NA))
  expect_snapshot(error = TRUE, {
    predict(fit, data.frame(z = 1))
    predict(fit, data.frame(x = 1), type = "density")
    predict(fit, data.frame(x = 1), "response", sd = TRUE)
  })
})

test_that("responses far out still belong to an expert", {
  fit <- the_fit("plain")
  new <- data.frame(x = 0, y = c(1e4, -1e100, 1e200, -1e300))
  tau <- predict(fit, new, "posterior")
  expect_equal(unname(rowSums(tau)), rep(1, 4))
  # the expert with the larger variance has the heavier tails
  expect_identical(unname(predict(fit, new, "class")[2:4]), rep(which.max(fit$measure$sigma2), 3))
})

test_that("blocks do not show", {
  fit <- the_fit("gated")
  rows <- data_rows(fit)
  # not identical: exp() of a vector register and that of the remainder of a block differ in the last bit
  for (type in c("response", "gate")) {
    kind <- if (type == "gate") function(parts, y) exp(parts$log_gate) else function(parts, y) mixture_mean(parts)
    expect_equal(by_blocks(fit$measure, rows, kind, size = 7), by_blocks(fit$measure, rows, kind), tolerance = 1e-13)
  }
})
