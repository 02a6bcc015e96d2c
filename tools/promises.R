# Rscript tools/promises.R [--quick] [FAULT ...]: what the package promises, as calls with the value that they have now.
#
# One line per promise of tools/promises/*.R: "ok", "NOT OK" or "skipped", the number of the fault that it answers, what
# is promised, the call and its value. --quick leaves out those that take longer than a few seconds; FAULT keeps those
# of the numbers given. Runs on the installed package (make library); fails if a promise is not kept.
library(moerate)

args <- commandArgs(TRUE)
quick <- "--quick" %in% args
wanted <- setdiff(args, "--quick")
promises <- list()

# `call` is evaluated later and printed as it stands here; `ok` is a function of its value. A warning of the package
# is not an error, and an error is a value.
promise <- function(fault, what, call, ok, slow = FALSE) {
  promises[[length(promises) + 1]] <<- list(fault = fault, what = what, call = substitute(call), ok = ok, slow = slow)
}

# What a promise needs and this machine lacks: skipped("no tmpfs")
skipped <- function(why) structure(list(why), class = "skipped")

value_of <- function(promise) {
  set.seed(1)
  suppressMessages(suppressWarnings(
    tryCatch(eval(promise$call, new.env(parent = globalenv())), error = identity, interrupt = identity)
  ))
}

shown <- function(value) {
  text <- if (inherits(value, "condition")) {
    sprintf("<%s> %s", class(value)[1], conditionMessage(value))
  } else if (inherits(value, "skipped")) {
    value[[1]]
  } else {
    deparse1(if (is.numeric(value)) signif(value, 8) else value)
  }
  substr(gsub("[[:space:]]+", " ", text), 1, 300)
}

verdict_of <- function(promise, value) {
  if (inherits(value, "skipped")) return("skipped")
  if (isTRUE(tryCatch(promise$ok(value), error = function(e) FALSE))) "ok" else "NOT OK"
}

keep <- function(promise) {
  seconds <- system.time(value <- value_of(promise))[["elapsed"]]
  verdict <- verdict_of(promise, value)
  cat(sprintf("%-7s %s: %s (%.1f s)\n", verdict, promise$fault, promise$what, seconds))
  cat("        ", substr(gsub("[[:space:]]+", " ", deparse1(promise$call)), 1, 400), "\n", sep = "")
  cat("        ", shown(value), "\n", sep = "")
  verdict
}

files <- list.files("tools/promises", "[.]R$", full.names = TRUE)
for (file in files) source(file, local = globalenv())
chosen <- Filter(function(p) !(quick && p$slow) && (length(wanted) == 0 || p$fault %in% wanted), promises)
verdicts <- vapply(chosen, keep, "")
cat(sprintf(
  "%d promises kept, %d not, %d skipped, %d left out\n", sum(verdicts == "ok"), sum(verdicts == "NOT OK"),
  sum(verdicts == "skipped"), length(promises) - length(chosen)
))
quit(status = as.integer(any(verdicts == "NOT OK")))
