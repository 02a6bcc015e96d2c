// A gate turns linear predictors into log weights of k experts. To add one: derive from Gate in
// gates/, and name it in registry.h.
#pragma once

#include <moerate/numerics/types.h>

namespace moerate {

// All methods work on a block of rows: u holds the gate's predictors, log_pi the k log weights, pi the weights at u.
// W is any rows x k matrix of coefficients; l_i(u) is the log weight of expert i.
class Gate {
 public:
  virtual ~Gate() = default;
  virtual Index predictors(Index k) const = 0;
  virtual void log_weights(const ConstMatrix& u, MutableMatrix log_pi) const = 0;
  // The weights themselves.
  virtual void weights(const ConstMatrix& u, MutableMatrix pi) const {
    log_weights(u, pi);
    pi = pi.array().exp();
  }
  // G_l = sum_i W_i dl_i/du_l
  virtual void first(const ConstMatrix& u, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix G) const = 0;
  // W_i dl_i/du_l for one expert and one predictor
  virtual void first_of(const ConstMatrix& u, const ConstMatrix& pi, const ConstMatrix& W, Index i, Index l,
                        MutableColumn out) const = 0;
  // packed pairs l <= m: sum_i W_i d2l_i/du_l du_m
  virtual void curvature(const ConstMatrix& u, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix H) const = 0;
  // packed pairs l <= m: sum_i W_i (dl_i/du_l) (dl_i/du_m)
  virtual void outer(const ConstMatrix& u, const ConstMatrix& pi, const ConstMatrix& W, MutableMatrix H) const = 0;
  // Coefficients (a column per predictor) of such a gate with expert order[i] in place i; there may
  // be more or fewer experts than before.
  virtual Matrix permuted(const Matrix& coefficients, const std::vector<Index>& order) const = 0;
  // Coefficients with one expert more, at the end: it takes of expert i what a gate of two with the coefficients `pair`
  // leaves it. Only where the weights of the two are near `share`, the mean share that expert i keeps.
  virtual Matrix split(const Matrix& coefficients, Index i, const Matrix& pair, double share) const = 0;
  // Intercepts, of predictors without slopes, at which the weights are these.
  virtual Vector intercepts(const Vector& weights) const = 0;
};

}  // namespace moerate
