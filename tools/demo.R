# Rscript tools/demo.R FOLDER: fits three classic data sets with the default settings, runs a small study of rates,
# and writes figures (PNG), tables (table.csv, study.csv, rates.csv) and a summary (README.md) into FOLDER.
library(moerate)

folder <- c(commandArgs(TRUE), "demo-output")[1]
dir.create(folder, recursive = TRUE, showWarnings = FALSE)
unlink(file.path(folder, c("*.png", "table.csv", "study.csv", "rates.csv", "README.md")))
began <- proc.time()[["elapsed"]]

data_sets <- list(
  ethanol = list(
    formula = NOx ~ E, data = lattice::ethanol, what = "nitrogen oxides against the richness of the fuel"
  ),
  mcycle = list(
    formula = accel ~ times, data = MASS::mcycle, what = "head acceleration after a motorcycle impact"
  ),
  faithful = list(
    formula = waiting ~ eruptions, data = faithful, what = "waiting time after an eruption of Old Faithful"
  )
)
experts <- 2:4

# The status of a fit is a column of the table: its warning would say it twice.
fit_one <- function(set, k) {
  control <- moe_control(seed = 1, trace = TRUE)
  seconds <- system.time(
    fit <- suppressWarnings(moe(set$formula, set$data, k = k, control = control), classes = "moe_warning")
  )[["elapsed"]]
  list(fit = fit, seconds = seconds)
}

row_of <- function(name, result) {
  fit <- result$fit
  data.frame(
    data = name, k = fit$k, logLik = fit$loglik, df = fit$df, BIC = BIC(fit), status = fit$status,
    flags = paste(setdiff(fit$flags, "separated"), collapse = ", "), gradient = fit$gradient, starts_agreeing = sum(fit$starts$agrees), starts = nrow(fit$starts),
    seconds = result$seconds
  )
}

save_figure <- function(name, fit, type) {
  file <- sprintf("%s-k%d-%s.png", name, fit$k, type)
  ggplot2::ggsave(file.path(folder, file), autoplot(fit, type), width = 7, height = 4.5, dpi = 120)
  file
}

# The fit of every k, and all pictures of the one with the smallest BIC.
save_figures <- function(name, results, best) {
  for (result in results) save_figure(name, result$fit, "fit")
  for (type in c("gate", "residuals", "trace")) save_figure(name, results[[best]]$fit, type)
}

# Markdown that is also readable on a console: columns of equal width.
as_markdown <- function(table) {
  shown <- transform(
    table,
    logLik = sprintf("%.4f", logLik), BIC = sprintf("%.2f", BIC), gradient = sprintf("%.0e", gradient),
    starts_agreeing = paste(starts_agreeing, "of", starts), seconds = sprintf("%.2f", seconds)
  )
  shown$starts <- NULL
  names(shown) <- sub("_", " ", names(shown))
  cells <- rbind(names(shown), "", as.matrix(shown))
  cells <- apply(cells, 2, function(column) formatC(column, width = -max(nchar(column))))
  cells[2, ] <- gsub(" ", "-", cells[2, ])
  paste0("| ", apply(cells, 1, paste, collapse = " | "), " |")
}

# What BIC prefers, and by how much.
verdict <- function(name, table) {
  rows <- table[table$data == name, ]
  rows <- rows[order(rows$BIC), ]
  sprintf(
    "* %s (%s, %d rows): k = %d, by %.1f over k = %d.", name, data_sets[[name]]$what, nrow(data_sets[[name]]$data),
    rows$k[1], rows$BIC[2] - rows$BIC[1], rows$k[2]
  )
}

table <- NULL
chosen <- list()
for (name in names(data_sets)) {
  results <- lapply(experts, function(k) fit_one(data_sets[[name]], k))
  rows <- do.call(rbind, lapply(results, function(result) row_of(name, result)))
  best <- which.min(rows$BIC)
  save_figures(name, results, best)
  table <- rbind(table, rows)
  chosen[[name]] <- rows$k[best]
}
utils::write.csv(table, file.path(folder, "table.csv"), row.names = FALSE)

