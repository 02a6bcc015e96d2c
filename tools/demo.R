# Rscript tools/demo.R FOLDER: fits three classic data sets with the default settings and writes figures (PNG), a
# table (table.csv) and a summary (README.md) into FOLDER.
library(moerate)

folder <- c(commandArgs(TRUE), "demo-output")[1]
dir.create(folder, recursive = TRUE, showWarnings = FALSE)
unlink(file.path(folder, c("*.png", "table.csv", "README.md")))
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
    gradient = fit$gradient, starts_agreeing = sum(fit$starts$agrees), starts = nrow(fit$starts),
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

figures <- unlist(lapply(names(chosen), function(name) sprintf("%s-k%d", name, chosen[[name]])))
summary <- c(
  "# moerate demo", "",
  "Gaussian mixtures of linear experts with a softmax gate, fitted by maximum likelihood with the default",
  "settings (seed 1). BIC is smaller for the better model.", "",
  as_markdown(table), "",
  "`gradient`: norm of the gradient of the mean log-likelihood in standardised units. `starts agreeing`: how many",
  "starts ended at the optimum reported. `gate_separated`: the gate became a step between two points of the data,",
  "so the likelihood is at its limit and the steepness of the step has no estimate.", "",
  "BIC prefers", vapply(names(data_sets), verdict, "", table), "",
  sprintf("The %d fits took %.1f s.", nrow(table), sum(table$seconds)), "",
  "## Figures", "",
  "* `*-fit.png` (every k): data, experts with 90 % bands, mean of the mixture.",
  sprintf("* `*-gate.png` (%s): the probability of every expert along the covariate.", toString(figures)),
  "* `*-residuals.png` (the same): quantile residuals against the fitted mean, and their normal quantile plot.",
  "* `*-trace.png` (the same): the log-likelihood of all starts by iteration.", "",
  sprintf("![%1$s](%1$s.png)", outer(c("fit", "gate", "residuals", "trace"), figures, function(t, f) paste0(f, "-", t)))
)
writeLines(summary, file.path(folder, "README.md"))
writeLines(utils::head(summary, which(summary == "## Figures") - 1))
cat(sprintf(
  "%d figures, table.csv and README.md are in %s/ (%.0f s in all).\n",
  length(list.files(folder, "[.]png$")), folder, proc.time()[["elapsed"]] - began
))
