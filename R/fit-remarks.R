# What moe() remarks on in the data ------------------------------------------------------------------------------

#' A response that no normal law has: two values, or counts
#' @noRd
inform_response <- function(y, name, method) {
  # most responses are told apart by their first rows
  first <- y[seq_len(min(length(y), 1000))]
  if (any(first != round(first)) && length(unique(first)) > 2) return(invisible())
  values <- sort(unique(y))
  lse <- method == "lse"
  if (length(values) == 2) {
    moe_inform(c(
      i = if (lse) {
        "The response {.field {name}} has two values: f follows its mean, and may leave their range."
      } else {
        "The response {.field {name}} has two values, which a normal law has not: means may leave their range."
      },
      i = if (lse) {
        "Its variance depends on the covariates, which the sandwich covariance of {.fn vcov} allows for."
      } else {
        "The likelihood is that of normal experts. {.code method = \"lse\"} estimates the mean without such a law."
      }
    ), class = "binary")
  } else if (is_count(values)) {
    moe_inform(c(
      i = "The response {.field {name}} looks like a count: whole numbers from {values[1]} to {max(values)}.",
      i = if (lse) {
        "Its variance grows with its mean, which the sandwich covariance of {.fn vcov} allows for."
      } else {
        "Its experts are normal all the same. {.code method = \"lse\"} estimates the mean without such a law; \
         {.code sqrt({name})} has nearly constant variance."
      }
    ), class = "count")
  }
}

#' Whole numbers that reach down to zero, which measurements rounded to whole numbers seldom do
#' @noRd
is_count <- function(values) all(values == round(values)) && values[1] == 0 && values[2] == 1 && length(values) > 2

#' More parameters than rows: least squares refuses, a likelihood is merely unbounded
#' @noRd
warn_few_rows <- function(n, size, k, call) {
  if (n >= size) return(invisible())
  moe_warn(c(
    "The model has more parameters than there are rows: {size} for {n}.",
    x = "Nothing that the data say is left for standard errors, tests or criteria.",
    i = "Fit fewer experts than k = {k}, or a formula with fewer columns."
  ), class = "few_rows", call = call)
}
