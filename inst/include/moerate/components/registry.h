// The components by name: one line each.
#pragma once

#include <map>
#include <stdexcept>

#include <moerate/components/activations/gelu.h>
#include <moerate/components/activations/logistic.h>
#include <moerate/components/activations/monomial.h>
#include <moerate/components/activations/relu.h>
#include <moerate/components/activations/sine.h>
#include <moerate/components/gates/softmax.h>
#include <moerate/components/means/constant.h>
#include <moerate/components/means/feedforward.h>
#include <moerate/components/means/linear.h>
#include <moerate/components/means/ridge.h>
#include <moerate/components/laws/gaussian.h>
#include <moerate/components/laws/poisson.h>

namespace moerate {

// What a mean function may ask for beside its name.
struct MeanOptions {
  Index degree = 2, hidden = 2;
  std::string activation = "tanh";
};

template <class Component, class... Options>
using Registry = std::map<std::string, std::function<std::shared_ptr<const Component>(const Options&...)>>;

template <class Component, class... Options>
std::shared_ptr<const Component> make(const Registry<Component, Options...>& all, const std::string& name,
                                      const Options&... options) {
  const auto found = all.find(name);
  if (found == all.end()) throw std::invalid_argument("unknown component '" + name + "'");
  return found->second(options...);
}

inline const Registry<Gate>& gates() {
  static const Registry<Gate> all = {{"softmax", [] { return std::make_shared<SoftmaxGate>(); }}};
  return all;
}

// Each is a ridge expert of its own name as well.
inline const Registry<Activation>& activations() {
  static const Registry<Activation> all = {
      {"sigmoid", [] { return std::make_shared<Sigmoid>(); }},
      {"tanh", [] { return std::make_shared<Tanh>(); }},
      {"gelu", [] { return std::make_shared<Gelu>(); }},
      {"relu", [] { return std::make_shared<Relu>(); }},
      {"softplus", [] { return std::make_shared<Softplus>(); }},
      {"sine", [] { return std::make_shared<Sine>(); }}};
  return all;
}

inline const Registry<Mean, MeanOptions>& means() {
  static const Registry<Mean, MeanOptions> all = [] {
    Registry<Mean, MeanOptions> out = {
        {"linear", [](const MeanOptions&) { return std::make_shared<LinearMean>(); }},
        {"constant", [](const MeanOptions&) { return std::make_shared<ConstantMean>(); }},
        {"polynomial", [](const MeanOptions& o) {
           return std::make_shared<RidgeMean>(std::make_shared<Monomial>(o.degree));
         }},
        {"feedforward", [](const MeanOptions& o) {
           return std::make_shared<FeedforwardMean>(o.hidden, make(activations(), o.activation));
         }}};
    for (const auto& entry : activations())
      out[entry.first] = [entry](const MeanOptions&) { return std::make_shared<RidgeMean>(entry.second()); };
    return out;
  }();
  return all;
}

inline const Registry<Law>& laws() {
  static const Registry<Law> all = {
      {"gaussian", [] { return std::make_shared<GaussianLaw>(); }},
      {"poisson", [] { return std::make_shared<PoissonLaw>(); }}};
  return all;
}

}  // namespace moerate
