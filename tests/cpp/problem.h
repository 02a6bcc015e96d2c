// Random models with data drawn from them, and their log-likelihood in slow, obvious loops.
#pragma once

#include "support.h"

#include <moerate/evaluation/row_objective.h>
#include <moerate/optimisation/newton.h>
#include <moerate/components/registry.h>

namespace support {

struct Shape {
  Index k = 2, d = 1, p = 1, n = 50;
  bool same = true, shared = false, weighted = false;
};

inline Model make_model(const Shape& s) {
  return Model(s.k, s.d, s.p, s.same, make(gates(), "softmax"), make(means(), "linear", MeanOptions()),
               make(laws(), "gaussian"), s.shared);
}

// A model and rows for it; moved only by reference, as `data` points into it.
struct Rows {
  explicit Rows(Model m) : model(std::move(m)) {}
  Rows(const Rows&) = delete;

  // The views of the tables, once these are filled: without weights where there are none.
  void look() {
    data.n = y.size(), data.d = x.cols(), data.p = z.cols();
    data.y = y.data(), data.x = x.data(), data.z = model.same ? x.data() : z.data();
    data.w = w.size() ? w.data() : nullptr;
    scaling = identity();
  }
  Scaling identity() const {
    Scaling s;
    s.x.resize(at(x.cols()));
    s.z.resize(at(z.cols()));
    return s;
  }

  Model model;
  Vector theta, y, w;
  Matrix x, z;
  Data data;
  Scaling scaling;
  Runtime serial;
};

// Of one covariate, uniform on (-1, 1), for experts and gate: y = response(x, stream).
struct RowsOfX : Rows {
  RowsOfX(Model m, Index n, const std::function<double(double, Stream&)>& response) : Rows(std::move(m)) {
    Stream stream(8, Purpose::user);
    x.resize(n, 1), y.resize(n);
    for (Index i = 0; i < n; ++i) {
      x(i, 0) = 2 * stream.uniform() - 1;
      y[i] = response(x(i, 0), stream);
    }
    look();
  }
};
inline double logistic(double u) { return 1 / (1 + std::exp(-u)); }

// Data drawn from the model at theta.
struct Problem : Rows {
  Problem(const Shape& shape, std::uint64_t seed) : Rows(make_model(shape)), shape(shape) {
    Stream stream(seed, Purpose::user);
    theta = normal_vector(model.size(), stream, 0.7);
    x = normal_matrix(shape.n, shape.d, stream);
    z = shape.same ? x : normal_matrix(shape.n, shape.p, stream);
    y = Vector(shape.n);
    for (Index i = 0; i < shape.n; ++i) y[i] = draw_response(i, stream);
    if (shape.weighted)
      for (w.resize(shape.n), count = 0; count < shape.n; ++count)
        w[count] = count % 7 == 3 ? 0 : 3 * stream.uniform();
    look();
  }

  // log pi_i + log N_i of one row at parameters t, without the code under test
  Vector joint(const Vector& t, Index row) const {
    const Index k = shape.k, d = shape.d, p = shape.p, experts = (k - 1) * (p + 1);
    Vector s = Vector::Zero(k), out(k);
    double top = 0, total = 0;
    for (Index i = 0; i < k; ++i) {
      if (i < k - 1) {
        s[i] = t[i * (p + 1)];
        for (Index j = 0; j < p; ++j) s[i] += t[i * (p + 1) + 1 + j] * z(row, j);
      }
      top = std::max(top, s[i]);
    }
    for (Index i = 0; i < k; ++i) total += std::exp(s[i] - top);
    for (Index i = 0; i < k; ++i) {
      double mean = t[experts + i * (d + 1)];
      for (Index j = 0; j < d; ++j) mean += t[experts + i * (d + 1) + 1 + j] * x(row, j);
      const double rho = t[experts + k * (d + 1) + (shape.shared ? 0 : i)];
      const double r = y[row] - mean;
      out[i] = s[i] - top - std::log(total) - 0.5 * (std::log(2 * M_PI) + rho + r * r * std::exp(-rho));
    }
    return out;
  }
  static double log_sum(const Vector& terms) {
    const double top = terms.maxCoeff();
    return top + std::log((terms.array() - top).exp().sum());
  }
  double mean_loglik(const Vector& t) const {
    double sum = 0, total = 0;
    for (Index i = 0; i < shape.n; ++i) {
      const double weight = data.w ? data.w[i] : 1;
      sum += weight * log_sum(joint(t, i));
      total += weight;
    }
    return sum / total;
  }
  // n x k posterior weights
  Matrix posterior(const Vector& t) const {
    Matrix tau(shape.n, shape.k);
    for (Index i = 0; i < shape.n; ++i) {
      const Vector terms = joint(t, i);
      tau.row(i) = (terms.array() - log_sum(terms)).exp();
    }
    return tau;
  }

  Shape shape;

 private:
  double draw_response(Index row, Stream& stream) {
    y[row] = 0;  // joint() reads it; only its gate part matters below
    Vector log_gate = joint(theta, row);
    const Index k = shape.k, d = shape.d, experts = (k - 1) * (shape.p + 1);
    std::vector<double> mean(at(k)), sd(at(k));
    for (Index i = 0; i < k; ++i) {
      mean[at(i)] = theta[experts + i * (d + 1)];
      for (Index j = 0; j < d; ++j) mean[at(i)] += theta[experts + i * (d + 1) + 1 + j] * x(row, j);
      const double rho = theta[experts + k * (d + 1) + (shape.shared ? 0 : i)];
      sd[at(i)] = std::exp(0.5 * rho);
      log_gate[i] += 0.5 * (std::log(2 * M_PI) + rho + mean[at(i)] * mean[at(i)] * std::exp(-rho));
    }
    double u = stream.uniform();
    Index label = 0;
    while (label < k - 1 && (u -= std::exp(log_gate[label])) > 0) ++label;
    return mean[at(label)] + sd[at(label)] * stream.normal();
  }
  Index count = 0;
};

inline Bounds free_bounds(Index size) {
  const Vector infinite = Vector::Constant(size, std::numeric_limits<double>::infinity());
  return {-infinite, infinite, {}, {}};
}
inline Bounds floor_bounds(const Model& model, double floor = 1e-6) {
  Bounds bounds = free_bounds(model.size());
  bounds.at_lower.assign(at(model.law_size), End::degenerate);
  bounds.at_upper.assign(at(model.law_size), End::limit);
  bounds.lower.tail(model.law_size).setConstant(std::log(floor));
  return bounds;
}

// Models of all sizes: k = 1..5, d = 0..6, the gate with its own covariates in every third.
inline std::vector<Shape> shapes(Index n = 60) {
  std::vector<Shape> out;
  for (Index k = 1; k <= 5; ++k)
    for (Index d = 0; d <= 6; ++d) {
      Shape s;
      s.k = k, s.d = d, s.n = n;
      const Index kind = (k + d) % 3;
      s.same = kind != 0;
      s.p = s.same ? d : (d + 2) % 4;
      s.shared = (k + 2 * d) % 2 == 0;
      s.weighted = d % 2 == 1;
      out.push_back(s);
    }
  return out;
}

inline bool same_bits(const Evaluation& a, const Evaluation& b) {
  return same_bits(a.value, b.value) && same_bits(Matrix(a.gradient), Matrix(b.gradient)) &&
         same_bits(a.hessian, b.hessian) && same_bits(Matrix(a.mass), Matrix(b.mass));
}

}  // namespace support
