# Random streams ------------------------------------------------------------------------------
# A stream is named by (seed, purpose, index): see inst/include/moerate/draw.h, where the purposes
# are listed. The first n numbers of a stream do not depend on how many are drawn, nor on what
# other streams are used for. `index` has one or two whole numbers, such as c(n, replicate).

stream_uniform <- function(n, seed, purpose, index = 0) {
  stream_uniform_cpp(n, seed, purpose, index)
}

stream_normal <- function(n, seed, purpose, index = 0) {
  stream_normal_cpp(n, seed, purpose, index)
}

#' `size` of the numbers 1, ..., n without replacement, in random order
#' @noRd
stream_sample <- function(n, size = n, seed, purpose, index = 0) {
  stream_sample_cpp(n, size, seed, purpose, index)
}
