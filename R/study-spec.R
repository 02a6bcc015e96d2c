# What a study is: every argument checked, before anything is computed -------------------------------------

distance_names <- c("hellinger", "tv", "kl", "l2", "wasserstein")

#' Everything that the numbers of a cell depend on, and the grid of cells
#'
#' The numbers of cell (k, n, replicate) depend on the fields other than `k`, `n` and `reps`.
#' @return A list of class `moe_study_spec`.
#' @noRd
new_study_spec <- function(truth, k, n, reps, design = NULL, method = "mle", expert = NULL, loss = NULL,
                           r = NULL, start = NULL, noise = NULL, protocol = "converged", seed = NULL,
                           control = moe_control(), call = rlang::caller_env()) {
  if (is.null(design) && inherits(truth, "moe_truth")) design <- truth$design
  name <- if (inherits(truth, "moe_truth")) truth$name
  measure <- check_measure(truth, "truth", call)
  expert <- if (is.null(expert)) measure$expert else check_expert(expert, "expert", call)
  method <- check_choice(method, c("mle", "lse"), call = call)
  protocol <- check_protocol(protocol, method, call)
  k <- sort(check_whole(k, "k", max = 1000, call = call))
  loss <- check_losses(loss, estimated_part(measure, method), expert, call)
  structure(list(
    truth = measure, truth_name = name, design = check_study_design(design, measure, call),
    method = method, expert = expert,
    k = k, n = check_sizes(n, call), reps = check_count(reps, max = .Machine$integer.max, call = call),
    loss = loss, r = check_study_order(r, loss, call),
    start = check_study_start(start, protocol, measure, expert, k, call),
    noise = check_noise(noise, measure, call), protocol = protocol, seed = check_seed(seed, call = call),
    control = check_study_control(control, method, protocol, call)
  ), class = "moe_study_spec")
}

#' Have two experts the same mean function, hence the same parameters?
#' @noRd
same_mean <- function(expert, other) identical(expert_label(expert), expert_label(other))

check_protocol <- function(protocol, method, call) {
  protocol <- check_choice(protocol, c("converged", "published"), call = call)
  if (protocol == "published" && method == "lse") {
    moe_abort(c(
      "{.arg protocol} {.val published} is one of maximum likelihood.",
      i = "Use {.code protocol = \"converged\"} for least squares."
    ), class = "unsupported", call = call)
  }
  protocol
}

#' All cells of the grid, in the order of the result
#' @noRd
study_grid <- function(spec) {
  grid <- expand.grid(replicate = seq_len(spec$reps), n = spec$n, k = spec$k, KEEP.OUT.ATTRS = FALSE)
  grid[c("k", "n", "replicate")]
}

#' Unique whole numbers from 1 to max
#' @noRd
check_whole <- function(x, arg, max = .Machine$integer.max, call) {
  x <- check_vector(x, arg, call = call)
  bad <- which(x != round(x) | x < 1 | x > max)
  if (length(x) == 0) moe_abort("{.arg {arg}} must have at least one number.", call = call)
  if (length(bad)) {
    moe_abort("{.arg {arg}} must have whole numbers from 1 to {format(max)}, not {x[bad[1]]}.", call = call)
  }
  if (anyDuplicated(x)) {
    moe_abort("{.arg {arg}} must have each number once, not {x[duplicated(x)][1]} twice.", call = call)
  }
  as.integer(x)
}

check_sizes <- function(n, call) {
  n <- check_whole(n, "n", call = call)
  down <- which(diff(n) < 0)
  if (length(down)) {
    moe_abort(c(
      "{.arg n} must increase.",
      x = "{n[down[1]]} is followed by {n[down[1] + 1]}.", i = "Use {.code sort(n)}."
    ), call = call)
  }
  n
}

check_study_design <- function(design, measure, call) {
  if (is.null(design)) {
    moe_abort(c(
      "{.arg design} is missing: only named truths have one.",
      i = "Give a design such as {.code design_uniform(0, 1)}."
    ), call = call)
  }
  design <- check_design(design, "design", call)
  name_covariates(draw_design(design, 1, 0), measure, call)
  design
}

