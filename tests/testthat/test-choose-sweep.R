test_that("a fit is repeated with its own settings, and used as it is where it has that k", {
  data <- selection_data()
  data$w <- rep(c(1, 2), 150)
  choose <- function(inner) {
    fit <- quiet_moe(y ~ x | 1, inner, 2, weights = w, subset = x < 1.5, expert = expert_linear("shared"), control = quick())
    selection <- select_k(fit, criterion = c("bic", "cv"))
    list(fit = fit, selection = selection)
  }
  made <- choose(data)
  fits <- attr(made$selection, "fits")
  expect_named(fits, c("1", "2", "3"))
  expect_identical(fits[["2"]], made$fit)
  expect_identical(vapply(fits, nobs, 0), rep(nobs(made$fit), 3), ignore_attr = TRUE)
  expect_identical(fits[["3"]]$expert, expert_linear("shared"))
  expect_identical(fits[["3"]]$seed, made$fit$seed)
  three <- quiet_moe(y ~ x | 1, data, 3, weights = w, subset = x < 1.5, expert = expert_linear("shared"), control = quick())
  expect_same_fit(fits[["3"]], three)
  # other data or arguments: a new sweep
  other <- select_k(made$fit, data[1:100, ], k = 2, criterion = "bic", subset = NULL)
  expect_identical(nrow(attr(other, "fits")[["2"]]$model), 100L)
})

test_that("a fit of the sweep can be updated and says how it was made", {
  fit <- attr(the_selection(), "fits")[["2"]]
  expect_identical(fit$call$k, 2L)
  expect_identical(fit$call$data, quote(selection_data()))
  expect_s3_class(update(fit, k = 1), "moe")
})

test_that("a call that cannot be repeated is an error, not a table of failures", {
  elsewhere <- function() {
    inner <- selection_data()
    quiet_moe(y ~ x, inner, 2, control = quick())
  }
  expect_error(select_k(elsewhere(), criterion = "bic"), "inner")
})

test_that("a k that the data cannot bear is a row with its status", {
  # eighteen parameters for five experts
  data <- selection_data()[1:15, ]
  selection <- select_k(y ~ x, data, k = c(1, 5), criterion = "cv", method = "lse", folds = 3, control = quick())
  expect_identical(selection$status, c("converged", "error"))
  expect_identical(is.na(selection$value), c(FALSE, TRUE))
  expect_match(attr(selection, "messages")[["5"]], "as many rows as parameters")
  expect_match(capture.output(print(selection)), "k = 5", all = FALSE)
  expect_identical(chosen_k(selection), c(cv = 1L))
})
