// A gate in one file, outside the package: logistic scores, normalised, pi_i = s(u_i) / sum_j s(u_j). It keeps every
// law of gates, and fits data.
#include "check-gate.h"
#include "problem.h"

#include <moerate/optimisation/fitter.h>

using namespace support;

namespace {

// With q_l = 1 - s(u_l): dl_i/du_l = q_l (delta_il - pi_l).
class LogisticGate final : public Gate {
 public:
  Index predictors(Index k) const override { return k == 1 ? 0 : k; }
  void log_weights(const ConstMatrix& u, MutableMatrix log_pi) const override {
    if (u.cols() == 0) return void(log_pi.setZero());
    for (Index r = 0; r < u.rows(); ++r) {
      Vector l(u.cols());
      for (Index i = 0; i < l.size(); ++i) l[i] = std::min(u(r, i), 0.0) - std::log1p(std::exp(-std::abs(u(r, i))));
      const double top = l.maxCoeff();
      log_pi.row(r) = (l.array() - top - std::log((l.array() - top).exp().sum())).transpose();
    }
  }
  void first(const ConstMatrix& u, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix G) const override {
    for (Index l = 0; l < G.cols(); ++l)
      for (Index r = 0; r < u.rows(); ++r) G(r, l) = q(u(r, l)) * (W(r, l) - pi(r, l) * W.row(r).sum());
  }
  void first_of(const ConstMatrix& u, const ConstMatrix& pi, const ConstMatrix& W, Index i, Index l,
                MutableColumn out) const override {
    for (Index r = 0; r < u.rows(); ++r) out[r] = W(r, i) * q(u(r, l)) * ((i == l) - pi(r, l));
  }
  void curvature(const ConstMatrix& u, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix H) const override {
    pairs(u, [&](Index r, Index l, Index m, Index c) {
      const double total = W.row(r).sum(), ql = q(u(r, l)), qm = q(u(r, m));
      H(r, c) = -total * ql * qm * pi(r, l) * ((l == m) - pi(r, m));
      if (l == m) H(r, c) -= (1 - ql) * ql * (W(r, l) - pi(r, l) * total);
    });
  }
  void outer(const ConstMatrix& u, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix H) const override {
    pairs(u, [&](Index r, Index l, Index m, Index c) {
      const double total = W.row(r).sum(), same = l == m ? W(r, l) : 0;
      H(r, c) = q(u(r, l)) * q(u(r, m)) *
                (same - pi(r, m) * W(r, l) - pi(r, l) * W(r, m) + total * pi(r, l) * pi(r, m));
    });
  }
  Matrix permuted(const Matrix& coefficients, const std::vector<Index>& order) const override {
    const Index k = static_cast<Index>(order.size());
    Matrix out = Matrix::Zero(coefficients.rows(), predictors(k));
    for (Index i = 0; i < out.cols() && coefficients.cols(); ++i) out.col(i) = coefficients.col(order[at(i)]);
    return out;
  }
  // Scores of rare experts are nearly exponential: logarithms of the shares add.
  Matrix split(const Matrix& coefficients, Index i, const Matrix& pair, double share) const override {
    if (coefficients.cols() == 0) return pair;
    Matrix out(coefficients.rows(), coefficients.cols() + 1);
    out << coefficients, coefficients.col(i);
    Vector ratio = pair.col(0) - pair.col(1);
    ratio[0] -= std::log(share / (1 - share));
    out.col(i) += (1 - share) * ratio;
    out.col(out.cols() - 1) -= share * ratio;
    out(0, i) += std::log(share);
    out(0, out.cols() - 1) += std::log1p(-share);
    return out;
  }
  Vector intercepts(const Vector& weights) const override {
    return (0.5 * weights.array() / (1 - 0.5 * weights.array())).log();
  }

 private:
  static double q(double u) { return 1 / (1 + std::exp(u)); }
  template <class Use>
  static void pairs(const ConstMatrix& u, const Use& use) {
    for (Index l = 0, c = 0; l < u.cols(); ++l)
      for (Index m = l; m < u.cols(); ++m, ++c)
        for (Index r = 0; r < u.rows(); ++r) use(r, l, m, c);
  }
};

double first_weight(double x) {
  const double first = logistic(1 + 2 * x), second = logistic(-1 - x);
  return first / (first + second);
}

}  // namespace

TEST_CASE("a toy gate keeps the laws of gates") { check_gate(std::make_shared<LogisticGate>()); }

TEST_CASE("a toy gate fits data") {
  const RowsOfX rows(
      Model(2, 1, 1, true, std::make_shared<LogisticGate>(), make(means(), "linear", MeanOptions()),
            make(laws(), "gaussian"), false),
      2000, [](double x, Stream& stream) {
        return stream.uniform() < first_weight(x) ? 1 + x + 0.3 * stream.normal() : -1 - 2 * x + 0.2 * stream.normal();
      });
  const Runtime serial;
  FitControl control;
  control.starts = 20;
  const Fit fit = Fitter(rows.model, rows.data, control, serial).run({});
  CHECK(fit.status.word() == "converged");
  const Index high = fit.theta[4] > fit.theta[6] ? 0 : 1;
  CHECK(std::abs(fit.theta[4 + 2 * high] - 1) < 0.05);
  CHECK(std::abs(fit.theta[5 + 2 * high] - 1) < 0.1);
  CHECK(std::abs(fit.theta[6 - 2 * high] + 1) < 0.05);
  CHECK(std::abs(fit.theta[7 - 2 * high] + 2) < 0.1);
  // the weights, which are better known than the coefficients
  Matrix u(3, 2), pi(3, 2);
  for (Index r = 0; r < 3; ++r)
    for (Index l = 0; l < 2; ++l) u(r, l) = fit.theta[2 * l] + fit.theta[2 * l + 1] * static_cast<double>(r - 1);
  LogisticGate().weights(u, pi);
  for (Index r = 0; r < 3; ++r)
    CHECK(std::abs(pi(r, high) - first_weight(static_cast<double>(r - 1))) < 0.1);
}
