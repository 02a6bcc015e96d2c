# What theory() states where the package's own counterexamples say otherwise.
slope_of <- function(truth, k, loss, r = NULL) {
  study <- moe_study(
    truth, k = k, n = c(60, 120), reps = 1, design = design_uniform(-3, 3), loss = loss, method = "lse", noise = 0.1,
    r = r, seed = 1, threads = 1, progress = FALSE
  )
  table <- theory(study)
  table$slope[table$loss == loss]
}
no_rate <- function(v) length(v) == 1 && (is.na(v) || v == 0)

network <- function() {
  eta <- rbind(c(0, 1, 1, 0), c(1, -1, 0.5, 1))
  colnames(eta) <- c("c1", "W1.x", "v1", "u")
  moe_measure(c(0, 0), c(2, 0), eta = eta, expert = expert_feedforward(1, "tanh"))
}
promise("theory", "no rate for the atoms of feed-forward experts of which there are too many",
  slope_of(network(), 3, "d1_lse"), no_rate)
promise("theory", "flat ridge experts that share a gate slope are not regular at k = k*", {
  truth <- moe_measure(c(0, 0, 0), c(1, 1, 0), a = c(0, 0, 2), b = c(0.5, -0.5, 0), expert = expert_tanh())
  slope_of(truth, 3, "d1_lse")
}, no_rate)
promise("theory", "lines that share a gate slope have other atoms with the same f", {
  f <- function(a, b) regression(moe_measure(c(0, 0, 0), c(1, 1, 0), a = a, b = b), cbind(seq(-3, 3, 0.1)))
  max(abs(f(c(2, -1, 1), c(1, -1, 0)) - f(c(3, -2, 1), c(0, 0, 0))))
}, function(v) v < 1e-12)
promise("theory", "d2_sharp is of the order of the distance where a gate splits, and d2 is not", {
  truth <- truth_overlap()
  # the first expert as two of half its weight, with gates to either side
  m <- truth$measure
  split <- function(s) {
    i <- c(1, 1, 2)
    moe_measure(m$beta0[i] - c(log(2), log(2), 0), m$beta1[i, ] + c(s, -s, 0), m$a[i, ], m$b[i], m$sigma2[i])
  }
  ratio <- function(loss) {
    near <- vapply(c(0.1, 0.025), function(s) {
      c(moe_distance(split(s), truth$measure, truth$design, "hellinger") / voronoi_loss(split(s), truth$measure, loss))
    }, 0)
    near[2] / near[1]
  }
  c(d2 = ratio("d2"), d2_sharp = ratio("d2_sharp"))
}, function(v) v[["d2"]] > 4 && v[["d2_sharp"]] > 0.5 && v[["d2_sharp"]] < 2)
