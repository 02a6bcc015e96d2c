// The components by name: one line each.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>

#include <moerate/gates/softmax.h>
#include <moerate/means/linear.h>
#include <moerate/responses/gaussian.h>

namespace moerate {

template <class Component>
using Registry = std::map<std::string, std::function<std::shared_ptr<const Component>()>>;

inline const Registry<Gate>& gates() {
  static const Registry<Gate> all = {{"softmax", [] { return std::make_shared<SoftmaxGate>(); }}};
  return all;
}

inline const Registry<Mean>& means() {
  static const Registry<Mean> all = {{"linear", [] { return std::make_shared<LinearMean>(); }}};
  return all;
}

inline const Registry<Response>& responses() {
  static const Registry<Response> all = {
      {"gaussian", [] { return std::make_shared<GaussianResponse>(); }}};
  return all;
}

template <class Component>
std::shared_ptr<const Component> make(const Registry<Component>& all, const std::string& name) {
  const auto found = all.find(name);
  if (found == all.end()) throw std::invalid_argument("unknown component '" + name + "'");
  return found->second();
}

}  // namespace moerate
