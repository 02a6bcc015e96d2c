all_losses <- c("d1", "d2", "d2_sharp", "d1_lse", "dr", "dfra")
order_of <- function(loss) if (loss == "dr") 1.5

loss_value <- function(estimate, truth, loss, r = order_of(loss)) {
  as.numeric(voronoi_loss(estimate, truth, loss, r))
}

test_that("the fast oracle is the slow oracle", {
  for (seed in 1:12) {
    pair <- random_pair(seed)
    t2 <- matrix(withr::with_seed(seed, rnorm(5 * pair$d)), 5)
    for (loss in all_losses) {
      expect_equal(
        fast_loss_at(pair$estimate, pair$truth, loss, t2, 1.5),
        ref_loss_at(pair$estimate, pair$truth, loss, t2, 1.5)
      )
    }
  }
})

test_that("losses equal a brute-force infimum over the gate translation", {
  # d = 1 and 2, k and k* up to 4
  pairs <- at_level(20, 300, 1000)
  gap <- vapply(seq_len(pairs), function(seed) {
    pair <- random_pair(seed)
    loss <- all_losses[1 + seed %/% 2 %% length(all_losses)]
    value <- loss_value(pair$estimate, pair$truth, loss)
    gap <- function(keep) value / brute_infimum(pair$estimate, pair$truth, loss, order_of(loss), keep) - 1
    # an oracle that keeps few points may lose the best valley: a wider one decides
    first <- gap(40)
    if (abs(first) < 1e-6) first else gap(1000)
  }, 0)
  expect_lt(max(abs(gap)), 1e-6)
})

test_that("no translation beats the infimum, and a grid of t1 finds nothing better than breakpoints", {
  pair <- random_pair(3)
  parts <- ref_parts(pair$estimate, pair$truth, "d1", numeric(pair$d))
  mass <- vapply(seq_along(pair$truth$b), function(j) sum(exp(pair$estimate$beta0)[parts$cells == j]), 0)
  atoms <- ref_atoms_term(pair$estimate, parts, "d1", NULL)
  weight <- exp(pair$truth$beta0)
  grid <- vapply(seq(0, 20, 0.01), function(u) u * atoms + sum(abs(u * mass - weight)), 0)
  expect_true(all(grid >= ref_weigh(atoms, mass, weight) - 1e-12))
})

test_that("the reported translation and cells attain the loss", {
  for (seed in 1:30) {
    pair <- random_pair(seed)
    for (loss in all_losses) {
      value <- voronoi_loss(pair$estimate, pair$truth, loss, order_of(loss))
      t <- attr(value, "translation")
      expect_identical(attr(value, "saturated"), is.infinite(t$t1))
      cells <- voronoi_cells(pair$estimate, pair$truth, loss, order_of(loss), translation = t)
      # at the border of two cells the infimum is approached only
      if (!identical(cells, attr(value, "cells")) || is.infinite(t$t1)) next
      at <- ref_loss_at_one(pair$estimate, pair$truth, loss, t$t2, order_of(loss))
      expect_equal(at, as.numeric(value))
    }
  }
})

test_that("a loss is zero for the truth in any order and translation, and positive otherwise", {
  for (d in 1:3) {
    truth <- withr::with_seed(d, random_truth(3, d))
    same <- translate_gate(permute_experts(truth, c(2, 3, 1)), t0 = 1.3, t1 = -0.4)
    for (loss in all_losses) {
      expect_lt(loss_value(same, truth, loss), 1e-12)
      expect_identical(attr(voronoi_loss(same, truth, loss, order_of(loss)), "cells"), c(2L, 3L, 1L))
      for (field in c("beta0", "beta1", "a", "b", if (loss %in% gaussian_losses) "sigma2")) {
        other <- truth
        other[[field]][1] <- other[[field]][1] + 0.01
        expect_gt(loss_value(other, truth, loss), 1e-4)
      }
    }
  }
})

test_that("losses do not depend on the order of the atoms on either side", {
  for (seed in 1:20) {
    pair <- random_pair(seed)
    # a truth whose zero gate is not its last one keeps its scale
    truth <- canonical(pair$truth)
    shuffled <- function(m) permute_experts(m, withr::with_seed(seed, sample(length(m$b))))
    for (loss in all_losses) {
      value <- loss_value(pair$estimate, truth, loss)
      expect_equal(loss_value(shuffled(pair$estimate), truth, loss), value)
      expect_equal(loss_value(pair$estimate, shuffled(truth), loss), value)
    }
  }
})

