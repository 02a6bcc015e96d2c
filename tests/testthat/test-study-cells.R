test_that("the data of a cell are those of draw_moe(), the same for every k", {
  # a fit of one expert is the least squares line: its coefficients tell the data
  spec <- cell_spec(loss = "d1", seed = 5)
  rows <- study_cells(spec, grid_cells(1, c(100, 301), 2))
  for (i in seq_len(nrow(rows))) {
    data <- draw_moe(rows$n[i], spec$truth, spec$design, NULL, 5, index = c(rows$n[i], rows$replicate[i]))
    line <- lm(y ~ x, data)
    expect_equal(rows$estimate[[i]][1:2], unname(coef(line)), tolerance = 1e-7)
    expect_equal(rows$loglik[i], as.numeric(logLik(line)), tolerance = 1e-10)
  }
})

test_that("draws are those of the formulas, one stream per purpose", {
  measure <- truth_overlap()$measure
  index <- c(50, 3)
  data <- draw_moe(50, measure, design_uniform(-2, 2), NULL, 9, index, labels = TRUE)
  expect_identical(data$x, -2 + 4 * stream_uniform(50, 9, "design", index))
  parts <- ref_components(measure, data$x)
  u <- stream_uniform(50, 9, "label", index)
  expect_identical(data$expert, 1L + (u >= exp(parts$log_gate[, 1])))
  mean <- parts$mean[cbind(1:50, data$expert)]
  expect_equal(data$y, mean + sqrt(measure$sigma2)[data$expert] * stream_normal(50, 9, "response", index))
})

test_that("threads, chunks, order and the rest of the grid change nothing", {
  for (protocol in c("converged", "published")) {
    spec <- cell_spec(truth_lambda(design_grid(0, 1)), protocol)
    cells <- grid_cells(2:3, c(200, 500), 3)
    all <- without_seconds(study_cells(spec, cells))
    for (threads in 2:3) expect_identical(without_seconds(study_cells(spec, cells, threads)), all)
    some <- c(11, 2, 7)
    expect_identical(without_seconds(study_cells(spec, cells[some, ])), without_seconds(all[some, ]))
  }
})

test_that("converged rows are at an optimum, and the likelihood rises with k", {
  rows <- study_cells(cell_spec(loss = c("d1", "d2", "hellinger", "l2")), grid_cells(1:3, c(400, 6000), 2))
  expect_true(all(rows$status == "converged"))
  expect_true(all(rows$gradient <= 1e-8))
  by_k <- matrix(rows$loglik, ncol = 3)
  expect_true(all(by_k[, 2] > by_k[, 1]) && all(by_k[, 3] > by_k[, 2]))
  expect_true(all(rows$starts == 5 & rows$starts_agreeing >= 1 & rows$starts_agreeing <= 5))
  expect_true(all(rows$seconds > 0))
})

test_that("a row is what moe() finds from the same starts", {
  spec <- cell_spec(seed = 3)
  row <- study_cells(spec, grid_cells(3, 800, 1))
  data <- draw_moe(800, spec$truth, spec$design, NULL, 3, index = c(800, 1))
  starts <- cell_starts(spec, 3, 800, 1)
  model <- study_model(3, spec)
  start <- lapply(1:5, function(i) theta_measure(starts[, i], model, spec$expert, spec$truth$gate, "x", "x"))
  fit <- moe(y ~ x, data, k = 3, start = start, control = moe_control(seed = 1))
  expect_equal(row$loglik, fit$loglik, tolerance = 1e-9)
  expect_equal(row$d2, as.numeric(voronoi_loss(fit, truth_overlap(), "d2")), tolerance = 1e-4)
})

# Log weights and mean gate slopes of the cells are right on average over two true atoms.
mean_translation_by_hand <- function(estimate, truth, cells) {
  w <- exp(estimate$beta0)
  mass <- c(sum(w[cells == 1]), sum(w[cells == 2]))
  slope <- c(sum((w * estimate$beta1[, 1])[cells == 1]), sum((w * estimate$beta1[, 1])[cells == 2])) / mass
  list(t1 = mean(log(mass) - truth$beta0), t2 = mean(slope - truth$beta1[, 1]))
}

test_that("errors of weights and gate slopes are the same whichever cell a translation would please", {
  truth <- measure_atoms(truth_overlap()$measure)
  errors <- function(t1, t2, cells = c(1L, 1L, 2L)) {
    estimate <- moe_measure(
      c(0.3 - log(2), 0.3 - log(2), 0) + t1, c(2.4, 2.2, 0) + t2, c(1.5, 1.5, -1.5), c(2, 2, -2), rep(0.25, 3)
    )
    matched <- list(cells = cells)
    matching_errors(measure_atoms(estimate, truth_overlap()$measure), truth, matched, error_fields(truth_overlap()$measure, "mle"), FALSE)
  }
  names <- error_names(error_fields(truth_overlap()$measure, "mle"), FALSE)
  value <- stats::setNames(errors(0, 0), names)
  # off by 0.3 in one log weight and 0.3 in one mean slope: half of it in each cell
  expect_equal(value[["weight.single"]], 1 - exp(-0.15))
  expect_equal(value[["weight.over"]], exp(0.15) - 1)
  expect_equal(c(value[["beta1.single"]], value[["beta1.over"]]), c(0.15, 0.25))
  expect_equal(errors(5, -3), unname(value))
  # all atoms in one cell: no weight to compare it with
  expect_identical(errors(0, 0, cells = c(1L, 1L, 1L))[names == "weight.over"], NA_real_)
})

