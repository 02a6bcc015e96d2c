# Pictures of a study: losses against the sample size ------------------------------------------------------

#' Pictures of a study
#'
#' | `type` | shows |
#' |---|---|
#' | `"rate"` | the summary of every n with a bootstrap interval, the fitted line, and the slope of the theory |
#' | `"spread"` | every replicate, and the summaries |
#'
#' Both axes are logarithmic, so that a rate is a slope. The dashed line has the slope that [theory()] gives
#' and goes through the centre of the points: only its slope means something. Colours are those of Okabe and Ito,
#' and shapes say the same. The caption counts the replicates that did not converge.
#'
#' @param object,x A study of [moe_study()].
#' @param loss Names of losses or parameter columns, a panel each. By default the losses of the study; where it
#'   has both, `d1` is shown for k <= k* and `d2` for k > k*.
#' @param type What to show, see above.
#' @param summary,from,converged,level,resamples As in [rates()].
#' @param ... Arguments of `autoplot()` for `plot()`; otherwise not used.
#' @return A ggplot. `plot()` prints it and returns it invisibly. Wrong arguments are errors of class
#'   `moe_error_input`; a study without any value to draw is one of class `moe_error_data`.
#' @examples
#' study <- moe_study(truth_overlap(), k = 2, n = c(200, 400, 800), reps = 10, seed = 1)
#' autoplot(study)
#' autoplot(study, c("b.single", "sigma2.single"), type = "spread")
#' @family studies
#' @export
autoplot.moe_study <- function(object, loss = NULL, type = c("rate", "spread"),
                               summary = c("geometric", "median", "mean"), from = NULL, converged = NULL,
                               level = 0.95, resamples = 999, ...) {
  here <- rlang::current_env()
  check_dots_empty(..., call = here, fn = autoplot.moe_study)
  type <- check_choice(type, c("rate", "spread"))
  summary <- check_choice(summary, c("geometric", "median", "mean"))
  table <- rates(object, loss %||% attr(check_study(object), "spec")$loss, from, summary, converged, level, resamples)
  table <- shown_rates(table, is.null(loss), n_experts(attr(object, "spec")$truth))
  rows <- usable_rows(object, from %||% 0, converged, here)
  points <- study_points(rows, table, summary, level, attr(object, "spec")$seed, resamples)
  if (nrow(points) == 0) {
    moe_abort("The study has no value to draw: {nrow(rows)} row{?s} can be used.", class = "data")
  }
  slopes <- slope_texts(table, points, loss %||% attr(object, "spec")$loss)
  points$loss <- factor(points$loss, levels(slopes$loss))
  each <- if (type == "spread") study_replicates(rows, slopes, points)
  picture <- study_canvas(points) + study_layers(points, each, slope_places(slopes, points, each))
  picture + study_labels(object, table, type, summary, from, converged, level) +
    theme_moe() + ggplot2::theme(
      legend.position = "bottom", legend.margin = ggplot2::margin(), legend.box.spacing = ggplot2::unit(2, "pt")
    )
}

#' @rdname autoplot.moe_study
#' @export
plot.moe_study <- function(x, ...) {
  picture <- autoplot.moe_study(x, ...)
  print(picture)
  invisible(picture)
}

#' Of d1 and d2, the one that the theory is about
#' @noRd
shown_rates <- function(table, by_default, true_k) {
  if (!by_default || !all(c("d1", "d2") %in% table$loss)) return(table)
  table[!(table$loss == "d1" & table$k > true_k | table$loss == "d2" & table$k <= true_k), ]
}

#' A point per k, loss and n, with the bootstrap interval of the summary, and where the lines pass
#' @noRd
study_points <- function(rows, table, summary, level, seed, resamples) {
  each <- Map(function(k, name, slope, theory) {
    p <- loss_points(rows, k, name, summary, seed, resamples)
    if (length(p$n) == 0) return(NULL)
    ends <- t(apply(p$boot, 1, bootstrap_interval, level = level))
    alone <- p$count < 2
    centre <- exp(mean(log(p$value)))
    along <- p$n / exp(mean(log(p$n)))
    data.frame(
      k = k, loss = name, n = p$n, value = p$value, low = ifelse(alone, NA, ends[, 1]),
      high = ifelse(alone, NA, ends[, 2]), line = centre * along^slope, theory = centre * along^theory
    )
  }, table$k, table$loss, table$slope, table$theory)
  points <- do.call(rbind, each) %||% data.frame()
  if (nrow(points)) points$experts <- factor(points$k)
  points
}

#' Slopes as text, one line per k that has points, for panels in the order asked for
#' @noRd
slope_texts <- function(table, points, order) {
  shown <- intersect(order, points$loss)
  table <- table[table$used > 0 & table$loss %in% shown, ]
  table$experts <- factor(table$k, levels(points$experts))
  slope <- ifelse(is.na(table$slope), "no slope", sprintf("slope %.2f", table$slope))
  interval <- ifelse(is.na(table$conf.low), "", sprintf(" [%.2f, %.2f]", table$conf.low, table$conf.high))
  theory <- ifelse(is.na(table$theory), "", sprintf(", theory %s", format_each(table$theory)))
  table$text <- sprintf("k = %d: %s%s%s", table$k, slope, interval, theory)
  table$loss <- factor(table$loss, shown)
  table
}

