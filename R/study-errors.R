# Errors of the parameters of an estimate, after its atoms have been matched to those of the truth ---------------

#' The groups of parameters whose errors are measured: fields of measure_atoms() by the names of their columns
#' @noRd
error_fields <- function(truth, method) {
  means <- c(a = "slope", b = "intercept", eta = "slope")[parameter_fields(truth$expert)]
  c(beta1 = "gate", means, if (method == "mle") c(sigma2 = "variance"))
}

#' @param averaged Are averages over cells measured too?
#' @noRd
error_names <- function(fields, averaged) {
  if (length(fields) == 0) return(character())
  paste <- function(kind, names) paste0(names, ".", kind)
  each <- c("weight", names(fields))
  c(paste("single", each), paste("over", each), if (averaged) paste("mean", names(fields)))
}

#' Largest errors over true atoms, apart for those whose cell has one atom and those with several
#'
#' Averages are \eqn{\sum w_i \omega_i / \sum w_i - \omega^*} over the atoms of a cell of several.
#' @param matched What `voronoi_loss_cpp()` returns: its cells are used.
#' @return Numbers in the order of `error_names()`.
#' @noRd
matching_errors <- function(estimate, truth, matched, fields, averaged) {
  cells <- matched$cells
  size <- tabulate(cells, nrow(truth$log_weight))
  translation <- mean_translation(estimate, truth, cells)
  estimate$gate <- sweep(estimate$gate, 2, translation$t2)
  delta <- lapply(fields, function(field) atom_differences(estimate, truth, seq_along(cells), cells, field))
  weight <- exp(estimate$log_weight[, 1] - translation$t1)
  mass <- vapply(seq_along(size), function(j) sum(weight[cells == j]), 0)
  off <- abs(mass - exp(truth$log_weight[, 1]))
  # a weight is an error relative to other cells
  if (sum(size > 0) < 2) off[] <- NA
  norms <- lapply(delta, row_norms)
  if (ncol(truth$variance) == 0 && "sigma2" %in% names(fields)) norms$sigma2[] <- NA
  largest <- function(x) if (length(x)) max(x) else NA_real_
  of <- function(cell) c(largest(off[cell(size)]), vapply(norms, function(x) largest(x[cell(size[cells])]), 0))
  means <- if (averaged) {
    vapply(delta, function(d) largest(row_norms(cell_means(d, cells, estimate$log_weight[, 1], which(size > 1)))), 0)
  }
  unname(c(of(function(m) m == 1), of(function(m) m > 1), means))
}

#' The translation of the gate under which the cells are right on average, all alike
#'
#' The translation at which a loss is least makes one error exactly zero, now of this cell and now of that one.
#' @noRd
mean_translation <- function(estimate, truth, cells) {
  filled <- sort(unique(cells))
  log_mass <- vapply(filled, function(j) log_sum_exp(t(estimate$log_weight[cells == j, 1])), 0)
  off <- atom_differences(estimate, truth, seq_along(cells), cells, "gate")
  list(
    t1 = mean(log_mass - truth$log_weight[filled, 1]),
    t2 = colMeans(cell_means(off, cells, estimate$log_weight[, 1], filled))
  )
}

row_norms <- function(m) sqrt(rowSums(m^2))

#' Weighted means of the rows of every cell in `which`, a row each
#' @noRd
cell_means <- function(delta, cells, log_weight, which) {
  one <- function(j) {
    here <- cells == j
    # in units of the largest, which neither overflow nor vanish together
    w <- exp(log_weight[here] - max(log_weight[here]))
    colSums(w * delta[here, , drop = FALSE]) / sum(w)
  }
  matrix(vapply(which, one, numeric(ncol(delta))), length(which), ncol(delta), byrow = TRUE)
}
