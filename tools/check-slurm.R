# Rscript tools/check-slurm.R: a small study sequentially, on two R sessions, and on Slurm by future.batchtools; the
# tables must be the same to the bit. Needs the package installed, and for the last part a running Slurm (one node
# is enough) whose nodes see this directory; without it that part is skipped, and the script says so.
library(moerate)

run <- function(...) {
  moe_study(truth_overlap(), k = 2:3, n = c(400, 800, 1600), reps = 6, seed = 1, progress = FALSE, ...)
}

numbers_of <- function(study) {
  study <- as.data.frame(study)
  study[setdiff(names(study), "seconds")]
}

# Same table, by the same bits?
report <- function(what, study) {
  equal <- identical(numbers_of(study), numbers_of(reference))
  cat(sprintf("%-14s %d cells, %s\n", what, nrow(study), if (equal) "identical" else "NOT the same"))
  equal
}

slurm_lacks <- function() {
  if (!requireNamespace("future.batchtools", quietly = TRUE)) return("the package future.batchtools")
  if (!nzchar(Sys.which("sbatch"))) return("sbatch")
  up <- suppressWarnings(system2("sinfo", c("-h", "-o", "%t"), stdout = TRUE, stderr = FALSE))
  if (!any(grepl("^(idle|mix|alloc)", up))) return("a node that is up")
  NULL
}

on_slurm <- function() {
  registry <- file.path(getwd(), "slurm-check")
  options(future.cache.path = registry)
  on.exit(unlink(registry, recursive = TRUE))
  template <- system.file("templates", "slurm.tmpl", package = "moerate")
  future::plan(
    future.batchtools::batchtools_slurm, template = template, workers = 2,
    resources = list(ncpus = 1, walltime = 600)
  )
  checkpoint <- tempfile("study")
  equal <- report("Slurm", run(chunk_seconds = 3, checkpoint = checkpoint))
  # a study that was begun on the cluster goes on here
  future::plan("sequential")
  unlink(list.files(checkpoint, "^rows-", full.names = TRUE)[1])
  report("Slurm, resumed", run(checkpoint = checkpoint)) && equal
}

future::plan("sequential")
reference <- run()
same <- report("sequential", run(threads = 1))
future::plan("multisession", workers = 2)
same <- report("multisession", run()) && same
future::plan("sequential")

lacking <- slurm_lacks()
if (is.null(lacking)) {
  same <- on_slurm() && same
} else {
  cat("Slurm          skipped: there is no ", lacking, " here.\n", sep = "")
}
if (!same) quit(status = 1)
