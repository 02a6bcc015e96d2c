# The door of columns: kinds, sizes and scales; right values where a double can hold them

lines <- crossing_lines(60)
refused <- function(object, class, regexp) expect_moe_error(object, class, regexp)

test_that("extreme units of x, y and weights change the units of the fit alone", {
  plain <- quiet_moe(y ~ x, lines, 2, control = few())
  for (scale in c(1e153, 1e100, 1e-100, 1e-140)) {
    scaled <- quiet_moe(y ~ x, transform(lines, x = x / 2 * scale), 2, control = few())
    expect_equal(scaled$loglik, plain$loglik, tolerance = 1e-10)
    expect_equal(fitted(scaled), fitted(plain), tolerance = 1e-8)
    expect_equal(scaled$measure$a / 2 * scale, plain$measure$a, tolerance = 1e-6)
    expect_identical(scaled$blueprint$dropped, plain$blueprint$dropped)
    # of the gate alone
    gate <- quiet_moe(y ~ 1 | x, transform(lines, x = x / 2 * scale), 2, control = few())
    expect_equal(gate$loglik, quiet_moe(y ~ 1 | x, lines, 2, control = few())$loglik, tolerance = 1e-10)
  }
  for (scale in c(1e100, 1e-100)) {
    scaled <- quiet_moe(y ~ x, transform(lines, y = y * scale), 2, control = few())
    expect_equal(scaled$loglik + 60 * log(scale), plain$loglik, tolerance = 1e-9)
    expect_equal(fitted(scaled) / scale, fitted(plain), tolerance = 1e-8)
  }
  for (scale in c(1e150, 1e10)) {
    scaled <- quiet_moe(y ~ x, lines, 2, weights = rep(scale, 60), control = few())
    expect_equal(scaled$loglik / scale, plain$loglik, tolerance = 1e-10)
    expect_equal(fitted(scaled), fitted(plain), tolerance = 1e-8)
  }
})

test_that("units whose squares are no doubles are refused by name", {
  for (scale in c(4e307, 1e200, 1e-200, 1e-310)) {
    data <- transform(lines, x = x / 2 * scale)
    refused(moe(y ~ x, data, 2), "data", "column x of the covariates.*scale")
    refused(moe(y ~ 1 | x, data, 2), "data", "column x of the gate covariates.*scale|column x of the covariates.*scale")
  }
  for (weight in c(1e308, 1e300, 1e-200)) refused(moe(y ~ x, lines, 2, weights = rep(weight, 60)), "input", "weights.*scale")
})

test_that("variables that no design can be made of are refused by name", {
  data <- lines
  data$r <- as.raw(1:60)
  data$c <- complex(60, 1:60, 1)
  data$m <- matrix(1:120, 60)
  refused(moe(y ~ r, data, 1), "data", "r.*raw")
  refused(moe(y ~ c, data, 1), "data", "c.*complex")
  refused(moe(y ~ (m > 0), data, 1), "data", "logical matrix")
})

test_that("the width of a design is that of model.matrix()", {
  data <- transform(mtcars, f = factor(cyl), g = factor(gear), s = as.character(carb), l = am > 0)
  data[["odd name"]] <- data$wt
  data$m <- as.matrix(data[c("wt", "hp")])
  for (formula in c(~1, ~wt, ~f, ~ f * g, ~ f:g, ~ s + l:f, ~ m * f, ~ poly(wt, 2):l, ~ `odd name` + f, ~ log(`odd name`))) {
    frame <- model.frame(formula, data)
    expect_equal(design_width(terms(formula), frame), ncol(model.matrix(formula, frame)) - 1, info = deparse(formula))
  }
})

test_that("a factor that numbers the rows is refused before a matrix is made of it", {
  data <- data.frame(f = factor(seq_len(4000)), y = rnorm(4000))
  refused(moe(y ~ f, data, 1), "data", "3999 columns \\(.* GB.*f has 4000 levels")
  refused(moe(y ~ 1 | f, data, 2), "data", "gate has too many columns")
  withr::local_options(moerate.max_parameters = 10)
  refused(moe(y ~ x, lines, 4), "data", "Found 18 for k = 4")
  expect_s3_class(quiet_moe(y ~ x, lines, 2, control = few()), "moe")
})

test_that("many columns: the rank of lm(), collinear ones included, without a decomposition where none is near", {
  withr::local_seed(3)
  x <- matrix(rnorm(400 * 90), 400)
  expect_identical(independent_columns(x, 1), 1:90)
  x[, 40] <- x[, 1] + x[, 2]
  expect_identical(independent_columns(x, 1), setdiff(1:90, 40L))
  # fewer rows than columns
  expect_identical(independent_columns(x[1:30, ], 1), 1:29)
})
