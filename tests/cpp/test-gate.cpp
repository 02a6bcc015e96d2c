// Laws of every gate of the registry.
#include "check-gate.h"

using namespace support;

TEST_CASE("gate: weights, derivatives, permutations and intercepts") {
  for (const auto& entry : gates()) {
    CAPTURE(entry.first);
    check_gate(entry.second());
  }
}
