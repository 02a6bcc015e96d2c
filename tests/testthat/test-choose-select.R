values <- function(selection, criterion) selection$value[selection$criterion == criterion]

test_that("criteria are those of the fits one would make one by one", {
  selection <- the_selection()
  fits <- lapply(1:4, function(k) quiet_moe(y ~ x, selection_data(), k = k, control = quick()))
  for (i in 1:4) expect_same_fit(attr(selection, "fits")[[i]], fits[[i]])
  expect_identical(values(selection, "bic"), vapply(fits, BIC, 0))
  expect_identical(values(selection, "aic"), vapply(fits, AIC, 0))
  entropy <- vapply(fits, function(fit) {
    tau <- ref_posterior(fit_y(fit), fit_x(fit), fit$measure)
    -sum(ifelse(tau > 0, tau * log(tau), 0))
  }, 0)
  expect_equal(values(selection, "icl"), vapply(fits, BIC, 0) + 2 * entropy, tolerance = 1e-8)
  tree <- moe_dendrogram(fits[[4]])
  expect_identical(values(selection, "dendrogram"), tree$levels$dsc[-1])
  expect_identical(attr(selection, "dendrogram")$levels, tree$levels)
  path <- merge_truncate_merge(fits[[4]], c = mtm_constants)
  expect_identical(attr(selection, "mtm")$path, path$path)
  expect_identical(chosen_k(selection)[["mtm"]], path$k)
  expect_equal(sum(values(selection, "mtm")), 1)
})

test_that("each criterion chooses its least value, and marks it", {
  selection <- the_selection()
  chosen <- chosen_k(selection)
  expect_named(chosen, c("bic", "aic", "icl", "cv", "mtm", "dendrogram"))
  for (name in setdiff(names(chosen), "mtm")) {
    rows <- selection[selection$criterion == name, ]
    expect_identical(chosen[[name]], rows$k[which.min(rows$value)])
    expect_identical(rows$k[rows$selected], chosen[[name]])
  }
  expect_identical(chosen[["bic"]], 2L)
  expect_identical(chosen[["dendrogram"]], 2L)
})

test_that("each criterion alone gives the same as all together", {
  selection <- the_selection()
  for (name in unique(selection$criterion)) {
    alone <- select_k(y ~ x, selection_data(), k = 1:4, criterion = name, control = quick(), folds = 5)
    together <- as.data.frame(selection[selection$criterion == name, ])
    expect_equal(as.data.frame(alone[seq_len(nrow(alone)), ]), together, ignore_attr = "row.names")
    expect_identical(chosen_k(alone), chosen_k(selection)[name])
  }
})

test_that("cross-validation is the log density of rows that a fit has not seen", {
  data <- selection_data()
  fold <- rep(1:3, length.out = 300)
  selection <- select_k(y ~ x, data, k = 1:3, criterion = "cv", folds = c(30, 10, 20)[fold], control = quick())
  fold <- c(3, 1, 2)[fold]
  for (k in 1:3) {
    per_fold <- vapply(1:3, function(v) {
      fit <- quiet_moe(y ~ x, data[fold != v, ], k = k, control = quick())
      left <- data[fold == v, ]
      -mean(log(ref_dmoe(left$y, left$x, fit$measure)))
    }, 0)
    expect_equal(selection$value[k], mean(per_fold), tolerance = 1e-6)
    expect_equal(selection$std.error[k], sd(per_fold) / sqrt(3), tolerance = 1e-4)
  }
})

test_that("the rows that a fold leaves out have no part in its fit", {
  # the fit to all rows has an expert for the rows of fold 2, far from the others, that no training row asks for
  data <- rmoe(80, truth_overlap(), seed = 1)
  far <- transform(data, y = ifelse(seq_len(80) > 60, 20 + 5 * x, y))
  models <- lapply(list(data, far), function(d) list(cv_model(quiet_moe(y ~ x, d, k = 2, control = quick()))))
  loss <- lapply(models, function(model) {
    x <- cbind(x = far$x)
    problem <- list(
      y = far$y, x = x, z = x, same = TRUE, w = rep(1, 80), fold = rep(1:2, c(60, 20)), models = model, tell = function() NULL
    )
    cv_fold(2, problem, 1)$loss
  })
  expect_identical(loss[[2]], loss[[1]])
  expect_gt(loss[[2]], 30)
})

