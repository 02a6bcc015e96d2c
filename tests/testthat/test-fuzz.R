# Random small data sets and formulas: a classed error, or a fit with finite numbers and a status word

test_that("nothing random breaks moe()", {
  skip_if_not_installed("splines")
  seeds <- seq_len(c(quick = 200, full = 2000, nightly = 2000)[[test_level]])
  complaints <- vapply(seeds, fuzz_run, "")
  bad <- which(nzchar(complaints))
  expect_identical(sprintf("seed %d: %s", seeds[bad], complaints[bad]), character())
})