#' Names of losses and distances; the defaults do not depend on k, so that a study can grow in it
#' @noRd
check_losses <- function(loss, measure, expert, call) {
  variance <- !is.null(measure$sigma2)
  voronoi <- if (variance) c("d1", if (kind_of(measure$expert)$linear) "d2") else "d1_lse"
  if (!same_mean(expert, measure$expert)) voronoi <- NULL
  loss <- loss %||% c(voronoi, if (variance) "hellinger" else "l2")
  known <- c(loss_names, distance_names)
  if (!is.character(loss) || length(loss) == 0) {
    moe_abort("{.arg loss} must be names of losses, not {describe(loss)}. Known: {.val {known}}.", call = call)
  }
  unknown <- setdiff(loss, known)
  if (length(unknown)) {
    moe_abort("Unknown {.arg loss} {.val {unknown}}. Known: {.val {known}}.", call = call)
  }
  if (anyDuplicated(loss)) {
    moe_abort("{.arg loss} must have each name once, not {.val {loss[duplicated(loss)][1]}} twice.", call = call)
  }
  need <- intersect(loss, c(loss_needs$variance, "hellinger", "tv", "kl"))
  if (length(need) && !variance) {
    moe_abort(c(
      paste(
        "{.arg loss} {.val {need}} {cli::qty(length(need))}need{?s/} variances,",
        "which least squares and truths without {.arg sigma2} lack."
      ),
      i = "Use {.val d1_lse}, {.val dr} or {.val l2}, or maximum likelihood and a truth with {.arg sigma2}."
    ), class = "unsupported", call = call)
  }
  atoms <- intersect(loss, c(loss_names, "wasserstein"))
  if (length(atoms) && !same_mean(expert, measure$expert)) {
    moe_abort(c(
      "{.arg loss} {.val {atoms}} {cli::qty(length(atoms))}compare{?s/} parameters.",
      x = "Experts of another kind than the truth's do not share them.",
      i = "Use {.val l2}{if (variance) ' or {.val hellinger}'}."
    ), class = "unsupported", call = call)
  }
  for (name in intersect(loss, loss_names)) check_pair(measure, measure, name, call)
  if ("wasserstein" %in% loss) rlang::check_installed("lpSolve", reason = "for the Wasserstein distance.", call = call)
  loss
}

check_study_order <- function(r, loss, call) {
  if ("dr" %in% loss) return(check_order(r, "dr", call))
  if (!is.null(r)) moe_abort("{.arg r} must be {.code NULL} unless {.arg loss} has {.val dr}.", call = call)
  NULL
}

check_study_start <- function(start, protocol, measure, expert, k, call) {
  if (protocol == "published") {
    if (!is.null(start)) {
      moe_abort(c(
        "{.arg start} must be {.code NULL}: the published protocol has its own starts.",
        i = "Use {.code protocol = \"converged\"} with other starts."
      ), call = call)
    }
    if (min(k) < n_experts(measure)) {
      moe_abort(c(
        "{.arg k} must be at least {n_experts(measure)} for the published protocol, not {min(k)}.",
        i = "Its starts take every true expert at least once."
      ), class = "unsupported", call = call)
    }
    return(NULL)
  }
  alike <- same_mean(expert, measure$expert)
  start <- start %||% study_start(if (alike) "truth" else "search")
  if (!inherits(start, "moe_study_start")) {
    moe_abort("{.arg start} must come from {.fn study_start}, not {describe(start)}.", call = call)
  }
  if (start$kind == "truth" && !alike) {
    moe_abort(c(
      "{.arg start} cannot be near a truth with other experts than those fitted.",
      x = "Found {expert_label(measure$expert)} experts, and {expert_label(expert)} ones to be fitted.",
      i = "Use {.code study_start(\"search\")}."
    ), class = "unsupported", call = call)
  }
  start
}

#' What cannot change a number is the same for all studies
#' @noRd
check_study_control <- function(control, method, protocol, call) {
  control <- check_optimizer(check_control(control, call), method, call)
  if (protocol == "published") check_bound(control$bound, newton = FALSE, call)
  control$threads <- 1L
  control$progress <- control$trace <- FALSE
  # the streams of a cell are named by the seed of the study
  control["seed"] <- list(NULL)
  control
}