test_that("losses do not depend on the translation of the estimate, nor of the truth's gate slopes", {
  for (seed in 1:20) {
    pair <- random_pair(seed)
    moved <- translate_gate(pair$estimate, t0 = -7, t1 = 2.5)
    turned <- translate_gate(pair$truth, t1 = -1.5)
    for (loss in all_losses) {
      value <- loss_value(pair$estimate, pair$truth, loss)
      expect_equal(loss_value(moved, pair$truth, loss), value)
      expect_equal(loss_value(pair$estimate, turned, loss), value)
      expect_gte(value, 0)
    }
  }
})

test_that("the truth is taken in canonical form", {
  pair <- random_pair(4)
  expect_equal(
    loss_value(pair$estimate, translate_gate(pair$truth, 2, 1), "d1"),
    loss_value(pair$estimate, canonical(pair$truth), "d1")
  )
  # the translation leads from the truth as it was given
  truth <- translate_gate(pair$truth, 2, 1)
  t <- attr(voronoi_loss(translate_gate(truth, 3, -1), truth), "translation")
  expect_equal(t$t1, 3)
  expect_equal(unname(t$t2), rep(-1, pair$d))
})

test_that("d1, d2, d2_sharp and dfra are one when all cells are singletons", {
  for (seed in 1:20) {
    truth <- withr::with_seed(seed, random_truth(3, 1 + seed %% 2))
    estimate <- withr::with_seed(seed, random_estimate(truth, 3, 0.05))
    d1 <- voronoi_loss(estimate, truth, "d1")
    if (anyDuplicated(attr(d1, "cells"))) next
    for (loss in gaussian_losses) expect_equal(loss_value(estimate, truth, loss), as.numeric(d1))
  }
})

test_that("losses have their values on pencil-and-paper examples", {
  # gates far apart pin the translation at zero; only b differs
  truth <- moe_measure(c(0, 0), c(0, 0), c(50, -50), c(0, 0), c(1, 1))
  estimate <- moe_measure(
    c(log(0.5), log(0.5), 0), c(0, 0, 0), c(50, 50, -50), c(0.1, -0.1, 0), c(1, 1, 1)
  )
  expect_equal(loss_value(estimate, truth, "d1"), 0.1)
  expect_equal(loss_value(estimate, truth, "d2"), 0.1^4)
  expect_equal(loss_value(estimate, truth, "d1_lse"), 0.1^2)
  expect_equal(loss_value(estimate, truth, "dr", 3), 0.1^3)
  # the averages of b and beta1 vanish; sum w (dsigma2 + db^2) = 0.01
  expect_equal(loss_value(estimate, truth, "dfra"), 0.1^4 + 0.01)
  # three atoms in a cell: exponent rbar(3) = 6, and 3 for a and sigma2
  estimate <- moe_measure(
    c(rep(-log(3), 3), 0), rep(0, 4), c(50, 50, 50, -50), c(0.1, -0.1, 0, 0), c(1, 1, 1.2, 1)
  )
  expect_equal(loss_value(estimate, truth, "d2"), 2 / 3 * 0.1^6 + 1 / 3 * 0.2^3)
  estimate$a[1] <- 50.1
  expect_equal(loss_value(estimate, truth, "d2"), 1 / 3 * 0.1^6 + (0.1^6 + 0.1^3 + 0.2^3) / 3)
  expect_equal(loss_value(estimate, truth, "d2_sharp"), (0.1^6 + 0.1^6 + 0.1^2 + 0.2^3) / 3)
  expect_identical(voronoi_cells(estimate, truth, "d2"), c(1L, 1L, 1L, 2L))
})

test_that("fewer atoms than the truth leave a cell empty, which counts its weight", {
  truth <- moe_measure(c(log(0.2), 0), c(0, 0), c(50, -50), c(0, 0), c(1, 1))
  estimate <- moe_measure(0, 0, -50, 0, 1)
  for (loss in all_losses) expect_equal(loss_value(estimate, truth, loss), 0.2)
})

test_that("an estimate far from the truth is saturated", {
  truth <- truth_overlap()$measure
  estimate <- truth
  estimate$b <- estimate$b + 1e4
  value <- voronoi_loss(estimate, truth, "d1")
  expect_true(attr(value, "saturated"))
  expect_equal(as.numeric(value), 2)
  expect_identical(attr(value, "translation")$t1, Inf)
})

