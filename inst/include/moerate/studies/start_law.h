// Starts near the truth of a simulation.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <moerate/studies/truth.h>

namespace moerate {

// Noise of standard deviation scale n^{-rate}.
struct NoiseLaw {
  double scale = 0, rate = 0;
  double size(Index n) const { return scale * std::pow(static_cast<double>(n), -rate); }
};

// Starts near the truth: each atom is a copy of a true one, drawn at random until all come up, plus
// normal noise on its parameters. Atoms are sorted by label, so that the last one, the reference of the
// gate, is near the last true one.
struct StartLaw {
  NoiseLaw gate, expert, variance;
  bool published = false;  // weights not shared among copies; variances begin at standard deviations

  std::vector<Vector> draw(Index count, const Truth& truth, const Model& model, Index n,
                           const DrawKey& key) const {
    Stream stream = key.stream(Purpose::start);
    std::vector<Vector> out;
    for (Index s = 0; s < count; ++s) out.push_back(one(truth, model, n, stream));
    return out;
  }

 private:
  Vector one(const Truth& truth, const Model& model, Index n, Stream& stream) const {
    const std::vector<Index> labels = draw_labels(truth.model.k, model.k, stream);
    Vector theta = model.taken(truth.model, truth.theta, labels);
    if (!published) share_weights(model, labels, theta);
    const Index responses = model.size() - model.law_size;
    const Index gates = model.gate_size ? model.predictors[static_cast<size_t>(model.gate_size)].offset : 0;
    for (Index j = 0; j < model.size(); ++j) {
      const NoiseLaw& law = j < gates ? gate : j < responses ? expert : variance;
      const double noise = law.size(n) * stream.normal();
      if (j < responses || !published) theta[j] += noise;
      else theta[j] = std::log(std::exp(0.5 * theta[j]) + std::abs(noise));
    }
    return theta;
  }

  static std::vector<Index> draw_labels(Index k_true, Index k, Stream& stream) {
    std::vector<Index> labels(static_cast<size_t>(std::max(k, k_true)));
    std::iota(labels.begin(), labels.end(), Index{0});
    if (k < k_true) stream.shuffle(labels, labels.size());  // as many as there can be
    labels.resize(static_cast<size_t>(k));
    const auto missing = [&] {
      const std::set<Index> seen(labels.begin(), labels.end());
      return static_cast<Index>(seen.size()) < k_true;
    };
    if (k > k_true) do
        for (Index& label : labels)
          label = static_cast<Index>(stream.integer(static_cast<std::uint64_t>(k_true)));
      while (missing());
    std::sort(labels.begin(), labels.end());
    return labels;
  }

  // Copies of an atom share its weight.
  static void share_weights(const Model& model, const std::vector<Index>& labels, Vector& theta) {
    const auto log_copies = [&](Index i) {
      return std::log(std::count(labels.begin(), labels.end(), labels[static_cast<size_t>(i)]));
    };
    for (Index l = 0; l < model.gate_size; ++l)
      theta[model.predictors[static_cast<size_t>(l)].offset] += log_copies(model.gate_size) - log_copies(l);
  }
};

}  // namespace moerate
