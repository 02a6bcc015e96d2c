# Habits from other packages, and slips: the error names them and says what there is instead -------------------------

#' Terms that mean something elsewhere: `(1 | id)` of lme4, `s(x)` of mgcv and gam, `| id` of flexmix
#' @noRd
check_habits <- function(formula, data, call) {
  parts <- attr(formula, "rhs")
  for (part in parts) {
    for (term in calls_of(part)) {
      if (is_random_effect(term, data, environment(formula))) abort_random_effect(term, call)
      if (is_smooth_term(term, environment(formula))) abort_smooth(term, call)
    }
  }
  if (length(parts) == 2) inform_grouping(parts[[2]], data, environment(formula))
}

#' All calls inside an expression, the outermost first
#' @noRd
calls_of <- function(expression) {
  if (!is.call(expression)) return(list())
  c(list(expression), unlist(lapply(as.list(expression)[-1], calls_of), recursive = FALSE))
}

#' The value of an expression in the data, or NULL
#' @noRd
peek <- function(expression, data, env) {
  suppressWarnings(tryCatch(eval(expression, data, env), error = function(cnd) NULL))
}

#' `(1 | id)`, `(x || id)`: a bar whose left side is a formula or whose right side has levels; `(a > 0 | b > 0)` is none
#' @noRd
is_random_effect <- function(term, data, env) {
  if (!rlang::is_call(term, "(") || !rlang::is_call(term[[2]], c("|", "||"))) return(FALSE)
  bar <- term[[2]]
  is.numeric(bar[[2]]) || rlang::is_call(bar[[2]], c("+", "-")) || {
    levels <- peek(bar[[3]], data, env)
    is.factor(levels) || is.character(levels)
  }
}

abort_random_effect <- function(term, call) {
  moe_abort(c(
    "{.arg formula} must not contain random effects.",
    x = "Found {.code {deparse1(term)}}, as in lme4.",
    i = "Rows are independent here. A factor with few levels can be a covariate, of the experts or of the gate."
  ), class = "unsupported", call = call)
}

is_smooth_term <- function(term, env) {
  name <- term[[1]]
  if (!is.symbol(name) || !as.character(name) %in% c("s", "te", "ti", "t2", "lo")) return(FALSE)
  known <- get0(as.character(name), env, mode = "function")
  is.null(known) || environmentName(environment(known)) %in% c("mgcv", "gam")
}

abort_smooth <- function(term, call) {
  variable <- all.vars(term)[1]
  moe_abort(c(
    "{.arg formula} must not contain smooth terms.",
    x = "Found {.code {deparse1(term)}}, as in mgcv or gam.",
    i = "Use a basis such as {.code splines::ns({variable}, 3)} or {.code poly({variable}, 2)}."
  ), class = "unsupported", call = call)
}

#' `y ~ x | id` is a gate in `id`: with many levels hardly what was meant
#' @noRd
inform_grouping <- function(part, data, env) {
  if (!is.symbol(part)) return(invisible())
  id <- peek(part, data, env)
  named <- grepl("(^|[._])(id|subject)$", as.character(part), ignore.case = TRUE)
  whole <- named && is.numeric(id) && all(id == round(id), na.rm = TRUE)
  if (!is.factor(id) && !is.character(id) && !whole) return(invisible())
  levels <- length(unique(id))
  if (levels < 10 || length(id) > 20 * levels) return(invisible())
  moe_inform(c(
    i = "{.code | {deparse1(part)}} makes the gate depend on {.field {deparse1(part)}}, which has {levels} values.",
    i = paste(
      "It does not group rows, as it does in flexmix: rows are independent here.",
      "Give the gate covariates that a new row has too, or {.code | 1}."
    )
  ), class = "grouping")
}

#' The variables could not be evaluated: which one is not there, and what is
#' @noRd
abort_variables <- function(cnd, formula, extras, data, call) {
  if (inherits(cnd, "moe_error")) rlang::cnd_signal(cnd)
  wanted <- unlist(c(all.vars(formula), lapply(extras, all.vars)))
  columns <- if (is.environment(data)) ls(data) else names(data)
  absent <- setdiff(wanted, c(columns, "."))
  absent <- absent[!vapply(absent, exists, NA, envir = environment(formula))]
  near <- nearest_names(absent[1], columns)
  moe_abort(c("The variables of {.arg formula} could not be evaluated.",
    x = "{text_of(cnd)}",
    i = if (length(near)) {
      "Did you mean {.or {.field {near}}}?"
    } else if (length(absent) && length(columns)) {
      "{.arg data} has {.field {utils::head(columns, 12)}}{if (length(columns) > 12) ' and more'}."
    }
  ), call = call)
}

#' The names that a misspelt one may have meant
#' @noRd
nearest_names <- function(name, known) {
  if (length(known) == 0 || is.na(name)) return(character())
  distance <- drop(utils::adist(name, known, ignore.case = TRUE))
  known[distance == min(distance) & distance < nchar(name) & distance <= max(1, nchar(name) / 3)]
}

#' Where an argument that a function does not have is to be given
#' @param known Arguments of the function.
#' @noRd
argument_hint <- function(found, known) {
  aliases <- c(
    nstart = "starts", nstarts = "starts", nrep = "starts", maxit = "max_iter", iter.max = "max_iter",
    cores = "threads", ncores = "threads", nthreads = "threads"
  )
  inside <- intersect(c(found, aliases[found]), names(formals(moe_control)))
  if ("control" %in% known && length(inside)) {
    return(sprintf("Use `control = moe_control(%s = )`.", inside[1]))
  }
  if ("k" %in% known && any(found %in% c("G", "K", "nclust", "ncomp"))) return("The number of experts is `k`.")
  if (any(found %in% c("id", "group", "cluster"))) {
    return("There are no repeated measures: rows are independent given the covariates.")
  }
  if ("expert" %in% known && "family" %in% found) {
    return("Responses are normal around experts: choose `expert`, or `method = \"lse\"`.")
  }
  near <- nearest_names(found[1], known)
  if (length(near)) sprintf("Did you mean `%s`?", near[1])
}
