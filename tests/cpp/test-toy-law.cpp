// A law in one file, outside the package: the logistic distribution with location mu and log scale s. It keeps every
// law, and fits data.
#include "check-law.h"
#include "problem.h"

#include <moerate/optimisation/fitter.h>

using namespace support;

namespace {

class LogisticLaw final : public Law {
 public:
  std::vector<std::string> arguments() const override { return {"location", "log scale"}; }
  void evaluate(const Outcome& outcome, const LawArguments& a, int, LawTerms& out) const override {
    for (Index i = 0; i < outcome.n; ++i) {
      const double u = std::exp(-a[1][i]), z = (outcome.y[i] - a[0][i]) * u;
      const double t = std::tanh(0.5 * z), slope = 0.5 * (1 - t * t);  // t = -d log p / dz
      out.value[i] = -std::abs(z) - 2 * std::log1p(std::exp(-std::abs(z))) - a[1][i];
      out.d1(i, 0) = t * u;
      out.d1(i, 1) = t * z - 1;
      out.d2(i, 0) = -slope * u * u;
      out.d2(i, 1) = -(slope * z + t) * u;
      out.d2(i, 2) = -(slope * z + t) * z;
    }
  }
  bool location_scale() const override { return true; }
  double rescaled(Index a, double scale) const override { return a == 1 ? -std::log(scale) : 0; }
  Range range(Index a, double spread, double floor) const override {
    if (a != 1) return {};
    const double level = std::log(spread);
    return {level + 0.5 * std::log(floor), level + std::log(1e4), End::degenerate, End::limit};
  }
};

}  // namespace

TEST_CASE("a toy law keeps the laws of laws") {
  const LogisticLaw law;
  for (const double s : {-3.0, 0.0, 2.0}) {
    const double scale = std::exp(s);
    check_law({law, (Vector(2) << 0.4, s).finished(), 0.4 - 40 * scale, 0.4 + 40 * scale,
               {0.4 - 2 * scale, 0.4, 0.4 + 0.7 * scale}});
  }
}

TEST_CASE("a toy law fits data") {
  const RowsOfX rows(
      Model(2, 1, 1, true, make(gates(), "softmax"), make(means(), "linear", MeanOptions()),
            std::make_shared<LogisticLaw>(), false),
      1500, [](double x, Stream& stream) {
        const bool second = stream.uniform() < logistic(3 * x);
        const double u = stream.uniform(), noise = std::log(u / (1 - u));
        return second ? 3 - x + 0.2 * noise : -2 + 2 * x + 0.4 * noise;
      });
  const Runtime serial;
  FitControl control;
  control.starts = 20;
  const Fit fit = Fitter(rows.model, rows.data, control, serial).run({});
  CHECK(fit.status.word() == "converged");
  const Index high = fit.theta[2] > fit.theta[4] ? 0 : 1;
  CHECK(std::abs(fit.theta[2 + 2 * high] - 3) < 0.1);
  CHECK(std::abs(fit.theta[4 - 2 * high] + 2) < 0.15);
  CHECK(std::abs(fit.theta[6 + high] - std::log(0.2)) < 0.15);
  CHECK(std::abs(fit.theta[7 - high] - std::log(0.4)) < 0.15);
}
