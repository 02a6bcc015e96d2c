verdicts <- function(check) stats::setNames(check$table$verdict, check$table$check)

test_that("a right model passes, and says so", {
  fit <- moe(y ~ x, rmoe(500, truth_overlap(), seed = 1), k = 2, control = quick())
  check <- check_moe(fit, reps = 39, seed = 1)
  expect_identical(unname(verdicts(check)), rep("ok", 6))
  expect_match(format(check), "nothing speaks against", all = FALSE)
  expect_identical(check_moe(fit, reps = 39, seed = 1), check)
  expect_true(all(nchar(format(check)) <= 100))
})

test_that("what is wrong is found", {
  data <- rmoe(1000, truth_overlap(), seed = 1, labels = TRUE)
  three <- quiet_moe(y ~ x, data, k = 3, control = quick())
  check <- check_moe(three, reps = 39, seed = 1)
  expect_identical(verdicts(check)[["Experts"]], "problem")
  expect_match(format(check), "select_k", all = FALSE)
  expect_match(format(check), "not to be trusted", all = FALSE)
  m <- truth_overlap()$measure
  mean <- m$b[data$expert] + m$a[data$expert, 1] * data$x
  # a heavy tail
  heavy <- transform(data, y = mean + 0.3 * withr::with_seed(1, rt(1000, 2)))
  check <- check_moe(quiet_moe(y ~ x, heavy, k = 2, control = quick()), reps = 99, seed = 1)
  expect_identical(verdicts(check)[["Law"]], "problem")
  expect_identical(verdicts(check)[["Errors"]], "look")
  # a variance that depends on the covariate, one expert
  uneven <- withr::with_seed(1, data.frame(x = seq(0, 2, length.out = 400), e = rnorm(400)))
  uneven$y <- uneven$x + exp(uneven$x) * uneven$e
  check <- check_moe(moe(y ~ x, uneven, k = 1), reps = 99, seed = 1)
  expect_identical(verdicts(check)[["Calibration"]], "problem")
  # one row far from all others
  data$y[7] <- 40
  check <- check_moe(moe(y ~ x, data, k = 2, start = m), reps = 39, seed = 1)
  expect_identical(verdicts(check)[["Rows"]], "problem")
  expect_match(check$table$finding[5], "row 7")
  suppressWarnings(separated <- moe(y ~ x, separated_data(), k = 2, control = quick()))
  expect_identical(verdicts(check_moe(separated, reps = 39, seed = 1))[["Optimum"]], "look")
})

test_that("right models pass nearly always", {
  skip_below("nightly")
  p <- vapply(1:200, function(i) {
    fit <- moe(y ~ x, rmoe(300, truth_overlap(), seed = i), k = 2, start = truth_overlap()$measure)
    check_moe(fit, reps = 39, seed = i)$p.value
  }, numeric(3))
  for (test in rownames(p)) expect_gt(suppressWarnings(ks.test(p[test, ], "punif"))$p.value, 1e-3)
})

test_that("shares and distances are those of plain R", {
  fit <- the_fit("plain")
  r <- residuals(fit, "quantile")
  s <- law_statistics(fit$measure, fit_problem(fit))
  u <- sort(pnorm(r))
  i <- 1:300
  expect_equal(s$distance, -300 - mean((2 * i - 1) * (log(u) + log(1 - rev(u)))), tolerance = 1e-8)
  interval <- predict(fit, type = "interval", level = 0.8)
  inside <- the_data()$y >= interval[, "lwr"] & the_data()$y <= interval[, "upr"]
  shares <- s$calibration[s$calibration$level == 0.8, ]
  expect_equal(shares$share[shares$group == "all rows"], mean(inside))
  lowest <- rank(fitted(fit)) <= 75
  expect_equal(shares$share[shares$group == "lowest quarter"], mean(inside[lowest]))
  expect_equal(s$narrow, -min(s$calibration$z))
  expect_equal(s$wide, max(s$calibration$z))
  # intervals whose half width is multiplied by `width` hold their level of the normal law that has this share
  expect_equal(pnorm(qnorm((1 + shares$share) / 2) * shares$width), rep((1 + 0.8) / 2, 5), tolerance = 1e-12)
  expect_equal(residual_gap(data.frame(normal = c(-2, -1, 0, 1.5), residual = c(9, -1.2, 0, 1.6))), 0.2)
})

