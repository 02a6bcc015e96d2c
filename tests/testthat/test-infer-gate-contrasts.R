three <- function() {
  measure <- moe_measure(c(0.5, 0, 0), c(-3, 3, 0), c(1, -1, 0), c(3, -3, 0), c(0.3, 0.4, 0.2))
  data <- rmoe(600, measure, design_uniform(-2, 2), seed = 3)
  list(data = data, fit = moe(y ~ x, data, k = 3, start = measure))
}

test_that("contrasts are coefficients of the fit whose reference is another expert", {
  m <- three()
  for (reference in 1:3) {
    order <- c(setdiff(1:3, reference), reference)
    turned <- moe(y ~ x, m$data, k = 3, start = permute_experts(m$fit$measure, order))
    table <- gate_contrasts(m$fit, reference)
    expect_equal(table$estimate, unname(coef(turned)[1:4]), tolerance = 1e-6)
    expect_equal(table$std.error, unname(sqrt(diag(vcov(turned)))[1:4]), tolerance = 1e-6)
    expect_equal(table$conf.low, unname(confint(turned)[1:4, 1]), tolerance = 1e-6)
    expect_identical(table$expert, rep(order[1:2], each = 2))
    printed <- coef(summary(m$fit, reference = reference))
    expect_equal(unname(printed[1:4, 1:2]), unname(coef(summary(turned))[1:4, 1:2]), tolerance = 1e-6)
    expect_equal(unname(printed[5:13, ]), unname(coef(summary(m$fit))[5:13, ]))
  }
  pairs <- gate_contrasts(m$fit)
  expect_identical(pairs[c("expert", "reference")], data.frame(
    expert = rep(c(1L, 1L, 2L), each = 2), reference = rep(c(2L, 3L, 3L), each = 2)
  ))
  expect_equal(gate_contrasts(m$fit, 3, vcov = "sandwich")$std.error, unname(sqrt(diag(vcov(m$fit, "sandwich")))[1:4]))
  expect_match(format(summary(m$fit, reference = 1)), "log-odds of expert 3 against expert 1", all = FALSE)
})

test_that("contrasts of fits with one expert, without errors, and of nothing", {
  expect_identical(nrow(gate_contrasts(the_fit("one"))), 0L)
  suppressWarnings(fit <- moe(y ~ x, separated_data(), k = 2, control = quick()))
  expect_warning(table <- gate_contrasts(fit), class = "moe_warning_separated_gate")
  expect_true(all(is.na(table$std.error)) && all(is.finite(table$estimate)))
  expect_moe_error(gate_contrasts(the_fit("plain"), 3))
  expect_moe_error(gate_contrasts(1))
  expect_moe_error(summary(the_fit("plain"), reference = 0))
})

test_that("contrasts after least squares have its standard errors and t quantiles", {
  fit <- moe(y ~ x, the_data(), k = 2, method = "lse", control = quick())
  table <- gate_contrasts(fit, 2)
  expect_equal(table$std.error, unname(sqrt(diag(vcov(fit)))[1:2]))
  expect_equal(table$conf.low, unname(confint(fit)[1:2, 1]))
  expect_equal(gate_contrasts(fit, 1)$estimate, -table$estimate)
  expect_moe_error(gate_contrasts(fit, vcov = "outer"), regexp = "expected")
})
