n <- c(100, 400, 1600)
losses <- outer(n^-0.5, c(0.5, 1, 2))

layer_of <- function(picture, geom) {
  which(vapply(picture$layers, function(layer) class(layer$geom)[1], "") == geom)
}

test_that("points, lines and slopes are those of rates()", {
  picture <- autoplot(made_study(losses, n))
  points <- ggplot2::layer_data(picture, layer_of(picture, "GeomPoint"))
  expect_equal(10^points$x, n)
  expect_equal(10^points$y, n^-0.5)
  lines <- layer_of(picture, "GeomLine")
  for (i in lines) expect_equal(diff(ggplot2::layer_data(picture, i)$y), rep(-0.5 * log10(4), 2))
  text <- ggplot2::layer_data(picture, layer_of(picture, "GeomText"))
  expect_match(text$label, "k = 2: slope -0.50 [", fixed = TRUE)
  expect_match(text$label, "theory -0.5", fixed = TRUE)
  ranges <- ggplot2::layer_data(picture, layer_of(picture, "GeomLinerange"))
  expect_true(all(ranges$ymin < points$y & points$y < ranges$ymax))
})

test_that("the theoretical slope goes through the centre of the points", {
  study <- made_study(outer(n^-0.3, c(0.5, 1, 2)), n)
  picture <- autoplot(study)
  dashed <- ggplot2::layer_data(picture, layer_of(picture, "GeomLine")[1])
  expect_equal(diff(range(dashed$y)), 0.5 * log10(16))
  expect_equal(mean(dashed$y), mean(log10(n^-0.3)))
})

test_that("replicates that did not converge are counted in the caption", {
  study <- made_study(losses, n, converged = rep(c(TRUE, FALSE, TRUE), 3))
  expect_match(autoplot(study)$labels$caption, "3 of 9 replicates did not converge; they are left out", fixed = TRUE)
  expect_match(autoplot(study, converged = FALSE)$labels$caption, "3 of 9 replicates did not converge; they are used")
  expect_match(autoplot(study, from = 400)$labels$caption, "2 of 6 replicates")
  expect_match(autoplot(made_study(losses, n))$labels$caption, "All 9 replicates converged")
})

test_that("a spread shows every replicate", {
  picture <- autoplot(made_study(losses, n), type = "spread")
  each <- ggplot2::layer_data(picture, layer_of(picture, "GeomPoint")[1])
  expect_equal(sort(10^each$y), sort(as.vector(losses)))
})

test_that("several k and losses have colours and panels", {
  study <- small_study(k = 2:3)
  picture <- autoplot(study)
  expect_silent(built <- ggplot2::ggplot_build(picture))
  expect_identical(as.character(built$layout$layout$loss), c("d1", "d2", "hellinger"))
  points <- ggplot2::layer_data(picture, layer_of(picture, "GeomPoint"))
  expect_identical(unique(points$colour), expert_colours(2))
  # of d1 and d2 the one of the theory, but both when asked for
  expect_identical(nrow(points), 8L)
  expect_identical(nrow(ggplot2::layer_data(autoplot(study, c("d1", "d2")), layer_of(picture, "GeomPoint"))), 8L)
  for (type in c("rate", "spread")) {
    expect_silent(ggplot2::ggplot_build(autoplot(study, c("hellinger", "b.single", "b.over"), type)))
  }
})

test_that("one size, one replicate, and nothing at all", {
  expect_silent(ggplot2::ggplot_build(autoplot(made_study(matrix(c(1, 2), 1), 100))))
  expect_silent(ggplot2::ggplot_build(autoplot(made_study(matrix(n^-0.5), n))))
  expect_moe_error(autoplot(made_study(losses, n, converged = FALSE)), "data")
  expect_moe_error(autoplot(made_study(losses, n), "d9"))
  expect_moe_error(autoplot(made_study(losses, n), type = "bar"))
  expect_moe_error(autoplot(made_study(losses, n), colour = "red"))
})

test_that("plot() prints the picture and returns it", {
  withr::local_pdf(withr::local_tempfile(fileext = ".pdf"))
  shown <- withVisible(plot(made_study(losses, n)))
  expect_false(shown$visible)
  expect_s3_class(shown$value, "ggplot")
})

test_that("pictures look as they did", {
  skip_if_not_installed("vdiffr")
  study <- made_study(losses, n, converged = c(TRUE, TRUE, FALSE, rep(TRUE, 6)))
  vdiffr::expect_doppelganger("rate", autoplot(study))
  vdiffr::expect_doppelganger("spread", autoplot(study, type = "spread"))
})