test_that("extreme gates neither overflow nor underflow", {
  truth <- truth_lambda()$measure
  expect_lt(loss_value(translate_gate(truth, 5000), truth, "d1"), 1e-9)
  light <- moe_measure(c(-800, -8, 0), c(25, 25, 0), c(-20, -20, 20), c(15, 15, -5), c(0.09, 0.09, 0.16))
  expect_lt(loss_value(light, truth, "d1"), 1e-9)
  expect_snapshot(error = TRUE, voronoi_loss(truth, moe_measure(c(800, 0), c(1, 0), 1:2, 1:2, 1:2)))
})

test_that("covariates may be several, none, or others in the gate", {
  none <- moe_measure(c(1, 0), NULL, NULL, c(1, 2), c(1, 1))
  other <- moe_measure(c(1, 0), NULL, NULL, c(1, 2.5), c(1, 1))
  expect_equal(loss_value(other, none, "d1"), 0.5)
  expect_length(attr(voronoi_loss(other, none), "translation")$t2, 0)
  two <- function(b) moe_measure(c(1, 0), cbind(g = c(1, 0)), cbind(u = 1:2, v = 3:4), c(1, b), c(1, 1))
  expect_equal(loss_value(two(2.5), two(2), "d2"), 0.5)
  expect_named(attr(voronoi_loss(two(2.5), two(2)), "translation")$t2, "g")
  expect_error(voronoi_loss(two(2.5), two(2), "dfra"), class = "moe_error_unsupported")
})

test_that("the losses of least squares need no variance", {
  plain <- function(m) {
    m["sigma2"] <- list(NULL)
    m
  }
  pair <- random_pair(9)
  expect_equal(
    loss_value(plain(pair$estimate), plain(pair$truth), "d1_lse"), loss_value(pair$estimate, pair$truth, "d1_lse")
  )
  expect_type(voronoi_cells(plain(pair$estimate), pair$truth), "integer")
  for (loss in gaussian_losses) {
    expect_error(voronoi_loss(plain(pair$estimate), pair$truth, loss), class = "moe_error_unsupported")
    expect_error(voronoi_loss(pair$estimate, plain(pair$truth), loss), class = "moe_error_unsupported")
  }
})

test_that("a loss prints, and computing with it gives plain numbers", {
  truth <- truth_overlap()
  value <- voronoi_loss(translate_gate(as_measure(truth), 1, 2), truth, "d2")
  expect_s3_class(value, "moe_loss")
  expect_named(attributes(value), c("loss", "cells", "translation", "saturated", "class"), ignore.order = TRUE)
  expect_identical(attributes(value * 2), NULL)
  expect_identical(attributes(log10(value + 1)), NULL)
  expect_identical(attributes(-value), NULL)
  estimate <- as_measure(truth)
  estimate$b <- c(2.25, -2)
  expect_snapshot(voronoi_loss(estimate, truth))
})

test_that("bad input is a classed error that names the problem", {
  truth <- truth_overlap()$measure
  two <- withr::with_seed(1, random_truth(2, 2))
  no_variance <- moe_measure(c(0, 0), c(2, 0), c(1, -1), c(2, -2))
  broken <- truth
  broken$b[2] <- NaN
  short <- truth
  short$a <- short$a[1, , drop = FALSE]
  empty <- truth
  empty[c("beta0", "b", "sigma2")] <- list(numeric(0))
  expect_snapshot(error = TRUE, {
    voronoi_loss(two, truth)
    voronoi_loss(no_variance, truth, "d2")
    voronoi_loss(truth, no_variance, "d1")
    voronoi_loss(truth, truth, "dr")
    voronoi_loss(truth, truth, "dr", r = 0.5)
    voronoi_loss(truth, truth, "dr", r = Inf)
    voronoi_loss(truth, truth, "d1", r = 2)
    voronoi_loss(truth, truth, "d3")
    voronoi_loss(broken, truth)
    voronoi_loss(truth, short)
    voronoi_loss(empty, truth)
    voronoi_loss("a", truth)
    voronoi_cells(truth, truth, translation = c(1, 2))
  })
  input <- list(
    quote(voronoi_loss(two, truth)), quote(voronoi_loss(truth, truth, "dr", r = 0.5)),
    quote(voronoi_loss(broken, truth)), quote(voronoi_loss(empty, truth))
  )
  for (call in input) expect_error(eval(call), class = "moe_error_input")
})
