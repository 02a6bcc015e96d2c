# From a formula and data to numbers -----------------------------------------------------------------------

#' The model frame and its blueprint: what is needed to build the same designs from new data
#' @param data A data frame, a list, an environment, or NULL.
#' @param weights,subset Quosures: evaluated in the data, then where the user wrote them.
#' @noRd
moe_frame <- function(formula, data, weights, subset, na_action, call) {
  parsed <- check_formula(formula, call)
  frame <- tryCatch(
    {
      parsed <- expand_dots(parsed, data)
      check_habits(parsed, data, call)
      # na.action copies the whole frame even where nothing is missing: it is applied below
      arguments <- list(formula_terms(parsed, NULL, data), drop.unused.levels = TRUE, na.action = stats::na.pass)
      arguments$data <- data
      arguments$weights <- check_weights_length(eval_extra(weights, data), parsed, data, call)
      arguments$subset <- eval_extra(subset, data)
      do.call(stats::model.frame, arguments)
    },
    error = function(cnd) abort_variables(cnd, parsed, list(weights, subset), data, call)
  )
  check_kinds(frame, call)
  if (anyNA(frame, recursive = TRUE)) frame <- drop_missing(frame, na_action, call)
  # terms() of a Formula would need the data again to resolve a dot: the frame's terms have them
  full <- attr(frame, "terms")
  if (!is.null(attr(full, "offset"))) {
    moe_abort(c(
      "{.arg formula} must not contain an offset.",
      i = "Subtract it from the response instead."
    ), class = "unsupported", call = call)
  }
  list(frame = frame, formula = parsed, terms = full)
}

#' A dot becomes the columns it stands for, as in lm(), so that it can be updated without the data
#' @noRd
expand_dots <- function(formula, data) {
  if (!"." %in% all.vars(formula)) return(formula)
  left <- attr(formula, "lhs")[[1]]
  env <- environment(formula)
  if (rlang::is_bare_list(data)) data <- list2DF(data)
  # Formula's own expansion loses the parentheses of (x > 0)
  parts <- lapply(attr(formula, "rhs"), function(part) {
    if (!"." %in% all.vars(part)) return(part)
    stats::formula(stats::terms(rlang::new_formula(left, part, env), data = data))[[3]]
  })
  Formula::as.Formula(rlang::new_formula(left, Reduce(function(a, b) call("|", a, b), parts), env))
}

#' Weights or subset, evaluated in the data and then where the user wrote them
#' @noRd
eval_extra <- function(extra, data) {
  if (rlang::quo_is_missing(extra)) return(NULL)
  # a data mask is made of a list
  if (is.environment(data)) data <- mget(intersect(all.vars(extra), ls(data, all.names = TRUE)), data)
  rlang::eval_tidy(extra, data)
}

drop_missing <- function(frame, na_action, call) {
  rlang::try_fetch(match.fun(na_action)(frame), error = function(cnd) {
    moe_abort(c("{.arg na.action} refused the data.", x = "{text_of(cnd)}"), class = "data", call = call)
  })
}

check_formula <- function(formula, call) {
  if (!inherits(formula, "formula")) {
    moe_abort("{.arg formula} must be a formula such as {.code y ~ x | z}, not {describe(formula)}.",
      call = call
    )
  }
  parsed <- Formula::as.Formula(formula)
  parts <- length(parsed)
  if (parts[1] != 1 || !parts[2] %in% 1:2) {
    moe_abort(c(
      "{.arg formula} must have one response and one or two right-hand sides.",
      x = "Found {parts[1]} response{?s} and {parts[2]} right-hand side{?s}.",
      i = "Use {.code y ~ experts} or {.code y ~ experts | gate}."
    ), call = call)
  }
  parsed
}

#' Terms of a Formula; those that need no resolving by it, which takes longer than a fit, directly
#' @param rhs One of the right-hand sides, or `NULL` for all of them.
#' @noRd
formula_terms <- function(formula, rhs, data) {
  response <- attr(formula, "lhs")[[1]]
  if (!is.symbol(response) || "." %in% all.vars(formula)) return(stats::terms(formula, rhs = rhs, data = data))
  parts <- attr(formula, "rhs")
  covariates <- Reduce(function(a, b) call("+", a, b), parts[rhs %||% seq_along(parts)])
  stats::terms(rlang::new_formula(response, covariates, environment(formula)), data = data)
}

