# The same fit with each package. Each function takes (data, point, tol) and returns list(point, iterations, passes,
# says): where it ended and what the package says of it. `tol` stops EM: relative change of the log-likelihood. An EM
# iteration is counted as one pass, although the gate's inner iterations go through the data as well; moerate's passes
# include those through its samples of the rows.

fit_moerate <- function(data, point, tol) {
  frame <- data.frame(y = data$y, data$x)
  control <- moerate::moe_control(tol = min(tol, 1e-8), threads = 1, seed = 1)
  fit <- suppressWarnings(
    moerate::moe(y ~ ., frame, k = length(point$sigma), start = as_moe_measure(point), control = control),
    classes = "moe_warning"
  )
  m <- fit$measure
  gate <- rbind(m$beta0, t(m$beta1))
  list(
    point = list(gate = gate - gate[, fit$k], coef = rbind(m$b, t(m$a)), sigma = sqrt(m$sigma2)),
    iterations = fit$iterations, passes = fit$passes, says = fit$status
  )
}

# flexmix starts from posterior probabilities: those of the point.
fit_flexmix <- function(data, point, tol) {
  frame <- data.frame(y = data$y, data$x)
  gate <- stats::reformulate(colnames(data$x))
  fit <- flexmix::flexmix(y ~ ., frame,
    k = length(point$sigma), cluster = posterior(data, point),
    model = flexmix::FLXMRglm(), concomitant = flexmix::FLXPmultinom(gate),
    control = list(tolerance = tol, iter.max = 2000, minprior = 0)
  )
  experts <- flexmix::parameters(fit, which = "model")
  gate <- flexmix::parameters(fit, which = "concomitant")
  last <- nrow(experts)
  list(
    point = list(
      gate = unname(gate - gate[, ncol(gate)]), coef = unname(experts[-last, , drop = FALSE]),
      sigma = unname(experts[last, ])
    ),
    iterations = fit@iter, passes = fit@iter, says = if (fit@converged) "converged" else "not converged"
  )
}

# emNMoE() takes one covariate and chooses its own start. Its EM itself works on design matrices, so the package's own
# classes are given ours and its own steps are called in its own order, with its own stopping rule.
fit_meteorits <- function(data, point, tol) {
  k <- length(point$sigma)
  d <- ncol(data$x)
  one_x <- cbind(1, data$x)
  param <- meteorits:::ParamNMoE(X = data$x[, 1], Y = data$y, K = k, p = d, q = d)
  param$phiBeta <- list(XBeta = one_x)
  param$phiAlpha <- list(XBeta = one_x)
  param$alpha <- point$gate[, -k, drop = FALSE]
  param$beta <- point$coef
  param$sigma2 <- matrix(point$sigma^2, 1)
  stat <- meteorits:::StatNMoE(paramNMoE = param)
  previous <- -Inf
  for (iteration in seq_len(2000)) {
    stat$EStep(param)
    stat$computeLikelihood(param$MStep(stat, FALSE))
    small <- isTRUE(abs((stat$loglik - previous) / previous) <= tol)
    if (small) break
    previous <- stat$loglik
  }
  list(
    point = list(gate = cbind(param$alpha, 0), coef = param$beta, sigma = sqrt(c(param$sigma2))),
    iterations = iteration, passes = iteration, says = if (small) "small change" else "max_iter"
  )
}

packages <- list(moerate = fit_moerate, meteorits = fit_meteorits, flexmix = fit_flexmix)
