// The block objective against plain loops and finite differences.
#include "problem.h"

#include <moerate/evaluation/rows.h>

#include <numeric>

using namespace support;

namespace {

template <class Law>
void for_every_shape(Law law, Index n = 60) {
  std::uint64_t seed = 1;
  for (const Shape& s : shapes(n)) {
    CAPTURE(s.k);
    CAPTURE(s.d);
    CAPTURE(s.p);
    CAPTURE(s.same);
    CAPTURE(s.shared);
    law(Problem(s, seed++));
  }
}

Evaluation evaluate(const Problem& p, const Vector& theta, int order,
                    Curvature curvature = Curvature::observed) {
  return RowObjective(p.model, p.data, p.scaling, p.serial).evaluate(theta, order, curvature);
}

Index block_size(const Shape& s) {
  const Problem p(s, 1);
  return RowObjective(p.model, p.data, p.scaling, p.serial).block_size();
}

}  // namespace

TEST_CASE("objective: the value is that of plain loops") {
  for_every_shape([](const Problem& p) {
    CHECK(evaluate(p, p.theta, kValue).value == doctest::Approx(p.mean_loglik(p.theta)).epsilon(1e-12));
  });
}

TEST_CASE("objective: gradient and Hessian are finite differences of the plain value") {
  for_every_shape([](const Problem& p) {
    const Evaluation e = evaluate(p, p.theta, kHessian);
    const auto value = [&](const Vector& t) { return Vector(Vector::Constant(1, p.mean_loglik(t))); };
    const auto gradient = [&](const Vector& t) { return evaluate(p, t, kGradient).gradient; };
    CHECK(distance(e.gradient.transpose(), differences(value, p.theta, 0.02)) < 1e-7 * (1 + e.gradient.norm()));
    CHECK(distance(e.hessian, differences(gradient, p.theta, 0.02)) < 1e-7 * (1 + e.hessian.norm()));
    CHECK(same_bits(e.hessian, Matrix(e.hessian.transpose())));
  }, 30);
}

TEST_CASE("objective: the complete-data Hessian is that of Q, and its gradient that of the value") {
  for_every_shape([](const Problem& p) {
    const Evaluation complete = evaluate(p, p.theta, kHessian, Curvature::complete);
    CHECK(distance(complete.gradient, evaluate(p, p.theta, kGradient).gradient) < 1e-13 * (1 + complete.gradient.norm()));
    // Q has the posterior weights at theta held
    const Matrix tau = p.posterior(p.theta);
    Data labelled = p.data;
    labelled.tau = tau.data();
    const RowObjective Q(p.model, labelled, p.scaling, p.serial);
    const auto gradient = [&](const Vector& t) { return Q.evaluate(t, kGradient).gradient; };
    const auto value = [&](const Vector& t) { return Vector(Vector::Constant(1, Q.evaluate(t, kValue).value)); };
    CHECK(distance(complete.hessian, differences(gradient, p.theta, 0.02)) < 1e-7 * (1 + complete.hessian.norm()));
    CHECK(distance(complete.gradient.transpose(), differences(value, p.theta, 0.02)) < 1e-7 * (1 + complete.gradient.norm()));
    // less information is in the observed data: observed - complete is positive semidefinite
    const Matrix missing = evaluate(p, p.theta, kHessian).hessian - complete.hessian;
    CHECK(Eigen::SelfAdjointEigenSolver<Matrix>(missing).eigenvalues()[0] > -1e-10 * (1 + complete.hessian.norm()));
  }, 30);
}

TEST_CASE("objective: the blocks of an M-step are those of the complete-data Hessian, and nothing else") {
  for_every_shape([](const Problem& p) {
    const Evaluation complete = evaluate(p, p.theta, kHessian, Curvature::complete);
    const Evaluation blocks = evaluate(p, p.theta, kHessian, Curvature::blocks);
    CHECK(same_bits(blocks.value, complete.value));
    CHECK(same_bits(Matrix(blocks.gradient), Matrix(complete.gradient)));
    const Index responses = p.model.law_size, coefficients = p.model.size() - responses;
    Matrix wanted = complete.hessian;
    wanted.topRightCorner(coefficients, responses).setZero();
    wanted.bottomLeftCorner(responses, coefficients).setZero();
    CHECK(distance(blocks.hessian, wanted) < 1e-14 * (1 + wanted.norm()));
    CHECK(wanted.norm() < complete.hessian.norm());
  });
}

