# Pictures of a fit: the door, and what all pictures share -----------------------------------------------

#' Pictures of a fit
#'
#' | `type` | shows |
#' |---|---|
#' | `"fit"` | the data, the experts with bands that hold `level` of each, and the mean of the mixture |
#' | `"fit"`, least squares | the data, the experts, the regression function with its confidence band, and the gate |
#' | `"gate"` | the probabilities of the experts along a covariate |
#' | `"residuals"` | quantile residuals against the fitted mean (or `covariate`), and their normal quantile plot |
#' | `"trace"` | the log-likelihood of all starts by iteration; needs a fit with `moe_control(trace = TRUE)` |
#'
#' After least squares the residuals are those divided by [sigma()], a row belongs to no expert, and its colour is
#' that of the expert with the largest gate; the trace is that of -RSS / 2.
#'
#' Experts and bands fade where the gate makes little use of them. A point has the colour of its most
#' probable expert given y and the covariates, and is paler the less certain that is. Case weights are
#' the areas of the points.
#'
#' With several covariates, `"fit"` and `"gate"` vary one of them and hold the others at their medians,
#' or at their most frequent level; the subtitle says where. The points are all the data, so they need
#' not lie near the lines.
#'
#' Quantile residuals are \eqn{\Phi^{-1}(\hat F(y \mid x))}, with \eqn{\hat F} the fitted distribution
#' function of the mixture. They are standard normal when the model is right, up to the estimation of
#' its parameters; the band of the quantile plot is a pointwise 95 % band for a normal sample.
#'
#' A start can end above the fit when its optimum is spurious, see `min_rows` in [moe_control()]. Where the
#' search began on samples of the rows, each sample has a panel: their likelihoods cannot be compared.
#'
#' Colours are those of Okabe and Ito, which readers with colour-vision deficiencies can tell apart,
#' for up to eight experts, and viridis for more.
#'
#' @param object,x A fit of [moe()].
#' @param type What to show, see above.
#' @param covariate Name of the variable along the horizontal axis, as in the data (`"x"` for a
#'   formula with `log(x)`). By default the first numeric variable of the experts (of the gate for
#'   `type = "gate"`).
#' @param level Probability that the bands hold, between 0 and 1; after least squares the confidence level.
#' @param max_points Most points to draw, a positive integer; of more rows an evenly spaced sample is
#'   shown, and the caption says so.
#' @param ... Arguments of `autoplot()` for `plot()`; otherwise not used.
#' @return A ggplot, to be printed, changed or saved. `plot()` prints it and returns it invisibly.
#'   Wrong arguments are errors of class `moe_error_input`; a trace that was not kept, and the fit by least squares of
#'   a model without covariates, are errors of class `moe_error_unsupported`.
#' @references Dunn, P. K. and Smyth, G. K. (1996). Randomized quantile residuals. *Journal of
#'   Computational and Graphical Statistics* 5, 236-244. \doi{10.1080/10618600.1996.10474708}
#' @examples
#' control <- moe_control(seed = 1, trace = TRUE)
#' fit <- moe(waiting ~ eruptions, faithful, k = 2, control = control)
#' autoplot(fit)
#' autoplot(fit, "gate")
#' autoplot(fit, "residuals")
#' autoplot(fit, "trace")
#'
#' # several covariates: one varies, the others are held
#' cars <- transform(mtcars, gear = factor(gear))
#' fit <- moe(mpg ~ wt + gear | wt, cars, k = 2, control = moe_control(seed = 1))
#' autoplot(fit)
#' autoplot(fit, covariate = "gear")
#' @family methods
#' @export
autoplot.moe <- function(object, type = c("fit", "gate", "residuals", "trace"), covariate = NULL,
                         level = 0.9, max_points = 2000, ...) {
  here <- rlang::current_env()
  check_dots_empty(..., call = here, fn = autoplot.moe)
  type <- check_choice(type, c("fit", "gate", "residuals", "trace"))
  level <- check_number(level, min = 0, max = 1, exclusive_min = TRUE, exclusive_max = TRUE)
  max_points <- check_count(max_points)
  if (type == "trace") {
    if (!is.null(covariate)) moe_abort("{.arg covariate} must be {.code NULL} for a trace.")
    return(plot_trace(object, here))
  }
  rows <- shown_rows(object, max_points)
  if (type == "residuals" && is.null(covariate)) return(plot_residuals(object, NULL, NULL, rows))
  raw <- raw_variables(object)
  covariate <- check_covariate(covariate, object, raw, type, here)
  switch(type,
    fit = (if (is_lse(object)) plot_regression else plot_fit)(object, raw, covariate, rows, level),
    gate = plot_gate(object, raw, covariate, rows),
    residuals = plot_residuals(object, raw, covariate, rows)
  )
}

