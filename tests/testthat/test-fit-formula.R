# From formulas and data to designs, and the same designs from new data

design_of <- function(fit) list(x = fit_x(fit), z = fit_z(fit))
lm_matrix <- function(formula, data) {
  m <- model.matrix(formula, data)
  m <- m[, colnames(m) != "(Intercept)", drop = FALSE]
  attributes(m) <- list(dim = dim(m), dimnames = list(NULL, colnames(m)))
  m
}
cars <- transform(mtcars, cyl = factor(cyl), am = am == 1, gear = ordered(gear), name = rep(c("u", "v", "w", "x"), 8))
fit1 <- function(formula, data = cars, ...) {
  more <- as.list(substitute(list(...)))[-1]
  quiet(eval(as.call(c(list(quote(moe), formula, data, 1), more)), parent.frame()))
}

test_that("designs are those of lm()", {
  skip_if_not_installed("splines")
  for (formula in c(
    mpg ~ wt, mpg ~ wt + cyl, mpg ~ cyl * wt, mpg ~ poly(wt, 3), mpg ~ splines::ns(wt, 3), mpg ~ name, mpg ~ am, mpg ~ gear,
    mpg ~ log(wt) + I(hp^2), mpg ~ wt:cyl, mpg ~ 1, mpg ~ scale(wt), mpg ~ poly(wt, hp, degree = 2), mpg ~ (wt + hp + qsec)^2
  )) {
    fit <- fit1(formula)
    wanted <- lm_matrix(formula, cars)
    expect_equal(fit_x(fit), wanted, ignore_attr = ncol(wanted) == 0, info = format(formula))
    expect_identical(fit_z(fit), fit_x(fit))
    expect_identical(colnames(fit$measure$a), colnames(wanted))
    expect_equal(fit$loglik, as.numeric(logLik(lm(formula, cars))), tolerance = 1e-8, info = format(formula))
  }
})

test_that("the gate has covariates of its own", {
  fit <- quiet_moe(mpg ~ wt | cyl + hp, cars, 2, control = few())
  expect_equal(fit_x(fit), lm_matrix(~wt, cars))
  expect_equal(fit_z(fit), lm_matrix(~ cyl + hp, cars))
  expect_identical(colnames(fit$measure$beta1), c("cyl6", "cyl8", "hp"))
  same <- quiet_moe(mpg ~ wt | wt, cars, 2, control = few())
  expect_true(same$blueprint$same)
  expect_equal(same$loglik, quiet_moe(mpg ~ wt, cars, 2, control = few())$loglik)
  expect_identical(ncol(fit_z(quiet_moe(mpg ~ wt | 1, cars, 2, control = few()))), 0L)
})

test_that("a dot is all other columns, without weights if they are not among them", {
  data <- cars[c("mpg", "wt", "hp")]
  expect_identical(colnames(fit1(mpg ~ ., data)$measure$a), c("wt", "hp"))
  fit <- quiet_moe(mpg ~ . | wt, data, 2, control = few())
  expect_identical(colnames(fit$measure$a), c("wt", "hp"))
  expect_identical(colnames(fit$measure$beta1), "wt")
  expect_identical(colnames(fit1(mpg ~ . - hp, data)$measure$a), "wt")
})

test_that("variables come from data, then from where the formula was written", {
  outside <- cars$hp
  expect_equal(fit1(mpg ~ wt + outside)$loglik, as.numeric(logLik(lm(mpg ~ wt + hp, cars))))
  y <- cars$mpg
  x <- cars$wt
  expect_equal(moe(y ~ x, k = 1)$loglik, as.numeric(logLik(lm(mpg ~ wt, cars))))
  within <- function(data) {
    w <- seq_len(32)
    quiet_moe(mpg ~ wt, data, 1, weights = w)
  }
  expect_equal(within(cars)$nobs, sum(1:32))
  wrapper <- function(f) quiet_moe(f, cars, 1, subset = cyl == 4)
  expect_equal(nrow(wrapper(mpg ~ wt)$model), sum(cars$cyl == 4))
  expect_equal(fit1(mpg ~ wt, as.list(cars))$loglik, fit1(mpg ~ wt)$loglik)
})

test_that("subset and na.action are as in lm()", {
  data <- cars
  data$wt[3] <- NA
  fit <- fit1(mpg ~ wt, data, subset = hp > 100)
  line <- lm(mpg ~ wt, data, subset = hp > 100)
  expect_equal(fit$loglik, as.numeric(logLik(line)))
  expect_identical(rownames(fit$model), rownames(model.frame(line)))
  expect_identical(names(fit$na.action), names(line$na.action))
  # levels that the subset leaves empty are dropped
  expect_identical(colnames(fit1(mpg ~ cyl, subset = cyl != 6)$measure$a), "cyl8")
})

