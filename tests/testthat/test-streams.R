test_that("a stream is a function of seed, purpose and index", {
  draws <- stream_uniform(5, 1, "design", 2)
  expect_identical(stream_uniform(5, 1, "design", 2), draws)
  expect_false(any(stream_uniform(5, 2, "design", 2) == draws))
  expect_false(any(stream_uniform(5, 1, "label", 2) == draws))
  expect_false(any(stream_uniform(5, 1, "design", 3) == draws))
  expect_false(any(stream_uniform(5, 1, "design", c(2, 1)) == draws))
  expect_identical(stream_uniform(5, 1, "design", c(2, 0)), draws)
})

test_that("a longer draw begins with the shorter one", {
  expect_identical(stream_uniform(1000, 1, "user")[1:10], stream_uniform(10, 1, "user"))
  expect_identical(stream_normal(1000, 1, "user")[1:10], stream_normal(10, 1, "user"))
  expect_identical(stream_sample(1000, 500, 1, "user")[1:10], stream_sample(1000, 10, 1, "user"))
})

test_that("streams leave R's generator alone", {
  set.seed(1)
  state <- .Random.seed
  stream_normal(100, 1, "response")
  expect_identical(.Random.seed, state)
})

test_that("draws have the stated laws", {
  u <- stream_uniform(1e5, 3, "user")
  expect_gt(ks.test(u, "punif")$p.value, 1e-4)
  expect_true(all(u >= 0 & u < 1))
  z <- stream_normal(1e5, 3, "user")
  expect_gt(ks.test(z, "pnorm")$p.value, 1e-4)
  expect_lt(abs(cor(u, z)), 5 / sqrt(1e5))
  expect_setequal(stream_sample(100, seed = 1, purpose = "user"), 1:100)
  # streams that differ in one word of the key are unrelated
  expect_lt(abs(cor(z, stream_normal(1e5, 4, "user"))), 5 / sqrt(1e5))
  expect_lt(abs(cor(z, stream_normal(1e5, 3, "noise"))), 5 / sqrt(1e5))
})

test_that("stored values do not move", {
  # a change here changes every stored simulation
  expect_snapshot({
    sprintf("%.17g", stream_uniform(3, 1, "design", c(10, 2)))
    sprintf("%.15g", stream_normal(3, 1, "design", c(10, 2)))
  })
})

test_that("large seeds and no draws are fine", {
  expect_length(stream_uniform(0, 1, "user"), 0)
  expect_false(stream_uniform(1, 2^53, "user") == stream_uniform(1, 2^53 - 1, "user"))
  expect_error(stream_uniform(1, 1, "nothing"))
})
