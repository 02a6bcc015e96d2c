# Rscript tools/messages.R: text of data, names, files or other conditions must never be parsed as markup of cli.
# Fails where a message in R/ is made of anything but string literals, or has a plural that no count stands before.
# With folders as arguments it looks there.
folders <- commandArgs(TRUE)
files <- list.files(if (length(folders)) folders else "R", "[.]R$", full.names = TRUE)
parsed <- lapply(stats::setNames(files, files), parse, keep.source = TRUE)

# Functions and other values of the package, by name -----------------------------------------------------------
top <- do.call(c, lapply(unname(parsed), as.list))
is_assignment <- function(e) is.call(e) && as.character(e[[1]])[1] %in% c("<-", "=") && is.symbol(e[[2]])
is_function <- function(e) is.call(e) && identical(e[[1]], quote(`function`))
top <- Filter(is_assignment, top)
values <- stats::setNames(lapply(top, `[[`, 3), vapply(top, function(e) as.character(e[[2]]), ""))
functions <- Filter(is_function, values)
closures <- lapply(functions, function(f) eval(f, baseenv()))

name_of <- function(call) {
  f <- call[[1]]
  if (is.call(f) && as.character(f[[1]]) %in% c("::", ":::")) f <- f[[3]]
  if (is.symbol(f)) as.character(f) else ""
}

# Every call in an expression; those of a nested function belong to the function around it
calls_in <- function(e) {
  if (!is.recursive(e) || is.function(e) || is.environment(e)) return(list())
  parts <- lapply(as.list(e), function(part) if (missing(part)) NULL else part)
  c(if (is.call(e)) list(e), do.call(c, lapply(unname(parts), calls_in)))
}

# Is the value of an expression made of literals alone? --------------------------------------------------------
# `within` is the name of the function that the expression stands in; a formal of it is a demand on its callers.
demands <- new.env()
literal <- function(e, within, depth = 0) {
  if (depth > 20) return(FALSE)
  all_literal <- function(parts) all(vapply(as.list(parts), literal, NA, within, depth + 1))
  if (is.character(e) || is.null(e)) return(TRUE)
  if (is.symbol(e)) return(literal_name(as.character(e), within, depth))
  if (!is.call(e)) return(FALSE)
  name <- name_of(e)
  arguments <- as.list(e)[-1]
  switch(name,
    bullets = literal(arguments[[1]], within, depth + 1),
    c = , list = , paste = , paste0 = , `(` = all_literal(arguments),
    `if` = , switch = , `return` = {
      branches <- if (name == "return") arguments else arguments[-1]
      all_literal(Filter(function(a) !identical(a, quote(expr = )), branches))
    },
    `{` = all_literal(tail(arguments, 1)),
    `[[` = , `[` = , `$` = literal(e[[2]], within, depth + 1),
    name %in% names(functions) && all(vapply(results(functions[[name]][[3]]), literal, NA, name, depth + 1))
  )
}

# What a body can return
results <- function(body) {
  returned <- Filter(function(e) name_of(e) == "return", calls_in(body))
  c(list(if (name_of(body) == "{") body[[length(body)]] else body), returned)
}

literal_name <- function(name, within, depth) {
  here <- if (within %in% names(functions)) functions[[within]]
  assigned <- Filter(function(e) is_assignment(e) && identical(e[[2]], as.name(name)), calls_in(here[[3]]))
  if (length(assigned)) return(all(vapply(assigned, function(e) literal(e[[3]], within, depth + 1), NA)))
  if (name %in% names(here[[2]])) {
    assign(paste(within, name), TRUE, demands)
    return(TRUE)
  }
  name %in% names(values) && !name %in% names(functions) && literal(values[[name]], "", depth + 1)
}

# Places -------------------------------------------------------------------------------------------------------
builders <- c(
  moe_abort = "message", moe_warn = "message", moe_inform = "message", cli_progress_bar = "name",
  handler_cli = "format"
)
foreign <- c(
  "stop", "warning", "message", "abort", "warn", "inform", "format_inline", "format_error", "format_warning",
  "format_message", "pluralize", grep("^cli_(abort|warn|inform|text|alert|bullets|h[123]|li|verbatim|progress_bar)",
    getNamespaceExports("cli"), value = TRUE
  )
)
# a bar has a name, and a format of its own
foreign <- setdiff(foreign, "cli_progress_bar")

problems <- character()
report <- function(file, e, why) {
  text <- substr(paste(trimws(deparse(e)), collapse = " "), 1, 90)
  problems <<- c(problems, sprintf("%s: %s: %s", file, why, text))
}

