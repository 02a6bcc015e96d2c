// A model is a gate, k experts and the layout of their linear predictors in one flat vector theta:
// gate predictors, then the mean predictors of each expert, then the arguments of the law that are constants.
#pragma once

#include <stdexcept>

#include <moerate/components/gates/gate.h>
#include <moerate/components/means/mean.h>
#include <moerate/components/laws/law.h>

namespace moerate {

// The designs of a block: a constant, (1, x) of the experts, (1, z) of the gate.
enum DesignIndex : int { kConstant = 0, kExpert = 1, kGate = 2 };

// One linear predictor u = Z gamma: its design, and gamma = theta[offset, offset + size).
struct Predictor {
  int design;
  Index offset, size;
};

class Model {
 public:
  // d covariates of the experts, p of the gate; `same` when they are the same columns.
  Model(Index k, Index d, Index p, bool same, std::shared_ptr<const Gate> gate,
        std::shared_ptr<const Mean> mean, std::shared_ptr<const Law> law,
        bool shared_variance)
      : k(k), d(d), p(p), same(same), shared_variance(shared_variance), gate(std::move(gate)), mean(std::move(mean)),
        law(std::move(law)) {
    width = {1, d + 1, p + 1};
    gate_size = this->gate->predictors(k);
    mean_size = static_cast<Index>(this->mean->predictors().size());
    for (Index l = 0; l < gate_size; ++l) add(same ? kExpert : kGate);
    for (Index i = 0; i < k; ++i)
      for (Design kind : this->mean->predictors())
        add(kind == Design::constant ? kConstant : kExpert);
    if (this->law && this->law->arguments().size() > kMostArguments)
      throw std::invalid_argument("a law of more arguments than laws/law.h has room for");
    own_arguments = this->law ? static_cast<Index>(this->law->arguments().size()) - 1 : 0;
    law_size = own_arguments * (shared_variance ? 1 : k);
    for (Index i = 0; i < law_size; ++i) add(kConstant);
    design_used = {true, true, !same && gate_size > 0};
  }

  Index size() const { return predictors.back().offset + predictors.back().size; }
  Index count() const { return static_cast<Index>(predictors.size()); }
  // Index of the s-th mean predictor, and of the a-th argument of the law that is no location, of expert i.
  Index mean_predictor(Index i, Index s) const { return gate_size + i * mean_size + s; }
  Index law_predictor(Index i, Index a = 0) const {
    return gate_size + k * mean_size + (shared_variance ? 0 : i * own_arguments) + a;
  }
  // The slots of expert i: its mean predictors, then the arguments of its law.
  Index slots() const { return mean_size + own_arguments; }
  Index slot(Index i, Index s) const {
    return s < mean_size ? mean_predictor(i, s) : law_predictor(i, s - mean_size);
  }

  // The predictors from the first to the last that uses a design: where they begin, and how many.
  std::pair<Index, Index> span(int design) const {
    Index first = 0, end = 0;
    for (Index m = count(); m-- > 0;) {
      if (predictors[static_cast<size_t>(m)].design != design) continue;
      first = m;
      end = std::max(end, m + 1);
    }
    return {first, end - first};
  }

  // theta of this model with expert order[i] of another in place i; one may come up several times.
  Vector taken(const Model& from, const Vector& theta, const std::vector<Index>& order) const {
    Vector out = Vector::Zero(size());
    if (gate_size > 0 && from.gate_size > 0) {
      const Index q = predictors[0].size;
      const Eigen::Map<const Matrix> gates(theta.data(), q, from.gate_size);
      Eigen::Map<Matrix>(out.data(), q, gate_size) = gate->permuted(gates, order);
    }
    for (Index i = 0; i < k; ++i)
      for (Index s = 0; s < slots(); ++s) {
        const Predictor& to = predictors[static_cast<size_t>(slot(i, s))];
        const Predictor& source =
            from.predictors[static_cast<size_t>(from.slot(order[static_cast<size_t>(i)], s))];
        out.segment(to.offset, to.size) = theta.segment(source.offset, source.size);
      }
    return out;
  }
  // The same measure with expert order[i] in place i.
  Vector permuted(const Vector& theta, const std::vector<Index>& order) const {
    return taken(*this, theta, order);
  }

  // The same gate and means with another law, or with none.
  Model with_law(std::shared_ptr<const Law> other, bool shared) const {
    return Model(k, d, p, same, gate, mean, std::move(other), shared);
  }

  // The same model with another number of experts.
  Model with_experts(Index count) const { return Model(count, d, p, same, gate, mean, law, shared_variance); }

  Index k, d, p;
  bool same, shared_variance;
  Index gate_size, mean_size, own_arguments, law_size;
  std::shared_ptr<const Gate> gate;
  std::shared_ptr<const Mean> mean;
  std::shared_ptr<const Law> law;  // none: least squares
  std::vector<Predictor> predictors;
  std::vector<Index> width;
  std::vector<bool> design_used;

 private:
  void add(int design) {
    const Index offset = predictors.empty() ? 0 : size();
    predictors.push_back({design, offset, width[design]});
  }
};

}  // namespace moerate