TEST_CASE("objective: the sum of blocks is the sum of rows, at all sizes about a block") {
  for (const bool same : {true, false}) {
    Shape s;
    s.k = 3, s.d = 2, s.p = same ? 2 : 1, s.same = same, s.weighted = true;
    const Index b = block_size(s);
    s.n = 129 * b + 5;
    const Problem p(s, 9);
    // one row, whose numbers are replaced: sums over rows grow from size to size
    Vector y(1);
    Matrix x(1, s.d), z(1, s.p);
    Data one = p.data;
    one.n = 1, one.y = y.data(), one.x = x.data(), one.z = s.same ? x.data() : z.data(), one.w = nullptr;
    const RowObjective row_objective(p.model, one, p.scaling, p.serial);
    Evaluation sum = evaluate(p, p.theta, kHessian);
    sum.value = 0, sum.gradient.setZero(), sum.hessian.setZero(), sum.mass.setZero();
    double total = 0;
    Index row = 0;
    for (const Index n : {Index{1}, Index{2}, b - 1, b, b + 1, 2 * b, 2 * b + 1, 63 * b, 64 * b, 64 * b + 1, 65 * b, s.n}) {
      CAPTURE(n);
      for (; row < n; ++row) {
        const double w = p.w[row];
        y[0] = p.y[row], x = p.x.row(row), z = p.z.row(row);
        const Evaluation e = row_objective.evaluate(p.theta, kHessian);
        sum.value += w * e.value, sum.gradient += w * e.gradient, sum.hessian += w * e.hessian, sum.mass += w * e.mass;
        total += w;
      }
      const Matrix first_x = p.x.topRows(n), first_z = p.z.topRows(n);
      Data data = p.data;
      data.n = n, data.x = first_x.data(), data.z = s.same ? first_x.data() : first_z.data();
      const Evaluation whole = RowObjective(p.model, data, p.scaling, p.serial).evaluate(p.theta, kHessian);
      CHECK(whole.value == doctest::Approx(sum.value / total).epsilon(1e-12));
      CHECK(distance(whole.gradient, sum.gradient / total) < 1e-11);
      CHECK(distance(whole.hessian, sum.hessian / total) < 1e-11);
      CHECK(distance(whole.mass, sum.mass / total) < 1e-12);
      CHECK(whole.mass.sum() == doctest::Approx(1).epsilon(1e-12));
    }
  }
}

TEST_CASE("objective: any number of threads, in any order, gives the same bits") {
  for (const bool same : {true, false}) {
    Shape s;
    s.k = 3, s.d = 3, s.p = same ? 3 : 2, s.same = same, s.weighted = same, s.n = 20011;
    const Problem p(s, 10);
    const Evaluation serial = evaluate(p, p.theta, kHessian);
    for (const Runtime& runtime : {threads(1), threads(2), threads(3), threads(7), backwards()}) {
      const RowObjective objective(p.model, p.data, p.scaling, runtime);
      for (int again = 0; again < 2; ++again)
        CHECK(same_bits(objective.evaluate(p.theta, kHessian), serial));
      CHECK(same_bits(objective.evaluate(p.theta, kValue).value, serial.value));
    }
  }
}

TEST_CASE("objective: one object serves several threads at once") {
  Shape s;
  s.k = 2, s.d = 1, s.n = 3000;
  const Problem p(s, 11);
  const RowObjective objective(p.model, p.data, p.scaling, p.serial);
  const Evaluation serial = objective.evaluate(p.theta, kHessian);
  std::vector<Evaluation> out(8);
  threads(4).execute(8, [&](Index i) { out[at(i)] = objective.evaluate(p.theta, kHessian); });
  for (const auto& e : out) CHECK(same_bits(e, serial));
}

