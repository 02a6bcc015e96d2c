// Names of the core's plain types. Nothing in the core includes R.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <moerate/numerics/eigen.h>

namespace moerate {

using Index = Eigen::Index;
using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;
using ConstMatrix = Eigen::Ref<const Matrix>;
using MutableMatrix = Eigen::Ref<Matrix>;
using Column = Eigen::Ref<const Vector>;
using MutableColumn = Eigen::Ref<Vector>;

// Runs task(0), ..., task(count - 1), in any order and on any thread; injected by the host.
using Executor = std::function<void(Index count, const std::function<void(Index)>& task)>;

inline void run_serially(Index count, const std::function<void(Index)>& task) {
  for (Index i = 0; i < count; ++i) task(i);
}

// What the host lends to the core: threads, a hook that may throw to stop a long run, called by any thread at every
// pass, and one that is told the share of the work done, called by the calling thread only.
struct Runtime {
  Executor execute = run_serially;
  std::function<void()> poll = [] {};
  std::function<void(double share)> report = [](double) {};
  // The same host, without its threads.
  Runtime alone() const {
    Runtime out;
    out.poll = poll;
    return out;
  }
};

// x -> (x - shift) / scale
struct Affine {
  double shift = 0, scale = 1;
};

// Column index of the pair (a, b), a <= b, in a packed symmetric list of m predictors.
inline Index packed(Index a, Index b, Index m) {
  if (a > b) std::swap(a, b);
  return a * m - a * (a - 1) / 2 + (b - a);
}

}  // namespace moerate