test_that("weights that are no counts leave out the samples; other things are refused", {
  start <- the_fit("plain")
  half <- moe(y ~ x, the_data(), k = 2, weights = rep(c(0.5, 1.2), 150), start = start)
  check <- check_moe(half, reps = 39, seed = 1)
  expect_identical(unname(verdicts(check)[3:4]), c("skipped", "skipped"))
  expect_s3_class(autoplot(check), "ggplot")
  expect_moe_error(check_moe(start, reps = 5))
  expect_moe_error(check_moe(lm(y ~ x, the_data())))
  class(start) <- c("moe_lse", "moe")
  expect_moe_error(check_moe(start), "unsupported")
})

test_that("the picture has four panels that draw, and each says what its axes are", {
  check <- check_moe(the_fit("plain"), reps = 39, seed = 1)
  drawn <- ggplot2::ggplot_build(autoplot(check))
  expect_identical(nrow(drawn$layout$layout), 4L)
  expect_match(as.character(drawn$layout$layout$panel), "\n.* against ")
  expect_warning(ggplot2::ggplotGrob(autoplot(check)), NA)
  expect_moe_error(autoplot(check, "optima"))
})

test_that("a verdict takes an effect of some size and a small p-value", {
  verdicts_of <- function(p, size, what) unname(mapply(verdict_of, p, size, what))
  expect_identical(
    verdicts_of(c(0.01, 0.011, 0.05, 0.051, 0.001, 0.001), c(0.25, 1, 0.1, 9, 0.24, 0.09), "law"),
    c("problem", "look", "look", "ok", "look", "ok")
  )
  expect_identical(
    verdicts_of(c(0.01, 0.01, 0.025, 0.026), c(1.25, 1.24, 1.1, 3), "narrow"), c("problem", "look", "look", "ok")
  )
  expect_identical(verdicts_of(c(0.001, 0.001, 0.026), c(5, 1.09, 5), "wide"), c("look", "ok", "ok"))
})

test_that("intervals that are too wide are to look at, those that are too narrow a problem", {
  law <- function(share, level = 0.9, n = 250) {
    z <- (share - level) / sqrt(level * (1 - level) / n)
    width <- qnorm((1 + level) / 2) / qnorm((1 + share) / 2)
    list(
      calibration = data.frame(group = c("all rows", "lowest quarter"), level, share = c(0.9, share), z = c(0, z), width),
      p.value = c(law = 0.5, narrow = if (share < level) 0.001 else 0.9, wide = if (share > level) 0.001 else 0.9)
    )
  }
  # what quakes, k = 3, has: cautious in a quarter of the rows
  over <- judge_calibration(law(0.964))
  expect_identical(over$verdict, "look")
  expect_match(over$finding, "Too wide.* 90 % intervals hold 96 % of the lowest quarter", perl = TRUE)
  under <- judge_calibration(law(0.8))
  expect_identical(under$verdict, "problem")
  expect_match(under$finding, "Too narrow.*hold 80 %")
  # as far from chance, and of no importance
  expect_identical(judge_calibration(law(0.89, n = 1e6))$verdict, "ok")
})

test_that("many residuals outside the band are said", {
  skip_if_not_installed("MASS")
  geyser <- transform(MASS::geyser, before = c(NA, head(duration, -1)))
  fit <- quiet_moe(waiting ~ before, geyser, k = 2, control = quick())
  check <- check_moe(fit, reps = 99, seed = 1)
  expect_identical(verdicts(check)[["Law"]], "look")
  expect_match(check$table$finding[check$table$check == "Law"], "^[12][0-9] % of the quantile residuals lie outside")
  expect_false(any(grepl("nothing speaks", format(check))))
})
