# Rscript tools/packages.R missing|install [need ...]
# The R packages named in DESCRIPTION: all dependencies, and those of the Config/Needs/<need> fields asked for.
# `missing` prints those that are absent or too old, `install` gets them from the configured repositories.

wanted <- function(needs) {
  fields <- c("Imports", "LinkingTo", "Suggests", sprintf("Config/Needs/%s", needs))
  found <- read.dcf("DESCRIPTION", fields = fields)
  spec <- trimws(unlist(strsplit(found[!is.na(found)], ",")))
  version <- ifelse(grepl(">=", spec, fixed = TRUE), gsub(".*>= *|\\).*", "", spec), "0")
  data.frame(name = sub("[ (].*", "", spec), version = version)
}

is_missing <- function(name, version) {
  tryCatch(utils::packageVersion(name) < version, error = function(e) TRUE)
}

missing_packages <- function(needs) {
  all <- wanted(needs)
  unique(all[unlist(Map(is_missing, all$name, all$version)), ])
}

# A plain R asks for a mirror; take the first of those it ships, and leave any configured repository alone.
configure <- function() {
  if ("@CRAN@" %in% getOption("repos")) utils::chooseCRANmirror(ind = 1, local.only = TRUE)
  if (file.access(.libPaths()[1], mode = 2) != 0) {
    personal <- Sys.getenv("R_LIBS_USER")
    dir.create(personal, recursive = TRUE, showWarnings = FALSE)
    .libPaths(c(personal, .libPaths()))
  }
}

# A package that has left the repositories is still in their archive.
install_archived <- function(name, version) {
  file <- file.path(utils::contrib.url(getOption("repos")[[1]]), "Archive", name, sprintf("%s_%s.tar.gz", name, version))
  try(utils::install.packages(file, repos = NULL, type = "source"))
}

install <- function(needs) {
  configure()
  current <- tryCatch(rownames(utils::available.packages()), error = function(e) NULL)
  lacking <- intersect(missing_packages(needs)$name, current)
  if (length(lacking) > 0) utils::install.packages(lacking, Ncpus = 2)
  archived <- subset(missing_packages(needs), !name %in% current & version != "0")
  Map(install_archived, archived$name, archived$version)
  lacking <- missing_packages(needs)$name
  if (length(lacking) > 0) message("Could not be installed: ", toString(lacking))
  optional <- trimws(strsplit(read.dcf("DESCRIPTION", "Suggests"), ",")[[1]])
  all(lacking %in% sub("[ (].*", "", optional))
}

args <- commandArgs(TRUE)
if (args[1] == "missing") writeLines(missing_packages(args[-1])$name)
if (args[1] == "install" && !install(args[-1])) quit(status = 1)
