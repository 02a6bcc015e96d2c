# The theorems of the Gaussian paper, in the results stored with the package and computed anew.

read_result <- function(id) {
  file <- system.file("extdata", "studies", paste0(id, ".rds"), package = "moerate")
  expect_true(nzchar(file), label = paste("a stored result", id))
  readRDS(file)
}

slope <- function(study, loss, k, ...) {
  table <- rates(study, loss, ...)
  table$slope[table$k == k]
}

# What a small study of the overlap truth may show, a quarter of the replicates and so twice the error.
expect_rates <- function(study, exact, over) {
  expect_lt(abs(slope(study, "d1", 2) + 0.5), exact)
  for (k in 2:3) expect_lt(abs(slope(study, "hellinger", k) + 0.5), exact)
  expect_gt(slope(study, "d2", 3), over[1])
  expect_lt(slope(study, "d2", 3), over[2])
}

test_that("stored results say how they came about", {
  skip_below("full")
  ids <- c(
    "P1-overlap", "P1-parameters", "P1-published", "P1-inequality", "P1-starts", "P2-regression", "P2-strong",
    "P2-ridge-2", "P2-poly", "P2-gates", "F-optima"
  )
  for (id in ids) {
    manifest <- read_result(id)$manifest
    expect_named(manifest, c("id", "version", "seed", "arguments", "r", "date", "seconds", "cpu"))
    expect_identical(manifest$id, id)
    expect_gt(manifest$cpu, 0)
    expect_false(is.na(as.Date(manifest$date)))
    expect_s3_class(numeric_version(manifest$version), "numeric_version")
  }
})

test_that("stored slopes of the overlap truth are those of the theorems", {
  skip_below("full")
  study <- read_result("P1-overlap")$overlap
  expect_identical(nrow(study), nrow(study_grid(attr(study, "spec"))))
  expect_identical(range(study$n), c(1000L, 100000L))
  expect_rates(study, exact = 0.06, over = c(-0.65, -0.5))
  over <- study[study$k == 3, ]
  expect_gt(mean(over$loglik >= study$loglik[study$k == 2]), 0.98)
})

test_that("stored errors of shared cells are slower than those of single ones, with intervals apart", {
  skip_below("full")
  result <- read_result("P1-parameters")
  bounds <- result$manifest$arguments
  inside <- result$over[result$over$mass >= bounds$mass, ]
  table <- rates(inside, c("b.single", "b.over", "sigma2.single", "sigma2.over"))
  for (name in c("b", "sigma2")) {
    single <- table[table$loss == paste0(name, ".single"), ]
    shared <- table[table$loss == paste0(name, ".over"), ]
    expect_lt(single$conf.high, shared$conf.low)
  }
})

# What vignette("published-protocol") tells of the authors' stored results.
test_that("stored results of the authors: one axis is not that of the samples, the other run has slope -1/2", {
  file <- system.file("extdata", "published", "p1-k2-stored.csv", package = "moerate")
  runs <- split(utils::read.csv(file), ~run)
  slope <- function(rows) unname(coef(lm(log(mean_loss) ~ log(n_plotted), rows))[2])
  expect_equal(slope(runs[["200 sizes"]]), -0.638, tolerance = 0.001)
  expect_equal(slope(runs[["150 sizes"]]), -0.493, tolerance = 0.001)
  # squared errors are c / n
  effective <- function(rows) {
    last <- tail(seq_len(nrow(rows)), 100)
    exp(mean(log(rows$mse_b1[last] * rows$n_plotted[last]))) / rows$mse_b1
  }
  off <- lapply(runs, function(rows) (effective(rows) / rows$n_plotted)[rows$n_plotted >= 1500 & rows$n_plotted < 9000])
  expect_lt(max(off[["200 sizes"]]), 0.5)
  expect_gt(min(off[["150 sizes"]]), 0.5)
})

test_that("the published protocol has the rate of the theorem for k = k*, and unstable slopes for more", {
  skip_below("full")
  published <- read_result("P1-published")$published
  expect_lt(abs(slope(published$k2, "d1", 2, summary = "mean") + 0.5), 0.06)
  for (k in 3:4) {
    slopes <- vapply(c(10000, 20000, 30000, 50000), function(from) {
      slope(published[[paste0("k", k)]], "d2", k, summary = "mean", from = from)
    }, 0)
    expect_gt(diff(range(slopes)), 0.3)
  }
})

test_that("the Hellinger distance stays above a multiple of the right loss, and of no other", {
  skip_below("full")
  ratios <- read_result("P1-inequality")$ratios
  exact <- ratios[ratios$case == "exact", ]
  over <- ratios[ratios$case == "over", ]
  smallest <- function(ratio, size) tapply(ratio, size, min)
  expect_gt(min(exact$hellinger / exact$d1), 0.001)
  expect_gt(min(over$hellinger / over$d2), 0.001)
  to_d1 <- smallest(over$hellinger / over$d1, over$size)
  expect_lt(to_d1[[1]], to_d1[[length(to_d1)]] / 100)
})

