test_that("scores are gradients of the log-density and sum to zero", {
  skip_if_not_installed("sandwich")
  skip_if_not_installed("numDeriv")
  data <- the_data()
  for (name in c("plain", "gated", "one")) {
    fit <- the_fit(name)
    scores <- sandwich::estfun(fit)
    expect_identical(dimnames(scores), list(rownames(data), names(coef(fit))))
    unit <- sqrt(diag(vcov(fit)))
    expect_lt(max(abs(colSums(scores) * unit)), 1e-4)
    rows <- c(1, 100, 200)
    x <- model.matrix(fit, "experts")[rows, -1, drop = FALSE]
    z <- model.matrix(fit, "gate")[rows, -1, drop = FALSE]
    slopes <- numDeriv::jacobian(function(u) {
      log(ref_dmoe(data$y[rows], x, ref_measure(coef(fit) + unit * u, fit), z))
    }, 0 * unit)
    expect_equal(sweep(scores[rows, ], 2, unit, `*`), slopes, ignore_attr = TRUE, tolerance = 1e-6)
  }
})

test_that("sandwich covariances work, and agree with those of lm()", {
  skip_if_not_installed("sandwich")
  fit <- the_fit("one")
  line <- lm(y ~ x + f, the_data())
  expect_equal(sandwich::sandwich(fit)[1:4, 1:4], sandwich::sandwich(line), ignore_attr = TRUE, tolerance = 1e-6)
  id <- rep(1:50, 6)
  expect_equal(
    sandwich::vcovCL(fit, id, cadjust = FALSE)[1:4, 1:4], sandwich::vcovCL(line, id, cadjust = FALSE, type = "HC0"),
    ignore_attr = TRUE, tolerance = 1e-6
  )
  two <- the_fit("plain")
  robust <- sandwich::sandwich(two)
  expect_identical(dimnames(robust), dimnames(vcov(two)))
  # the model is true: both estimate the same
  expect_lt(max(abs(log(diag(robust) / diag(vcov(two))))), 1)
})

test_that("there is one row of scores per row of the data, with its weight, as lm() has it", {
  skip_if_not_installed("sandwich")
  data <- the_data()
  count <- rep(c(0, 1, 3), 100)
  start <- the_fit("plain")
  weighted <- moe(y ~ x, data, k = 2, weights = count, start = start)
  repeated <- moe(y ~ x, data[rep(1:300, count), ], k = 2, start = start)
  expect_identical(dim(sandwich::estfun(weighted)), c(300L, 8L))
  copies <- rowsum(sandwich::estfun(repeated), rep(1:300, count))
  expect_equal(sandwich::estfun(weighted)[count > 0, ], copies, tolerance = 1e-4, ignore_attr = TRUE)
  expect_true(all(sandwich::estfun(weighted)[count == 0, ] == 0))
  one <- moe(y ~ x + f, data, k = 1, weights = 0.5 + count)
  line <- lm(y ~ x + f, data, weights = 0.5 + count)
  expect_equal(sandwich::sandwich(one)[1:4, 1:4], sandwich::sandwich(line), ignore_attr = TRUE, tolerance = 1e-6)
  # clusters that hold all copies of a row
  id <- rep(1:50, each = 6)
  expect_equal(
    sandwich::vcovCL(weighted, id, cadjust = FALSE), sandwich::vcovCL(repeated, rep(id, count), cadjust = FALSE),
    tolerance = 1e-5
  )
  # 186 GB were asked for
  heavy <- moe(y ~ x, data, k = 1, weights = rep(1e9, 300))
  expect_identical(dim(sandwich::estfun(heavy)), c(300L, 3L))
  # scaling sampling weights changes nothing
  half <- moe(y ~ x, data, k = 2, weights = count / 2.5, start = start)
  third <- moe(y ~ x, data, k = 2, weights = count / 7.5, start = start)
  expect_equal(sandwich::sandwich(half), sandwich::sandwich(third), tolerance = 1e-6)
  expect_lt(max(abs(colSums(sandwich::estfun(half)) * sqrt(diag(vcov(half))))), 1e-4)
})

test_that("what the package sandwich cannot do is refused", {
  skip_if_not_installed("sandwich")
  expect_moe_error(sandwich::vcovHC(the_fit("plain")), "unsupported", "leverages")
  expect_moe_error(sandwich::vcovBS(the_fit("plain")), "unsupported", "moe_bootstrap")
})
