# Studies as text ------------------------------------------------------------------------------------------

#' @export
format.moe_study <- function(x, ...) {
  spec <- attr(x, "spec")
  truth <- if (is.null(spec$truth_name)) "a measure" else sprintf("truth \"%s\"", spec$truth_name)
  done <- sum(!x$status %in% c("error", "worker_lost"))
  c(
    sprintf("<Study: %s (%d experts), %s, %s protocol>", truth, n_experts(spec$truth), spec$method, spec$protocol),
    format(spec$design),
    sprintf(
      "k = %s; n = %s; %d %s; seed %.0f", toString(spec$k), range_text(spec$n), spec$reps,
      plural(spec$reps, "replicate"), spec$seed
    ),
    sprintf("%s of %s cells done%s", number(done, 0), number(nrow(study_grid(spec)), 0), status_note(x))
  )
}

plural <- function(count, noun) if (count == 1) noun else paste0(noun, "s")

range_text <- function(n) {
  shown <- format(n, big.mark = ",", trim = TRUE, scientific = FALSE)
  if (length(n) <= 6) return(paste(shown, collapse = "; "))
  sprintf("%s to %s (%d sizes)", shown[1], shown[length(n)], length(n))
}

#' How many ended otherwise than converged
#' @noRd
status_note <- function(x) {
  other <- table(x$status[!x$converged %in% TRUE])
  if (length(other) == 0) return(if (nrow(x)) ", all converged" else "")
  paste0("; not converged: ", paste(other, gsub("_", " ", names(other)), collapse = ", "))
}

#' @export
print.moe_study <- function(x, digits = 3, ...) {
  writeLines(format(x))
  if (length(unique(x$n)) > 1) {
    writeLines("")
    spec <- attr(x, "spec")
    print_rates(shown_rates(rates(x, spec$loss), TRUE, n_experts(spec$truth)), digits)
  } else if (nrow(x)) {
    writeLines("One sample size: no slopes.")
  }
  invisible(x)
}

print_rates <- function(table, digits) {
  show <- function(value) ifelse(is.na(value), "", formatC(value, digits = digits, format = "f"))
  shown <- data.frame(
    k = table$k, loss = table$loss, slope = show(table$slope),
    `95 %` = ifelse(is.na(table$conf.low), "", sprintf("[%s, %s]", show(table$conf.low), show(table$conf.high))),
    theory = show(table$theory), used = table$used, unconverged = table$unconverged, check.names = FALSE
  )
  print(shown, row.names = FALSE, right = FALSE)
}

#' Summary of a study
#'
#' For every k, n and loss: how many replicates were used and how many did not converge, and the geometric mean, the
#' median and the mean over those used. Then the rates of all losses and parameters.
#'
#' @param object,x A study of [moe_study()], or its summary.
#' @param converged As in [rates()].
#' @param digits Number of digits after the point of slopes, significant digits of losses.
#' @param ... Not used.
#' @return A list of class `summary.moe_study` with data frames `losses` (`k`, `n`, `loss`, `used`, `unconverged`,
#'   `geometric`, `median`, `mean`) and `rates` (see [rates()]).
#' @examples
#' study <- moe_study(truth_overlap(), k = 2, n = c(200, 400, 800), reps = 5, seed = 1)
#' summary(study)
#' @family studies
#' @export
summary.moe_study <- function(object, converged = NULL, ...) {
  check_dots_empty(...)
  check_study(object)
  spec <- attr(object, "spec")
  rows <- usable_rows(object, 0, converged, rlang::current_env())
  keys <- expand.grid(n = spec$n, loss = spec$loss, k = spec$k, stringsAsFactors = FALSE)
  losses <- do.call(rbind, Map(function(k, n, loss) {
    here <- object$k == k & object$n == n
    values <- sort(rows[[loss]][rows$k == k & rows$n == n])
    each <- if (length(values)) {
      vapply(c("geometric", "median", "mean"), summarise, 0, values = matrix(values))
    } else {
      c(geometric = NA_real_, median = NA_real_, mean = NA_real_)
    }
    data.frame(
      k = k, n = n, loss = loss, used = length(values), unconverged = sum(!object$converged[here] %in% TRUE),
      as.list(each)
    )
  }, keys$k, keys$n, keys$loss))
  structure(
    list(head = format(object), losses = losses, rates = rates(object, converged = converged)),
    class = "summary.moe_study"
  )
}

#' @rdname summary.moe_study
#' @export
print.summary.moe_study <- function(x, digits = 3, ...) {
  writeLines(c(x$head, ""))
  print(x$losses, digits = digits, row.names = FALSE)
  writeLines("")
  print_rates(x$rates, digits)
  invisible(x)
}

#' @export
`[.moe_study` <- function(x, ...) {
  out <- NextMethod()
  if (!is.data.frame(out)) return(out)
  class(out) <- "data.frame"
  needed <- c("k", "n", "replicate", "status", "converged")
  if (!all(needed %in% names(out))) return(out)
  as_moe_study(out, attr(x, "spec"), attr(x, "session"))
}

#' @export
as.data.frame.moe_study <- function(x, ...) {
  attr(x, "spec") <- attr(x, "session") <- NULL
  class(x) <- "data.frame"
  x
}