# A small study: the theory of a truth with two experts, fitted with two and with three
study <- moe_study(
  truth_overlap(), k = 2:3, n = 500 * 2^(0:4), reps = 20, loss = c("d1", "d2", "hellinger", "l2"), seed = 1,
  progress = FALSE
)
slopes <- rates(study, c("hellinger", "l2", "d1", "d2"))
# d1 is the loss of the theory for two experts, d2 for three
slopes <- slopes[slopes$loss != c("d2", "d1")[slopes$k - 1], ]
columns <- setdiff(names(study), c("message", "estimate"))
utils::write.csv(study[columns], file.path(folder, "study.csv"), row.names = FALSE)
utils::write.csv(slopes, file.path(folder, "rates.csv"), row.names = FALSE)
ggplot2::ggsave(file.path(folder, "study-rates.png"), autoplot(study), width = 7, height = 6, dpi = 120)

rate_lines <- function(slopes) {
  sprintf(
    "* k = %d, %s: slope %.2f, 95 %% interval [%.2f, %.2f], theory %.2f.", slopes$k, slopes$loss, slopes$slope,
    slopes$conf.low, slopes$conf.high, slopes$theory
  )
}

figures <- unlist(lapply(names(chosen), function(name) sprintf("%s-k%d", name, chosen[[name]])))
pictures <- outer(c("fit", "gate", "residuals", "trace"), figures, function(type, name) paste0(name, "-", type))
summary <- c(
  "# moerate demo", "",
  "Gaussian mixtures of linear experts with a softmax gate, fitted by maximum likelihood with the default",
  "settings (seed 1). BIC is smaller for the better model.", "",
  as_markdown(table), "",
  "`gradient`: norm of the gradient of the mean log-likelihood in standardised units. `starts agreeing`: how many",
  "starts ended at the optimum reported. `gate_separated`: the gate became a step between two points of the data,",
  "so the likelihood is at its limit and the steepness of the step has no estimate. `flags`: `set_aside`, an optimum of",
  "higher log-likelihood was not preferred; `disagree`, another one is as good, or one start alone got there.", "",
  "BIC prefers", vapply(names(data_sets), verdict, "", table), "",
  sprintf("The %d fits took %.1f s.", nrow(table), sum(table$seconds)), "",
  "## A small study", "",
  sprintf(
    "The truth `%s` has two experts. Two and three were fitted to %d samples of each n from %d to %d; %d of %d fits",
    "overlap", attr(study, "spec")$reps, min(study$n), max(study$n), sum(study$converged), nrow(study)
  ),
  sprintf(
    "converged, in %.1f s of processor time. Slopes of the logarithm of geometric means on log(n):", sum(study$seconds)
  ), "",
  rate_lines(slopes), "",
  "## Figures", "",
  "* `*-fit.png` (every k): data, experts with 90 % bands, mean of the mixture.",
  sprintf("* `*-gate.png` (%s): the probability of every expert along the covariate.", toString(figures)),
  "* `*-residuals.png` (the same): quantile residuals against the fitted mean, and their normal quantile plot.",
  "* `*-trace.png` (the same): the log-likelihood of all starts by iteration.",
  "* `study-rates.png`: losses of the study against n, with fitted lines and the slopes of the theory.", "",
  sprintf("![%1$s](%1$s.png)", c(pictures, "study-rates"))
)
writeLines(summary, file.path(folder, "README.md"))
writeLines(utils::head(summary, which(summary == "## Figures") - 1))
cat(sprintf(
  "%d figures, tables and README.md are in %s/ (%.0f s in all).\n",
  length(list.files(folder, "[.]png$")), folder, proc.time()[["elapsed"]] - began
))
