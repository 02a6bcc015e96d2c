# Responses that no normal law has, and models with more parameters than rows

data <- withr::with_seed(1, data.frame(x = rnorm(80), count = rpois(80, 2), binary = rep(0:1, 40)))

test_that("counts and two values are remarked on, measurements in whole numbers are not", {
  for (method in c("mle", "lse")) {
    expect_message(moe(count ~ x, data, 1, method = method, control = few()), "count.*0 to", class = "moe_message_count")
    expect_message(moe(binary ~ x, data, 1, method = method, control = few()), "two values", class = "moe_message_binary")
    expect_silent(moe(waiting ~ eruptions, faithful, 1, method = method, control = few(progress = FALSE)))
  }
})

test_that("more parameters than rows is a warning", {
  few_rows <- tryCatch(moe(x ~ count, data[c(1, 4, 7), ], 2, control = few()), moe_warning_few_rows = conditionMessage)
  expect_match(few_rows, "8 for 3")
  expect_no_warnings(moe(x ~ count, data, 1, control = few()))
})
