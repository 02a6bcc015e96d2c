# Rscript tools/check-vignettes.R [NAME ...]: builds the vignettes in one process, as R CMD build does, and fails where
# one leaves objects, attached packages or options behind.
names <- commandArgs(TRUE)
files <- if (length(names)) paste0("vignettes/", names, ".Rmd") else Sys.glob("vignettes/*.Rmd")
folder <- tempfile()
dir.create(folder)

state <- function() list(objects = ls(globalenv()), packages = search(), options = options())
left_behind <- function(before, after) {
  changed <- vapply(names(before$options), function(name) {
    !identical(before$options[[name]], after$options[[name]])
  }, NA)
  c(
    setdiff(after$objects, before$objects), setdiff(after$packages, before$packages),
    names(changed)[changed], setdiff(names(after$options), names(before$options))
  )
}
build <- function(file) rmarkdown::render(file, output_dir = folder, quiet = TRUE, envir = globalenv())
# what loading a namespace sets once is not of a page, nor is the option that the evaluator itself leaves
for (package in c("rmarkdown", "moerate", "ggplot2")) invisible(loadNamespace(package))
result <- lapply(stats::setNames(files, files), function(file) NULL)
for (file in files) {
  before <- state()
  build(file)
  result[[file]] <- setdiff(left_behind(before, state()), c("before", "file", "try.outFile"))
  cat(file, if (length(result[[file]])) paste("leaves", toString(result[[file]])) else "leaves nothing", "\n")
}
quit(status = any(lengths(result) > 0))
