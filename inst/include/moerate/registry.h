// The components by name: one line each.
#pragma once

#include <stdexcept>

#include <moerate/gates/softmax.h>
#include <moerate/means/linear.h>
#include <moerate/responses/gaussian.h>

namespace moerate {

inline std::shared_ptr<const Gate> make_gate(const std::string& name) {
  if (name == "softmax") return std::make_shared<SoftmaxGate>();
  throw std::invalid_argument("unknown gate '" + name + "'");
}

inline std::shared_ptr<const Mean> make_mean(const std::string& name) {
  if (name == "linear") return std::make_shared<LinearMean>();
  throw std::invalid_argument("unknown mean '" + name + "'");
}

inline std::shared_ptr<const Response> make_response(const std::string& name) {
  if (name == "gaussian") return std::make_shared<GaussianResponse>();
  throw std::invalid_argument("unknown response '" + name + "'");
}

}  // namespace moerate
