#' moerate: softmax-gated mixtures of experts and their rates of convergence
#'
#' A mixture of experts predicts with `k` simple models, the experts, and lets a
#' softmax gate decide, from the covariates, how much each of them counts. moerate
#' fits such models from a formula and a data frame with [moe()], and says of every
#' fit whether it is an optimum and how often the starts agreed on it.
#'
#' @section Where to begin:
#' * `vignette("moerate")` fits one data set, `vignette("analysis")` takes another from question to figure.
#' * [moe()] fits, [moe_control()] tunes, [predict()][predict.moe] and
#'   [autoplot()][autoplot.moe] show what was found.
#' * [select_k()] compares numbers of experts, [check_moe()] says whether to believe a fit,
#'   [confint()][confint.moe] how sure it is.
#' * [experts] lists the kinds of experts; `vignette("which-expert")` helps to choose among them.
#' * [moe_measure()] makes a model by hand, [rmoe()] draws from it.
#'
#' @references
#' Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in
#' Gaussian mixture of experts. *Advances in Neural Information Processing Systems* 36.
#' \doi{10.48550/arXiv.2305.03288}
#'
#' Nguyen, H., Ho, N. and Rinaldo, A. (2024). On least square estimation in softmax
#' gating mixture of experts. *International Conference on Machine Learning*.
#' \doi{10.48550/arXiv.2402.02952}
#'
#' @keywords internal
#' @useDynLib moerate, .registration = TRUE
#' @importFrom Rcpp evalCpp
#' @importFrom RcppParallel RcppParallelLibs
#' @importFrom rlang .data %||%
#' @importFrom stats anova coef confint deviance df.residual fitted formula logLik model.frame model.matrix
#'   nobs predict residuals sigma simulate terms update vcov weights
"_PACKAGE"
