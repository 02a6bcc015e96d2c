# One covariate varies, the others are held: what the pictures of fit and gate look at ----------------------

#' The variables of the covariates as the user has them: x where the formula says log(x)
#' @return A data frame with the rows of the model frame.
#' @noRd
raw_variables <- function(fit) {
  names <- all.vars(fit$blueprint$terms)
  raw <- fit$model[intersect(names, names(fit$model))]
  raw[names(fit$blueprint$raw)] <- fit$blueprint$raw
  raw[intersect(names, names(raw))]
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

#' @return list(name, discrete, at = values of the covariate, held = values of the others, design =
#'   x and z at these, parts = components there)
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
    name = covariate, discrete = is_discrete(covariate, fit, raw), at = at, held = held, design = design,
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