TEST_CASE("objective: a weight of w is the row w times, a weight of 0 is no row") {
  Shape s;
  s.k = 3, s.d = 2, s.p = 2, s.n = 40;
  Problem p(s, 12);
  Vector w(s.n);
  std::vector<Index> rows;
  for (Index i = 0; i < s.n; ++i) {
    w[i] = static_cast<double>(i % 4);
    rows.insert(rows.end(), at(i % 4), i);
  }
  Data weighted = p.data;
  weighted.w = w.data();
  const Index n = static_cast<Index>(rows.size());
  Vector y(n);
  Matrix x(n, s.d);
  for (Index i = 0; i < n; ++i) y[i] = p.y[rows[at(i)]], x.row(i) = p.x.row(rows[at(i)]);
  Data repeated = p.data;
  repeated.n = n, repeated.y = y.data(), repeated.x = x.data(), repeated.z = x.data();
  const Evaluation a = RowObjective(p.model, weighted, p.scaling, p.serial).evaluate(p.theta, kHessian);
  const Evaluation b = RowObjective(p.model, repeated, p.scaling, p.serial).evaluate(p.theta, kHessian);
  CHECK(a.value == doctest::Approx(b.value).epsilon(1e-13));
  CHECK(distance(a.gradient, b.gradient) < 1e-13);
  CHECK(distance(a.hessian, b.hessian) < 1e-12);
}

TEST_CASE("objective: experts in another order are the same model") {
  for_every_shape([](const Problem& p) {
    Stream stream(13, Purpose::user);
    std::vector<Index> order(at(p.shape.k));
    std::iota(order.begin(), order.end(), Index{0});
    stream.shuffle(order, order.size());
    const Evaluation before = evaluate(p, p.theta, kGradient);
    const Evaluation after = evaluate(p, p.model.permuted(p.theta, order), kGradient);
    CHECK(after.value == doctest::Approx(before.value).epsilon(1e-12));
    for (Index i = 0; i < p.shape.k; ++i)
      CHECK(after.mass[i] == doctest::Approx(before.mass[order[at(i)]]).epsilon(1e-12));
  });
}

TEST_CASE("objective: rows whose scores and posteriors sum to the gradient and the mass") {
  for_every_shape([](const Problem& p) {
    const RowObjective objective(p.model, p.data, p.scaling, p.serial);
    const Evaluation e = objective.evaluate(p.theta, kGradient);
    Vector gradient = Vector::Zero(p.model.size()), mass = Vector::Zero(p.shape.k);
    Index rows = 0;
    double value = 0;
    objective.visit(p.theta, kGradient, [&](Index first, const Block& block) {
      CHECK(first == rows);
      rows += block.rows;
      gradient += row_scores(p.model, block).transpose() * block.w.head(block.rows);
      mass += block.tau.topRows(block.rows).transpose() * block.w.head(block.rows);
      value += block.w.head(block.rows).dot(block.value.head(block.rows));
    });
    const double total = objective.total_weight();
    CHECK(rows == p.shape.n);
    CHECK(distance(gradient / total, e.gradient) < 1e-12 * (1 + e.gradient.norm()));
    CHECK(distance(mass / total, e.mass) < 1e-12);
    CHECK(value / total == doctest::Approx(e.value).epsilon(1e-12));
  });
}

TEST_CASE("objective: finite where densities underflow") {
  Shape s;
  s.k = 3, s.d = 1, s.p = 1, s.n = 50;
  Problem p(s, 14);
  p.y[7] = 1e6;  // a million standard deviations away from every expert
  p.y[8] = -1e30;
  Vector theta = p.theta;
  theta.head(4) *= 1e4;
  const Evaluation e = evaluate(p, theta, kHessian);
  CHECK(std::isfinite(e.value));
  CHECK(e.gradient.allFinite());
  CHECK(e.hessian.allFinite());
}

TEST_CASE("components at user coordinates are those of plain loops") {
  for_every_shape([](const Problem& p) {
    const Components c = components(p.model, p.data, p.theta);
    const Matrix tau = p.posterior(p.theta);
    for (Index i = 0; i < p.shape.n; ++i) {
      const Vector joint = p.joint(p.theta, i);
      for (Index j = 0; j < p.shape.k; ++j) {
        const double rho = p.theta[p.model.predictors[at(p.model.law_predictor(j))].offset];
        const double r = p.y[i] - c.mean(i, j);
        const double log_density = -0.5 * (std::log(2 * M_PI) + rho + r * r * std::exp(-rho));
        CHECK(c.log_gate(i, j) + log_density == doctest::Approx(joint[j]).epsilon(1e-10));
      }
      CHECK(tau.row(i).sum() == doctest::Approx(1).epsilon(1e-12));
    }
  });
}
