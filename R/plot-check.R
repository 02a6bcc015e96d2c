# The picture of a check: residuals, calibration, influence, optima -------------------------------------------

# Panels have different axes: the second line of each strip says what is drawn against what
check_panels <- c(
  "Law\nquantile residuals against normal quantiles", "Calibration\nshare of rows inside, less level, against level",
  "Rows\nCook's distance against row", "Optima of the starts\nlog-likelihood, less the fit's, against agreement"
)

#' @rdname check_moe
#' @export
autoplot.moe_check <- function(object, ...) {
  check_dots_empty(...)
  panels <- c(
    residual_panel(object$residuals), calibration_panel(object$calibration), influence_panel(object$influence),
    optima_panel(object$optima)
  )
  ggplot2::ggplot() +
    panels +
    ggplot2::facet_wrap(~panel, scales = "free", strip.position = "top") +
    ggplot2::scale_colour_manual(NULL, values = expert_colours(5), breaks = levels(object$calibration$group)) +
    ggplot2::labs(
      title = broken(sprintf("Check of %s: %s", counted(object$k, "expert"), deparse_one(object$formula)), 65),
      subtitle = broken(utils::tail(format(object), 1), 80), caption = broken(check_caption(object), 95),
      x = NULL, y = NULL
    ) +
    theme_moe() +
    ggplot2::theme(legend.position = "bottom")
}

check_caption <- function(check) {
  c(
    if (!is.null(check$residuals)) {
      sprintf("The band of the residuals holds 95 %% of %s from the fit.", counted(check$reps, "sample"))
    },
    "A row above 1 (dashed) moves the fit to the border of its 50 % region. Sizes of optima are numbers of starts."
  )
}

in_panel <- function(data, i) cbind(data, panel = factor(check_panels[i], check_panels))

residual_panel <- function(residuals) {
  if (is.null(residuals)) return(NULL)
  data <- in_panel(residuals, 1)
  list(
    ggplot2::geom_ribbon(
      ggplot2::aes(.data$normal, ymin = .data$lower, ymax = .data$upper), data, fill = "grey70", alpha = 0.5
    ),
    ggplot2::geom_abline(
      ggplot2::aes(slope = .data$slope, intercept = 0), in_panel(data.frame(slope = 1), 1), colour = "grey60"
    ),
    ggplot2::geom_point(ggplot2::aes(.data$normal, .data$residual), data, size = 0.9, shape = 16)
  )
}

calibration_panel <- function(calibration) {
  if (is.null(calibration)) return(NULL)
  data <- in_panel(calibration, 2)
  mapping <- ggplot2::aes(.data$level, .data$share - .data$level, colour = .data$group)
  list(
    ggplot2::geom_hline(ggplot2::aes(yintercept = .data$y), in_panel(data.frame(y = 0), 2), colour = "grey60"),
    ggplot2::geom_line(mapping, data, alpha = 0.6), ggplot2::geom_point(mapping, data, size = 1.6)
  )
}

influence_panel <- function(influence) {
  if (all(is.na(influence))) return(NULL)
  data <- in_panel(data.frame(row = seq_along(influence), distance = influence, label = names(influence)), 3)
  named <- data[utils::head(order(-data$distance), 3), ]
  list(
    ggplot2::geom_segment(
      ggplot2::aes(.data$row, 0, xend = .data$row, yend = .data$distance), data, colour = "grey40", linewidth = 0.3
    ),
    if (max(data$distance, na.rm = TRUE) > 0.5) {
      ggplot2::geom_hline(
        ggplot2::aes(yintercept = .data$y), in_panel(data.frame(y = 1), 3), colour = "#D55E00", linetype = 2
      )
    },
    ggplot2::geom_blank(ggplot2::aes(.data$row, 1.15 * .data$distance), named),
    ggplot2::geom_text(
      ggplot2::aes(.data$row, .data$distance, label = .data$label), named, size = 3, vjust = -0.4
    )
  )
}

optima_panel <- function(optima) {
  data <- in_panel(optima[is.finite(optima$agreement), ], 4)
  # what lies far below would hide what is near
  floor <- -10 * max(1, stats::median(abs(data$difference)))
  data <- data[data$difference >= floor, ]
  list(
    ggplot2::geom_point(
      ggplot2::aes(.data$agreement, .data$difference, size = .data$starts), data, shape = 21, fill = "grey85"
    ),
    ggplot2::geom_point(
      ggplot2::aes(.data$agreement, .data$difference), data[data$fit, ], shape = 4, size = 2, colour = "#D55E00"
    ),
    ggplot2::scale_size_area(guide = "none", max_size = 7)
  )
}
