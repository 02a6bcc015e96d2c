# The picture of a fit: data, experts, mean ------------------------------------------------------------------

plot_fit <- function(fit, raw, covariate, rows, level) {
  if (is.null(covariate)) return(plot_density(fit))
  view <- partial_view(fit, raw, covariate)
  points <- classified_rows(fit, rows)
  points$x <- axis_position(raw[[covariate]][rows], view)
  curves <- expert_curves(view, level)
  average <- data.frame(x = axis_position(view$at, view), y = mixture_mean(view$parts))
  draw <- if (view$discrete) level_layers else line_layers
  subtitle <- c(fit_summary(fit), held_note(view$held, "Experts and mean"))
  caption <- c(
    "Point: colour of its most probable expert, paler where less certain.",
    sprintf("Band: %s of an expert, fading with its gate. ", percent(level)), sample_note(fit, rows)
  )
  ggplot2::ggplot() +
    draw(points, curves, average) +
    ggplot2::coord_cartesian(ylim = shown_range(points, curves, average)) +
    axis_scale(view) +
    scale_experts(fit) +
    ggplot2::scale_alpha_identity() +
    ggplot2::scale_linetype_manual(NULL, values = c("mean of the mixture" = "22")) +
    ggplot2::scale_size_area("Weight", max_size = 4) +
    ggplot2::guides(
      colour = ggplot2::guide_legend(order = 1, override.aes = list(alpha = 1, linewidth = 1)),
      fill = "none"
    ) +
    moe_labels(fit, "Fit", subtitle, caption, x = covariate, y = names(fit$model)[1]) +
    theme_moe()
}

#' Rows with the most probable expert given y and the covariates; by the gate after least squares
#' @return A data frame: y, expert (factor), alpha (0.25 when all experts are equally probable, up to
#'   0.9), weight.
#' @noRd
classified_rows <- function(fit, rows) {
  parts <- row_components(fit, rows)
  y <- fit_y(fit)[rows]
  posterior <- if (is_lse(fit)) exp(parts$log_gate) else mixture_posterior(y, parts)
  certainty <- row_extreme(posterior, pmax)
  lowest <- 1 / fit$k
  data.frame(
    y = y, expert = expert_factor(most_probable(posterior), fit$k),
    alpha = 0.25 + 0.65 * (if (fit$k > 1) (certainty - lowest) / (1 - lowest) else 1),
    weight = fit_weights(fit)[rows]
  )
}

row_components <- function(fit, rows) {
  components(fit$measure, fit_x(fit)[rows, , drop = FALSE], fit_z(fit)[rows, , drop = FALSE])
}

expert_factor <- function(i, k) factor(i, levels = seq_len(k))

#' Means and central intervals of all experts along the view, one row each
#' @noRd
expert_curves <- function(view, level) {
  parts <- view$parts
  m <- nrow(parts$mean)
  k <- ncol(parts$mean)
  reach <- stats::qnorm((1 + level) / 2) * sqrt(c(parts$variance))
  gate <- exp(c(parts$log_gate))
  curves <- data.frame(
    x = rep(axis_position(view$at, view), k), position = rep(seq_len(m), k),
    expert = expert_factor(rep(seq_len(k), each = m), k),
    mean = c(parts$mean), lower = c(parts$mean) - reach, upper = c(parts$mean) + reach,
    gate = gate, alpha = 0.2 + 0.8 * gate
  )
  curves[curves$gate >= 0.02, ]
}

#' All points, and experts where they matter: far outside its region one would only stretch the axis
#' @noRd
shown_range <- function(points, curves, average) {
  strong <- curves[curves$gate >= 0.3, ]
  range(points$y, average$y, strong$lower, strong$upper)
}

point_layer <- function(points) {
  many <- nrow(points) > 1000
  if (many) points$alpha <- points$alpha / 2
  mapping <- ggplot2::aes(.data$x, .data$y, colour = .data$expert, alpha = .data$alpha)
  if (length(unique(points$weight)) == 1) {
    return(ggplot2::geom_point(mapping, points, shape = 16, size = if (many) 1 else 1.6))
  }
  mapping$size <- ggplot2::aes(size = .data$weight)$size
  ggplot2::geom_point(mapping, points, shape = 16)
}

line_layers <- function(points, curves, average) {
  curves <- with_runs(curves)
  line <- ggplot2::aes(.data$x, .data$mean, group = .data$run, alpha = .data$alpha)
  coloured <- utils::modifyList(line, ggplot2::aes(colour = .data$expert))
  list(
    ggplot2::geom_ribbon(
      ggplot2::aes(.data$x, ymin = .data$lower, ymax = .data$upper, fill = .data$expert, group = .data$run),
      fading_bands(curves), alpha = 0.025
    ),
    point_layer(points),
    # a halo keeps lines apart from a cloud of points of the same colour
    if (nrow(points) > 1000) ggplot2::geom_line(line, curves, linewidth = 2.2, colour = "white"),
    ggplot2::geom_line(coloured, curves, linewidth = 1.2),
    if (length(unique(curves$expert)) > 1) {
      ggplot2::geom_line(
        ggplot2::aes(.data$x, .data$y, linetype = "mean of the mixture"), average, linewidth = 0.6
      )
    }
  )
}

#' A ribbon cannot fade along its length: ten faint ones, each where the gate exceeds its threshold
#'
#' Squared, so that an expert whose gate is never large has a visible band too.
#' @noRd
fading_bands <- function(curves, steps = 10) {
  thresholds <- ((seq_len(steps) - 0.5) / steps)^2
  bands <- lapply(thresholds, function(threshold) {
    kept <- curves[curves$gate >= threshold, ]
    if (nrow(kept) == 0) return(NULL)
    kept <- with_runs(kept)
    kept$run <- paste(threshold, kept$run)[seq_len(nrow(kept))]
    kept
  })
  do.call(rbind, bands)
}

#' Number the stretches without a gap, and drop those of one point
#' @noRd
with_runs <- function(curves) {
  gap <- diff(curves$position) != 1 | diff(as.integer(curves$expert)) != 0
  curves$run <- cumsum(c(TRUE, gap))
  curves[tabulate(curves$run)[curves$run] > 1, ]
}

#' The same for levels of a factor: boxes side by side
#' @noRd
level_layers <- function(points, curves, average) {
  k <- nlevels(curves$expert)
  width <- 0.8 / k
  offset <- function(expert) (as.integer(expert) - (k + 1) / 2) * width
  points$x <- points$x + offset(points$expert) + 0.6 * width * spread(nrow(points))
  curves$x <- curves$x + offset(curves$expert)
  reach <- 0.45 * width
  segment <- ggplot2::aes(.data$x - reach, .data$mean, xend = .data$x + reach, yend = .data$mean)
  list(
    ggplot2::geom_rect(
      ggplot2::aes(
        xmin = .data$x - reach, xmax = .data$x + reach, ymin = .data$lower, ymax = .data$upper,
        fill = .data$expert, alpha = 0.25 * .data$alpha
      ), curves
    ),
    point_layer(points),
    ggplot2::geom_segment(
      utils::modifyList(segment, ggplot2::aes(colour = .data$expert, alpha = .data$alpha)), curves,
      linewidth = 1.2
    ),
    if (k > 1) {
      ggplot2::geom_segment(
        ggplot2::aes(
          .data$x - 0.45, .data$y, xend = .data$x + 0.45, yend = .data$y,
          linetype = "mean of the mixture"
        ), average, linewidth = 0.6
      )
    }
  )
}
