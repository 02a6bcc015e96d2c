test_that("a start prints what it is", {
  expect_snapshot({
    study_start()
    study_start("search")
    study_start("search", starts = 40)
  })
})

test_that("wrong starts are refused", {
  expect_snapshot(error = TRUE, {
    study_start("near")
    study_start(starts = 0)
    study_start(gate = -1)
    study_start(rate = NA)
    study_start("search", gate = 1)
  })
})

# theta of many starts as the parameters of their atoms
start_atoms <- function(spec, k, n, reps) {
  starts <- do.call(cbind, lapply(seq_len(reps), function(r) cell_starts(spec, k, n, r)))
  gates <- 2 * (k - 1)
  experts <- gates + 2 * k
  list(
    b0 = starts[seq(1, gates, 2), , drop = FALSE], b1 = starts[seq(2, gates, 2), , drop = FALSE],
    b = starts[gates + seq(1, 2 * k, 2), ], a = starts[gates + seq(2, 2 * k, 2), ],
    sigma2 = exp(starts[experts + seq_len(k), ])
  )
}

test_that("published starts have the published law", {
  spec <- cell_spec(truth_lambda(design_grid(0, 1)), "published")
  n <- 1000
  at <- start_atoms(spec, 3, n, 200)
  # slopes of the two true experts are -20 and 20: labels come from them
  label <- (at$a > 0) + 1
  expect_true(all(apply(label, 2, function(l) all(1:2 %in% l) && !is.unsorted(l))))
  expect_equal(mean(label[2, ] == 1), 0.5, tolerance = 0.15)
  noise <- c(at$a - c(-20, 20)[label], at$b - c(15, -5)[label]) / (0.05 * n^-0.083)
  expect_gt(ks.test(noise, "pnorm")$p.value, 1e-4)
  gate <- label[1:2, ]
  noise <- c(at$b0 - c(-8, 0)[gate], at$b1 - c(25, 0)[gate]) / (0.005 * n^-0.083)
  expect_gt(ks.test(noise, "pnorm")$p.value, 1e-4)
  excess <- (at$sigma2 - c(0.3, 0.4)[label]) / (0.005 * n^-0.25)
  expect_true(all(excess > 0))
  expect_gt(ks.test(as.vector(excess), function(q) 2 * pnorm(q) - 1)$p.value, 1e-4)
  expect_identical(ncol(cell_starts(spec, 2, n, 1)), 1L)
  expect_identical(ncol(cell_starts(spec, 4, n, 1)), 5L)
})

test_that("starts near the truth have the noise asked for, and copies share a weight", {
  spec <- cell_spec(truth_lambda(), start = study_start(starts = 50, gate = 0.1, expert = 0.2, variance = 0.3, rate = 0.5))
  n <- 100
  at <- start_atoms(spec, 3, n, 8)
  label <- (at$a > 0) + 1
  copies <- rbind(colSums(label == 1), colSums(label == 2))
  size <- matrix(copies[cbind(as.vector(label), rep(seq_len(ncol(label)), each = 3))], 3)
  gate <- label[1:2, ]
  shared <- log(size[3, col(gate)]) - log(size[1:2, ])
  noise <- c(at$b0 - c(-8, 0)[gate] - shared, at$b1 - c(25, 0)[gate]) / (0.1 / sqrt(n))
  expect_gt(ks.test(noise, "pnorm")$p.value, 1e-4)
  noise <- (log(at$sigma2) - log(c(0.09, 0.16)[label])) / (0.3 / sqrt(n))
  expect_gt(ks.test(as.vector(noise), "pnorm")$p.value, 1e-4)
})

test_that("without noise a start is the truth; with fewer experts, distinct atoms of it", {
  spec <- cell_spec(start = study_start(starts = 20, gate = 0, expert = 0, variance = 0))
  starts <- cell_starts(spec, 2, 100, 1)
  expect_equal(starts, matrix(measure_theta(spec$truth), nrow(starts), 20))
  expect_setequal(cell_starts(spec, 1, 100, 1)[2, ], c(1.5, -1.5))
})

test_that("starts that are searched for are those of the data alone", {
  spec <- cell_spec(start = study_start("search", starts = 8))
  row <- study_cells(spec, grid_cells(2, 300, 1))
  expect_identical(row$status, "converged")
  expect_identical(row$starts, 8L)
})
