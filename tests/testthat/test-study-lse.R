lse_spec <- function(truth = tanh_pair(), design = design_uniform(-3, 3), noise = 0.1, seed = 4, ...) {
  new_study_spec(truth, k = 2:3, n = c(200, 400), reps = 2, design = design, noise = noise, seed = seed, method = "lse", ...)
}

study_estimate <- function(row, spec) {
  theta_measure(
    row$estimate[[1]], study_model(row$k, spec), spec$expert, spec$truth$gate, expert_covariates(spec$truth),
    colnames(spec$truth$beta1)
  )
}

test_that("a cell is what moe() finds from the same starts, on the same data", {
  specs <- list(
    lse_spec(), lse_spec(truth_overlap()$measure, design_uniform(-2, 2), NULL),
    lse_spec(moe_measure(c(0, 0), c(2, 0), eta = rbind(c(0.5, 2, 1, 0), c(-1, 1, -2, 1)), expert = expert_feedforward(1, "tanh")))
  )
  for (spec in specs) {
    cells <- study_grid(spec)[c(1, 8), ]
    rows <- study_cells(spec, cells)
    for (i in 1:2) {
      row <- rows[i, ]
      data <- draw_moe(row$n, spec$truth, spec$design, spec$noise, spec$seed, index = c(row$n, row$replicate))
      starts <- cell_starts(spec, row$k, row$n, row$replicate)
      model <- study_model(row$k, spec)
      start <- lapply(1:5, function(s) theta_measure(starts[, s], model, spec$expert, spec$truth$gate, "x", "x"))
      fit <- quiet_moe(y ~ x, data, k = row$k, expert = spec$expert, method = "lse", start = start, control = moe_control(seed = 1))
      expect_equal(row$loglik, as.numeric(logLik(fit)), tolerance = 1e-8)
      expect_equal(row$loglik, fit$loglik, tolerance = 1e-8)
      target <- estimated_part(spec$truth, "lse")
      expect_equal(row$l2, moe_distance(fit, target, spec$design, "l2"), tolerance = 1e-4)
      if (row$k == 2) expect_equal(row$d1_lse, as.numeric(voronoi_loss(fit, target, "d1_lse")), tolerance = 1e-3)
    }
  }
})

test_that("every start is brought to an optimum of all rows, within the bounds asked for", {
  spec <- function(...) {
    new_study_spec(
      tanh_pair(), 2, 6000, 2, design_uniform(-3, 3), noise = 0.1, seed = 9, method = "lse", control = moe_control(...)
    )
  }
  rows <- function(...) study_cells(spec(...), study_grid(spec(...)))
  free <- rows()
  expect_identical(free$estimate, rows(subsample = FALSE)$estimate)
  # starts near the truth are given: no sample leads away from them
  expect_identical(free$estimate, rows(subsample = TRUE)$estimate)
  bounded <- rows(bound = 1)
  expect_identical(bounded$status, c("boundary", "boundary"))
  expect_true(all(bounded$converged))
  expect_true(all(bounded$loglik < free$loglik))
})

test_that("designs of gate and experts may share their first columns", {
  # the gate has both covariates, the experts the first or none
  design <- design_uniform(-2, 2, d = 2)
  truths <- list(
    moe_measure(c(0, 0), cbind(x1 = c(2, 0), x2 = c(1, 0)), cbind(x1 = c(1.5, -1)), c(1, -1)),
    moe_measure(c(0, 0), cbind(x1 = c(2, 0), x2 = c(1, 0)), b = c(1, -1), expert = expert_constant())
  )
  formulas <- list(y ~ x1 | x1 + x2, y ~ 1 | x1 + x2)
  for (i in 1:2) {
    spec <- lse_spec(truths[[i]], design)
    # above 4000 rows a sample of them comes first
    row <- study_cells(spec, grid_cells(2, 5000, 1))
    data <- draw_moe(5000, spec$truth, design, 0.1, 4, index = c(5000, 1))
    fit <- moe(formulas[[i]], data, k = 2, expert = spec$expert, method = "lse", start = spec$truth)
    expect_equal(row$loglik, fit$loglik, tolerance = 1e-9)
    expect_equal(sort(row$estimate[[1]]), sort(unname(coef(fit))), tolerance = 1e-5)
  }
})

test_that("the samples of least squares are those of maximum likelihood", {
  for (truth in list(truth_overlap()$measure, tanh_pair())) {
    noise <- if (is.null(truth$sigma2)) 0.1
    lse <- lse_spec(truth, noise = noise)
    mle <- new_study_spec(truth, k = 1, n = 200, reps = 1, design = design_uniform(-3, 3), noise = noise, seed = 4)
    for (spec in list(lse, mle)) {
      law <- study_plan(spec, data.frame(k = 1, n = 200))$truth
      expect_identical(law$sd, sqrt(truth$sigma2 %||% numeric()))
      expect_identical(law$noise, noise %||% 0)
    }
    # one linear expert tells the sample; the likelihood of one normal expert is that of least squares
    if (truth$expert$name == "linear") {
      one <- grid_cells(1, 200, 1)
      expect_equal(study_cells(lse, one)$loglik, study_cells(mle, one)$loglik, tolerance = 1e-10)
    }
  }
})

