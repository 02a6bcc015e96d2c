// Cells of a study: the protocols, failures, threads, starts; and rows far from experts.
#include "problem.h"

#include <moerate/studies/study.h>

using namespace support;

namespace {

// A truth of two experts on a grid, and a study of it.
struct Bench {
  explicit Bench(bool published) {
    start.published = published;
    start.gate = start.expert = {0.1, 0.1};
    start.variance = {0.05, 0.2};
    design.kind = "grid";
    design.origin = Vector::Constant(1, -1);
    design.scale = Vector::Constant(1, 1);
    Vector theta(8), sd(2);
    theta << 0.5, 3, 1, 2, -1, -2, std::log(0.25), std::log(0.09);
    sd << 0.5, 0.3;
    truth = std::make_unique<Truth>(Truth{model(2), theta, sd, 0});
    control.em = published;
    control.tolerance = published ? 1e-6 : 1e-8;
  }
  static Model model(Index k) {
    Shape s;
    s.k = k;
    return make_model(s);
  }
  Study study(std::uint64_t seed = 1) const { return Study(*truth, design, {0}, {0}, start, seed); }

  StartLaw start;
  DesignLaw design;
  std::unique_ptr<Truth> truth;
  FitControl control;
};

}  // namespace

TEST_CASE("study: threads, batches and order change nothing; what fails is a row") {
  for (const bool published : {false, true}) {
    const Bench b(published);
    const std::vector<Model> models = {Bench::model(2), Bench::model(3)};
    std::vector<CellTask> tasks;
    for (const Model& m : models)
      for (const Index n : {Index{2}, Index{150}, Index{300}})
        for (Index r = 1; r <= 2; ++r) tasks.push_back({&m, &b.control, 3, n, r});
    const auto serial = b.study().run(tasks, 1, Runtime());
    CHECK(serial[0].problem.empty());
    CHECK(serial[6].status == "error");
    CHECK(serial[6].problem == "fewer_rows_than_experts");
    for (const Runtime& runtime : {threads(2), threads(3), backwards()}) {
      const auto other = b.study().run(tasks, 5, runtime);
      for (size_t i = 0; i < tasks.size(); ++i) {
        CHECK(same_bits(serial[i].theta, other[i].theta));
        CHECK(same_bits(serial[i].value, other[i].value));
        CHECK(serial[i].status == other[i].status);
        CHECK(serial[i].passes == other[i].passes);
      }
    }
  }
}

TEST_CASE("study: starts come from the law, all true atoms among them") {
  const Bench b(true);
  const Model four = Bench::model(4);
  for (Index r = 0; r < 50; ++r) {
    const auto starts = b.study().starts({&four, &b.control, 4, 100, r});
    CHECK(starts.size() == 4);
    for (const Vector& s : starts) {
      CHECK(s.allFinite());
      // the slopes of the truth are 2 and -2, those of the atoms after the gate's six numbers
      int positive = 0;
      for (Index i = 0; i < 4; ++i) positive += s[6 + 2 * i + 1] > 0;
      CHECK((positive > 0 && positive < 4));
    }
  }
}

TEST_CASE("objective: rows far from some or all experts, in value, gradient and Hessian") {
  for (const double distance_of : {0.0, 30.0, 300.0, 3000.0}) {
    Shape s;
    s.k = 3, s.n = 400;
    Problem p(s, 21);
    // sorted along x, one expert is far from whole blocks; then every row is far from all
    std::sort(p.x.data(), p.x.data() + s.n);
    p.z = p.x;
    p.theta.tail(3).setConstant(-4);
    p.y.array() += distance_of;
    const RowObjective objective(p.model, p.data, p.scaling, p.serial);
    const Evaluation e = objective.evaluate(p.theta, kHessian);
    CHECK(e.value == doctest::Approx(p.mean_loglik(p.theta)).epsilon(1e-12));
    CHECK(e.mass.sum() == doctest::Approx(1).epsilon(1e-12));
    if (distance_of > 0) continue;  // differences of a value of 1e4 and more say nothing
    const auto gradient = [&](const Vector& t) { return objective.evaluate(t, kGradient).gradient; };
    CHECK(distance(e.hessian, differences(gradient, p.theta, 1e-3)) < 1e-5 * (1 + e.hessian.norm()));
  }
}
