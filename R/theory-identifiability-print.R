# Strong identifiability in words and pictures ---------------------------------------------------------------

#' @export
format.moe_identifiability <- function(x, ..., digits = 3, n = 12) {
  number <- function(value) format(signif(value, digits), digits = digits)
  size <- length(x$singular)
  independent <- x$rank == size
  margin <- number(x$margin)
  if (!independent) margin <- sprintf("0; the smallest singular value that counts is %s", number(x$gap))
  c(
    sprintf("<%s: %s>", title_words(x), experts_words(x)),
    sprintf("functions: %s", family_words(x)),
    sprintf("design: %s%s", x$design, if (x$standardised) ", standardised" else ""),
    sprintf("verdict: %s", verdict_words(x)),
    sprintf("rank: %d of %d functions (tolerance %s)", x$rank, size, format(x$tolerance)),
    sprintf("margin: %s", margin),
    if (nrow(x$relations)) c("relations:", paste0("  ", relation_lines(x, n))),
    if (independent) paste("nearest dependency:", nearest_text(x)),
    if (!is.null(x$splits)) c("can an expert be split in two unnoticed?", paste0("  ", split_lines(x, number)))
  )
}

#' @export
print.moe_identifiability <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}

title_words <- function(x) {
  switch(x$type,
    definition = "Strong identifiability", independence = "Strong independence",
    interaction = "Interactions of gate and experts"
  )
}

experts_words <- function(x) {
  experts <- sprintf("%d %s expert%s", x$k, expert_label(x$expert), if (x$k == 1) "" else "s")
  paste0(experts, if (x$gaussian) ", Gaussian response", if (x$type != "independence") sprintf(", order %d", x$order))
}

family_words <- function(x) {
  switch(x$type,
    definition = sprintf("x^nu d^gamma h / d eta^gamma, |nu| + |gamma| <= %d", x$order),
    independence = "x^nu A^(tau)(a'x + b), |nu| <= 2, tau <= 2",
    interaction = sprintf(
      "derivatives to order %d in beta1 and eta of F = exp(beta1'x) %s", x$order,
      if (x$gaussian) "N(y; h(x, eta), sigma2)" else "h(x, eta), and exp(beta1'x)"
    )
  )
}

verdict_words <- function(x) {
  count <- nrow(x$relations)
  switch(x$verdict,
    holds = "holds for these experts on this design",
    fails = sprintf("fails by %d relation%s", count, if (count == 1) "" else "s"),
    undecided = "undecided, dependent to rounding but by no relation that can be named",
    "not twice differentiable" = "fails, not twice differentiable at the kink of the activation"
  )
}

#' The first n relations, with the experts they hold for unless their functions say it
#' @noRd
relation_lines <- function(x, n) {
  shown <- utils::head(x$relations, n)
  lines <- shown$relation
  experts <- sprintf("(%s %s)", ifelse(grepl(",", shown$experts), "experts", "expert"), shown$experts)
  named <- x$k == 1 | grepl("[", lines, fixed = TRUE)
  lines <- paste(format(lines), ifelse(named, "", experts))
  more <- nrow(x$relations) - n
  c(trimws(lines, "right"), if (more > 0) sprintf("... and %d more", more))
}

split_lines <- function(x, number) {
  margin <- vapply(x$splits$margin, number, "")
  answer <- ifelse(x$splits$hidden, paste("yes, in", x$splits$spread), paste("no, by a margin of", margin))
  sprintf("expert %d: %s", x$splits$expert, answer)
}

nearest_text <- function(x, most = 3) {
  used <- utils::head(x$nearest, most)
  coefficient <- used$coefficient * sign(used$coefficient[1])
  terms <- sprintf("%s %.2f %s", ifelse(coefficient < 0, "-", "+"), abs(coefficient), used$`function`)
  more <- if (nrow(x$nearest) > most) " + ..."
  paste0(sub("^[+] ", "", paste(terms, collapse = " ")), more)
}

#' @rdname strong_identifiability
#' @order 2
#' @param object,x A result of `strong_identifiability()`.
#' @export
autoplot.moe_identifiability <- function(object, ...) {
  check_dots_empty(...)
  floor <- 1e-18
  counts <- ifelse(object$singular > object$tolerance, "counts", "counts as zero")
  points <- data.frame(
    index = seq_along(object$singular), value = pmax(object$singular, floor),
    counts = factor(counts, c("counts", "counts as zero"))
  )
  tolerance <- object$tolerance
  picture <- ggplot2::ggplot(
    points, ggplot2::aes(.data$index, .data$value, colour = .data$counts, shape = .data$counts)
  )
  picture +
    ggplot2::geom_hline(yintercept = tolerance, linetype = "22", colour = "grey40") +
    ggplot2::annotate("text", 1, tolerance, label = "tolerance", hjust = 0, vjust = -0.5, size = 3, colour = "grey30") +
    ggplot2::geom_point(size = 2.4, stroke = 1) +
    ggplot2::scale_colour_manual(NULL, values = expert_colours(2), drop = FALSE) +
    ggplot2::scale_shape_manual(NULL, values = c(16, 4), drop = FALSE) +
    ggplot2::scale_x_continuous(breaks = function(range) unique(round(pretty(range)))) +
    ggplot2::scale_y_log10(limits = c(min(points$value, tolerance / 10), NA)) +
    identifiability_labels(object, any(object$singular < floor)) +
    theme_moe() + ggplot2::theme(legend.position = "bottom")
}

identifiability_labels <- function(x, hidden) {
  number <- function(value) format(signif(value, 2))
  margin <- if (x$rank == length(x$singular)) sprintf("margin %s", number(x$margin)) else sprintf(
    "rank %d, smallest singular value that counts %s", x$rank, number(x$gap)
  )
  notes <- if (nrow(x$relations)) relation_lines(x, 4) else paste("Nearest dependency:", nearest_text(x))
  ggplot2::labs(
    title = broken(sprintf("%s: %s", title_words(x), experts_words(x)), 65),
    subtitle = broken(sprintf("Verdict: %s; %s.", verdict_words(x), margin), 80),
    caption = broken(c(notes, if (hidden) "Values below 1e-18 are drawn there."), 95),
    x = sprintf("Number, of %d functions", length(x$singular)), y = "Singular value"
  )
}

#' @rdname strong_identifiability
#' @order 2
#' @export
plot.moe_identifiability <- function(x, ...) {
  picture <- autoplot.moe_identifiability(x, ...)
  print(picture)
  invisible(picture)
}
