n <- c(100, 400, 1600, 6400)

test_that("a power law has its exponent, by every summary", {
  study <- made_study(outer(n^-0.4, rep(3, 5)), n)
  for (summary in c("geometric", "median", "mean")) {
    table <- rates(study, summary = summary)
    expect_equal(c(table$slope, table$conf.low, table$conf.high), rep(-0.4, 3))
  }
  expect_identical(names(table), c("k", "loss", "slope", "conf.low", "conf.high", "theory", "n_min", "n_max",
    "used", "unconverged", "last_slope", "curvature", "curved"))
  expect_identical(c(table$n_min, table$n_max), c(100, 6400))
  expect_identical(c(table$used, table$unconverged), c(20L, 0L))
  expect_identical(table$theory, -0.5)
})

noisy <- function(seed, reps = 30, slope = -0.5, sd = 0.4) {
  outer(n^slope, rep(1, reps)) * withr::with_seed(seed, exp(matrix(rnorm(4 * reps, sd = sd), 4)))
}

test_that("slopes and intervals are those of lm() and of a bootstrap by hand", {
  losses <- noisy(1)
  study <- made_study(losses, n)
  summaries <- list(geometric = function(v) exp(mean(log(v))), median = median, mean = mean)
  for (name in names(summaries)) {
    slope <- function(m) unname(coef(lm(log(apply(m, 1, summaries[[name]])) ~ log(n)))[2])
    table <- rates(study, summary = name, resamples = 99, level = 0.8)
    expect_equal(table$slope, slope(losses))
    draws <- lapply(n, function(n) matrix(floor(stream_uniform(30 * 99, 5, "bootstrap", n) * 30) + 1, 30))
    boot <- vapply(1:99, function(b) {
      slope(t(vapply(1:4, function(i) sort(losses[i, ])[draws[[i]][, b]], numeric(30))))
    }, 0)
    expect_equal(c(table$conf.low, table$conf.high), unname(quantile(boot, c(0.1, 0.9))))
  }
})

test_that("a bend is found, a line has none, and the last slope is that of the two largest n", {
  bent <- 10^(-0.5 * log10(n) - 0.2 * log10(n)^2)
  study <- made_study(bent * noisy(1, slope = 0, sd = 0.1), n)
  table <- rates(study)
  by_n <- log10(tapply(study$d1, study$n, function(v) exp(mean(log(v)))))
  expect_equal(table$curvature, unname(coef(lm(by_n ~ log10(n) + I(log10(n)^2)))[3]))
  expect_equal(table$last_slope, unname(diff(by_n[3:4]) / diff(log10(n[3:4]))))
  expect_lt(table$curved, 0.01)
  flat <- vapply(1:60, function(seed) rates(made_study(noisy(seed), n), resamples = 199)$curved, 0)
  expect_lt(mean(flat < 0.05), 0.2)
  expect_gt(mean(flat > 0.2), 0.5)
  expect_identical(rates(made_study(noisy(1)[1:2, ], n[1:2]))$curvature, NA_real_)
})

test_that("intervals cover the slope about as often as they say", {
  covered <- vapply(1:100, function(seed) {
    table <- rates(made_study(noisy(seed), n), resamples = 199)
    table$conf.low <= -0.5 && -0.5 <= table$conf.high
  }, NA)
  expect_gt(mean(covered), 0.85)
  expect_lt(mean(covered), 1)
})

test_that("rates are reproducible and draw nothing from R's generator", {
  study <- made_study(noisy(1), n)
  set.seed(1)
  before <- .Random.seed
  first <- rates(study)
  expect_identical(.Random.seed, before)
  expect_identical(rates(study), first)
})

test_that("small n can be dropped", {
  losses <- outer(n^-0.5, rep(1, 3))
  losses[1, ] <- 10
  table <- rates(made_study(losses, n), from = 400)
  expect_equal(table$slope, -0.5)
  expect_identical(c(table$n_min, table$n_max, table$used), c(400, 6400, 9))
})

test_that("unconverged rows are counted, and used when asked or under the published protocol", {
  losses <- outer(n^-0.5, rep(1, 3))
  losses[, 2] <- 5
  converged <- rep(c(TRUE, FALSE, TRUE), 4)
  study <- made_study(losses, n, converged = converged)
  table <- rates(study)
  expect_equal(table$slope, -0.5)
  expect_identical(c(table$used, table$unconverged), c(8L, 4L))
  all <- rates(study, converged = FALSE)
  expect_identical(c(all$used, all$unconverged), c(12L, 4L))
  expect_equal(all$slope, -0.5 * 2 / 3)
  published <- made_study(losses, n, converged = converged, protocol = "published")
  expect_equal(rates(published)$slope, all$slope)
})