test_that("threads change nothing, and errors are those of plain R", {
  spec <- lse_spec(loss = c("d1_lse", "dr", "l2"), r = 3)
  cells <- study_grid(spec)
  rows <- study_cells(spec, cells)
  expect_identical(without_seconds(study_cells(spec, cells, threads = 2)), without_seconds(rows))
  expect_false(any(grepl("sigma2", names(rows))))
  for (i in seq_len(nrow(rows))) {
    estimate <- study_estimate(rows[i, ], spec)
    truth <- spec$truth
    matched <- voronoi_loss(estimate, truth, "d1_lse")
    expect_equal(rows$d1_lse[i], as.numeric(matched))
    expect_equal(rows$dr[i], as.numeric(voronoi_loss(estimate, truth, "dr", r = 3)))
    cells_of <- attr(matched, "cells")
    weight <- exp(estimate$beta0)
    shared <- which(table(factor(cells_of, 1:2)) > 1)
    averages <- vapply(shared, function(j) {
      here <- cells_of == j
      abs(sum(weight[here] * (estimate$b[here] - truth$b[j])) / sum(weight[here]))
    }, 0)
    expect_equal(rows$b.mean[i], if (length(averages)) max(averages) else NA_real_)
  }
  expect_true(all(rows$b.mean <= rows$b.over + 1e-12, na.rm = TRUE))
})

test_that("averages of cells: copies of an atom that balance out have none", {
  truth <- tanh_pair()
  estimate <- moe_measure(
    beta0 = c(log(0.5), log(0.5), 0), beta1 = c(2.1, 1.9, 0), a = c(2.2, 1.8, -1.4), b = c(1, 1, -1), expert = expert_tanh()
  )
  matched <- list(cells = c(1L, 1L, 2L), t1 = 0, t2 = 0)
  fields <- error_fields(truth, "lse")
  errors <- stats::setNames(
    matching_errors(measure_atoms(estimate, truth), measure_atoms(truth), matched, fields, TRUE), error_names(fields, TRUE)
  )
  expect_equal(errors[c("beta1.over", "a.over", "a.single", "weight.over")], c(0.1, 0.2, 0.1, 0), ignore_attr = TRUE)
  expect_equal(errors[c("beta1.mean", "a.mean", "b.mean")], c(0, 0, 0), ignore_attr = TRUE)
  # weights beyond the range of doubles
  far <- estimate
  far$beta0 <- far$beta0 + 2000
  matched$t1 <- Inf
  errors <- matching_errors(measure_atoms(far, truth), measure_atoms(truth), matched, fields, TRUE)
  expect_equal(errors[9:11], c(0, 0, 0))
})

test_that("experts of another kind: distances only, from starts of their own", {
  spec <- lse_spec(expert = expert_linear())
  expect_identical(spec$loss, "l2")
  expect_identical(spec$start$kind, "search")
  row <- study_cells(spec, study_grid(spec)[1, ])
  expect_true(row$converged)
  expect_false(any(is_parameter(names(row))))
  expect_identical(row$largest_cell, NA_integer_)
  estimate <- theta_measure(row$estimate[[1]], study_model(2, spec), spec$expert, spec$truth$gate, "x", "x")
  gap <- function(x) (regression(estimate, x) - regression(spec$truth, x))^2 / 6
  expect_equal(row$l2, sqrt(integrate(gap, -3, 3, rel.tol = 1e-8)$value), tolerance = 1e-5)
  expect_moe_error(lse_spec(expert = expert_linear(), loss = "d1_lse"), "unsupported")
  expect_moe_error(lse_spec(expert = expert_linear(), start = study_start()), "unsupported")
})

test_that("what does not go together is refused", {
  expect_moe_error(lse_spec(loss = "d1"), "unsupported")
  expect_moe_error(lse_spec(truth_overlap()$measure, noise = NULL, loss = "hellinger"), "unsupported")
  expect_moe_error(lse_spec(protocol = "published"), "unsupported")
  expect_moe_error(lse_spec(control = moe_control("em")), "unsupported")
  expect_moe_error(lse_spec(noise = NULL), "input")
  spec <- lse_spec()
  few <- study_cells(spec, grid_cells(2, 5, 1))
  expect_identical(few$status, "error")
  expect_match(few$message, "Fewer rows than parameters")
})

test_that("a study by least squares has rates, theory and pictures", {
  study <- moe_study(
    tanh_pair(), k = 2:3, n = c(200, 400, 800), reps = 3, design = design_uniform(-3, 3), noise = 0.02, method = "lse",
    seed = 1, start = study_start(starts = 1), threads = 1, progress = FALSE
  )
  table <- rates(study)
  expect_true(all(c("d1_lse", "l2", "a.single", "a.over", "a.mean") %in% table$loss))
  slope <- function(name, k) table$theory[table$loss == name & table$k == k]
  expect_identical(c(slope("l2", 2), slope("l2", 3), slope("d1_lse", 2)), rep(-0.5, 3))
  expect_identical(c(slope("d1_lse", 3), slope("a.over", 3), slope("a.mean", 3)), c(-0.5, -0.25, NA))
  expect_silent(ggplot2::ggplot_build(autoplot(study, c("l2", "a.over", "a.mean"))))
  expect_output(print(study), "lse")
  expect_output(print(summary(study)), "d1_lse")
})
