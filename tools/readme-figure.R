# Rscript tools/readme-figure.R: runs the R code of "Ten lines" in README.md on the installed package, as a reader
# would, and saves the picture that it ends with as man/figures/README-example.png.
lines <- readLines("README.md", encoding = "UTF-8")
begin <- grep("^```r$", lines)[1]
end <- grep("^```$", lines)
end <- end[end > begin][1]

picture <- NULL
for (expression in parse(text = lines[(begin + 1):(end - 1)], keep.source = FALSE)) {
  cat("> ", deparse1(expression), "\n", sep = "")
  result <- withVisible(eval(expression, globalenv()))
  if (inherits(result$value, "ggplot")) picture <- result$value else if (result$visible) print(result$value)
}
stopifnot("README.md has no picture" = !is.null(picture))

dir.create("man/figures", recursive = TRUE, showWarnings = FALSE)
ggplot2::ggsave("man/figures/README-example.png", picture, width = 7, height = 4.2, dpi = 120)
