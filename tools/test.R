# Rscript tools/test.R FILE: the R tests on the installed package; FILE gets how many tests passed, failed, were skipped.
Sys.setenv(NOT_CRAN = "true", TESTTHAT_MAX_FAILS = "Inf")

results <- as.data.frame(testthat::test_dir(
  "tests/testthat",
  package = "moerate", load_package = "installed", reporter = "progress", stop_on_failure = FALSE
))
failed <- results$failed > 0 | results$error
skipped <- results$skipped & !failed
cat(sum(!failed & !skipped), sum(failed), sum(skipped), "\n", file = commandArgs(TRUE)[1])
