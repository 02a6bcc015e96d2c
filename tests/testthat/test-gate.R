test_that("the softmax gate prints its name", {
  expect_s3_class(gate_softmax(), "moe_gate_softmax")
  expect_identical(gate_softmax()$name, "softmax")
  expect_snapshot(gate_softmax())
})

test_that("check_gate() takes gates only", {
  expect_identical(check_gate(gate_softmax()), gate_softmax())
  expect_snapshot(check_gate("softmax"), error = TRUE)
  expect_moe_error(check_gate(expert_linear()))
})
