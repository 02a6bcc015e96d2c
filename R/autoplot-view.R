# One covariate varies, the others are held: what the pictures of fit and gate look at ----------------------

#' The variables of the covariates as the user has them: x where the formula says log(x)
#'
#' Those that stand alone in the formula are in the model frame; the others are looked up in the data.
#' @return A data frame with the rows of the model frame.
#' @noRd
raw_variables <- function(fit, data, call) {
  if (!is.null(data) && !is.data.frame(data)) {
    moe_abort("{.arg data} must be a data frame, not {describe(data)}.", call = call)
  }
  names <- all.vars(fit$blueprint$terms)
  raw <- fit$model[intersect(names, names(fit$model))]
  absent <- setdiff(names, names(fit$model))
  if (length(absent)) raw[absent] <- look_up(fit, absent, data, call)
  raw[intersect(names, names(raw))]
}

#' Variables from the data of the call, for the rows of the model frame (matched by row names)
#' @return A list; NULL for constants of the formula, such as the df of a spline.
#' @noRd
look_up <- function(fit, names, data, call) {
  env <- environment(stats::formula(fit$formula))
  given <- !is.null(data)
  data <- data %||% rlang::try_fetch(eval(fit$call$data, env), error = function(cnd) NULL)
  values <- lapply(names, function(name) {
    rlang::try_fetch(eval(as.name(name), data, env), error = function(cnd) NULL)
  })
  sizes <- vapply(values, NROW, 1L)
  labels <- if (is.data.frame(data)) row.names(data) else as.character(seq_len(max(sizes)))
  rows <- match(row.names(fit$model), labels)
  lost <- vapply(values, is.null, NA)
  if (any(lost) || anyNA(rows)) {
    moe_abort(c(
      "The data of the fit cannot be found.",
      x = "The formula transforms {.field {names[if (any(lost)) lost else TRUE]}}, which the fit does not keep.",
      i = if (given) {
        "{.arg data} must have all variables and row names of the data of the fit."
      } else {
        "Give the data frame of the fit as {.arg data}."
      }
    ), class = "unsupported", call = call)
  }
  take <- function(v) if (is.matrix(v)) v[rows, , drop = FALSE] else v[rows]
  stats::setNames(Map(function(v, n) if (n == length(labels)) take(v), values, sizes), names)
}

#' The variable along the horizontal axis; NULL when there is none to choose
#' @noRd
check_covariate <- function(covariate, fit, raw, type, call) {
  usable <- names(raw)[vapply(raw, function(v) is.null(dim(v)), NA)]
  if (!is.null(covariate)) {
    if (length(usable) == 0) {
      moe_abort("{.arg covariate} must be {.code NULL}: the model has no covariates.", call = call)
    }
    return(check_choice(covariate, usable, call = call))
  }
  part <- if (type == "gate") fit$blueprint$terms_z else fit$blueprint$terms_x
  first <- intersect(all.vars(part), usable)
  if (length(first) == 0 && type == "fit") first <- usable
  if (length(first) == 0) return(NULL)
  varies <- vapply(raw[first], function(v) length(unique(v)) > 1, NA)
  numeric <- !vapply(first, is_discrete, NA, fit = fit, raw = raw)
  c(first[varies & numeric], first[varies], first)[1]
}

#' Is a variable shown by levels rather than on a scale?
#'
#' A number is where few values of it enter the formula as factor(x).
#' @noRd
is_discrete <- function(name, fit, raw) {
  v <- raw[[name]]
  is_leveled(v) || as_levels(name, fit) && length(unique(v)) <= 12
}

is_leveled <- function(v) is.factor(v) || is.character(v) || is.logical(v)

#' Does a variable enter the formula through levels, as in factor(x) or cut(x, breaks)?
#' @noRd
as_levels <- function(name, fit) {
  # the variables of the terms are the columns of the model frame after the response
  variables <- as.list(attr(fit$blueprint$terms, "variables"))[-1]
  uses <- which(vapply(variables, function(v) name %in% all.vars(v), NA))
  any(vapply(fit$model[uses + 1], is_leveled, NA))
}

#' @return list(name, discrete, at = values of the covariate, held = values of the others, parts =
#'   components at these)
#' @noRd
partial_view <- function(fit, raw, covariate, call = rlang::caller_env()) {
  values <- raw[[covariate]]
  # only values that were seen where others may be new levels
  seen <- vapply(names(raw), function(name) is_leveled(raw[[name]]) || as_levels(name, fit), NA)
  at <- if (seen[[covariate]]) {
    sort(unique(values))
  } else {
    seq(min(values), max(values), length.out = 401)
  }
  others <- setdiff(names(raw), covariate)
  held <- Map(typical, raw[others], seen[others], MoreArgs = list(w = fit_weights(fit)))
  grid <- data.frame(stats::setNames(list(at), covariate), check.names = FALSE)
  for (name in others) {
    grid[[name]] <- if (is.matrix(held[[name]])) {
      held[[name]][rep(1, length(at)), , drop = FALSE]
    } else {
      rep(held[[name]], length(at))
    }
  }
  design <- new_design(fit, grid, call)
  list(
    name = covariate, discrete = is_discrete(covariate, fit, raw), at = at, held = held,
    parts = components(fit$measure, design$x, design$z)
  )
}

#' The weighted median, or the most frequent level
#' @noRd
typical <- function(v, frequent, w) {
  if (is.matrix(v)) return(rbind(apply(v, 2, typical, frequent, w)))
  if (frequent) {
    levels <- unique(v)
    return(levels[which.max(rowsum(w, match(v, levels)))])
  }
  sorted <- order(v)
  share <- cumsum(w[sorted]) / sum(w)
  middle <- c(which(share >= 0.5)[1], which(share > 0.5)[1])
  mean(v[sorted[middle]])
}

held_note <- function(held, what) {
  if (length(held) == 0) return(NULL)
  shown <- vapply(held, function(v) toString(format(v, digits = 3)), "")
  sprintf("%s at %s.", what, paste(names(held), shown, sep = " = ", collapse = ", "))
}

#' Positions along the horizontal axis: 1, 2, ... for levels
#' @noRd
axis_position <- function(values, view) if (view$discrete) match(values, view$at) else values

axis_scale <- function(view) {
  if (!view$discrete) return(NULL)
  ggplot2::scale_x_continuous(
    breaks = seq_along(view$at), labels = as.character(view$at), expand = ggplot2::expansion(add = 0.15),
    guide = ggplot2::guide_axis(check.overlap = TRUE)
  )
}

#' Spread points over (-1/2, 1/2): the multiples of the golden ratio, so that no random number is drawn
#' @noRd
spread <- function(n) (seq_len(n) * 0.6180339887498949) %% 1 - 0.5
