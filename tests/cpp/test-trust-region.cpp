// The trust-region subproblem: maximise g'p + p'Hp/2 subject to |p| <= radius.
#include "support.h"

#include <moerate/optimisation/trust_region.h>

using namespace support;

namespace {

double model_value(const Vector& g, const Matrix& H, const Vector& p) { return g.dot(p) + 0.5 * p.dot(H * p); }

Matrix with_eigenvalues(const Vector& values, Stream& stream, Matrix* basis = nullptr) {
  const Index m = values.size();
  const Matrix Q = Eigen::HouseholderQR<Matrix>(normal_matrix(m, m, stream)).householderQ();
  if (basis) *basis = Q;
  return Q * values.asDiagonal() * Q.transpose();
}

// Necessary and sufficient for a global maximum (More and Sorensen 1983, SIAM J. Sci. Stat. Comput.
// 4:553): some mu >= 0 has (mu I - H) p = g, mu I - H positive semidefinite, mu (radius - |p|) = 0.
void check_optimal(const Vector& g, const Matrix& H, double radius, const Step& step) {
  const Vector& q = step.p;
  const Matrix B = -H;
  const Vector& c = g;
  const double size = 1 + B.norm() + c.norm();
  REQUIRE(step.p.allFinite());
  CHECK(q.norm() <= radius * (1 + 1e-5));
  CHECK(step.length == doctest::Approx(q.norm()).epsilon(1e-9));
  CHECK(step.predicted == doctest::Approx(model_value(g, H, step.p)).epsilon(1e-8));
  const double mu = q.squaredNorm() > 0 ? q.dot(c - B * q) / q.squaredNorm() : 0;
  const double lowest = Eigen::SelfAdjointEigenSolver<Matrix>(B).eigenvalues()[0];
  CHECK(mu > -1e-6 * size);
  CHECK(lowest + mu > -1e-5 * size);
  CHECK((B * q + mu * q - c).norm() < 1e-5 * size * std::max(1.0, q.norm()));
  if (mu > 1e-4 * size) CHECK(q.norm() > radius * (1 - 1e-5));
}

void check_all_radii(const Vector& g, const Matrix& H) {
  TrustRegion region(g, H);
  for (const double radius : {1e3, 10.0, 1.0, 0.1, 1e-3, 1e-6}) {  // as after rejected steps
    CAPTURE(radius);
    check_optimal(g, H, radius, region.step(radius));
  }
}

}  // namespace

TEST_CASE("trust region: random concave, indefinite and convex models") {
  Stream stream(30, Purpose::user);
  for (int round = 0; round < 60; ++round) {
    const Index m = 1 + static_cast<Index>(stream.integer(12));
    Vector values = normal_vector(m, stream, 3);
    if (round % 3 == 0) values = -values.cwiseAbs();
    if (round % 7 == 0) values = values.cwiseAbs();
    const Matrix H = with_eigenvalues(values, stream);
    CAPTURE(round);
    check_all_radii(normal_vector(m, stream), 0.5 * (H + H.transpose()));
  }
}

TEST_CASE("trust region: nothing in the disc of the plane is better") {
  Stream stream(31, Purpose::user);
  for (int round = 0; round < 20; ++round) {
    const Matrix H = with_eigenvalues(normal_vector(2, stream, 2), stream);
    const Vector g = round % 4 == 0 ? Vector(Vector::Zero(2)) : Vector(normal_vector(2, stream));
    TrustRegion region(g, H);
    const double radius = 0.2 + stream.uniform() * 3;
    const Step step = region.step(radius);
    double best = 0;
    for (int i = 0; i <= 200; ++i)
      for (int j = 0; j < 720; ++j) {
        const double r = radius * i / 200, phi = 2 * M_PI * j / 720;
        best = std::max(best, model_value(g, H, (Vector(2) << r * std::cos(phi), r * std::sin(phi)).finished()));
      }
    CAPTURE(round);
    CHECK(step.predicted >= best - 1e-5 * (1 + std::abs(best)));
    CHECK(step.p.norm() <= radius * (1 + 1e-5));
  }
}

TEST_CASE("trust region: the hard case, in which g has no part along the best direction") {
  Stream stream(32, Purpose::user);
  for (int round = 0; round < 30; ++round) {
    const Index m = 2 + static_cast<Index>(stream.integer(6));
    Vector values = -Vector(uniform_vector(m, stream, 0.1, 3));
    values[0] = 2.5;                    // H has a direction of growth
    if (round % 3 == 0) values[1] = 2.5;  // twice
    Matrix Q;
    const Matrix H = with_eigenvalues(values, stream, &Q);
    Vector c = normal_vector(m, stream, 0.1);
    c[0] = 0;
    if (round % 3 == 0) c[1] = 0;
    if (round % 5 == 0) c.setZero();  // a saddle point
    const Matrix S = 0.5 * (H + H.transpose());
    CAPTURE(round);
    check_all_radii(Q * c, S);
    TrustRegion region(Q * c, S);
    CHECK(region.step(5).length == doctest::Approx(5).epsilon(1e-5));
  }
}

TEST_CASE("trust region: singular models") {
  Stream stream(33, Purpose::user);
  for (int round = 0; round < 30; ++round) {
    const Index m = 3 + static_cast<Index>(stream.integer(5));
    Vector values = -Vector(uniform_vector(m, stream, 0.5, 2));
    values[0] = 0;
    Matrix Q;
    const Matrix H = with_eigenvalues(values, stream, &Q);
    Vector c = normal_vector(m, stream);
    if (round % 2) c[0] = 0;
    CAPTURE(round);
    check_all_radii(Q * c, 0.5 * (H + H.transpose()));
  }
  check_all_radii(Vector::Unit(3, 1), Matrix::Zero(3, 3));
}

TEST_CASE("trust region: models of very different sizes") {
  Stream stream(34, Purpose::user);
  for (const double size : {1e-12, 1e-6, 1e6, 1e12}) {
    const Matrix H = with_eigenvalues((Vector(4) << -3, -1, 0.5, 2).finished(), stream);
    const Vector g = normal_vector(4, stream);
    TrustRegion unit(g, 0.5 * (H + H.transpose()));
    TrustRegion scaled(size * g, size * 0.5 * (H + H.transpose()));
    CAPTURE(size);
    for (const double radius : {2.0, 0.1})
      CHECK(distance(unit.step(radius).p, scaled.step(radius).p) < 1e-4 * radius);
  }
}

TEST_CASE("trust region: well inside, the step is Newton's") {
  Stream stream(35, Purpose::user);
  const Matrix A = normal_matrix(5, 5, stream), H = -(A * A.transpose() + Matrix::Identity(5, 5));
  const Vector g = normal_vector(5, stream);
  TrustRegion region(g, H);
  const Step step = region.step(1e3);
  CHECK(step.newton);
  CHECK(distance(step.p, (-H).ldlt().solve(g)) < 1e-10);
}
