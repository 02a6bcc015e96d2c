test_that("experts have free or shared variances", {
  for (variance in c("free", "shared")) {
    for (expert in all_experts(variance)) expect_identical(expert$variance, variance)
  }
  expect_identical(expert_tanh()$variance, "free")
  expect_s3_class(expert_linear(), c("moe_expert_linear", "moe_expert"), exact = TRUE)
  expect_snapshot(expert_linear("equal"), error = TRUE)
  expect_moe_error(expert_feedforward(2, "tanh", "none"))
})

test_that("experts print their numbers", {
  expect_snapshot({
    expert_linear("shared")
    expert_polynomial(3)
    expert_feedforward(2, "gelu", "shared")
  })
})

test_that("degree, hidden units and activation are checked", {
  expect_identical(expert_polynomial(2)$degree, 2L)
  expect_identical(expert_feedforward(4)$activation, "sigmoid")
  expect_snapshot(error = TRUE, {
    expert_polynomial(0)
    expert_polynomial(1.5)
    expert_feedforward(0)
    expert_feedforward(c(2, 3))
    expert_feedforward(2, "logistic")
  })
  for (bad in list(-1, NA, Inf, "2", NULL, 1e6)) {
    expect_moe_error(expert_polynomial(bad))
    expect_moe_error(expert_feedforward(bad))
  }
})

test_that("every expert has its line in the table, and a name for each parameter", {
  for (expert in all_experts()) {
    expect_true(expert$name %in% names(expert_kinds))
    for (d in if (kind_of(expert)$covariates) 0:3 else 0) {
      names <- expert_terms(expert, covariate_names("x", d))
      size <- if (expert$name == "feedforward") expert$hidden * (d + 2) + 1 else d + 1
      expect_length(names, size)
      expect_false(anyDuplicated(names) > 0)
    }
  }
  expect_identical(expert_terms(expert_feedforward(2), c("age", "dose")), c(
    "c1", "W1.age", "W1.dose", "c2", "W2.age", "W2.dose", "v1", "v2", "u"
  ))
})

test_that("check_expert() takes experts only", {
  expect_identical(check_expert(expert_linear()), expert_linear())
  expect_snapshot(check_expert(expert_linear), error = TRUE)
})
