# The picture of a least-squares fit: data, experts and regression function over the gate -------------------------

plot_regression <- function(fit, raw, covariate, rows, level, call = rlang::caller_env()) {
  if (is.null(covariate)) {
    moe_abort(c(
      "A least-squares fit without covariates is one number: there is no picture of it.",
      i = "Look at {.code autoplot(fit, \"residuals\")}."
    ), class = "unsupported", call = call)
  }
  view <- partial_view(fit, raw, covariate)
  panels <- regression_panels(fit)
  points <- data.frame(
    x = axis_position(raw[[covariate]][rows], view) + if (view$discrete) 0.3 * spread(length(rows)) else 0,
    y = fit_y(fit)[rows], weight = fit_weights(fit)[rows], panel = panels[1]
  )
  curve <- data.frame(x = axis_position(view$at, view), view_band(fit, view, level), panel = panels[1])
  experts <- expert_means(view, panels[1], range(points$y, curve$lwr, curve$upr, na.rm = TRUE))
  subtitle <- c(fit_summary(fit), held_note(view$held, "Experts and regression function"))
  caption <- c(
    sprintf("Black: regression function, pointwise %s confidence band. Experts fade with their gate.", percent(level)),
    sample_note(fit, rows)
  )
  ggplot2::ggplot() +
    regression_layers(points, experts, curve, view$discrete) +
    (if (fit$k > 1) gate_layer(view, panels[2])) +
    (if (fit$k > 1) ggplot2::facet_wrap(~panel, ncol = 1, scales = "free_y", strip.position = "left")) +
    axis_scale(view) +
    scale_experts(fit) +
    ggplot2::scale_alpha_identity() +
    ggplot2::scale_size_area("Weight", max_size = 4) +
    ggplot2::guides(fill = "none", colour = ggplot2::guide_legend(override.aes = list(alpha = 1, linewidth = 1))) +
    moe_labels(fit, "Fit", subtitle, caption, x = covariate, y = if (fit$k == 1) names(fit$model)[1]) +
    theme_moe() +
    ggplot2::theme(strip.placement = "outside", strip.text = ggplot2::element_text(size = 11))
}

#' The response above, the gate below
#' @noRd
regression_panels <- function(fit) {
  names <- c(names(fit$model)[1], "gate")
  if (names[1] == "gate") names[2] <- "gate probability"
  factor(names, names)
}

#' f with its confidence band along the view
#' @noRd
view_band <- function(fit, view, level) {
  design <- view$design
  # a fit without a band is drawn without: summary() says why
  limits <- withCallingHandlers(
    band(fit, c(design, list(missing = rep(FALSE, length(view$at)))), level, "confidence", "sandwich"),
    moe_warning = function(cnd) rlang::cnd_muffle(cnd)
  )
  as.data.frame(limits)
}

#' Experts where they matter and within the range of the picture: far outside they would only stretch it
#' @noRd
expert_means <- function(view, panel, range) {
  m <- nrow(view$parts$mean)
  k <- ncol(view$parts$mean)
  gate <- exp(c(view$parts$log_gate))
  curves <- data.frame(
    x = rep(axis_position(view$at, view), k), position = rep(seq_len(m), k),
    expert = expert_factor(rep(seq_len(k), each = m), k), mean = c(view$parts$mean), gate = gate,
    alpha = 0.2 + 0.8 * gate, panel = panel
  )
  room <- 0.15 * diff(range)
  curves[gate >= 0.02 & curves$mean >= range[1] - room & curves$mean <= range[2] + room, ]
}

regression_layers <- function(points, experts, curve, discrete) {
  limits <- ggplot2::aes(.data$x, .data$fit, ymin = .data$lwr, ymax = .data$upr)
  colours <- ggplot2::aes(.data$x, .data$mean, colour = .data$expert, alpha = .data$alpha)
  if (discrete) {
    reach <- 0.35
    ends <- ggplot2::aes(x = .data$x - reach, xend = .data$x + reach, yend = .data$mean)
    return(list(
      grey_points(points), ggplot2::geom_segment(utils::modifyList(colours, ends), experts, linewidth = 1.2),
      ggplot2::geom_pointrange(limits, curve)
    ))
  }
  by_run <- utils::modifyList(colours, ggplot2::aes(group = .data$run))
  list(
    grey_points(points), ggplot2::geom_ribbon(limits, curve[is.finite(curve$lwr), ], fill = "black", alpha = 0.15),
    ggplot2::geom_line(by_run, with_runs(experts), linewidth = 1.1),
    ggplot2::geom_line(ggplot2::aes(.data$x, .data$fit), curve, linewidth = 0.7)
  )
}

#' Rows belong to no expert
#' @noRd
grey_points <- function(points) {
  many <- nrow(points) > 1000
  look <- list(data = points, shape = 16, colour = "grey55", alpha = if (many) 0.3 else 0.6)
  weighted <- length(unique(points$weight)) > 1
  mapping <- ggplot2::aes(.data$x, .data$y)
  if (weighted) mapping$size <- ggplot2::aes(size = .data$weight)$size else look$size <- if (many) 1 else 1.6
  do.call(ggplot2::geom_point, c(list(mapping), look))
}

gate_layer <- function(view, panel) {
  k <- ncol(view$parts$log_gate)
  gate <- data.frame(
    x = rep(axis_position(view$at, view), k), probability = exp(c(view$parts$log_gate)),
    expert = expert_factor(rep(seq_len(k), each = length(view$at)), k), panel = panel
  )
  mapping <- ggplot2::aes(.data$x, .data$probability, fill = .data$expert)
  if (view$discrete) return(ggplot2::geom_col(mapping, gate, width = 0.7, colour = "white", linewidth = 0.4))
  ggplot2::geom_area(mapping, gate, stat = "identity", colour = "white", linewidth = 0.4)
}
