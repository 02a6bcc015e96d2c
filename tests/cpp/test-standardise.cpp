// The map between the user's coordinates and standardised ones.
#include "problem.h"

#include <moerate/evaluation/rows.h>

using namespace support;

TEST_CASE("moments: weighted mean and standard deviation; a constant column keeps its scale") {
  const Vector x = (Vector(4) << 1, 2, 4, 9).finished(), w = (Vector(4) << 1, 0, 2, 1).finished();
  const Vector repeated = (Vector(4) << 1, 4, 4, 9).finished();
  Data data;
  data.n = 4;
  const Affine plain = moments(repeated.data(), data);
  data.w = w.data();
  const Affine weighted = moments(x.data(), data);
  CHECK(plain.shift == doctest::Approx(4.5));
  CHECK(plain.scale == doctest::Approx(std::sqrt(((3.5 * 3.5) + 0.25 + 0.25 + 4.5 * 4.5) / 4)));
  CHECK(weighted.shift == doctest::Approx(plain.shift).epsilon(1e-15));
  CHECK(weighted.scale == doctest::Approx(plain.scale).epsilon(1e-15));
  const Vector same = Vector::Constant(4, 3);
  CHECK(moments(same.data(), data).scale == 1);
}

TEST_CASE("moments: two passes keep the digits of shifted columns") {
  Stream stream(20, Purpose::user);
  const Vector x = normal_vector(1000, stream);
  Data data;
  data.n = 1000;
  const Affine a = moments(x.data(), data);
  for (const double shift : {1e6, -1e8}) {
    const Vector moved = x.array() + shift;
    CHECK(moments(moved.data(), data).scale == doctest::Approx(a.scale).epsilon(1e-6));
  }
  for (const double scale : {1e-150, 1e-8, 1e150}) {
    const Vector moved = scale * x;
    CHECK(moments(moved.data(), data).scale / scale == doctest::Approx(a.scale).epsilon(1e-13));
  }
}

TEST_CASE("coordinates: there and back, and the Jacobian") {
  for (const Shape& s : shapes(25)) {
    const Problem p(s, 21);
    Problem moved(s, 21);
    moved.y = 3e3 + 50 * p.y.array();
    moved.x = (0.01 * p.x).array() - 7;
    moved.z = (20 * p.z).array() + 4;
    const Scaling scaling = standardise(moved.data, moved.model, moved.serial);
    const Coordinates map(moved.model, scaling);
    const Vector there = map.to_standard(p.theta);
    CHECK(distance(map.to_user(there), p.theta) < 1e-9);
    const Matrix J = map.jacobian();
    CHECK(distance(J, differences([&](const Vector& t) { return map.to_standard(t); }, p.theta, 1)) < 1e-7 * (1 + J.norm()));
  }
}

TEST_CASE("coordinates: the objective does not depend on the units it is computed in") {
  for (const Shape& s : shapes(25)) {
    const Problem p(s, 22);
    const Evaluation plain = RowObjective(p.model, p.data, p.scaling, p.serial).evaluate(p.theta, kHessian);
    const Scaling scaling = standardise(p.data, p.model, p.serial);
    const Coordinates map(p.model, scaling);
    const Evaluation standard =
        RowObjective(p.model, p.data, scaling, p.serial).evaluate(map.to_standard(p.theta), kHessian);
    const Matrix J = map.jacobian();
    CHECK(standard.value + map.log_jacobian() == doctest::Approx(plain.value).epsilon(1e-12));
    CHECK(distance(J.transpose() * standard.gradient, plain.gradient) < 1e-10 * (1 + plain.gradient.norm()));
    CHECK(distance(J.transpose() * standard.hessian * J, plain.hessian) < 1e-10 * (1 + plain.hessian.norm()));
  }
}

TEST_CASE("triangle: R'R is the Gram matrix of the standardised design") {
  Stream stream(23, Purpose::user);
  for (const Index n : {3, 255, 256, 257, 1000}) {
    const Matrix x = normal_matrix(n, 4, stream).array() + 100;
    Matrix D(n, 5);
    D.col(0).setOnes();
    Data data;
    data.n = n;
    for (Index j = 0; j < 4; ++j) {
      const Affine a = moments(x.col(j).data(), data);
      D.col(j + 1) = (x.col(j).array() - a.shift) / a.scale;
    }
    const Matrix R = triangle(x, Runtime());
    CHECK(distance(R.transpose() * R, D.transpose() * D) < 1e-10 * static_cast<double>(n));
  }
}