test_that("cross-validation finds two experts as often as BIC does", {
  skip_below("full")
  chosen <- vapply(1:12, function(i) {
    data <- rmoe(101, truth_overlap(), seed = 100 + i)
    chosen_k(select_k(y ~ x, data, k = 1:3, criterion = c("bic", "cv"), folds = 5, control = quick()))
  }, integer(2))
  expect_gte(mean(chosen["cv", ] == 2), 0.9 * mean(chosen["bic", ] == 2))
})

test_that("folds make fewer starts only where the starts of the fit agree", {
  expect_identical(fold_starts(rep(TRUE, 297), 297), 20L)
  # 0.8^31 is the first power of 0.8 below a thousandth
  expect_identical(fold_starts(rep(c(TRUE, FALSE), c(20, 80)), 100), 31L)
  expect_identical(fold_starts(rep(c(TRUE, FALSE), c(1, 197)), 198), 60L)
  expect_identical(fold_starts(rep(TRUE, 30), 10), 10L)
  # one start that was given agrees with itself
  expect_identical(fold_starts(TRUE, 250), 60L)
})

test_that("`warm` says that it has no effect", {
  data <- selection_data()
  run <- function(...) select_k(y ~ x, data, k = 2, criterion = "cv", folds = 3, control = quick(), ...)
  expect_warning(warm <- run(warm = TRUE), "no effect", class = "moe_warning_deprecated")
  expect_identical(warm$value, run()$value)
})

test_that("one expert by cross-validation is lm(), weights counting as repeated rows", {
  data <- the_data()[1:60, ]
  data$w <- rep(1:3, 20)
  fold <- rep(1:4, 15)
  selection <- select_k(y ~ x + z, data, k = 1, criterion = "cv", weights = w, folds = fold)
  loss <- vapply(1:4, function(v) {
    line <- lm(y ~ x + z, data[fold != v, ], weights = w)
    sigma2 <- weighted.mean(residuals(line)^2, data$w[fold != v])
    left <- data[fold == v, ]
    -sum(left$w * dnorm(left$y, predict(line, left), sqrt(sigma2), log = TRUE))
  }, 0)
  expect_equal(selection$value, sum(loss) / sum(data$w), tolerance = 1e-7)
})

test_that("folds are dealt evenly and depend on the seed alone", {
  fold <- make_folds(7, 100, 5, 3, NULL)
  expect_identical(range(tabulate(fold)), c(14L, 15L))
  expect_identical(make_folds(7, 100, 5, 3, NULL), fold)
  expect_false(identical(make_folds(7, 100, 5, 4, NULL), fold))
  data <- selection_data()
  one <- function(...) values(select_k(y ~ x, data, k = 1:2, criterion = "cv", ...), "cv")
  expect_identical(one(seed = 1), one(seed = 1, control = moe_control(seed = 7)))
  expect_false(identical(one(seed = 1), one(seed = 2)))
})

test_that("other processes give the same numbers", {
  skip_below("full")
  withr::defer(future::plan(future::sequential))
  future::plan(future::multisession, workers = 2)
  again <- select_k(y ~ x, selection_data(), k = 1:4, control = quick(), folds = 5)
  expect_identical(again$value, the_selection()$value)
  expect_identical(again$std.error, the_selection()$std.error)
})

