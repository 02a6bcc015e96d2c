#' Words of the package
#'
#' Nine words have one meaning everywhere in moerate: in R, in the C++ core, in the tests and in these
#' pages. The second table lists the terms of the field, as the package uses them.
#'
#' @section Nine words:
#' | word | what it is | class | made by |
#' |---|---|---|---|
#' | **gate** | linear predictors of a row to the log weights of k experts | `moe_gate` | [gate_softmax()] |
#' | **expert** | mean of a component and law of the response around it | `moe_expert` | [expert_linear()] |
#' | **measure** | gate, experts, numbers: truth or estimate | `moe_measure` | [moe_measure()] |
#' | **objective** | data and model to value, gradient and Hessian in one pass | none | [moe()], inside |
#' | **fit** | a measure, how it was obtained, and the blueprint of its data | `moe` | [moe()] |
#' | **loss** | two measures to one number | `moe_loss` | [voronoi_loss()], [moe_distance()] |
#' | **design** | law of the covariates | `moe_design` | [design_uniform()] |
#' | **truth** | a measure and a design, named | `moe_truth` | [truth_overlap()] |
#' | **study** | a table of samples, their estimates and what these are off | `moe_study` | [moe_study()] |
#'
#' @section Terms of the field:
#' \describe{
#'   \item{atom}{The parameters \eqn{(\beta_{1i}, \eta_i, \sigma_i^2)} of one component, without its weight
#'     \eqn{\exp(\beta_{0i})}; of linear experts \eqn{\eta_i = (a_i, b_i)}. Least squares has no \eqn{\sigma_i^2}.}
#'   \item{mixing measure}{\eqn{G = \sum_i \exp(\beta_{0i}) \delta_{(\beta_{1i}, \eta_i, \sigma_i^2)}}.
#'     Its weights need not sum to one, because only their ratios matter to the gate.}
#'   \item{gate weight (prior)}{\eqn{\pi_i(x)}, the probability of expert i given the covariates.}
#'   \item{posterior (responsibility)}{\eqn{\tau_i(x, y)}, the probability of expert i given the
#'     covariates and the response.}
#'   \item{translation}{Adding one vector to the gate parameters of all experts leaves the model
#'     unchanged. See [translate_gate()].}
#'   \item{canonical form}{The translation whose last gate is zero. Coefficients and printed measures
#'     have it. See [canonical()].}
#'   \item{regression function}{\eqn{f_G(x) = \sum_i \pi_i(x) h(x, \eta_i)}, h being the mean function of the
#'     experts. See [regression()].}
#'   \item{linear predictor}{An inner product of covariates and coefficients; all that a gate, a mean or
#'     a response sees of a row.}
#'   \item{exact-specified, over-specified}{A fit with as many experts as the truth (k = k*), or with
#'     more (k > k*). Over-specified fits converge more slowly, and from k = 2k* on the softmax gate
#'     does not identify their atoms at all.}
#'   \item{variance floor}{The smallest variance a fit may reach. Without one the Gaussian likelihood is
#'     unbounded. A fit that ends on it says so in its status.}
#'   \item{separated gate}{A gate whose weights are 0 or 1 on all rows; its coefficients grow without
#'     bound, as in separated logistic regression.}
#'   \item{status}{How a fit ended: `converged`, `gate_separated`, `boundary`, `kink`, `variance_floor`, `small_change`,
#'     `max_iter`, `stalled` or `not_finite`. The table in [moe()] says what each means and what to do.}
#'   \item{start}{A point from which an optimisation begins. The best of several ends is the fit; how
#'     many agreed is reported.}
#'   \item{EM}{Expectation-maximisation: every step raises the likelihood, slowly near an over-specified
#'     optimum.}
#'   \item{stream}{Random numbers named by seed, purpose and index. What is drawn for one purpose never
#'     changes what is drawn for another, nor does the number of threads.}
#'   \item{cell}{Of a study: one sample and one number of experts, (k, n, replicate). Of a Voronoi loss: the
#'     estimated atoms that are nearest to one true atom. See [voronoi_cells()].}
#'   \item{rate}{The slope of the logarithm of a loss on that of n. See [rates()].}
#'   \item{truth}{A measure with a design, from which simulations draw. See [truth_overlap()].}
#' }
#'
#' @references
#' Jacobs, R. A., Jordan, M. I., Nowlan, S. J. and Hinton, G. E. (1991). Adaptive mixtures of local
#' experts. *Neural Computation* 3, 79-87. \doi{10.1162/neco.1991.3.1.79}
#'
#' Nguyen, H., Nguyen, T. and Ho, N. (2023). Demystifying softmax gating function in Gaussian mixture of
#' experts. *NeurIPS*. \doi{10.48550/arXiv.2305.03288}
#' @name glossary
#' @aliases moerate-glossary
NULL
