# A dendrogram as text, as R's own trees, and as a picture --------------------------------------------------------

#' Dendrograms as trees of R, as text, and as pictures
#'
#' `as.hclust()` and `as.dendrogram()` give the trees that R's own functions draw and cut. Their heights are those of
#' the merges, which need not increase; [stats::cutree()] refuses a tree whose heights do not. The column of
#' `membership` for the number of atoms wanted answers the same question always. `autoplot()` draws the tree with
#' its groups at k, and the criterion of every level on its merge. [as_measure()] of a dendrogram is the merged
#' measure of k atoms.
#'
#' @param x,object A dendrogram of [moe_dendrogram()].
#' @param k Number of groups to mark, from 1 to the number of atoms: by default that of the criterion.
#' @param digits Number of significant digits.
#' @param ... Not used.
#' @return A tree of class `hclust` or `dendrogram`; a ggplot. `plot()` and `print()` return `x` or the picture
#'   invisibly. A `k` that is out of range is an error of class `moe_error_input`.
#' @examples
#' data <- rmoe(1000, truth_overlap(), seed = 1)
#' tree <- moe_dendrogram(moe(y ~ x, data, k = 4, control = moe_control(seed = 1)))
#' autoplot(tree)
#' as.hclust(tree)$height
#' @name moe_dendrogram-methods
#' @family choosing k
NULL

#' @rdname moe_dendrogram-methods
#' @importFrom stats as.hclust
#' @export
as.hclust.moe_dendrogram <- function(x, ...) {
  k <- length(x$measures)
  structure(list(
    merge = x$merge, height = x$height, order = leaf_order(x$merge), labels = paste("expert", seq_len(k)),
    method = paste("mixing measure,", x$rule), call = quote(moe_dendrogram()), dist.method = "d"
  ), class = "hclust")
}

#' @rdname moe_dendrogram-methods
#' @importFrom stats as.dendrogram
#' @export
as.dendrogram.moe_dendrogram <- function(object, ...) stats::as.dendrogram(as.hclust.moe_dendrogram(object))

#' Leaves from left to right, so that no branches cross
#' @noRd
leaf_order <- function(merge) {
  leaves <- list()
  for (step in seq_len(nrow(merge))) {
    leaves[[step]] <- unlist(lapply(merge[step, ], function(m) if (m < 0) -m else leaves[[m]]))
  }
  leaves[[nrow(merge)]]
}

#' @export
as_measure.moe_dendrogram <- function(x, ..., call = rlang::current_env()) {
  if (is.na(x$k)) {
    moe_abort(c(
      "The dendrogram of a measure alone has no number of experts.",
      i = "Take one of {.code $measures}, or make the dendrogram of a fit."
    ), class = "unsupported", call = call)
  }
  x$measures[[x$k]]
}

#' @export
format.moe_dendrogram <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  atoms <- length(x$measures)
  table <- x$levels[rev(seq_len(atoms)), ]
  table[-1] <- lapply(table[-1], function(v) ifelse(is.na(v), "", format(v, digits = digits)))
  if (all(x$levels$dsc %in% NA)) table <- table[c("k", "height")]
  table[[" "]] <- ifelse(table$k %in% x$k, "<-", "")
  c(
    sprintf("<Dendrogram of a mixing measure: %d experts>", atoms),
    if (!is.null(x$formula)) paste("Formula:", deparse_one(x$formula)),
    sprintf("Merged by %s, in %s units", x$rule, if (x$standardised) "standard" else "original"),
    utils::capture.output(print(table, row.names = FALSE)),
    if (!is.na(x$k)) sprintf("Least DSC: %d experts", x$k)
  )
}

#' @rdname moe_dendrogram-methods
#' @export
print.moe_dendrogram <- function(x, digits = max(3, getOption("digits") - 3), ...) {
  writeLines(format(x, digits = digits))
  invisible(x)
}

# The picture -----------------------------------------------------------------------------------------------------

#' @rdname moe_dendrogram-methods
#' @export
autoplot.moe_dendrogram <- function(object, k = NULL, ...) {
  check_dots_empty(..., fn = autoplot.moe_dendrogram)
  atoms <- length(object$measures)
  k <- if (is.null(k)) object$k else check_count(k, max = atoms)
  tree <- tree_segments(object, k)
  picture <- ggplot2::ggplot(tree, ggplot2::aes(.data$x, .data$y, xend = .data$xend, yend = .data$yend)) +
    ggplot2::geom_segment(ggplot2::aes(colour = .data$group), linewidth = 0.8, lineend = "round") +
    ggplot2::scale_colour_manual(values = tree_colours(k), na.value = "grey55", guide = "none") +
    # small heights are what over-specified experts have: a square root shows them beside large ones
    ggplot2::scale_y_sqrt(expand = ggplot2::expansion(mult = c(0.02, 0.08))) +
    ggplot2::scale_x_continuous(
      breaks = seq_len(atoms), labels = paste("expert", leaf_order(object$merge)), minor_breaks = NULL,
      expand = ggplot2::expansion(add = 0.6)
    )
  picture + cut_line(object, k) + level_texts(object, tree, k) + dendrogram_labels(object, k) + theme_moe() +
    ggplot2::theme(panel.grid.major.x = ggplot2::element_blank())
}

