// Whole fits of the core: threads, seeds, statuses, samples.
#include "problem.h"

#include <moerate/optimisation/fitter.h>

using namespace support;

namespace {

Fit fit(const Problem& p, const FitControl& control, const Runtime& runtime, const std::vector<Vector>& given = {}) {
  return Fitter(p.model, p.data, control, runtime).run(given);
}

FitControl few_starts(Index starts = 8) {
  FitControl c;
  c.starts = starts;
  return c;
}

bool same_fit(const Fit& a, const Fit& b) {
  if (a.starts.size() != b.starts.size() || a.best != b.best || a.passes != b.passes || a.status.word() != b.status.word()) return false;
  for (size_t i = 0; i < a.starts.size(); ++i)
    if (!same_bits(Matrix(a.starts[i].optimum.theta), Matrix(b.starts[i].optimum.theta))) return false;
  return same_bits(Matrix(a.theta), Matrix(b.theta)) && same_bits(a.value, b.value) && same_bits(a.hessian, b.hessian) &&
         same_bits(a.gradient, b.gradient) && same_bits(a.min_eigenvalue, b.min_eigenvalue);
}

void check_sound(const Problem& p, const Fit& f) {
  const std::vector<std::string> words = {"converged", "gate_separated", "variance_floor", "small_change", "max_iter", "stalled", "boundary"};
  CAPTURE(f.status.word());
  CHECK(std::count(words.begin(), words.end(), f.status.word()) == 1);
  CHECK(std::isfinite(f.value));
  CHECK(f.theta.allFinite());
  CHECK(f.hessian.allFinite());
  CHECK(f.jacobian.allFinite());
  CHECK(std::isfinite(f.min_eigenvalue));
  CHECK(f.mass.sum() == doctest::Approx(1).epsilon(1e-9));
  const double total = p.data.w ? p.w.sum() : static_cast<double>(p.data.n);
  CHECK(f.value == doctest::Approx(total * p.mean_loglik(f.theta)).epsilon(1e-9));
}

}  // namespace

TEST_CASE("fit: the same bits for 1, 2 and 3 threads, on one sample and on several") {
  for (const Index n : {Index{300}, Index{1500}}) {
    Shape s;
    s.k = 3, s.d = 1, s.p = 1, s.n = n;
    const Problem p(s, 100);
    const Fit serial = fit(p, few_starts(), p.serial);
    check_sound(p, serial);
    for (const Runtime& runtime : {threads(1), threads(2), threads(3), backwards()})
      CHECK(same_fit(fit(p, few_starts(), runtime), serial));
  }
}

TEST_CASE("fit: a fit is a function of data and seed") {
  Shape s;
  s.k = 3, s.d = 2, s.p = 2, s.n = 200, s.weighted = true;
  const Problem p(s, 101);
  FitControl c = few_starts();
  const Fit first = fit(p, c, p.serial);
  CHECK(same_fit(fit(p, c, p.serial), first));
  c.seed = 2;
  CHECK_FALSE(same_bits(Matrix(fit(p, c, p.serial).starts[0].optimum.theta), Matrix(first.starts[0].optimum.theta)));
}

TEST_CASE("fit: values are those of plain loops, for every shape") {
  std::uint64_t seed = 110;
  for (const Shape& s : shapes(60)) {
    if (s.k > 3 || s.d > 3) continue;
    const Problem p(s, seed++);
    CAPTURE(s.k);
    CAPTURE(s.d);
    const Fit f = fit(p, few_starts(4), p.serial);
    check_sound(p, f);
    for (Index i = 1; i < s.k; ++i) CHECK(f.mass[i] <= f.mass[i - 1] + 1e-12);
  }
}

TEST_CASE("fit: EM alone") {
  Shape s;
  s.k = 2, s.d = 1, s.p = 1, s.n = 200;
  const Problem p(s, 130);
  FitControl c = few_starts(4);
  c.em = true, c.trace = true, c.max_iter = 200;
  const Fit f = fit(p, c, p.serial);
  check_sound(p, f);
  const auto& trace = f.starts[at(f.best)].optimum.trace;
  for (size_t i = 1; i < trace.size(); ++i) CHECK(trace[i].value >= trace[i - 1].value - 1e-12);
}

TEST_CASE("fit: from given parameters experts keep their places") {
  Shape s;
  s.k = 2, s.d = 1, s.p = 1, s.n = 800;
  const Problem p(s, 131);
  const Fit a = fit(p, FitControl(), p.serial, {p.theta});
  const Fit b = fit(p, FitControl(), p.serial, {p.model.permuted(p.theta, {1, 0})});
  CHECK(a.status.word() == "converged");
  CHECK(distance(p.model.permuted(a.theta, {1, 0}), b.theta) < 1e-5);
  CHECK(a.value == doctest::Approx(b.value).epsilon(1e-10));
}

TEST_CASE("fit: perfectly separated gates, duplicated rows and exact lines end in a status") {
  Shape s;
  s.k = 2, s.d = 1, s.p = 1, s.n = 80;
  Problem p(s, 132);
  Stream stream(133, Purpose::user);
  for (Index i = 0; i < s.n; ++i)
    p.y[i] = (p.x(i, 0) > 0 ? 50 : -50) + 0.5 * stream.normal();
  const Fit separated = fit(p, few_starts(), p.serial);
  check_sound(p, separated);
  CHECK(separated.status.word() == "gate_separated");
  for (Index i = 0; i < s.n; ++i) p.x(i, 0) = p.z(i, 0) = static_cast<double>(i % 2), p.y[i] = static_cast<double>(i % 4);
  check_sound(p, fit(p, few_starts(), p.serial));
  for (Index i = 0; i < s.n; ++i) p.x(i, 0) = p.z(i, 0) = stream.normal(), p.y[i] = (i % 2 ? 1 : -1) * p.x(i, 0);
  check_sound(p, fit(p, few_starts(), p.serial));
}

TEST_CASE("fit: affine changes of the data change the value by the Jacobian only") {
  Shape s;
  s.k = 2, s.d = 2, s.p = 2, s.n = 150;
  const Problem p(s, 134);
  Problem moved(s, 134);
  moved.y = 1e-8 * (p.y.array() + 3);
  moved.x = (1e6 * p.x).array() - 5e5;
  const Fit a = fit(p, few_starts(), p.serial), b = fit(moved, few_starts(), p.serial);
  CHECK(b.value == doctest::Approx(a.value - 150 * std::log(1e-8)).epsilon(1e-9));
}

TEST_CASE("subsample: rows in order, one of each stratum, the same for the same seed") {
  Shape s;
  s.n = 1000, s.weighted = true;
  const Problem p(s, 135);
  const Subsample a(p.data, 2, 100, 5), b(p.data, 2, 100, 5), whole(p.data, 2, 1000, 5);
  CHECK(a.view().n == 100);
  CHECK(whole.view().y == p.data.y);
  for (Index i = 0; i < 100; ++i) {
    CHECK(a.view().y[i] == b.view().y[i]);
    const double* found = std::find(p.y.data() + 10 * i, p.y.data() + 10 * (i + 1), a.view().y[i]);
    CHECK(found != p.y.data() + 10 * (i + 1));
    CHECK(a.view().x[i] == p.x(found - p.y.data(), 0));
    CHECK(a.view().w[i] == p.w[found - p.y.data()]);
  }
}
