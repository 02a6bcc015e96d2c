# Rscript tools/layers.R: the folders of the core are floors. Fails where a header includes one of a higher floor.
floors <- c(numerics = 1, components = 2, losses = 2, evaluation = 3, optimisation = 4, studies = 5)
root <- "inst/include/moerate"
floor_of <- function(path) unname(floors[sub("/.*", "", path)])
includes <- function(header) {
  lines <- readLines(file.path(root, header))
  sub(".*<moerate/(.*)>.*", "\\1", grep("#include <moerate/", lines, value = TRUE))
}
headers <- list.files(root, "[.]h$", recursive = TRUE)
upward <- unlist(lapply(headers, function(h) {
  to <- includes(h)
  wrong <- !to %in% headers | is.na(floor_of(to)) | floor_of(to) > floor_of(h)
  sprintf("%s includes %s", h, to[wrong])
}))
if (anyNA(floor_of(headers)) || length(upward) > 0) {
  writeLines(c(headers[is.na(floor_of(headers))], upward))
  quit(status = 1)
}
cat(length(headers), "headers, none includes one of a higher floor\n")
