# A choice of k as text and as a picture --------------------------------------------------------------------------

#' @export
format.moe_selection <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  chosen <- chosen_k(x)
  fits <- attr(x, "fits")
  names <- unique(x$criterion)
  k <- sort(unique(x$k))
  columns <- lapply(stats::setNames(nm = names), function(name) {
    rows <- x[x$criterion == name, ][match(k, x$k[x$criterion == name]), ]
    paste0(format_values(rows$value, digits), ifelse(rows$selected %in% TRUE, " *", "  "))
  })
  status <- vapply(as.character(k), function(each) {
    if (!each %in% names(fits)) "" else fits[[each]]$status %||% "error"
  }, "")
  table <- data.frame(k = k, columns, status = status)
  failed <- stats::na.omit(attr(x, "messages"))
  c(
    sprintf("<Number of experts: %s, %s>", deparse_one(attr(x, "formula")), counted(attr(x, "rows"), "row")),
    utils::capture.output(print(table, row.names = FALSE)),
    paste0("Chosen (*): ", paste(names(chosen), chosen, sep = " ", collapse = ", ")),
    criterion_note(names),
    if (length(failed)) sprintf("k = %s: %s", names(failed), cli::ansi_strip(failed))
  )
}

#' Which way is better, and what the values are that no one knows by their name
#' @noRd
criterion_note <- function(names) {
  less <- setdiff(names, "mtm")
  c(
    if (length(less)) paste("Lower is better:", paste(less, collapse = ", ")),
    if ("mtm" %in% names) "mtm: share of the path over c that has this k, higher is better; chosen is the k at c = 1",
    if ("dendrogram" %in% names) "dendrogram: DSC = -(height of the merge + log(n) mean log-likelihood), none at k = 1"
  )
}

#' @noRd
format_values <- function(x, digits) {
  shown <- character(length(x))
  shown[!is.na(x)] <- format(x[!is.na(x)], digits = digits)
  shown
}

#' @export
print.moe_selection <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  # a part of the table is a data frame like any other
  if (is.null(attr(x, "fits"))) return(NextMethod())
  writeLines(format(x, digits = digits))
  invisible(x)
}

#' @export
`[.moe_selection` <- function(x, ...) {
  part <- NextMethod()
  if (!is.data.frame(part)) return(part)
  kept <- attributes(part)[c("names", "row.names")]
  attributes(part) <- c(kept, class = "data.frame")
  part
}

#' Picture of a choice of k
#'
#' A panel for every criterion: its values, with the k that it chooses as a large point. Error bars of the
#' cross-validation are one standard error over folds. Open points are fits that cannot be chosen, see [select_k()].
#' Merge-truncate-merge has bars: the share of the path over c that has that k.
#'
#' @param object,x A choice of [select_k()].
#' @param ... Not used.
#' @return A ggplot. `plot()` prints it and returns it invisibly.
#' @examples
#' criteria <- c("bic", "dendrogram")
#' choice <- select_k(waiting ~ eruptions, faithful, k = 1:4, criterion = criteria, seed = 1)
#' autoplot(choice)
#' @family choosing k
#' @export
autoplot.moe_selection <- function(object, ...) {
  check_dots_empty(..., fn = autoplot.moe_selection)
  table <- as.data.frame(unclass(object)[names(object)])
  table$panel <- factor(table$criterion, unique(table$criterion), criterion_titles[unique(table$criterion)])
  table <- table[is.finite(table$value), ]
  if (nrow(table) == 0) {
    moe_abort("No criterion has a value to draw.", class = "data")
  }
  share <- table$criterion == "mtm"
  swept <- table[!share, ]
  colour <- expert_colours(2)
  ggplot2::ggplot(table, ggplot2::aes(.data$k, .data$value)) +
    ggplot2::facet_wrap(~panel, scales = "free_y", ncol = min(3, nlevels(table$panel))) +
    ggplot2::geom_col(data = table[share, ], fill = colour[1], width = 0.5) +
    ggplot2::geom_line(data = swept[is_usable(swept$status), ], colour = colour[1]) +
    ggplot2::geom_errorbar(
      ggplot2::aes(ymin = .data$value - .data$std.error, ymax = .data$value + .data$std.error),
      swept[is.finite(swept$std.error), ], colour = colour[1], width = 0.25
    ) +
    ggplot2::geom_point(
      data = swept, shape = ifelse(is_usable(swept$status), 16, 1), colour = colour[1], size = 2
    ) +
    ggplot2::geom_point(data = table[table$selected, ], colour = colour[2], size = 3.5) +
    ggplot2::scale_x_continuous(breaks = sort(unique(table$k)), minor_breaks = NULL) +
    selection_labels(object) + theme_moe()
}

criterion_titles <- c(
  bic = "BIC", aic = "AIC", icl = "ICL", cv = "Cross-validation", mtm = "MTM (share of path)",
  dendrogram = "Dendrogram (DSC)"
)

selection_labels <- function(object) {
  chosen <- chosen_k(object)
  ggplot2::labs(
    title = "How many experts?", subtitle = broken(deparse_one(attr(object, "formula")), 80), x = "Experts", y = NULL,
    caption = broken(paste0(
      "Large points are chosen: ",
      paste(sub(" \\(.*", "", criterion_titles[names(chosen)]), chosen, sep = " ", collapse = ", "), "."
    ), 95)
  )
}

#' @rdname autoplot.moe_selection
#' @export
plot.moe_selection <- function(x, ...) {
  picture <- autoplot.moe_selection(x, ...)
  print(picture)
  invisible(picture)
}
