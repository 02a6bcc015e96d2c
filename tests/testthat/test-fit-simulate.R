test_that("draws have the shape of simulate.lm()", {
  data <- the_data()
  fit <- the_fit("one")
  line <- lm(y ~ x + f, data)
  drawn <- simulate(fit, 3, seed = 4)
  expect_identical(attributes(drawn), attributes(simulate(line, 3, seed = 4)))
  set.seed(9)
  state <- .Random.seed
  free <- simulate(fit, 2)
  expect_identical(attr(free, "seed"), state)
  expect_false(identical(.Random.seed, state))
  set.seed(9)
  expect_identical(simulate(fit, 2), free)
  state <- .Random.seed
  expect_identical(simulate(fit, 3, seed = 4), drawn)
  expect_identical(.Random.seed, state)
})

test_that("draws come from the fitted law", {
  fit <- the_fit("plain")
  drawn <- simulate(fit, 200, seed = 1)
  p <- pmoe(unlist(drawn), rep(the_data()$x, 200), fit)
  expect_gt(ks.test(p, "punif")$p.value, 0.001)
  expect_equal(rowMeans(drawn), fitted(fit), tolerance = 0.1)
})

test_that("rows left out by na.exclude() are NA", {
  data <- the_data()
  data$x[2] <- NA
  drawn <- simulate(moe(y ~ x, data, k = 1, na.action = na.exclude), seed = 1)
  expect_identical(which(is.na(drawn$sim_1)), 2L)
  expect_identical(nrow(drawn), 300L)
})

test_that("wrong arguments are refused", {
  fit <- the_fit("one")
  expect_moe_error(simulate(fit, 0))
  expect_moe_error(simulate(fit, seed = "a"))
  expect_moe_error(simulate(fit, sd = 1))
})
