# What the scripts in studies/ share. They run at the root of the repository, with the package installed:
# Rscript studies/<id>/run.R [FOLDER]
library(moerate)

folder <- c(commandArgs(TRUE), "inst/extdata/studies")[1]

# The columns that vignettes read. Numbers keep 24 bits, as many as a float, so that files are small.
slim <- function(study, drop = NULL) {
  dropped <- c("message", "passes", "estimate", drop)
  study <- study[setdiff(names(study), dropped)]
  numbers <- vapply(study, is.double, NA)
  study[numbers] <- lapply(study[numbers], as_float)
  study
}

as_float <- function(x) {
  missing <- is.na(x)
  x[!missing] <- readBin(writeBin(x[!missing], raw(), size = 4), "double", sum(!missing), size = 4)
  x
}

# The smallest share of the rows that an expert of each estimate has, by its mean gate probability on [-2, 2], the
# covariates of the overlap truth. An estimate begins with beta0 and beta1 of all experts but the last, relative to it.
least_mass <- function(study) {
  x <- seq(-2, 2, length.out = 801)
  one <- function(theta, k) {
    if (is.null(theta)) return(NA)
    gates <- matrix(theta[seq_len(2 * (k - 1))], 2)
    weights <- cbind(cbind(1, x) %*% gates, 0)
    weights <- exp(weights - apply(weights, 1, max))
    min(colMeans(weights / rowSums(weights)))
  }
  mapply(one, study$estimate, study$k)
}

# The result and how it came about. `cpu` is the processor time of the fits alone, `seconds` that of the script.
save_result <- function(id, result, seed, arguments, cpu = NULL) {
  took <- proc.time() - began
  manifest <- list(
    id = id, version = as.character(packageVersion("moerate")), seed = seed, arguments = arguments,
    r = R.version.string, date = format(Sys.time(), "%Y-%m-%d"), seconds = unname(took[["elapsed"]]),
    cpu = unname(if (is.null(cpu)) took[["user.self"]] + took[["sys.self"]] else cpu)
  )
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  file <- file.path(folder, paste0(id, ".rds"))
  saveRDS(c(list(manifest = manifest), result), file, compress = "xz")
  cat(sprintf(
    "%s: %.1f processor minutes, %.0f kB\n", file, manifest$cpu / 60, file.size(file) / 1024
  ))
}

# The folder of a study that was killed and goes on: in that of the environment variable MOERATE_CHECKPOINT
checkpoint <- function(id) {
  folder <- Sys.getenv("MOERATE_CHECKPOINT")
  if (!nzchar(folder)) return(NULL)
  folder <- file.path(folder, gsub("[^a-z0-9]+", "-", tolower(id)))
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  folder
}

began <- proc.time()
