# Pictures of what needs no y, and of what has no covariate ----------------------------------------------------

plot_gate <- function(fit, raw, covariate, rows) {
  view <- if (is.null(covariate)) {
    list(at = "all rows", discrete = TRUE, parts = row_components(fit, 1))
  } else {
    partial_view(fit, raw, covariate)
  }
  k <- fit$k
  gate <- data.frame(
    x = rep(axis_position(view$at, view), k), probability = exp(c(view$parts$log_gate)),
    expert = expert_factor(rep(seq_len(k), each = length(view$at)), k)
  )
  mapping <- ggplot2::aes(.data$x, .data$probability, fill = .data$expert)
  ticks <- rows[unique(round(seq(1, length(rows), length.out = min(length(rows), 400))))]
  layers <- if (view$discrete) {
    list(ggplot2::geom_col(mapping, gate, width = 0.7, colour = "white", linewidth = 0.4))
  } else {
    list(
      ggplot2::geom_area(mapping, gate, stat = "identity", colour = "white", linewidth = 0.4),
      ggplot2::geom_rug(
        ggplot2::aes(.data$x), data.frame(x = raw[[covariate]][ticks]),
        alpha = 0.4, length = ggplot2::unit(0.02, "npc")
      )
    )
  }
  subtitle <- c("Probability of each expert before y is seen.", held_note(view$held, "Other covariates"))
  caption <- if (!view$discrete) paste(c("Ticks: the data.", sample_note(fit, ticks)), collapse = " ")
  ggplot2::ggplot() +
    layers +
    axis_scale(view) +
    scale_experts(fit, "fill") +
    ggplot2::scale_y_continuous(labels = percent, expand = ggplot2::expansion(c(0.03, 0.01))) +
    moe_labels(fit, "Gate", subtitle, caption, x = covariate, y = "probability") +
    theme_moe()
}

#' Without covariates the fit is one density
#' @noRd
plot_density <- function(fit) {
  y <- fit_y(fit)
  ends <- grDevices::extendrange(y, f = 0.1)
  at <- seq(ends[1], ends[2], length.out = 251)
  parts <- take_rows(row_components(fit, 1), rep(1, length(at)))
  experts <- data.frame(
    y = rep(at, fit$k), expert = expert_factor(rep(seq_len(fit$k), each = length(at)), fit$k),
    density = exp(c(parts$log_gate + stats::dnorm(at, parts$mean, sqrt(parts$variance), log = TRUE)))
  )
  mixture <- data.frame(y = at, density = mixture_density(at, parts))
  data <- data.frame(y = y, weight = fit_weights(fit))
  area <- ggplot2::aes(.data$y, .data$density, fill = .data$expert)
  line <- ggplot2::aes(.data$y, .data$density, linetype = "mixture")
  ggplot2::ggplot() +
    ggplot2::geom_histogram(
      ggplot2::aes(.data$y, ggplot2::after_stat(.data$density), weight = .data$weight), data,
      bins = max(10, min(60, ceiling(sqrt(length(y))))), fill = "grey80"
    ) +
    ggplot2::geom_area(area, experts, alpha = 0.4, position = "identity") +
    ggplot2::geom_line(line, mixture, linewidth = 0.7) +
    scale_experts(fit, "fill") +
    ggplot2::scale_linetype_manual(NULL, values = c(mixture = 1)) +
    moe_labels(fit, "Fit", fit_summary(fit), "Grey: histogram of the data. Areas: experts times their probabilities.",
      x = names(fit$model)[1], y = "density"
    ) +
    theme_moe()
}
