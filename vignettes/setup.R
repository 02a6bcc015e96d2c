# Sourced first by every vignette. R builds them all in one process: when a page is done, the objects, packages and
# options it has added are gone again.
knitr::knit_hooks$set(document = local({
  objects <- ls(globalenv(), all.names = TRUE)
  packages <- search()
  before <- options()
  function(x) {
    page <- knitr::knit_global()
    rm(list = setdiff(ls(page, all.names = TRUE), objects), envir = page)
    for (name in setdiff(search(), packages)) detach(name, character.only = TRUE)
    added <- setdiff(names(options()), names(before))
    options(c(before, stats::setNames(vector("list", length(added)), added)))
    x
  }
}))
