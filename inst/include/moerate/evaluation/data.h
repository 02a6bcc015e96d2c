// Views of the user's data, and the standardisation that the core works in.
#pragma once

#include <cmath>

#include <moerate/components/model.h>

namespace moerate {

// Column-major views of n rows: nothing is copied. w and tau may be null.
struct Data {
  Index n = 0, d = 0, p = 0;
  const double* y = nullptr;
  const double* x = nullptr;
  const double* z = nullptr;
  const double* w = nullptr;
  double rows_per_weight = 1;
  const double* tau = nullptr;  // n x k, posterior weights given from outside

  // Have gate and experts the same columns? A table may serve both with a different number of them.
  bool one_design() const { return z == x && p == d; }
  // How many rows the weights stand for: the same whatever their unit.
  double effective_rows() const { return total_weight() * rows_per_weight; }
  double total_weight() const {
    return w ? Eigen::Map<const Vector>(w, n).sum() : static_cast<double>(n);
  }
};

struct Scaling {
  Affine y;
  double spread = 1;  // standard deviation of the scaled y
  std::vector<Affine> x, z;
};

template <class Values, class Weights>
Affine moments(const Values& v, const Weights& w) {
  const auto spread = [](const auto& values, const auto& weights, double& mean, double& total) {
    total = weights.sum();
    mean = (weights * values).sum() / total;
    return (weights * (values - mean).square()).sum();
  };
  double mean, total;
  double squares = spread(v, w, mean, total), unit = 1;
  // squares or sums beyond the range of a double: in units of the largest value and weight
  if (!(squares > 1e-280 && squares < 1e300 && total > 1e-280)) {
    unit = v.abs().maxCoeff();
    if (!(unit > 0)) return {0.0, 1.0};
    squares = spread(v / unit, w / w.maxCoeff(), mean, total);
  }
  const double sd = std::sqrt(squares / total) * unit;
  return {mean * unit, sd > 0 ? sd : 1.0};
}

// Weighted mean and standard deviation of one column, in two passes.
inline Affine moments(const double* column, const Data& data) {
  const Eigen::Map<const Eigen::ArrayXd> v(column, data.n);
  if (!data.w) return moments(v, Eigen::ArrayXd::Ones(data.n));
  return moments(v, Eigen::Map<const Eigen::ArrayXd>(data.w, data.n));
}

// y is standardised only where an affine change of y is one of the coefficients.
inline Scaling standardise(const Data& data, const Model& model, const Runtime& runtime) {
  Scaling s;
  s.x.resize(static_cast<size_t>(data.d));
  s.z.resize(static_cast<size_t>(data.p));
  const bool y = data.y && model.mean->equivariant() && (!model.law || model.law->location_scale());
  const bool own_z = !data.one_design();
  runtime.execute(data.d + 1 + (own_z ? data.p : 0), [&](Index j) {
    if (j < data.d)
      s.x[static_cast<size_t>(j)] = moments(data.x + j * data.n, data);
    else if (j == data.d && y)
      s.y = moments(data.y, data);
    else if (j == data.d && data.y)
      s.spread = moments(data.y, data).scale;
    else if (j > data.d)
      s.z[static_cast<size_t>(j - data.d - 1)] = moments(data.z + (j - data.d - 1) * data.n, data);
  });
  if (!own_z) s.z = s.x;
  return s;
}

// The linear map between coefficients in the user's units and in standardised ones. A predictor
// u = c0 + c'x becomes (c0 + c'm) + (c s)'x~, and then (u - shift) / scale by its own role.
class Coordinates {
 public:
  Coordinates(const Model& model, const Scaling& scaling) : model_(model), scaling_(scaling) {}

  Vector to_standard(const Vector& theta) const { return map(theta, true); }
  Vector to_user(const Vector& theta) const { return map(theta, false); }
  // d(standard) / d(user): the map is affine, each predictor by itself.
  Matrix jacobian() const {
    Matrix J = Matrix::Identity(model_.size(), model_.size());
    for (Index m = 0; m < model_.count(); ++m) {
      const Predictor& q = model_.predictors[static_cast<size_t>(m)];
      auto own = J.block(q.offset, q.offset, q.size, q.size);
      for (Index j = 1; q.design != kConstant && j < q.size; ++j) {
        const Affine& a = (q.design == kExpert ? scaling_.x : scaling_.z)[static_cast<size_t>(j - 1)];
        own(0, j) = a.shift;
        own(j, j) = a.scale;
      }
      own /= role(m).scale;
    }
    return J;
  }
  // log |dy~/dy|: what one observation adds to the log-likelihood in the user's units.
  double log_jacobian() const { return model_.law ? -std::log(scaling_.y.scale) : 0.0; }
  // d(user's value) / d(value): squared residuals have units, a log-likelihood has none.
  double value_scale() const {
    const double sd = scaling_.y.scale * scaling_.spread;
    return model_.law ? 1.0 : sd * sd;
  }
  double user_value(double value) const { return value_scale() * value + log_jacobian(); }

 private:
  Vector map(const Vector& theta, bool forward) const {
    Vector out = theta;
    for (Index m = 0; m < model_.count(); ++m) {
      const Predictor& q = model_.predictors[static_cast<size_t>(m)];
      auto c = out.segment(q.offset, q.size);
      const Affine own = role(m);
      if (!forward) c *= own.scale, c[0] += own.shift;
      if (q.design != kConstant) recentre(c, q.design == kExpert ? scaling_.x : scaling_.z, forward);
      if (forward) c[0] -= own.shift, c /= own.scale;
    }
    return out;
  }

  template <class Segment>
  static void recentre(Segment& c, const std::vector<Affine>& columns, bool forward) {
    for (Index j = 1; j < c.size(); ++j) {
      const Affine& a = columns[static_cast<size_t>(j - 1)];
      if (forward) c[0] += c[j] * a.shift, c[j] *= a.scale;
      else c[j] /= a.scale, c[0] -= c[j] * a.shift;
    }
  }

  Affine role(Index m) const {
    if (m < model_.gate_size) return {};
    const Index s = m - model_.gate_size;
    if (s < model_.k * model_.mean_size)
      return model_.mean->equivariant() ? model_.mean->rescaled(s % model_.mean_size, scaling_.y) : Affine{};
    const Index own = (s - model_.k * model_.mean_size) % model_.own_arguments;
    return {-model_.law->rescaled(1 + own, scaling_.y.scale), 1.0};
  }

  const Model& model_;
  const Scaling& scaling_;
};

}  // namespace moerate