argument <- function(call, wanted) {
  name <- name_of(call)
  f <- if (name == "cli_progress_bar") cli::cli_progress_bar else closures[[name]]
  # progressr's, and what a folder that is looked at does not define
  if (is.null(f)) f <- if (name == "handler_cli") function(format, ...) NULL else function(message, class, ...) NULL
  matched <- tryCatch(match.call(f, call, expand.dots = FALSE), error = function(cnd) call)
  as.list(matched)[[wanted]]
}

owner <- function(expression) if (is_assignment(expression)) as.character(expression[[2]]) else ""

look <- function(targets) {
  for (file in setdiff(files, grep("conditions[.]R$", files, value = TRUE))) {
    for (expression in as.list(parsed[[file]])) {
      for (call in calls_in(expression)) {
        wanted <- unname(targets[names(targets) == name_of(call)])
        for (one in wanted) {
          if (!literal(argument(call, one), owner(expression))) report(file, call, "not made of literals")
        }
      }
    }
  }
}

everything <- do.call(c, lapply(unname(parsed), function(p) calls_in(as.call(c(as.name("{"), as.list(p))))))
called <- unique(vapply(everything, name_of, ""))
exported <- if (length(folders) == 0) grep("^export[(]", readLines("NAMESPACE"), value = TRUE)
exported <- sub("^export[(](.*)[)]$", "\\1", exported)

# A wrapper that hands an argument on is a builder itself, and so on
seen <- character()
targets <- builders
while (length(targets)) {
  look(targets)
  new <- setdiff(ls(demands), seen)
  seen <- c(seen, new)
  parts <- strsplit(new, " ")
  targets <- stats::setNames(vapply(parts, `[`, "", 2), vapply(parts, `[`, "", 1))
  # what users call gets what they give
  open <- names(targets) %in% exported | !names(targets) %in% called
  problems <- c(problems, sprintf("%s(): its argument `%s` becomes part of a message", names(targets), targets)[open])
}

for (file in files) {
  for (call in calls_in(as.call(c(as.name("{"), as.list(parsed[[file]]))))) {
    own <- name_of(call) %in% foreign && !grepl("conditions[.]R$", file)
    if (own) report(file, call, "not by moe_abort(), moe_warn() or moe_inform()")
  }
}

# Plurals: the substitution before "{?" must be one number for certain ---------------------------------------------
counts <- c("cores", "count", "d", "df", "k", "left", "n", "ncol", "nobs", "nrow", "p", "q", "rows", "size")
is_count <- function(code) {
  e <- tryCatch(str2lang(code), error = function(cnd) NULL)
  if (is.symbol(e)) return(as.character(e) %in% counts)
  if (is.numeric(e)) return(length(e) == 1)
  if (!is.call(e)) return(FALSE)
  if (name_of(e) == "qty") return(is_count(deparse(e[[2]])))
  if (name_of(e) == "[") return(length(e) == 3 && is.numeric(e[[3]]))
  if (name_of(e) == "$") return(as.character(e[[3]]) %in% counts)
  if (name_of(e) %in% c("+", "-")) return(all(vapply(as.list(e)[-1], function(part) is_count(deparse(part)), NA)))
  name_of(e) %in% c("length", "nrow", "ncol", "NROW", "NCOL", "sum")
}

# The substitutions of a string, outermost
substitutions <- function(text) regmatches(text, gregexpr("\\{(?:[^{}]|(?R))*\\}", text, perl = TRUE))[[1]]

strings_in <- function(e) {
  if (is.character(e)) return(e)
  if (!is.recursive(e) || is.environment(e)) return(character())
  unlist(lapply(as.list(e), function(part) if (missing(part)) NULL else strings_in(part)))
}
for (file in setdiff(files, grep("conditions[.]R$", files, value = TRUE))) {
  for (text in unique(strings_in(as.list(parsed[[file]])))) {
    code <- gsub("^\\{|\\}$", "", substitutions(text))
    plural <- which(startsWith(code, "?"))
    values <- which(!startsWith(code, "?"))
    before <- vapply(plural, function(i) tail(c("", code[values[values < i]]), 1), "")
    if (!all(vapply(before, is_count, NA))) report(file, text, "a plural without a count before it")
  }
}

if (length(problems)) {
  writeLines(unique(problems))
  quit(status = 1)
}
cat(length(files), "files of R code, no message that could run text of data\n")
