# Small fits that several test files look at. Made once, when first asked for.

quick <- function(..., seed = 1) moe_control(seed = seed, threads = 1, starts = 20, progress = FALSE, ...)

the_data <- function() {
  data <- rmoe(300, truth_overlap(), seed = 2)
  data$z <- stream_normal(300, 2, "design", 7)
  data$f <- factor(rep(c("a", "b", "c"), 100))
  data
}

the_fits <- new.env()

# "plain": y ~ x; "gated": factor in the experts, its own gate, one variance; "one": linear regression
the_fit <- function(name = c("plain", "gated", "one")) {
  name <- match.arg(name)
  if (is.null(the_fits[[name]])) {
    data <- the_data()
    the_fits[[name]] <- switch(name,
      plain = moe(y ~ x, data, k = 2, control = quick()),
      gated = moe(y ~ x + f | x + z, data, k = 2, expert = expert_linear("shared"), control = quick()),
      one = moe(y ~ x + f, data, k = 1, control = quick())
    )
  }
  the_fits[[name]]
}

# Two clusters of covariates with one line each: the gate separates them
separated_data <- function() {
  x <- c(seq(-2, -1, length.out = 50), seq(1, 2, length.out = 50))
  data.frame(x = x, y = ifelse(x < 0, 5 + x, -5 - x) + 0.1 * sin(1:100 * 7))
}

# What tests of the choice of k look at
selection_data <- function() rmoe(300, truth_overlap(), seed = 4)

the_selection <- function() {
  if (is.null(the_fits$selection)) {
    the_fits$selection <- select_k(y ~ x, selection_data(), k = 1:4, control = quick(), folds = 5)
  }
  the_fits$selection
}