#' @rdname moe_dendrogram-methods
#' @export
plot.moe_dendrogram <- function(x, ...) {
  picture <- autoplot.moe_dendrogram(x, ...)
  print(picture)
  invisible(picture)
}

tree_colours <- function(k) if (is.na(k)) character() else stats::setNames(expert_colours(k), seq_len(k))

#' The branches of the tree: from every child up to its parent, and across
#' @return x, y, xend, yend, and the group at k atoms (NA above the cut)
#' @noRd
tree_segments <- function(tree, k) {
  atoms <- length(tree$measures)
  # nodes: leaves 1 to atoms, then the merges
  node <- function(m) ifelse(m < 0, -m, atoms + m)
  x <- c(order(leaf_order(tree$merge)), numeric(atoms - 1))
  y <- c(numeric(atoms), tree$height)
  leaf <- c(seq_len(atoms), integer(atoms - 1))
  for (step in seq_len(atoms - 1)) {
    children <- node(tree$merge[step, ])
    x[atoms + step] <- mean(x[children])
    leaf[atoms + step] <- leaf[children[1]]
  }
  parent <- rep(atoms + seq_len(atoms - 1), each = 2)
  child <- node(as.vector(t(tree$merge)))
  inside <- function(nodes) !is.na(k) & nodes <= atoms + atoms - k
  group <- if (is.na(k)) rep(NA, length(leaf)) else tree$membership[leaf, k]
  pick <- function(nodes) factor(ifelse(inside(nodes), group[nodes], NA), levels = seq_len(max(k, 1, na.rm = TRUE)))
  rbind(
    data.frame(x = x[child], y = y[child], xend = x[child], yend = y[parent], group = pick(child)),
    data.frame(x = x[child], y = y[parent], xend = x[parent], yend = y[parent], group = pick(parent))
  )
}

#' A line between the last merge that was made and the first that was not
#' @noRd
cut_line <- function(tree, k) {
  atoms <- length(tree$measures)
  if (is.na(k) || k == 1) return(NULL)
  below <- if (k < atoms) tree$height[atoms - k] else 0
  above <- tree$height[atoms - k + 1]
  # the middle on the scale of square roots; where heights decrease no line separates them
  if (above <= below) return(NULL)
  ggplot2::geom_hline(yintercept = ((sqrt(below) + sqrt(above)) / 2)^2, linetype = "dashed", colour = "grey40")
}

#' The criterion on every merge
#' @param tree Segments of tree_segments().
#' @noRd
level_texts <- function(dendrogram, tree, k) {
  levels <- dendrogram$levels[-1, ]
  if (anyNA(levels$dsc)) return(NULL)
  across <- tree[-seq_len(nrow(tree) / 2), ]
  levels <- levels[rev(seq_len(nrow(levels))), ]
  # two halves per merge, in the order of the merges
  levels$x <- across$xend[2 * seq_len(nrow(levels))]
  levels$text <- sprintf("k = %d: DSC %s", levels$k, formatC(levels$dsc, digits = 4, format = "fg", flag = "#"))
  ggplot2::geom_label(
    ggplot2::aes(.data$x, .data$height, label = .data$text), levels,
    inherit.aes = FALSE, size = 2.9, label.padding = ggplot2::unit(2, "pt"), colour = "grey15",
    fontface = ifelse(levels$k == k, "bold", "plain")
  )
}

dendrogram_labels <- function(tree, k) {
  atoms <- length(tree$measures)
  marked <- if (is.na(k)) NULL else if (identical(k, tree$k)) sprintf(": %d by DSC", k) else sprintf(", %d groups", k)
  ggplot2::labs(
    title = sprintf("Dendrogram of %d experts%s", atoms, marked %||% ""),
    subtitle = if (!is.null(tree$formula)) broken(deparse_one(tree$formula), 80), x = NULL,
    y = "Height (square-root scale)",
    caption = broken(sprintf(
      "Merged by %s in %s units.%s", tree$rule, if (tree$standardised) "standard" else "original",
      if (is.na(k)) "" else " Colours are groups; grey branches are above the cut."
    ), 95)
  )
}
