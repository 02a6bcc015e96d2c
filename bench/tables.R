# The tables of bench/README.md, and of README.md where it has the markers, from bench/results/*.csv. run.R calls
# describe_machine() and write_tables().

read_result <- function(name) {
  file <- file.path(bench_folder(), "results", paste0(name, ".csv"))
  if (file.exists(file)) utils::read.csv(file)
}

describe_machine <- function() {
  cpu <- if (file.exists("/proc/cpuinfo")) grep("model name", readLines("/proc/cpuinfo"), value = TRUE)
  version <- function(p) tryCatch(as.character(utils::packageVersion(p)), error = function(e) "absent")
  packages <- c("moerate", "flexmix", "meteorits")
  keep_result(data.frame(
    cores = parallel::detectCores(), processor = c(sub(".*: *", "", cpu), "unknown")[1], r = R.version.string,
    packages = toString(paste(packages, vapply(packages, version, "")))
  ), "machine")
}

markdown_table <- function(table) {
  cells <- as.matrix(format_columns(table))
  line <- function(x) paste0("| ", paste(x, collapse = " | "), " |")
  numeric <- vapply(table, is.numeric, NA)
  c(line(names(table)), line(ifelse(numeric, "--:", "---")), apply(cells, 1, line))
}

format_columns <- function(table) {
  table[] <- lapply(table, function(v) {
    if (!is.numeric(v)) return(v)
    vapply(v, function(e) {
      if (is.na(e)) "" else if (e == round(e) && abs(e) < 1e5) format(e) else format(signif(e, 3), digits = 3)
    }, "")
  })
  table
}

# Processor seconds: what the work costs, whatever else the machine is doing.
fits_table <- function(fits) {
  data.frame(
    model = fits$model, k = fits$k, n = format_n(fits$n), stop = format(fits$tol), package = fits$package,
    seconds = ifelse(fits$status == "timeout", paste(">", fits$elapsed), signif(fits$cpu, 3)), passes = fits$passes,
    says = ifelse(is.na(fits$says), fits$status, fits$says),
    `log-likelihood / n` = ifelse(is.na(fits$loglik), "", sprintf("%.7f", fits$loglik)),
    gradient = ifelse(is.na(fits$gradient), "", sprintf("%.0e", fits$gradient)), `peak MB` = round(fits$peak_mb),
    `times moerate` = ratio_text(fits), check.names = FALSE
  )
}

format_n <- function(n) sub("e+0", "e", format(n, scientific = TRUE, digits = 1), fixed = TRUE)

ratio_to_moerate <- function(fits) {
  cell <- paste(fits$model, fits$k, fits$n, fits$tol)
  own <- fits$package == "moerate"
  spent <- ifelse(fits$status == "timeout", fits$elapsed, fits$cpu)
  spent / spent[own][match(cell, cell[own])]
}

ratio_text <- function(fits) {
  ratio <- ratio_to_moerate(fits)
  text <- paste0(ifelse(fits$status == "timeout", "> ", ""), signif(ratio, 3))
  ifelse(is.na(ratio) | fits$package == "moerate", "", text)
}

fits_ratios <- function(fits) {
  ratio <- ratio_text(fits)
  shown <- ratio != ""
  sprintf(
    "%s k = %d n = %s, stop %s: moerate is %s times as fast as %s", fits$model, fits$k, format_n(fits$n),
    format(fits$tol), ratio, fits$package
  )[shown]
}

section <- function(title, name, table = function(result) result) {
  result <- read_result(name)
  if (is.null(result)) return(character())
  c("", paste("###", title), "", markdown_table(table(result)))
}

pass_table <- function(pass) {
  data.frame(
    what = pass$what, `best ms` = pass$best_ms, `median ms` = pass$median_ms, `times the loop by rows` = pass$over_rows,
    `times the loop in blocks` = pass$over_blocks, check.names = FALSE
  )
}

