// Does the gate separate the rows?
#pragma once

#include <moerate/components/laws/gaussian.h>
#include <moerate/evaluation/row_objective.h>

namespace moerate {

// The complete-data information of the gate, which is the same for every law of the response, vanishes only where all
// its probabilities are 0 or 1. theta in standardised coordinates.
inline bool separated(const Model& model, const Data& data, const Scaling& scaling, const Runtime& runtime,
                      const Vector& theta) {
  if (model.gate_size == 0 || !theta.allFinite()) return false;
  const Predictor& last = model.predictors[static_cast<size_t>(model.gate_size - 1)];
  const Index size = last.offset + last.size;
  if (theta.head(size).cwiseAbs().maxCoeff() < 12) return false;
  const Model gaussian = model.with_law(std::make_shared<GaussianLaw>(), true);
  Vector gate = Vector::Zero(gaussian.size());
  gate.head(size) = theta.head(size);
  const RowObjective objective(gaussian, data, scaling, runtime);
  const Matrix H = objective.evaluate(gate, kHessian, Curvature::complete).hessian;
  return Eigen::SelfAdjointEigenSolver<Matrix>(-H.topLeftCorner(size, size), Eigen::EigenvaluesOnly).eigenvalues()[0] <
         1e-6;
}

}  // namespace moerate