test_that("what has no slope or no interval says NA", {
  one_n <- made_study(matrix(1, 1, 3), 100)
  expect_identical(rates(one_n)$slope, NA_real_)
  one_rep <- made_study(matrix(n^-0.5), n)
  expect_equal(rates(one_rep)$slope, -0.5)
  expect_identical(rates(one_rep)$conf.low, NA_real_)
  failed <- made_study(outer(n^-0.5, rep(1, 3)), n, converged = FALSE)
  expect_identical(rates(failed)$slope, NA_real_)
  expect_identical(c(rates(failed)$used, rates(failed)$unconverged), c(0L, 12L))
  zero <- outer(n^-0.5, rep(1, 3))
  zero[4, ] <- 0
  expect_equal(rates(made_study(zero, n))$slope, -0.5)
  expect_identical(rates(made_study(zero, n))$n_max, 1600)
})

test_that("parameters have rates of their own", {
  study <- small_study(k = 2:3)
  table <- rates(study)
  expect_true(all(c("d1", "hellinger", "b.single", "b.over") %in% table$loss))
  expect_identical(rates(study, c("b.over", "d2"))$loss, rep(c("b.over", "d2"), 2))
})

test_that("wrong arguments are named", {
  study <- made_study(noisy(1), n)
  expect_snapshot(error = TRUE, {
    rates(mtcars)
    rates(study, "d2")
    rates(study, 1)
    rates(study, from = "all")
    rates(study, summary = "mode")
    rates(study, converged = NA)
    rates(study, level = 95)
    rates(study, resamples = 0)
    theory(mtcars)
    theory(study, 2)
  })
  expect_identical(nrow(rates(study, from = 1e9)), 1L)
  expect_identical(rates(study, from = 1e9)$slope, NA_real_)
})

test_that("the theory is that of the theorems", {
  spec <- function(...) new_study_spec(truth_overlap(), n = 100, reps = 1, seed = 1, ...)
  slope <- function(name, k, ...) theory_rule(name, k, spec(k = k, ...))$slope
  expect_identical(slope("hellinger", 2), -0.5)
  expect_identical(slope("hellinger", 5), -0.5)
  expect_identical(slope("d1", 2), -0.5)
  expect_identical(slope("d1", 3), NA_real_)
  expect_identical(slope("d2", 3), -0.5)
  # k >= 2k*: the atoms are not identified
  expect_identical(slope("d2", 4), NA_real_)
  expect_identical(slope("b.over", 4), NA_real_)
  over <- c(
    beta1.over = -1 / 4, b.over = -1 / 8, a.over = -1 / 4, sigma2.over = -1 / 4, weight.over = -1 / 2,
    b.single = -1 / 2, d2 = -1 / 2, d2_sharp = -1 / 2, dfra = -1 / 2
  )
  expect_identical(vapply(names(over), slope, 0, k = 3), over)
  three <- moe_measure(c(0, 0, 0), c(2, 0, -2), c(1, -1, 2), c(2, -2, 0), c(1, 1, 1))
  wide <- new_study_spec(three, 5, 100, 1, design = design_uniform(-2, 2), seed = 1)
  expect_identical(theory_rule("b.over", 5, wide)$slope, -1 / 12)
  # only b and sigma2 slow down with the number of atoms that share a true one
  expect_identical(theory_rule("sigma2.over", 5, wide)$slope, -1 / 6)
  expect_identical(theory_rule("a.over", 5, wide)$slope, -1 / 4)
  expect_identical(theory_rule("beta1.over", 5, wide)$slope, -1 / 4)
  expect_identical(slope("d1", 1), 0)
  expect_identical(slope("b.single", 1), NA_real_)
  expect_identical(slope("d2", 3, expert = expert_linear("shared")), NA_real_)
  bare <- moe_measure(c(0, 0), c(2, 0), c(1, -1), c(2, -2))
  least <- new_study_spec(bare, 2, 100, 1, design = design_uniform(-2, 2), noise = 1, seed = 1)
  expect_identical(theory_rule("l2", 2, least)$slope, NA_real_)
  table <- theory(made_study(noisy(1), n))
  expect_identical(names(table), c("k", "loss", "slope", "statement", "source"))
})
