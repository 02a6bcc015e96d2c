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

test_that("sandwich covariances of weighted rows are those of repeated rows", {
  skip_if_not_installed("sandwich")
  data <- the_data()
  count <- rep(c(0, 1, 3), 100)
  start <- the_fit("plain")
  weighted <- moe(y ~ x, data, k = 2, weights = count, start = start)
  repeated <- moe(y ~ x, data[rep(1:300, count), ], k = 2, start = start)
  expect_identical(dim(sandwich::estfun(weighted)), dim(sandwich::estfun(repeated)))
  expect_equal(sandwich::sandwich(weighted), sandwich::sandwich(repeated), tolerance = 1e-6)
  # scaling sampling weights changes nothing
  half <- moe(y ~ x, data, k = 2, weights = count / 2.5, start = start)
  third <- moe(y ~ x, data, k = 2, weights = count / 7.5, start = start)
  expect_equal(sandwich::sandwich(half), sandwich::sandwich(third), tolerance = 1e-6)
  expect_lt(max(abs(colSums(sandwich::estfun(half)) * sqrt(diag(vcov(half))))), 1e-4)
})
