test_that("errors carry both classes and the function the user typed", {
  typed <- function(x) moe_abort("{.arg x} is wrong.", class = "data")
  error <- rlang::catch_cnd(typed(1))
  expect_s3_class(error, c("moe_error_data", "moe_error", "rlang_error"), exact = FALSE)
  expect_identical(error$call, quote(typed(1)))
  expect_match(conditionMessage(error), "`x` is wrong", fixed = TRUE)
})

test_that("the subclass of an error is one of three", {
  expect_error(moe_abort("a", class = "other"))
  expect_identical(class(rlang::catch_cnd(moe_abort("a")))[1], "moe_error_input")
})

test_that("warnings and messages carry their classes", {
  expect_warning(moe_warn("a", class = "convergence"), class = "moe_warning_convergence")
  expect_warning(moe_warn("a", class = "convergence"), class = "moe_warning")
  expect_message(moe_inform("a", class = "dropped"), class = "moe_message_dropped")
  expect_message(moe_inform("a"), class = "moe_message")
})

test_that("braces in what the user gave are not markup", {
  found <- "{stop('no')}"
  expect_match(conditionMessage(rlang::catch_cnd(moe_abort("{found}"))), "{stop", fixed = TRUE)
})
