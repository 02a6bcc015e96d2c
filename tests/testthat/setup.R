# MOERATE_TEST_LEVEL: quick (the default), full (what CI runs), nightly (slopes, and every random case).
test_level <- match.arg(Sys.getenv("MOERATE_TEST_LEVEL", "quick"), c("quick", "full", "nightly"))

# First line of a test that is too slow for the levels below `level`.
skip_below <- function(level = c("full", "nightly")) {
  level <- match.arg(level)
  rank <- c(quick = 1, full = 2, nightly = 3)
  skip_if(rank[[test_level]] < rank[[level]], paste("needs MOERATE_TEST_LEVEL =", level))
}

# How many random cases: a fault that only a hundredth of them shows is left to the nights.
at_level <- function(quick, full = quick, nightly = full) {
  c(quick = quick, full = full, nightly = nightly)[[test_level]]
}
