#!/usr/bin/env Rscript
# Rscript tools/fuzz.R N [SEED]: N random cases from SEED, or 1, on, with all methods of each fit, in child processes of
# 25 cases. Prints a table of outcomes and each complaint; fails when there is one. The nightly level runs 3000.
arguments <- commandArgs(TRUE)
size <- 25

cases <- function(seeds, file) {
  suppressPackageStartupMessages(library(moerate))
  env <- new.env(parent = asNamespace("moerate"))
  for (helper in c("helper-fuzz.R", "helper-fuzz-methods.R")) sys.source(file.path("tests/testthat", helper), env)
  grDevices::pdf(NULL)
  for (seed in seeds) {
    write(paste(seed, "begun", "", sep = "\t"), file, append = TRUE)
    table <- env$fuzz_methods(seed)
    complaint <- gsub("[\t\n]+", " ", table$complaint)
    write(paste(seed, table$call, complaint, sep = "\t"), file, append = TRUE)
    write(paste(seed, "ended", "", sep = "\t"), file, append = TRUE)
  }
}

# A process that dies costs the case it was in; the others of its batch go to the next process
run_batch <- function(seeds) {
  file <- tempfile()
  file.create(file)
  while (length(seeds)) {
    system2("Rscript", c("tools/fuzz.R", "--cases", file, seeds), stdout = FALSE, stderr = FALSE, timeout = 1800)
    if (file.size(file) == 0) stop("The child process did not start: is the package installed?")
    begun <- utils::read.delim(file, header = FALSE, quote = "", colClasses = c("integer", "character", "character"))
    open <- setdiff(begun$V1[begun$V2 == "begun"], begun$V1[begun$V2 == "ended"])
    open <- intersect(open, seeds)
    crash <- rep("crash: the process died or did not return", length(open))
    write(paste(open, "moe", crash, sep = "\t"), file, append = TRUE)
    seeds <- setdiff(seeds, begun$V1[begun$V2 == "begun"])
  }
  found <- utils::read.delim(file, header = FALSE, quote = "", colClasses = c("integer", "character", "character"))
  stats::setNames(found[!found$V2 %in% c("begun", "ended"), ], c("seed", "call", "complaint"))
}

if (identical(arguments[1], "--cases")) {
  cases(as.integer(arguments[-(1:2)]), arguments[2])
} else {
  first <- if (length(arguments) > 1) as.integer(arguments[2]) else 1L
  seeds <- first + seq_len(as.integer(arguments[1])) - 1L
  batches <- split(seeds, (seq_along(seeds) - 1) %/% size)
  found <- do.call(rbind, lapply(batches, function(batch) {
    result <- run_batch(batch)
    bad <- result[nzchar(result$complaint), ]
    writeLines(sprintf("seed %d, %s: %s", bad$seed, bad$call, bad$complaint))
    result
  }))
  kind <- ifelse(nzchar(found$complaint), sub(":.*", "", found$complaint), "sound")
  print(table(call = found$call, outcome = kind))
  cat(sprintf("%d cases, %d calls, %d complaints\n", length(seeds), nrow(found), sum(nzchar(found$complaint))))
  quit(status = as.integer(any(nzchar(found$complaint))))
}
