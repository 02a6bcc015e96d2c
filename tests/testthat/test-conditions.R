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

test_that("a message that cannot be formatted is signalled plainly, under its classes", {
  name <- "{stop('no')}"
  several <- c(2, 3)
  odd <- c("{.field {name}} has {several} row{?s}, {nowhere}.", i = "See {.fn moe}{cli::qty(2)}.")
  plain <- "{stop('no')} has 2, 3 rows, nowhere."
  signalled <- list(
    moe_error_data = rlang::catch_cnd(moe_abort(odd, class = "data")),
    moe_warning_convergence = rlang::catch_cnd(moe_warn(odd, class = "convergence")),
    moe_message_dropped = rlang::catch_cnd(moe_inform(odd, class = "dropped"))
  )
  for (class in names(signalled)) {
    cnd <- signalled[[class]]
    expect_s3_class(cnd, class)
    expect_match(conditionMessage(cnd), plain, fixed = TRUE)
    expect_match(conditionMessage(cnd), "See moe.", fixed = TRUE)
  }
})

test_that("the text of another condition is one line, without colours and not endless", {
  expect_identical(text_of(simpleError("a\n  {b}\t\033[31mc\033[39m")), "a {b} c")
  expect_identical(text_of("lat\xe9"), "lat<e9>")
  expect_identical(nchar(text_of(strrep("long ", 1e5))), 503L)
})
