# What the studies of the choice of k share. To be sourced after common.R.
criteria <- c("bic", "aic", "icl", "cv", "mtm", "dendrogram")

# A table for every row of a grid, bound together. Cells that an earlier run has left in the checkpoint are read.
by_cell <- function(id, cells, run) {
  folder <- checkpoint(id)
  tables <- lapply(seq_len(nrow(cells)), function(i) {
    file <- file.path(folder, sprintf("%05d.rds", i))
    if (length(file) && file.exists(file)) return(readRDS(file))
    took <- system.time(table <- run(cells[i, ]))
    table$seconds <- c(took[["user.self"]] + took[["sys.self"]], rep(0, nrow(table) - 1))
    if (length(file)) {
      saveRDS(table, paste0(file, "~"))
      file.rename(paste0(file, "~"), file)
    }
    table
  })
  do.call(rbind, tables)
}

# MOERATE_SMALL=TRUE: a few replicates, to try a script
small <- nzchar(Sys.getenv("MOERATE_SMALL"))
replicates <- function(reps) if (small) max(2, reps %/% 12) else reps