test_that("losses and distances are those of voronoi_loss() and moe_distance()", {
  truth <- truth_overlap()
  spec <- cell_spec(loss = c("hellinger", "d2", "l2", "d1_lse"))
  rows <- study_cells(spec, grid_cells(2:3, 300, 1))
  for (i in 1:2) {
    estimate <- theta_measure(
      rows$estimate[[i]], study_model(rows$k[i], spec), spec$expert, spec$truth$gate, "x", "x"
    )
    for (loss in c("d2", "d1_lse")) expect_equal(rows[[loss]][i], as.numeric(voronoi_loss(estimate, truth, loss)))
    for (metric in c("hellinger", "l2")) expect_equal(rows[[metric]][i], moe_distance(estimate, truth, metric = metric))
    matched <- voronoi_loss(estimate, truth, if (i == 1) "d1" else "d2")
    cells <- attr(matched, "cells")
    t <- mean_translation_by_hand(estimate, truth$measure, cells)
    expect_identical(rows$largest_cell[i], max(table(cells)))
    over <- table(factor(cells, 1:2))[cells] > 1
    b <- abs(estimate$b - truth$measure$b[cells])
    beta1 <- abs(estimate$beta1[, 1] - t$t2 - truth$measure$beta1[cells, 1])
    expect_equal(rows$b.single[i], max(b[!over]))
    expect_equal(rows$beta1.single[i], max(beta1[!over]))
    mass <- tapply(exp(estimate$beta0 - t$t1), factor(cells, 1:2), sum)
    off <- abs(as.vector(mass) - exp(truth$measure$beta0))
    expect_equal(rows$weight.single[i], max(off[table(cells) == 1]))
    if (i == 1) expect_identical(rows$b.over[i], NA_real_)
    if (i == 2) expect_equal(c(rows$b.over[i], rows$weight.over[i]), c(max(b[over]), max(off[table(cells) > 1])))
  }
})

test_that("the published losses are those of plain R", {
  for (seed in 1:40) {
    pair <- random_pair(seed)
    truth <- measure_atoms(pair$truth)
    for (loss in c("d1", "d2")) {
      value <- voronoi_loss_cpp(measure_atoms(pair$estimate), truth, loss, 1, TRUE)$value
      expect_equal(value, ref_published(pair$estimate, pair$truth, loss), tolerance = 1e-12)
    }
  }
  spec <- cell_spec(truth_lambda(design_grid(0, 1)), "published")
  rows <- study_cells(spec, grid_cells(2:3, 300, 1))
  for (i in 1:2) {
    estimate <- theta_measure(
      rows$estimate[[i]], study_model(rows$k[i], spec), spec$expert, spec$truth$gate, "x", "x"
    )
    expect_equal(rows$d1[i], ref_published(estimate, canonical(spec$truth), "d1"))
    expect_equal(rows$d2[i], ref_published(estimate, canonical(spec$truth), "d2"))
  }
})

test_that("published: EM takes the steps of a plain loop and stops where it does", {
  spec <- cell_spec(truth_lambda(design_grid(0, 1)), "published", seed = 2)
  for (k in if (test_level == "quick") 2 else 2:3) {
    row <- study_cells(spec, grid_cells(k, 400, 1))
    data <- draw_moe(400, spec$truth, spec$design, NULL, 2, index = c(400, 1))
    starts <- cell_starts(spec, k, 400, 1)
    expect_identical(row$starts, ncol(starts))
    runs <- lapply(seq_len(ncol(starts)), function(s) {
      theta <- starts[, s]
      gates <- 2 * (k - 1)
      ref_em(
        data, matrix(theta[seq_len(gates)], 2), matrix(theta[gates + seq_len(2 * k)], 2), exp(tail(theta, k)),
        tol = 1e-6
      )
    })
    best <- which.max(vapply(runs, `[[`, 0, "loglik"))
    expect_identical(row$iterations, runs[[best]]$iterations)
    expect_equal(row$loglik, runs[[best]]$loglik, tolerance = 1e-8)
    expect_identical(row$status, "small_change")
  }
})

test_that("a cell that fails is a row", {
  still <- cell_spec(design = design_empirical(1), noise = 0, truth = list(
    measure = moe_measure(0, 0, 1, 1), design = NULL, name = NULL
  )$measure, loss = "d1_lse")
  row <- study_cells(still, grid_cells(1, 20, 1))
  expect_identical(row$status, "error")
  expect_match(row$message, "constant")
  expect_identical(row$converged, FALSE)
  expect_true(is.na(row$d1_lse) && is.na(row$gradient) && is.na(row$passes))
  few <- study_cells(cell_spec(), grid_cells(3, c(2, 300), 1))
  expect_identical(few$status == "error", c(TRUE, FALSE))
  expect_match(few$message[1], "Fewer rows than experts")
  expect_identical(few$message[2], NA_character_)
})

test_that("covariates of gate and experts may differ", {
  measure <- moe_measure(c(0, 0), cbind(z = c(2, 0)), cbind(x = c(1.5, -1.5)), c(2, -2), c(0.25, 0.25))
  spec <- cell_spec(measure, design = design_uniform(c(z = -2, x = -1), c(2, 1)))
  row <- study_cells(spec, grid_cells(2, 500, 1))
  data <- draw_moe(500, measure, spec$design, NULL, 1, index = c(500, 1))
  fit <- moe(y ~ x | z, data, k = 2, start = measure)
  expect_equal(row$loglik, fit$loglik, tolerance = 1e-9)
})
