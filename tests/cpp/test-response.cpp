// Laws of every response law of the registry, by finite differences and quadrature.
#include "support.h"

#include <moerate/evaluation/block.h>
#include <moerate/components/registry.h>

using namespace support;

namespace {

template <class Law>
void for_every_response(Law law) {
  for (const auto& entry : responses())
    for (const double rho : {-6.0, -0.5, 0.0, 1.3, 4.0}) {
      CAPTURE(entry.first);
      CAPTURE(rho);
      law(*entry.second(), rho);
    }
}

Vector log_density(const Response& response, const Vector& y, const Vector& mu, double rho) {
  ResponseTerms out(y.size());
  response.evaluate(y, mu, rho, kValue, out);
  return out.value;
}

double one(const Response& response, double y, double mu, double rho) {
  return log_density(response, Vector::Constant(1, y), Vector::Constant(1, mu), rho)[0];
}

}  // namespace

TEST_CASE("response: the density integrates to one") {
  for_every_response([](const Response& response, double rho) {
    const Index n = 20001;
    const double sd = std::exp(0.5 * rho), mu = 0.7;
    const Vector y = Vector::LinSpaced(n, mu - 40 * sd, mu + 40 * sd);
    const Vector f = log_density(response, y, Vector::Constant(n, mu), rho).array().exp();
    CHECK(f.sum() * (y[1] - y[0]) == doctest::Approx(1).epsilon(1e-10));
  });
}

TEST_CASE("response: derivatives in the mean and in rho") {
  for_every_response([](const Response& response, double rho) {
    const double sd = std::exp(0.5 * rho);
    const Index n = 9;
    const Vector y = Vector::LinSpaced(n, -3 * sd, 3 * sd);
    const Vector mu = Vector::LinSpaced(n, 1.2 * sd, -0.4 * sd);
    ResponseTerms found(n);
    response.evaluate(y, mu, rho, kHessian, found);
    if (!found.rr.allFinite()) FAIL("rr not filled");
    for (Index i = 0; i < n; ++i) {
      // in units of sd, so that one step suits every rho
      const auto f = [&](const Vector& v) {
        return Vector(Vector::Constant(1, one(response, y[i], mu[i] + sd * v[0], rho + v[1])));
      };
      const auto gradient = [&](const Vector& v) { return Vector(differences(f, v).transpose()); };
      const Vector zero = Vector::Zero(2);
      const Vector g = gradient(zero);
      const Matrix H = differences(gradient, zero);
      const double scale = 1 + g.cwiseAbs().maxCoeff();
      CHECK(std::abs(found.m[i] * sd - g[0]) < 1e-8 * scale);
      CHECK(std::abs(found.r[i] - g[1]) < 1e-8 * scale);
      CHECK(std::abs(found.mm[i] * sd * sd - H(0, 0)) < 1e-6 * scale);
      CHECK(std::abs(found.mr[i] * sd - H(0, 1)) < 1e-6 * scale);
      CHECK(std::abs(found.rr[i] - H(1, 1)) < 1e-6 * scale);
    }
  });
}

TEST_CASE("response: lower orders give the same numbers") {
  for_every_response([](const Response& response, double rho) {
    Stream stream(4, Purpose::user);
    const Vector y = normal_vector(6, stream), mu = normal_vector(6, stream);
    ResponseTerms value(6), gradient(6), hessian(6);
    response.evaluate(y, mu, rho, kValue, value);
    response.evaluate(y, mu, rho, kGradient, gradient);
    response.evaluate(y, mu, rho, kHessian, hessian);
    CHECK(same_bits(Matrix(value.value), Matrix(hessian.value)));
    CHECK(same_bits(Matrix(gradient.m), Matrix(hessian.m)));
    CHECK(same_bits(Matrix(gradient.r), Matrix(hessian.r)));
  });
}

TEST_CASE("response: a change of units") {
  for_every_response([](const Response& response, double rho) {
    for (const double scale : {1e-8, 0.3, 5.0, 1e6}) {
      const double sd = std::exp(0.5 * rho), y = 1.1 * sd, mu = -0.3 * sd;
      const double changed = one(response, y / scale, mu / scale, response.rescaled(rho, scale));
      CHECK(changed == doctest::Approx(one(response, y, mu, rho) + std::log(scale)).epsilon(1e-12));
    }
  });
}

TEST_CASE("response: the M-step of rho is exact for given weights and means") {
  for_every_response([](const Response& response, double rho) {
    Stream stream(5, Purpose::user);
    const Index n = 40;
    const Vector y = normal_vector(n, stream), mu = normal_vector(n, stream, 0.3),
                 tau = uniform_vector(n, stream);
    ResponseTerms t(n);
    response.evaluate(y, mu, rho, kHessian, t);
    const double step = response.m_step(tau.dot(t.r), tau.dot(t.rr), 0);
    response.evaluate(y, mu, rho + step, kGradient, t);
    CHECK(std::abs(tau.dot(t.r)) < 1e-9);
  });
}