test_that("the slopes come out again from other samples", {
  skip_below("nightly")
  study <- moe_study(
    truth_overlap(), 2:3, c(1000, 4642, 21544, 100000), 25, loss = c("d1", "d2", "hellinger"), seed = 1,
    threads = 2, progress = FALSE
  )
  expect_true(all(study$converged | study$status == "variance_floor"))
  expect_rates(study, exact = 0.12, over = c(-0.75, -0.4))
})

test_that("the cosh family has the density of the truth and other losses", {
  truth <- truth_overlap()
  doubled <- function(e) {
    m <- truth$measure
    moe_measure(
      rep(m$beta0, 2) - log(2), c(m$beta1 - e, m$beta1 + e), rep(m$a, 2), rep(m$b, 2), rep(m$sigma2, 2)
    )
  }
  losses <- vapply(c(0, 0.5, 1), function(e) {
    expect_lt(moe_distance(doubled(e), truth), 1e-12)
    as.numeric(voronoi_loss(doubled(e), truth, "d2"))
  }, 0)
  expect_lt(losses[1], 1e-12)
  expect_true(all(diff(losses) > 0.01))
})

# One true atom of `truth_overlap()` in two halves, moved by the same amount there and back.
overlap_split <- function(...) {
  moved <- list(beta1 = c(2, 0), a = c(1.5, -1.5), b = c(2, -2), sigma2 = c(0.25, 0.25))
  by <- list(...)
  parts <- lapply(names(moved), function(name) {
    moved[[name]][c(1, 1, 2)] + c(1, -1, 0) * if (is.null(by[[name]])) 0 else by[[name]]
  })
  do.call(moe_measure, c(list(log(c(0.5, 0.5, 1))), parts))
}

test_that("a split of the gate slope, or of a, costs its square: D2 is too small there, D2 with sharp powers is not", {
  truth <- truth_overlap()
  s <- 0.4 / 2^(0:3)
  gate <- function(s) overlap_split(beta1 = s)
  slope <- function(s) overlap_split(a = s)
  ratio <- function(split, loss) {
    vapply(s, function(s) moe_distance(split(s), truth) / as.numeric(voronoi_loss(split(s), truth, loss)), 0)
  }
  expect_equal(ratio(gate, "d2"), c(0.24, 0.99, 4.0, 16), tolerance = 0.03)
  expect_equal(ratio(gate, "d2_sharp"), c(0.038, 0.040, 0.040, 0.040), tolerance = 0.02)
  expect_gt(min(ratio(slope, "d2_sharp")), 0.05)
  # m = 2: the power of a is the same in both
  expect_equal(ratio(slope, "d2"), ratio(slope, "d2_sharp"))
})

# The published protocol for k = 2 in plain R: a start near the truth, EM to a relative change of 1e-6, sums of absolute
# differences. One draw of noise for the gate and one for the line of each expert, as in the code that was released.
ref_published_loss <- function(n) {
  x <- seq(0, 1, length.out = n)
  gate <- c(-8, 25)
  lines <- cbind(c(15, -20), c(-5, 20))
  sd <- c(0.3, 0.4)
  label <- 2 - rbinom(n, 1, plogis(gate[1] + gate[2] * x))
  y <- lines[1, label] + lines[2, label] * x + rnorm(n, sd = sd[label])
  w <- gate + rnorm(1, sd = 0.005 * n^-0.083)
  b <- lines + rep(rnorm(2, sd = 0.05 * n^-0.083), each = 2)
  s2 <- sd + abs(rnorm(2, sd = 0.005 * n^-0.25))
  density <- function() {
    first <- plogis(w[1] + w[2] * x)
    cbind(first, 1 - first) * mapply(function(k) dnorm(y, b[1, k] + b[2, k] * x, sqrt(s2[k])), 1:2)
  }
  old <- -Inf
  repeat {
    joint <- density()
    tau <- joint / rowSums(joint)
    w <- suppressWarnings(glm.fit(cbind(1, x), tau[, 1], family = quasibinomial(), start = w)$coefficients)
    for (k in 1:2) {
      fit <- lm.wfit(cbind(1, x), y, tau[, k])
      b[, k] <- fit$coefficients
      s2[k] <- sum(tau[, k] * fit$residuals^2) / sum(tau[, k])
    }
    new <- sum(log(rowSums(density())))
    if (is.finite(old) && abs((new - old) / old) <= 1e-6) break
    old <- new
  }
  differences <- rbind(c(abs(w[2] - gate[2]), 0), abs(b - lines), abs(s2 - sd^2))
  sum(exp(c(w[1], 0)) * colSums(differences)) + abs(exp(w[1]) - exp(gate[1]))
}

test_that("the published protocol has the losses of a plain version of the code that was released", {
  skip_below("full")
  for (n in c(300, 3000)) {
    study <- moe_study(
      truth_lambda(design_grid(0, 1)), 2, n, 200, loss = "d1", protocol = "published", seed = 1, progress = FALSE
    )
    plain <- withr::with_seed(1, replicate(200, ref_published_loss(n)))
    expect_gt(t.test(log(study$d1), log(plain))$p.value, 0.001)
    expect_lt(abs(log(mean(study$d1) / mean(plain))), 0.2)
  }
})
