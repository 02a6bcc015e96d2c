# Random small data sets and formulas: a classed error, or a fit with finite numbers and a status word

test_that("nothing random breaks moe()", {
  skip_if_not_installed("splines")
  # Open: seed 839 can take over 5 s; 1078 and 1798, whose weights have zeros, end as "not_finite", which is no word of
  # the vocabulary. Until that is mended they run, and fail, at the nightly level only.
  seeds <- seq_len(c(quick = 200, full = 2000, nightly = 2000)[[test_level]])
  if (test_level != "nightly") seeds <- setdiff(seeds, c(839, 1078, 1798))
  complaints <- vapply(seeds, fuzz_run, "")
  bad <- which(nzchar(complaints))
  expect_identical(sprintf("seed %d: %s", seeds[bad], complaints[bad]), character())
})
