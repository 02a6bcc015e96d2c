// Which starts are counted as the same optimum.
#include "support.h"

#include <moerate/optimisation/agreement.h>

using namespace moerate;

namespace {

Starts staged(const std::vector<std::vector<Stage>>& stages) {
  Starts out;
  for (const auto& each : stages) {
    out.push_back({"given", {}, each});
    for (size_t round = 0; round < each.size(); ++round) out.back().stages[round].round = static_cast<int>(round), out.back().stages[round].rows = 1000;
  }
  return out;
}

Stage sound(double merit) { return {merit, 3}; }

}  // namespace

TEST_CASE("agreement: a start given up is the optimum of the neighbour that went on") {
  // the second stands for the first and the third; the fourth was apart, until both had all rows
  const Starts all = staged({{sound(0.72673)},
                             {sound(0.72672), sound(0.7268)},
                             {sound(0.72670)},
                             {sound(0.7265), sound(0.72680000001)},
                             {sound(0.7)}});
  const Agreement a(all, 3);
  CHECK(a.agreeing() == 4);
  CHECK_FALSE(a.agrees(4));
  for (Index i = 0; i < 4; ++i) CHECK(a.difference(i) == 0);
  CHECK(a.difference(4) == doctest::Approx(0.7 - 0.72673));
}

TEST_CASE("agreement: what went on is compared where it was given up, not on the sample of the search") {
  const Starts all = staged({{sound(-1), sound(-1.2), sound(-1.3)},
                             {sound(-0.9), sound(-1.1), sound(-1.4)},
                             {sound(-0.8), sound(-1.25)},
                             {sound(-0.80001)},
                             {sound(-1.00001)}});
  const Agreement a(all, 0);
  CHECK(a.optimum(3) == 2);
  CHECK(a.optimum(4) == 0);
  CHECK(a.difference(1) == doctest::Approx(-0.1));
  CHECK(a.difference(2) == doctest::Approx(-0.05));
  CHECK(a.difference(3) == a.difference(2));
  CHECK(a.agreeing() == 2);
}

TEST_CASE("agreement: the same merit with a flaw is another optimum, and only such lies above the fit") {
  const Starts all = staged({{sound(-1), sound(-1)}, {{-1, 2}}, {{-0.5, 1}}, {{std::nan(""), 0}}, {sound(-1.5)}});
  const Agreement a(all, 0);
  CHECK(a.agreeing() == 1);
  CHECK(a.difference(2) == doctest::Approx(0.5));
  CHECK(a.difference(4) == doctest::Approx(-0.5));
  CHECK(a.optimum(3) == 3);
}

TEST_CASE("agreement: two that both go on are told apart later, whatever lies between them") {
  const Starts all = staged({{sound(0), sound(1)}, {sound(-1e-5)}, {sound(-1.5e-5), sound(0.5)}, {sound(-2e-5)}});
  const Agreement a(all, 0);
  CHECK(a.optimum(1) == 0);
  CHECK(a.optimum(3) == 2);
  CHECK(a.difference(2) == doctest::Approx(-0.5));
}
