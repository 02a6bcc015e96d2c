test_that("the picture of a fit has data, experts, f with its band, and the gate", {
  fit <- the_lse("tanh")
  picture <- autoplot(fit, level = 0.8)
  built <- ggplot2::ggplot_build(picture)
  layers <- lapply(picture$layers, function(l) class(l$geom)[1])
  expect_identical(unlist(layers), c("GeomPoint", "GeomRibbon", "GeomLine", "GeomLine", "GeomArea"))
  ribbon <- picture$layers[[2]]$data
  expected <- predict(fit, data.frame(x = ribbon$x), "interval", level = 0.8)
  expect_equal(ribbon$lwr, unname(expected[, "lwr"]))
  expect_equal(picture$layers[[4]]$data$fit, unname(expected[, "fit"]))
  gate <- picture$layers[[5]]$data
  expect_equal(gate$probability[gate$expert == 1], unname(predict(fit, data.frame(x = gate$x[gate$expert == 1]), "gate")[, 1]))
  expect_identical(nrow(built$layout$layout), 2L)
})

test_that("pictures of levels, weights, one expert, and without a band", {
  data <- the_data()
  with_levels <- moe(y ~ x + f, data, k = 1, method = "lse", weights = rep(1:2, 150), control = quick())
  flat <- quiet_moe(y ~ x | 1, data, k = 2, method = "lse", control = quick())
  pictures <- list(
    autoplot(with_levels), autoplot(with_levels, covariate = "f"), autoplot(flat), autoplot(the_lse("tanh"), "gate"),
    autoplot(the_lse("tanh"), "residuals"), autoplot(the_lse("tanh"), "residuals", covariate = "x"), autoplot(the_lse("network"))
  )
  for (picture in pictures) expect_silent(ggplot2::ggplot_build(picture))
  expect_match(pictures[[5]]$labels$y, "sigma")
  data <- the_lse("tanh")$model
  traced <- moe(y ~ x, data, k = 2, expert = expert_tanh(), method = "lse", control = quick(trace = TRUE))
  expect_match(autoplot(traced, "trace")$labels$y, "RSS")
})

test_that("without covariates there is no picture of f", {
  data <- the_data()
  fit <- quiet_moe(y ~ 1, data, k = 1, method = "lse", control = quick())
  expect_moe_error(autoplot(fit), "unsupported")
})
