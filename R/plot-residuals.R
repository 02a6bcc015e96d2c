# The picture of how well a model fits: quantile residuals, or those of least squares ---------------------------

plot_residuals <- function(fit, raw, covariate, rows) {
  parts <- row_components(fit, rows)
  points <- classified_rows(fit, rows)
  points$y <- standard_residuals(fit, parts, points$y)
  levels <- !is.null(covariate) && is_discrete(covariate, fit, raw)
  view <- list(discrete = levels, at = if (levels) sort(unique(raw[[covariate]])))
  values <- if (is.null(covariate)) mixture_mean(parts) else raw[[covariate]][rows]
  points$x <- as.numeric(axis_position(values, view)) + if (levels) 0.4 * spread(length(rows)) else 0
  layers <- residual_layers(points, covariate %||% "fitted mean", levels)
  caption <- c(
    if (!levels) "Line on the left: lowess. Band on the right: pointwise 95 % for a normal sample.",
    sample_note(fit, rows)
  )
  ggplot2::ggplot() +
    layers +
    ggplot2::facet_wrap(~panel, scales = "free_x", strip.position = "bottom") +
    axis_scale(view) +
    scale_experts(fit, "colour") +
    ggplot2::scale_alpha_identity() +
    ggplot2::scale_size_area("Weight", max_size = 4) +
    ggplot2::guides(colour = ggplot2::guide_legend(order = 1, override.aes = list(alpha = 1, size = 2))) +
    moe_labels(fit, "Residuals", residual_note(points, fit), caption,
      x = NULL, y = if (is_lse(fit)) "residual / sigma" else "quantile residual"
    ) +
    theme_moe() +
    ggplot2::theme(
      strip.placement = "outside",
      strip.text = ggplot2::element_text(size = 11), panel.spacing = ggplot2::unit(1, "lines")
    )
}

standard_residuals <- function(fit, parts, y) {
  if (is_lse(fit)) (y - mixture_mean(parts)) / sigma(fit) else residual_kinds$quantile(parts, y)
}

residual_layers <- function(points, against, levels) {
  left <- factor(against, c(against, "normal quantile"))
  right <- factor("normal quantile", c(against, "normal quantile"))
  lines <- data.frame(y = c(-1.96, 0, 1.96), panel = left)
  layers <- list(
    ggplot2::geom_hline(
      ggplot2::aes(yintercept = .data$y), lines, linetype = c(2, 1, 2), colour = "grey60"
    ),
    point_layer(cbind(points, panel = left))
  )
  if (levels) return(layers)
  trend <- data.frame(stats::lowess(points$x, points$y), panel = left)
  band <- data.frame(normal_quantiles(points$y, points$weight), panel = right)
  points$x <- band$x
  c(layers, list(
    if (length(unique(trend$x)) > 1) {
      ggplot2::geom_line(ggplot2::aes(.data$x, .data$y), trend, linewidth = 0.7)
    },
    ggplot2::geom_ribbon(
      ggplot2::aes(.data$x, ymin = .data$lower, ymax = .data$upper), band, fill = "grey70", alpha = 0.4
    ),
    ggplot2::geom_abline(
      ggplot2::aes(slope = .data$slope, intercept = 0), data.frame(slope = 1, panel = right),
      colour = "grey60"
    ),
    point_layer(cbind(points, panel = right))
  ))
}

#' Normal plotting positions of r where a row of weight w is w rows, with a band for each
#'
#' The i-th of n ordered uniform numbers has a Beta(i, n + 1 - i) law.
#' @noRd
normal_quantiles <- function(r, w) {
  sorted <- order(r)
  total <- sum(w)
  middle <- numeric(length(r))
  middle[sorted] <- cumsum(w[sorted]) - w[sorted] / 2
  i <- middle + 0.5
  data.frame(
    x = stats::qnorm(middle / total), lower = stats::qnorm(stats::qbeta(0.025, i, total + 1 - i)),
    upper = stats::qnorm(stats::qbeta(0.975, i, total + 1 - i))
  )
}

residual_note <- function(points, fit) {
  w <- points$weight / sum(points$weight)
  center <- sum(w * points$y)
  spread <- sqrt(sum(w * (points$y - center)^2))
  c(
    if (is_lse(fit)) {
      "Without trend where the model is right, and standard normal if the noise is normal with one variance."
    } else {
      "Standard normal and without trend where the model is right."
    },
    sprintf("Here: mean %s, standard deviation %s.", number(center), number(spread))
  )
}