test_that("new data have the columns of the old, whatever they hold", {
  skip_if_not_installed("splines")
  for (formula in c(mpg ~ poly(wt, 2) + cyl, mpg ~ splines::ns(wt, 3) | cyl * hp, mpg ~ scale(wt) + name, mpg ~ am | gear)) {
    fit <- quiet_moe(formula, cars, 1, control = few())
    all_rows <- new_design(fit, cars)
    expect_equal(all_rows, design_of(fit), ignore_attr = TRUE, info = format(formula))
    for (row in c(1, 17)) {
      one <- new_design(fit, cars[row, ])
      expect_equal(one$x[1, ], all_rows$x[row, ], info = format(formula))
      expect_equal(one$z[1, ], all_rows$z[row, ], info = format(formula))
    }
  }
  fit <- fit1(mpg ~ wt + cyl)
  holes <- cars[1:3, ]
  holes$wt[2] <- NA
  holes$cyl[3] <- NA
  expect_identical(unname(is.na(rowSums(new_design(fit, holes)$x))), c(FALSE, TRUE, TRUE))
  expect_identical(nrow(new_design(fit, cars[0, ])$x), 0L)
  expect_equal(new_design(fit, transform(cars, cyl = as.character(cyl)))$x, fit_x(fit), ignore_attr = TRUE)
  expect_identical(new_design(fit, NULL), design_of(fit))
})

test_that("new data without a column, with a new level, or of another type are refused by name", {
  fit <- fit1(mpg ~ wt + cyl)
  expect_moe_error(new_design(fit, cars["cyl"]), "input", "newdata.*wt")
  expect_moe_error(new_design(fit, data.frame()), "input", "newdata.*wt.*cyl")
  expect_moe_error(new_design(fit, data.frame(wt = 3, cyl = "5")), "input", "newdata.*(new level|cyl)")
  expect_moe_error(new_design(fit, data.frame(wt = "a", cyl = "4")), "input", "newdata")
  expect_moe_error(new_design(fit, as.matrix(mtcars)), "input", "newdata")
  expect_moe_error(new_design(fit, 3), "input", "newdata")
  # a variable of the same name elsewhere does not stand in for a column
  wt <- cars$wt
  expect_moe_error(new_design(fit, data.frame(cyl = "4")), "input", "newdata.*wt")
})

test_that("dropped columns stay dropped in new data", {
  data <- transform(cars, twice = 2 * wt, one = 1)
  fit <- quiet_moe(mpg ~ wt + twice + one + hp, data, 1)
  expect_identical(fit$blueprint$dropped, c("twice", "one"))
  expect_identical(colnames(new_design(fit, data[1:2, ])$x), c("wt", "hp"))
})

test_that("contrasts in use at the time of the fit are kept", {
  fit <- withr::with_options(list(contrasts = c("contr.sum", "contr.poly")), fit1(mpg ~ cyl))
  expect_equal(new_design(fit, cars)$x, fit_x(fit), ignore_attr = TRUE)
  expect_equal(unname(new_design(fit, data.frame(cyl = "8"))$x[1, ]), c(-1, -1))
})

test_that("formulas that are none, or that moe() cannot fit, are refused", {
  expect_moe_error(moe(mpg ~ wt | hp | qsec, cars, 2), "input", "formula.*right-hand sides")
  expect_moe_error(moe(mpg | hp ~ wt, cars, 2), "input", "formula.*response")
  expect_moe_error(moe(5, cars, 2), "input", "formula")
  expect_moe_error(moe(mpg ~ wt - 1, cars, 2), "unsupported", "intercept")
  expect_moe_error(moe(mpg ~ wt | 0 + hp, cars, 2), "unsupported", "intercept.*gate")
  expect_moe_error(moe(mpg ~ wt + offset(hp), cars, 2), "unsupported", "offset")
  expect_moe_error(moe(mpg ~ wt | offset(hp), cars, 2), "unsupported", "offset")
  expect_moe_error(moe(mpg ~ absent, cars, 2), "input", "absent")
  expect_moe_error(moe(mpg ~ poly(wt, 40), cars, 2), "input", "formula")
  expect_moe_error(moe(mpg ~ wt, cars, 2, subset = absent > 1), "input", "absent")
  expect_moe_error(moe(mpg ~ wt, cars, 2, weights = absent), "input", "absent")
  expect_moe_error(moe(mpg ~ wt, cars, 2, subset = FALSE), "data", "no rows")
})