#' The text goes below everything else in its panel
#' @noRd
slope_places <- function(table, points, each) {
  lowest <- pmin(points$value, points$low, points$line, points$theory, na.rm = TRUE)
  lowest <- tapply(c(lowest, each$value), c(as.character(points$loss), as.character(each$loss)), min)
  table$n <- min(points$n, each$n)
  table$value <- lowest[as.character(table$loss)]
  table$line <- stats::ave(table$k, table$loss, FUN = rank)
  table
}

study_canvas <- function(points) {
  lines <- max(tapply(points$k, points$loss, function(k) length(unique(k))))
  colours <- expert_colours(nlevels(points$experts))
  shapes <- rep_len(c(16, 17, 15, 18, 8, 4, 3), length(colours))
  panels <- nlevels(points$loss)
  ggplot2::ggplot(points, ggplot2::aes(.data$n, .data$value, colour = .data$experts, shape = .data$experts)) +
    ggplot2::facet_wrap(~loss, scales = "free_y", ncol = if (panels <= 4) min(panels, 2) else 3) +
    ggplot2::scale_x_log10(labels = function(n) format(n, big.mark = ",", trim = TRUE, scientific = FALSE)) +
    # room for the text below the points
    ggplot2::scale_y_log10(expand = ggplot2::expansion(mult = c(0.08 + (if (panels > 2) 0.2 else 0.1) * lines, 0.06))) +
    ggplot2::scale_colour_manual("Experts (k)", values = colours, drop = FALSE) +
    ggplot2::scale_shape_manual("Experts (k)", values = shapes, drop = FALSE)
}

#' Replicates, fitted and theoretical lines, points with intervals, slopes as text
#' @noRd
study_layers <- function(points, each, slopes) {
  with_values <- function(name) points[is.finite(points[[name]]), ]
  below <- ggplot2::aes(label = .data$text, vjust = 0.4 + 1.4 * .data$line)
  interval <- ggplot2::aes(ymin = .data$low, ymax = .data$high)
  list(
    if (!is.null(each)) ggplot2::geom_point(data = each, size = 0.8, alpha = 0.35, show.legend = FALSE),
    ggplot2::geom_line(ggplot2::aes(y = .data$theory), with_values("theory"), linetype = "22", linewidth = 0.6),
    ggplot2::geom_line(ggplot2::aes(y = .data$line), with_values("line"), linewidth = 0.6),
    ggplot2::geom_linerange(interval, with_values("low"), linewidth = 0.6),
    ggplot2::geom_point(size = if (is.null(each)) 2 else 2.6),
    ggplot2::geom_text(below, slopes, hjust = 0, size = 2.8, show.legend = FALSE)
  )
}

#' Every replicate, moved sideways by a little
#' @noRd
study_replicates <- function(rows, table, points) {
  each <- do.call(rbind, Map(function(k, name) {
    part <- rows[rows$k == k & is.finite(rows[[name]]) & rows[[name]] > 0, ]
    size <- nrow(part)
    n <- part$n * exp(0.12 * spread(size))
    data.frame(n = n, value = part[[name]], k = rep(k, size), loss = rep(name, size))
  }, table$k, as.character(table$loss)))
  each$experts <- factor(each$k, levels(points$experts))
  each$loss <- factor(each$loss, levels(table$loss))
  each
}

study_labels <- function(study, table, type, summary, from, converged, level) {
  spec <- attr(study, "spec")
  truth <- if (is.null(spec$truth_name)) "a measure" else spec$truth_name
  means <- c(geometric = "geometric means", median = "medians", mean = "means")[[summary]]
  subtitle <- sprintf(
    "Truth: %s (%d experts), %s protocol, %d %s per n.", truth, n_experts(spec$truth), spec$protocol, spec$reps,
    plural(spec$reps, "replicate")
  )
  each <- if (type == "spread") "Small points are replicates."
  caption <- c(
    sprintf("Large points are %s, bars %s bootstrap intervals.", means, percent(level)), each,
    "Solid: least squares. Dashed: slope of the theory."
  )
  if (type == "rate") caption[1] <- sub("Large points", "Points", caption[1])
  note <- unconverged_note(study, table, from, converged)
  ggplot2::labs(
    title = "Losses against the sample size", subtitle = broken(subtitle, 80),
    caption = paste(broken(paste(caption, collapse = " "), 95), broken(note, 95), sep = "\n"),
    x = "n", y = "loss or error"
  )
}

#' How many of the replicates that the picture is about did not converge, and what became of them
#' @noRd
unconverged_note <- function(study, table, from, converged) {
  rows <- study[study$n >= (from %||% 0) & study$k %in% table$k, ]
  bad <- table(factor(rows$k[!rows$converged %in% TRUE], unique(rows$k)))
  if (sum(bad) == 0) return(sprintf("All %s replicates converged.", number(nrow(rows), 0)))
  each <- if (length(bad) > 1) sprintf(" (%s)", toString(sprintf("k = %s: %d", names(bad), bad)))
  published <- attr(study, "spec")$protocol == "published"
  left <- if (converged %||% !published) "left out" else "used where they have values"
  sprintf(
    "%s of %s replicates did not converge%s; they are %s.",
    number(sum(bad), 0), number(nrow(rows), 0), each %||% "", left
  )
}