#' @rdname autoplot.moe
#' @export
plot.moe <- function(x, ...) {
  picture <- autoplot.moe(x, ...)
  print(picture)
  invisible(picture)
}

#' @importFrom ggplot2 autoplot
#' @export
ggplot2::autoplot

# Shared parts -----------------------------------------------------------------------------------------

#' Okabe and Ito's colours, darkest first, without the black of the mean; grey in its place
#' @noRd
expert_colours <- function(k) {
  okabe_ito <- c(
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#999999"
  )
  if (k <= length(okabe_ito)) okabe_ito[seq_len(k)] else grDevices::hcl.colors(k, "viridis")
}

#' Colours and fills of experts, with their share of the rows in the legend
#' @noRd
scale_experts <- function(fit, aesthetics = c("colour", "fill")) {
  share <- fit$mass / sum(fit$mass)
  ggplot2::scale_colour_manual(
    "Expert (share)",
    values = stats::setNames(expert_colours(fit$k), seq_len(fit$k)), drop = FALSE,
    labels = sprintf("%d (%s)", seq_len(fit$k), percent(share)), aesthetics = aesthetics
  )
}

percent <- function(p) {
  digits <- ifelse(p > 0 & p < 0.01, 1, 0)
  sprintf("%.*f %%", digits, 100 * p)
}

theme_moe <- function() {
  ggplot2::theme_bw(base_size = 11) + ggplot2::theme(
    panel.grid.minor = ggplot2::element_blank(),
    plot.title = ggplot2::element_text(face = "bold"), plot.title.position = "plot",
    plot.subtitle = ggplot2::element_text(colour = "grey25"),
    plot.caption = ggplot2::element_text(colour = "grey35", hjust = 0),
    plot.caption.position = "plot",
    strip.background = ggplot2::element_blank()
  )
}

#' Title, subtitle and caption, broken into lines that fit a figure seven inches wide in a wide font
#' @noRd
moe_labels <- function(fit, what, subtitle, caption = NULL, ...) {
  formula <- paste(trimws(deparse(stats::formula(fit$formula))), collapse = " ")
  experts <- if (fit$k == 1) "1 expert" else paste(fit$k, "experts")
  ggplot2::labs(
    title = broken(sprintf("%s of %s: %s", what, experts, formula), 65),
    subtitle = broken(subtitle, 80), caption = if (length(caption)) broken(caption, 95), ...
  )
}

#' @param text Each element begins a new line.
#' @noRd
broken <- function(text, width) paste(strwrap(text, width), collapse = "\n")

fit_summary <- function(fit) {
  status <- gsub("_", " ", fit$status)
  if (is_lse(fit)) return(sprintf("Residual standard error %s, status: %s.", format(sigma(fit), digits = 3), status))
  sprintf("Log-likelihood %s, status: %s.", number(fit$loglik), status)
}

number <- function(x, digits = 2) {
  # + 0: no negative zero
  formatC(round(x, digits) + 0, format = "f", digits = digits, big.mark = ",")
}

#' Rows to draw: evenly spaced when there are more than max_points
#' @noRd
shown_rows <- function(fit, max_points) {
  n <- nrow(fit$model)
  if (n <= max_points) seq_len(n) else unique(round(seq(1, n, length.out = max_points)))
}

sample_note <- function(fit, rows) {
  n <- nrow(fit$model)
  if (length(rows) < n) {
    sprintf("%s of %s rows are drawn.", number(length(rows), 0), number(n, 0))
  }
}
