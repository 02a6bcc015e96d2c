test_that("linear experts have free or shared variances", {
  expect_identical(expert_linear()$variance, "free")
  expect_identical(expert_linear("shared")$variance, "shared")
  expect_s3_class(expert_linear(), c("moe_expert_linear", "moe_expert"), exact = TRUE)
  expect_snapshot(expert_linear("shared"))
  expect_snapshot(expert_linear("equal"), error = TRUE)
})

test_that("check_expert() takes experts only", {
  expect_identical(check_expert(expert_linear()), expert_linear())
  expect_snapshot(check_expert(expert_linear), error = TRUE)
})