#' Terms of one right-hand side, without the response
#' @noRd
part_terms <- function(formula, rhs, data, call) {
  terms <- stats::delete.response(formula_terms(formula, rhs, data))
  if (attr(terms, "intercept") == 0) {
    moe_abort(c(
      "{.arg formula} must keep its intercept{if (rhs == 2) ' in the gate'}.",
      i = "Remove {.code - 1} or {.code + 0}: gate and experts always have one."
    ), class = "unsupported", call = call)
  }
  terms
}

#' The columns of one part as a numeric matrix without intercept
#' @param frame A model frame with the variables of `terms`.
#' @noRd
part_matrix <- function(terms, frame, contrasts = NULL) {
  labels <- attr(terms, "term.labels")
  plain <- all(labels %in% names(frame)) &&
    all(vapply(frame[labels], function(v) is.numeric(v) && is.null(dim(v)), NA))
  if (plain) {
    # model.matrix() would copy the columns twice
    if (length(labels) == 0) return(matrix(0, nrow(frame), 0))
    return(do.call(cbind, lapply(unclass(frame)[labels], as.double)))
  }
  x <- stats::model.matrix(terms, frame, contrasts.arg = contrasts)
  used <- attr(x, "contrasts")
  x <- x[, colnames(x) != "(Intercept)", drop = FALSE]
  rownames(x) <- NULL
  storage.mode(x) <- "double"
  structure(x, contrasts = used)
}

#' Designs of a fit: matrices x and z, and the blueprint
#' @param used `NULL`, or a logical vector: the rows that take part in the fit.
#' @noRd
moe_designs <- function(parsed, frame, full, data, used, threads, call) {
  two <- length(parsed)[2] == 2
  terms_x <- part_terms(parsed, 1, data, call)
  terms_z <- if (two) part_terms(parsed, 2, data, call) else terms_x
  check_levels(frame[-1], call)
  check_width(terms_x, frame, "experts", call)
  if (two) check_width(terms_z, frame, "gate", call)
  x <- part_matrix(terms_x, frame)
  z <- if (two) part_matrix(terms_z, frame) else x
  check_columns(x, "covariates", call)
  if (two) check_columns(z, "gate covariates", call)
  contrasts <- list(x = attr(x, "contrasts"), z = attr(z, "contrasts"))
  kept <- drop_columns(rows_of(x, used), "experts", threads)
  x_names <- colnames(kept)
  kept_z <- if (two) drop_columns(rows_of(z, used), "gate", threads) else kept
  terms <- stats::delete.response(full)
  blueprint <- list(
    terms = terms, terms_x = terms_x, terms_z = terms_z,
    xlevels = stats::.getXlevels(terms, frame), contrasts = contrasts,
    x_names = x_names, z_names = colnames(kept_z), same = !two || identical(kept, kept_z)
  )
  blueprint$raw <- transformed_variables(terms, frame, data)
  blueprint$dropped <- unique(c(setdiff(colnames(x), x_names), setdiff(colnames(z), colnames(kept_z))))
  list(x = kept, z = if (blueprint$same) kept else kept_z, blueprint = blueprint)
}

rows_of <- function(x, used) if (is.null(used)) x else x[used, , drop = FALSE]

#' Variables that the formula only uses transformed, as x in log(x), for the rows of the frame
#' @return A list; constants, such as the df of a spline, are left out.
#' @noRd
transformed_variables <- function(terms, frame, data) {
  names <- setdiff(all.vars(terms), names(frame))
  values <- stats::setNames(lapply(names, function(name) {
    rlang::try_fetch(eval(as.name(name), data, environment(terms)), error = function(cnd) NULL)
  }), names)
  n <- if (is.data.frame(data)) nrow(data) else max(0, vapply(values, NROW, 1L))
  values <- values[vapply(values, function(v) is.atomic(v) && NROW(v) == n && NROW(v) > 1, NA)]
  if (n == nrow(frame)) return(values)
  labels <- if (is.data.frame(data)) attr(data, "row.names") else seq_len(n)
  rows <- match(attr(frame, "row.names"), labels)
  if (anyNA(rows)) return(list())
  lapply(values, function(v) if (is.matrix(v)) v[rows, , drop = FALSE] else v[rows])
}

