# MOERATE_TEST_LEVEL: quick (under a minute, the default), full (what CI runs), nightly (slopes and the like).
test_level <- match.arg(Sys.getenv("MOERATE_TEST_LEVEL", "quick"), c("quick", "full", "nightly"))

# First line of a test that is too slow for the levels below `level`.
skip_below <- function(level = c("full", "nightly")) {
  level <- match.arg(level)
  rank <- c(quick = 1, full = 2, nightly = 3)
  skip_if(rank[[test_level]] < rank[[level]], paste("needs MOERATE_TEST_LEVEL =", level))
}
