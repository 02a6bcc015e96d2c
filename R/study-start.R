# Where the fits of a study start -----------------------------------------------------------------------------

#' Starts of the fits of a study
#'
#' In a simulation the truth is known, and a fit may start near it, which saves the search for good starts
#' and is what the rates of the theory are about: how far from the truth the maximum of the likelihood near it is.
#'
#' With `kind = "truth"` every atom of a start is a copy of a true atom, drawn at random (all labels anew until
#' every true atom comes up; with fewer atoms than the truth, distinct ones), whose copies share its weight.
#' Independent normal noise is then added to the parameters of each group, with standard deviation
#' \deqn{s_g\, n^{-\rho}}
#' for the gate (\eqn{\beta_0} and \eqn{\beta_1} relative to the last atom), for the means (a and b), and for the
#' logarithms of the variances. Atoms are sorted by their labels. The starts of a cell depend on the seed of the
#' study, n, the replicate and k.
#'
#' With `kind = "search"` fits make their own starts from the data, as [moe()] does.
#'
#' All starts are brought to an optimum, the best of them to one of all rows (for least squares all of them: see
#' `subsample` of [moe_control()]); the gates, slopes and intercepts are held within its `bound` in doing so, if there
#' is one, variances between `variance_floor` and 1e8 times the variance of y. These bounds are what stands for the
#' compact parameter space of the theory: a fit that ends on them says so in its status.
#'
#' @param kind `"truth"` or `"search"`.
#' @param starts Number of starts, a positive integer; for `"search"` `NULL` means as in [moe_control()].
#' @param gate,expert,variance Standard deviations \eqn{s_g} of the noise at n = 1, not negative.
#' @param rate Exponent \eqn{\rho} of n, not negative.
#' @return A list of class `moe_study_start`. Wrong arguments, and noise where the fits search for themselves, are
#'   errors of class `moe_error_input`.
#' @references Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in Gaussian mixture of
#'   experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#' @examples
#' study_start()
#' study_start(starts = 10, gate = 1, expert = 1)
#' study_start("search", starts = 40)
#' @family studies
#' @export
study_start <- function(kind = c("truth", "search"), starts = NULL, gate = 0.5, expert = 0.5, variance = 0.2,
                        rate = 1 / 12) {
  kind <- check_choice(kind, c("truth", "search"))
  if (!is.null(starts)) starts <- check_count(starts, max = .Machine$integer.max)
  if (kind == "search") {
    set <- c(gate = !missing(gate), expert = !missing(expert), variance = !missing(variance), rate = !missing(rate))
    if (any(set)) {
      moe_abort(c(
        "{.arg {names(which(set))}} cannot be used with {.code kind = \"search\"}.",
        i = "Starts that are searched for have no noise of their own."
      ))
    }
    return(new_study_start("search", starts))
  }
  rate <- check_number(rate, min = 0)
  new_study_start(
    "truth", starts %||% 5L,
    gate = c(check_number(gate, min = 0), rate), expert = c(check_number(expert, min = 0), rate),
    variance = c(check_number(variance, min = 0), rate)
  )
}

#' @param gate,expert,variance Scale and rate of the noise: StartLaw in start_law.h.
#' @noRd
new_study_start <- function(kind, starts, gate = c(0, 0), expert = c(0, 0), variance = c(0, 0), published = FALSE) {
  structure(
    list(kind = kind, starts = starts, gate = gate, expert = expert, variance = variance, published = published),
    class = "moe_study_start"
  )
}

#' The starts of the simulations of Nguyen, Nguyen and Ho (2023), as in the code they released: one where k = k*
#' @noRd
published_start <- function() {
  new_study_start(
    "published", 5L,
    gate = c(0.005, 0.083), expert = c(0.05, 0.083), variance = c(0.005, 0.25), published = TRUE
  )
}

#' How many starts near the truth a fit of k experts has; none where it makes its own
#' @noRd
near_starts <- function(start, k, k_true) {
  switch(start$kind, truth = start$starts, published = if (k == k_true) 1L else start$starts, search = 0L)
}

#' @export
format.moe_study_start <- function(x, ...) {
  number <- if (is.null(x$starts)) "as many as moe() makes" else x$starts
  if (x$kind == "search") return(sprintf("<Starts of a study: searched for, %s>", number))
  size <- function(v) sprintf("%s n^-%s", format(v[1]), format(v[2], digits = 3))
  noise <- vapply(x[c("gate", "expert", "variance")], size, "")
  sprintf(
    "<Starts of a study: %s near the truth, noise %s>", number, paste(names(noise), noise, collapse = ", ")
  )
}

#' @export
print.moe_study_start <- function(x, ...) {
  writeLines(format(x))
  invisible(x)
}