# Designs of new data -------------------------------------------------------------------------------------

#' Designs of new data through the blueprint of a fit; rows with NA are kept as NA
#' @return list(x, z)
#' @noRd
new_design <- function(fit, newdata, call = rlang::caller_env()) {
  if (is.null(newdata)) return(list(x = fit_x(fit), z = fit_z(fit)))
  if (!is.data.frame(newdata)) {
    moe_abort("{.arg newdata} must be a data frame, not {describe(newdata)}.", call = call)
  }
  b <- fit$blueprint
  absent <- setdiff(all.vars(b$terms), c(names(newdata), "pi"))
  # a constant of the formula may stand outside; what has the shape of data must not
  outside <- function(name) {
    value <- get0(name, environment(b$terms))
    is.atomic(value) && length(value) == 1
  }
  absent <- absent[!vapply(absent, outside, NA)]
  if (length(absent)) {
    moe_abort("{.arg newdata} lacks the {cli::qty(length(absent))}column{?s} {.field {absent}}.", call = call)
  }
  tryCatch(
    {
      frame <- new_frame(b, newdata, call)
      design <- function(part, names) {
        if (is.null(frame)) return(absent_rows(newdata, names))
        part_matrix(b[[paste0("terms_", part)]], frame, b$contrasts[[part]])[, names, drop = FALSE]
      }
      list(x = design("x", b$x_names), z = design("z", b$z_names))
    },
    error = function(cnd) {
      if (inherits(cnd, "moe_error")) rlang::cnd_signal(cnd)
      moe_abort(c("{.arg newdata} does not fit the model.", x = "{text_of(cnd)}"), call = call)
    }
  )
}

absent_rows <- function(newdata, names) {
  matrix(NA_real_, nrow(newdata), length(names), dimnames = list(NULL, names))
}

#' The model frame of new data; NULL where no row has all values and the bases cannot be computed
#' @noRd
new_frame <- function(b, newdata, call) {
  wanted <- attr(b$terms, "dataClasses")
  used <- intersect(all.vars(b$terms), names(newdata))
  for (name in used) newdata[[name]] <- typed_missing(newdata[[name]], b$xlevels[[name]], wanted[name])
  check_new_finite(newdata[used], call)
  check_new_classes(newdata[used], wanted, call)
  frame <- rlang::try_fetch(
    stats::model.frame(b$terms, newdata, na.action = stats::na.pass, xlev = b$xlevels),
    error = function(cnd) {
      if (length(used) && !any(stats::complete.cases(newdata[used]))) return(NULL)
      rlang::cnd_signal(cnd)
    }
  )
  if (is.null(frame)) return(NULL)
  check_new_classes(frame, wanted, call)
  if (nrow(frame) != nrow(newdata)) {
    moe_abort("{.arg newdata} lacks a variable of the formula: found {nrow(frame)} rows for {nrow(newdata)}.",
      call = call
    )
  }
  frame
}

#' A column of nothing but NA is logical in R: make it what it stands for
#' @noRd
typed_missing <- function(v, levels, wanted) {
  if (!is.logical(v) || !is.null(dim(v)) || !all(is.na(v)) || wanted %in% "logical") return(v)
  if (is.null(levels)) as.double(v) else factor(v, levels)
}

#' Bases such as those of splines fail on Inf with words of their own
#' @noRd
check_new_finite <- function(variables, call) {
  for (name in names(variables)) {
    v <- variables[[name]]
    if (is.numeric(v)) check_finite(v, paste0("newdata$", name), allow_na = TRUE, call = call)
  }
}

#' As stats::.checkMFClasses(), but rows without any value pass: they are NA
#' @noRd
check_new_classes <- function(frame, wanted, call) {
  for (name in intersect(names(frame), names(wanted))) {
    found <- stats::.MFclass(frame[[name]])
    levels <- c("factor", "ordered", "character")
    if (found == wanted[[name]] || all(c(found, wanted[[name]]) %in% levels) || all(is.na(frame[[name]]))) next
    moe_abort(c(
      "{.arg newdata} must have columns of the same kind as the data of the fit.",
      x = "{.field {name}} is {found}, not {wanted[[name]]}."
    ), call = call)
  }
}
