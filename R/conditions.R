# Conditions ----------------------------------------------------------------------------------
# Every refusal of the package is a condition of class `moe_error` with a subclass; every remark
# about a usable result is a `moe_warning` with a subclass. Tests and users can catch either level.
#
# A message is made of string literals in cli markup, and of nothing else. Whatever comes from data, names, files,
# users or other conditions is interpolated, as in "{.field {name}}" or "{text_of(cnd)}": cli shows such values and
# never parses them. tools/messages.R holds every call in R/ to this.

#' Throw a classed error
#'
#' @param message Character vector in cli markup: the argument, what was found, what to do.
#'   Interpolated in the frame of the caller.
#' @param class One of `"input"` (a wrong argument), `"unsupported"` (a right argument for which
#'   the quantity does not exist) and `"data"` (data that no such model can be fitted to).
#' @param call Frame of the function the user typed.
#' @param ... Fields of the condition.
#' @param subclass A narrower class than `class`, for example `"checkpoint"`.
#' @noRd
moe_abort <- function(message, class = c("input", "unsupported", "data"),
                      call = rlang::caller_env(), .envir = parent.frame(), ..., subclass = NULL) {
  classes <- paste0("moe_error_", c(subclass, match.arg(class)))
  lines <- function(message, .envir) {
    message[] <- vapply(message, cli::format_inline, "", .envir = .envir)
    message
  }
  rlang::abort(
    format_or_plain(lines, message, .envir),
    class = c(classes, "moe_error"), call = call, use_cli_format = TRUE, .frame = .envir, ...
  )
}

#' Signal a classed warning
#'
#' @param class The subclass, for example `"convergence"`, `"variance_floor"`, `"separated_gate"`
#'   or `"overspecified"`.
#' @noRd
moe_warn <- function(message, class, call = rlang::caller_env(), .envir = parent.frame(), ...) {
  rlang::warn(
    format_or_plain(cli::format_warning, message, .envir),
    class = c(paste0("moe_warning_", class), "moe_warning"), call = call, ...
  )
}

#' Tell the user something that needs no action, such as a dropped collinear column
#' @noRd
moe_inform <- function(message, class = NULL, .envir = parent.frame(), ...) {
  subclass <- if (!is.null(class)) paste0("moe_message_", class)
  rlang::inform(format_or_plain(cli::format_message, message, .envir), class = c(subclass, "moe_message"), ...)
}

#' The message of another condition, to be interpolated: one line, without colours, and not endless
#' @noRd
text_of <- function(cnd) {
  text <- if (is.character(cnd)) cnd else conditionMessage(cnd)
  text <- gsub("\\s+", " ", cli::ansi_strip(valid_text(text)))
  if (nchar(text) > 500) paste0(substr(text, 1, 500), "...") else text
}

#' A bullet for every element of a vector of the caller, whose name is given
#' @noRd
bullets <- function(name, count) stats::setNames(sprintf("{%s[[%d]]}", name, seq_len(count)), rep("x", count))

#' A message that cannot be formatted must never cost a result, nor an error its class
#' @noRd
format_or_plain <- function(format, message, .envir) {
  tryCatch(
    # on strings of another encoding
    suppressWarnings(format(message, .envir = .envir)),
    error = function(cnd) {
      message[] <- vapply(message, plain_text, "", .envir = .envir)
      message
    }
  )
}

#' A line of markup without cli: values as they are, or their code where they have none; plurals
#' @noRd
plain_text <- function(line, .envir) {
  innermost <- "\\{[^{}]*\\}"
  while (grepl(innermost, line)) {
    code <- gsub("[{}]", "", regmatches(line, regexpr(innermost, line)))
    # braces of values are no markup: they are kept out of the way
    regmatches(line, regexpr(innermost, line)) <- chartr("{}", "\001\002", plain_value(code, .envir))
  }
  chartr("\001\002", "{}", line)
}

plain_value <- function(code, .envir) {
  if (startsWith(code, "?")) return(sub(".*[?/]", "", code))
  if (startsWith(code, "cli::qty")) return("")
  # a style such as ".arg x", whose value is in its place already
  if (startsWith(code, ".")) return(sub("^[.]\\S+ ?", "", code))
  tryCatch(valid_text(toString(eval(str2lang(code), .envir))), error = function(cnd) code)
}

#' Bytes that are no characters, as those of another encoding, by their numbers
#' @noRd
valid_text <- function(x) iconv(enc2utf8(x), "UTF-8", "UTF-8", sub = "byte")