test_that("fits on the variance floor are shown and not chosen; failed fits are rows", {
  high <- quick(variance_floor = 0.5)
  selection <- select_k(y ~ x, selection_data(), k = 1:2, criterion = c("bic", "dendrogram"), control = high)
  expect_identical(selection$status[selection$criterion == "bic"], c("converged", "variance_floor"))
  expect_true(all(is.finite(selection$value)))
  expect_lt(diff(values(selection, "bic")), 0)
  expect_identical(chosen_k(selection), c(bic = 1L, dendrogram = NA))
  shown <- capture.output(print(selection))
  expect_match(shown, "variance_floor", all = FALSE)
  expect_silent(ggplot2::ggplot_build(autoplot(selection)))
})

test_that("folds without a level of a factor say so", {
  data <- selection_data()[1:60, ]
  data$f <- rep(c("a", "b", "c"), each = 20)
  selection <- select_k(y ~ f, data, k = 1:2, criterion = "cv", folds = rep(1:3, each = 20), control = quick())
  expect_identical(selection$status, c("collinear", "collinear"))
  expect_identical(chosen_k(selection), c(cv = NA_integer_))
  expect_match(capture.output(print(selection)), "level of a factor", all = FALSE)
  expect_moe_error(autoplot(selection), "data", "draw")
})

test_that("BIC and the entropy of ICL are those of flexmix on the same fit", {
  skip_if_not_installed("flexmix")
  problem <- peer_problem(1, 1000, 2, 1)
  theirs <- flexmix_fit(problem, 2, ~x1)
  ours <- quiet_moe(y ~ x1, problem$data, 2, start = problem$tau)
  ours$measure <- flexmix_measure(theirs, 2)
  ours$loglik <- sum(log(ref_dmoe(problem$data$y, problem$x, ours$measure)))
  expect_equal(BIC(ours), BIC(theirs), tolerance = 1e-6)
  expect_equal(AIC(ours), AIC(theirs), tolerance = 1e-6)
  # EIC is one minus the entropy of the posterior probabilities, relative to its largest value
  entropy <- (1 - flexmix::EIC(theirs)) * 1000 * log(2)
  expect_equal(posterior_entropy(ours), entropy, tolerance = 1e-4)
  expect_equal(information_criteria$icl(ours), BIC(theirs) + 2 * entropy, tolerance = 1e-5)
  # flexmix's own ICL puts every row into its most probable expert, which can only be smaller: BIC <= theirs <= ours
  expect_gte(flexmix::ICL(theirs), BIC(theirs))
  expect_lte(flexmix::ICL(theirs), information_criteria$icl(ours) + 1e-3)
})

test_that("without covariates BIC is that of mclust with the sign changed, and so is ICL where groups are apart", {
  skip_if_not_installed("mclust")
  mclustBIC <- mclust::mclustBIC # Mclust() looks for it where it is called
  y <- withr::with_seed(1, c(rnorm(200), rnorm(100, 15, 2)))
  theirs <- mclust::Mclust(y, G = 2, modelNames = "V", verbose = FALSE, control = mclust::emControl(tol = 1e-12))
  selection <- select_k(y ~ 1, data.frame(y = y), k = 2, criterion = c("bic", "icl"), control = quick())
  expect_equal(selection$value[1], -theirs$bic, tolerance = 1e-7)
  expect_equal(selection$value[2], -mclust::icl(theirs), tolerance = 1e-7, ignore_attr = TRUE)
})

