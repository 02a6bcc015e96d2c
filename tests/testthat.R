library(testthat)
library(moerate)

test_check("moerate")
