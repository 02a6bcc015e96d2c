# The picture of how a fit was found: all starts by iteration -------------------------------------------------

plot_trace <- function(fit, call) {
  if (is.null(fit$trace)) {
    moe_abort(c(
      "The trace of this fit was not kept.",
      i = "Refit with {.code control = moe_control(trace = TRUE)}."
    ), class = "unsupported", call = call)
  }
  trace <- staged_trace(fit)
  groups <- levels(trace$group)
  ends <- trace[!duplicated(trace[c("start", "stage")], fromLast = TRUE), ]
  first <- ends[ends$stage == levels(ends$stage)[1], ]
  style <- function(...) stats::setNames(c(...), groups)
  mapping <- ggplot2::aes(.data$iteration, .data$value, colour = .data$group, group = .data$start)
  caption <- "Each line is a start and ends in a dot. What lies far below the worst optimum is cut off."
  ggplot2::ggplot(mapping = mapping) +
    ggplot2::geom_line(ggplot2::aes(linewidth = .data$group, alpha = .data$group), above_floor(trace, ends)) +
    ggplot2::geom_point(data = ends, size = 1.2, shape = 16) +
    (if (nlevels(trace$stage) > 1) ggplot2::facet_wrap(~stage, scales = "free")) +
    ggplot2::scale_colour_manual("Start", values = style("#D55E00", "#0072B2", "grey60")) +
    ggplot2::scale_linewidth_manual("Start", values = style(1.1, 0.6, 0.4)) +
    ggplot2::scale_alpha_manual("Start", values = style(1, 0.8, 0.5)) +
    moe_labels(
      fit, "Trace", trace_note(fit, first), caption,
      x = "iteration", y = if (is_lse(fit)) "-RSS / 2" else "log-likelihood"
    ) +
    theme_moe()
}

#' The trace with the group of each start, and the stage: on a sample of rows, on larger ones, on all
#'
#' A stage begins with the last iteration of the one before, which has another value on other rows.
#' @return The trace with factors start (in the order of drawing: that of the fit last), group and stage.
#' @noRd
staged_trace <- function(fit) {
  groups <- c("the fit", "same optimum", "other optimum")
  starts <- fit$starts
  group <- factor(ifelse(starts$best, groups[1], ifelse(starts$agrees, groups[2], groups[3])), groups)
  trace <- fit$trace
  n <- nrow(trace)
  changed <- abs(diff(trace$value)) > 1e-9 * (1 + abs(trace$value[-n]))
  begins <- c(FALSE, diff(trace$start) == 0 & diff(trace$iteration) == 0 & changed)
  stage <- 1 + stats::ave(as.numeric(begins), trace$start, FUN = cumsum)
  last <- max(stage)
  samples <- if (last == 2) "a sample of rows" else paste("sample", seq_len(last - 1))
  rows <- c(if (last > 1) samples, "all rows")
  trace$stage <- factor(rows[stage], rows)
  trace$group <- group[trace$start]
  trace <- trace[order(-as.integer(trace$group), trace$start), ]
  trace$start <- factor(trace$start, unique(trace$start))
  trace
}

#' Cut each stage off as far below its worst end as that is below the best
#' @noRd
above_floor <- function(trace, ends) {
  lowest <- vapply(levels(trace$stage), function(stage) {
    reached <- range(ends$value[ends$stage == stage])
    all <- range(trace$value[trace$stage == stage])
    reached[1] - max(diff(reached), 0.05 * diff(all))
  }, 0)
  floor <- lowest[as.integer(trace$stage)]
  # a line that comes from below enters at the floor
  trace$value <- pmax(trace$value, floor)
  following <- c(trace$value[-1], -Inf)
  trace[trace$value > floor | following > floor, ]
}

trace_note <- function(fit, ends) {
  starts <- fit$starts
  best <- ends$value[ends$group == "the fit"]
  higher <- sum(ends$value > best + 2e-5 * (1 + abs(best)))
  values <- sort(ends$value)
  optima <- 1 + sum(diff(values) > 2e-5 * (1 + abs(values[-1])))
  reached <- sprintf(
    "%d of %d %s reached the optimum of the fit.", sum(starts$agrees), nrow(starts),
    if (nrow(starts) == 1) "start" else "starts"
  )
  c(
    reached, if (optima > 1) sprintf("The starts ended at %d different values.", optima),
    if (higher > 0) sprintf("%d ended higher, set aside for few rows or a small variance.", higher)
  )
}