test_that("wrong arguments are classed errors", {
  data <- selection_data()
  for (k in list(0, -1, 1.5, "a", NA, c(2, 2), integer(), 101, 1:200)) {
    expect_moe_error(select_k(y ~ x, data, k = k, control = quick()), regexp = "`k`")
  }
  expect_moe_error(select_k(y ~ x, data), regexp = "`k`")
  # a third of the rows that are used
  expect_moe_error(select_k(y ~ x, data, k = 1:5, subset = 1:12, criterion = "bic", control = quick()), regexp = "third")
  for (criterion in list("hqc", character(), 1, c("bic", "bic"))) {
    expect_moe_error(select_k(y ~ x, data, 1:2, criterion), regexp = "criterion")
  }
  for (folds in list(1, 0, 301, 2.5, "a", 1:3, rep(1, 300))) {
    expect_moe_error(select_k(y ~ x, data, 1:2, "cv", folds = folds, control = quick()), regexp = "folds")
  }
  expect_moe_error(select_k(y ~ x, data[1:16, ], 1:3, "cv", folds = 2, control = quick()), regexp = "parameters")
  expect_moe_error(select_k(y ~ x, data, 1:2, start = 1), regexp = "start")
  expect_moe_error(select_k(y ~ x, data, 1:2, fold = 3), regexp = "fold")
  expect_moe_error(select_k(y ~ x, data, 1:2, seed = -1), regexp = "seed")
  expect_moe_error(chosen_k(data), regexp = "selection")
  expect_moe_error(select_k(y ~ x, data, 1:2, control = 3), regexp = "control")
  expect_moe_error(select_k(y ~ nothing, data, 1:2))
  expect_moe_error(select_k("y ~ x", data, 1:2))
  expect_moe_error(select_k(y ~ x, transform(data, y = 1), 1:2), "data", "constant")
})

test_that("a selection prints and draws", {
  selection <- the_selection()
  shown <- capture.output(print(selection))
  expect_match(shown, "Chosen (*): bic 2", all = FALSE, fixed = TRUE)
  expect_match(shown, "Lower is better: .*bic", all = FALSE)
  expect_false(any(grepl("Lower is better:.*mtm", shown)))
  expect_match(shown, "mtm: share .* higher is better", all = FALSE)
  expect_match(shown, "dendrogram: DSC = ", all = FALSE)
  expect_silent(ggplot2::ggplot_build(autoplot(selection)))
  expect_identical(class(selection[1:2, ]), "data.frame")
  expect_identical(selection$k, as.data.frame(selection)$k)
})

test_that("the picture has the standard errors of cross-validation", {
  selection <- the_selection()
  cv <- selection[selection$criterion == "cv", ]
  layers <- ggplot2::ggplot_build(autoplot(selection))$data
  bars <- Filter(function(layer) all(c("ymin", "ymax", "xmin") %in% names(layer)) && !"fill" %in% names(layer), layers)
  expect_length(bars, 1)
  expect_equal(bars[[1]]$ymax - bars[[1]]$ymin, 2 * cv$std.error)
})

test_that("every fold is a step of progress", {
  steps <- 0
  withCallingHandlers(
    progressr::with_progress(
      select_k(y ~ x, selection_data(), k = 1:2, criterion = "cv", folds = 3, control = quick()),
      handlers = progressr::handler_void(), enable = TRUE
    ),
    progression = function(cnd) if (cnd$type == "update" && cnd$amount > 0) steps <<- steps + 1
  )
  expect_identical(steps, 3)
})

test_that("least squares has cross-validation by squared error and the dendrogram", {
  truth <- moe_measure(c(0, 0), c(3, 0), c(2, -1.5), c(1, -1), expert = expert_tanh())
  data <- rmoe(400, truth, design_uniform(-3, 3), noise = 0.1, seed = 2)
  fold <- rep(1:4, 100)
  control <- quick()
  selection <- select_k(
    y ~ x, data, 1:3, expert = expert_tanh(), method = "lse", control = control, folds = fold
  )
  expect_identical(unique(selection$criterion), c("cv", "dendrogram"))
  for (k in 1:2) {
    loss <- vapply(1:4, function(v) {
      fit <- quiet_moe(y ~ x, data[fold != v, ], k, expert = expert_tanh(), method = "lse", control = control)
      mean((data$y - regression(fit$measure, cbind(x = data$x)))[fold == v]^2)
    }, 0)
    expect_equal(selection$value[k], mean(loss), tolerance = 1e-6)
  }
  expect_identical(chosen_k(selection)[["dendrogram"]], 2L)
  for (criterion in c("bic", "aic", "icl", "mtm")) {
    expect_moe_error(select_k(y ~ x, data, 1:2, criterion, method = "lse"), "unsupported", "squares")
  }
  expect_moe_error(select_k(y ~ x, data, 1:2, method = "ols"), regexp = "method")
})