threads_table <- function(threads) {
  data.frame(
    n = format_n(threads$n), `one thread, s` = threads$one_thread, `two threads, s` = threads$two_threads,
    `times as fast` = threads$speedup, `two processes` = threads$machine_limit,
    `same bits` = ifelse(threads$same_bits, "yes", "no"), check.names = FALSE
  )
}

memory_table <- function(memory) {
  data.frame(
    n = format_n(memory$n), `data MB` = round(memory$data_mb), `R and moerate MB` = round(memory$empty_mb),
    `before the fit MB` = round(memory$before_mb), `peak MB` = round(memory$peak_mb),
    `peak over data` = memory$over_data, seconds = memory$elapsed, status = memory$status, check.names = FALSE
  )
}

defaults_table <- function(defaults) {
  data.frame(
    data = defaults$data, k = defaults$k, seconds = defaults$elapsed, `at most` = defaults$elapsed_most,
    `log-likelihood, worst seed` = sprintf("%.4f", defaults$loglik_least),
    `best seed` = sprintf("%.4f", defaults$loglik_most), check.names = FALSE
  )
}

squares_table <- function(squares) {
  data.frame(
    k = squares$k, n = format_n(squares$n), start = squares$start, package = squares$package, seconds = squares$cpu,
    `residual sum of squares` = sprintf("%.6f", squares$rss),
    `times moerate` = ifelse(squares$package == "moerate", "", signif(squares$times, 3)), check.names = FALSE
  )
}

study_table <- function(study) {
  data.frame(
    k = study$k, n = format_n(study$n), `moerate, s` = study$moerate, passes = round(study$passes),
    `meteorits, s` = study$meteorits, `its passes` = round(study$passes_meteorits),
    `times as fast` = study$meteorits / study$moerate, `converged, s` = study$converged,
    `its passes ` = round(study$passes_converged), `largest gradient` = sprintf("%.0e", study$gradient), check.names = FALSE
  )
}

grid_table <- function(grid) {
  data.frame(
    fits = grid$fits, `moerate, s` = round(grid$moerate), `meteorits, s` = round(grid$meteorits),
    `times as fast` = grid$meteorits / grid$moerate, `converged, s` = round(grid$converged),
    `times as fast ` = grid$meteorits / grid$converged, check.names = FALSE
  )
}

all_tables <- function() {
  machine <- read_result("machine")
  c(
    sprintf("%d cores (%s), %s; %s.", machine$cores, machine$processor, machine$r, machine$packages),
    section("Whole fits", "fits", fits_table), section("One pass", "pass", pass_table),
    section("Two threads", "threads", threads_table), section("Memory", "memory", memory_table),
    section("Default fits", "defaults", defaults_table),
    section("Least squares, tanh experts", "squares", squares_table),
    section("Cells of the published study", "study", study_table),
    section("Its whole grid, extrapolated", "study-grid", grid_table), ""
  )
}

# Replaces what stands between two marker lines of a file; leaves a file without them alone.
write_between <- function(file, name, lines) {
  text <- if (file.exists(file)) readLines(file)
  from <- which(text == sprintf("<!-- %s -->", name))
  to <- which(text == sprintf("<!-- end %s -->", name))
  if (length(from) != 1 || length(to) != 1) return(invisible(FALSE))
  writeLines(c(text[seq_len(from)], lines, text[to:length(text)]), file)
  invisible(TRUE)
}

write_tables <- function() {
  write_between(file.path(bench_folder(), "README.md"), "bench", all_tables())
  fits <- read_result("fits")
  root <- file.path(bench_folder(), "..", "README.md")
  if (!is.null(fits)) write_between(root, "bench", c(section("", "fits", fits_table)[-(1:2)], ""))
  squares <- read_result("squares")
  if (!is.null(squares)) write_between(root, "squares", c(section("", "squares", squares_table)[-(1:2)], ""))
}
