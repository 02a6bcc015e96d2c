# Every expert of the core against plain R
rows_of <- function(measure, n) {
  list(x = matrix(rnorm(n * length(expert_covariates(measure))), n), z = matrix(rnorm(n * ncol(measure$beta1)), n))
}

test_that("gate and means of every expert are those of plain R, with and without variances", {
  set.seed(1)
  for (expert in all_experts()) {
    for (d in if (kind_of(expert)$covariates) 1:2 else 0) {
      for (variance in c(TRUE, FALSE)) {
        measure <- random_experts(expert, 3, d, p = 1, variance = variance)
        rows <- rows_of(measure, 7)
        found <- components(measure, rows$x, rows$z)
        wanted <- ref_components(measure, rows$x, rows$z)
        info <- paste(expert_label(expert), d, variance)
        expect_equal(unname(found$log_gate), unname(wanted$log_gate), tolerance = 1e-12, info = info)
        expect_equal(unname(found$mean), unname(wanted$mean), tolerance = 1e-12, info = info)
      }
    }
  }
})

test_that("density, mean and draws of every expert follow from its parts", {
  set.seed(2)
  for (expert in all_experts()) {
    d <- if (kind_of(expert)$covariates) 1 else 0
    measure <- random_experts(expert, 2, d, p = 1)
    rows <- rows_of(measure, 5)
    y <- rnorm(5)
    info <- expert_label(expert)
    expect_equal(dmoe(y, rows$x, measure, z = rows$z), ref_dmoe(y, rows$x, measure, rows$z), info = info)
    expect_equal(pmoe(y, rows$x, measure, z = rows$z), ref_pmoe(y, rows$x, measure, rows$z), info = info)
    expect_equal(pmoe(qmoe(0.3, rows$x, measure, z = rows$z), rows$x, measure, z = rows$z), rep(0.3, 5), info = info)
    expect_equal(regression(measure, rows$x, rows$z), ref_regression(measure, rows$x, rows$z), info = info)
    silent <- measure
    silent["sigma2"] <- list(NULL)
    names <- union(expert_covariates(measure), colnames(measure$beta1))
    drawn <- rmoe(20, silent, design_normal(0, 1, d = length(names)), noise = 0, seed = 1)
    z <- as.matrix(drawn[colnames(measure$beta1)])
    expect_equal(drawn$y, ref_regression(silent, as.matrix(drawn[expert_covariates(measure)]), z), info = info)
  }
})

test_that("models do not depend on the form of their parameters", {
  set.seed(3)
  for (expert in all_experts()) {
    if (!symmetries(expert)$any) next
    measure <- random_experts(expert, 2, 1)
    x <- matrix(rnorm(6), dimnames = list(NULL, "x"))
    other <- random_forms(measure)
    expect_equal(regression(other, x), regression(measure, x), tolerance = 1e-12)
    expect_lt(moe_distance(other, measure, x, "l2"), 1e-10)
    expect_lt(moe_distance(other, measure, x, "hellinger"), 1e-6)
  }
})
