# What the studies of least squares share: the truths, all with the gate (beta0, beta1) = (0, 2), (0, 0), covariates
# U(-3, 3), and where the family allows it the experts (a, b) = (2, 1), (-1.5, -1). To be sourced after common.R.

design <- design_uniform(-3, 3)

two_experts <- function(expert, a = c(2, -1.5), b = c(1, -1)) {
  moe_measure(c(0, 0), c(2, 0), a = a, b = b, expert = expert)
}

# One hidden unit has the inner parameters of the ridge experts, and a scale and a level besides
network <- moe_measure(
  c(0, 0), c(2, 0), eta = cbind(c1 = c(1, -1), W1.x = c(2, -1.5), v1 = c(1.5, 1), u = c(0.5, -0.5)),
  expert = expert_feedforward(1, "tanh")
)

families <- list(
  constant = moe_measure(c(0, 0), c(2, 0), b = c(1, -1), expert = expert_constant()),
  linear = two_experts(expert_linear()), "polynomial(2)" = two_experts(expert_polynomial(2)),
  sigmoid = two_experts(expert_sigmoid()), tanh = two_experts(expert_tanh()), gelu = two_experts(expert_gelu()),
  relu = two_experts(expert_relu()), softplus = two_experts(expert_softplus()), sine = two_experts(expert_sine()),
  "feedforward(1, tanh)" = network
)

# The compact set of the theorems: no coefficient above 10 with covariates of variance one, where the largest true one
# is 3.5. P2-strong says how much depends on it.
bound <- 10

# A study of least squares, five starts near the truth, each brought to an optimum of all rows. With the environment
# variable MOERATE_CHECKPOINT a killed script goes on where it was.
least_squares <- function(id, truth, ...) {
  arguments <- list(
    truth, design = design, method = "lse", seed = seed, threads = 1, start = study_start(starts = 5),
    control = moe_control(bound = bound), checkpoint = checkpoint(id)
  )
  given <- list(...)
  arguments[names(given)] <- given
  do.call(moe_study, arguments)
}

cpu_of <- function(studies) sum(unlist(lapply(studies, `[[`, "seconds")), na.rm = TRUE)
