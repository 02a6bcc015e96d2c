// Random streams. A stream is named by what it is for, (seed, purpose, index, subindex), and not by
// who draws from it or when: threads, chunks and the growth of a study never change a number, and
// drawing more for one purpose never changes another.
#pragma once

#include <moerate/numerics/random.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace moerate {

// The numbers are part of every stored result: append, never renumber.
enum class Purpose : std::uint64_t {
  design = 1,     // covariates
  label = 2,      // latent expert of a row
  response = 3,   // the response given its expert
  noise = 4,      // noise around a regression function
  start = 5,      // starting values
  subsample = 6,  // rows of a coarse fit
  fold = 7,       // cross-validation
  bootstrap = 8,  // replicates of a bootstrap
  residual = 9,   // randomised residuals
  user = 10,
  split = 11      // windows in which an expert is split
};

// The names by which the host asks for a purpose.
inline Purpose purpose_of(const std::string& name) {
  static const std::array<const char*, 11> names = {
      "design",    "label", "response",  "noise",    "start",
      "subsample", "fold",  "bootstrap", "residual", "user", "split"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<Purpose>(i + 1);
  }
  throw std::invalid_argument("unknown purpose of a random stream: " + name);
}

// Threefry-4x64 with 20 rounds (Salmon, Moraes, Dror and Shaw 2011, SC'11, "Parallel random
// numbers: as easy as 1, 2, 3"): the four words of the key name the stream, its counter runs on.
class Stream {
 public:
  using Engine = sitmo::threefry_engine<std::uint64_t, 64, 20>;

  Stream(std::uint64_t seed, Purpose purpose, std::uint64_t index = 0, std::uint64_t subindex = 0)
      : engine_(keyed({seed, static_cast<std::uint64_t>(purpose), index, subindex})) {}

  // Uniform on [0, 1).
  double uniform() { return boost::random::uniform_01<double>()(engine_); }

  // Standard normal (ziggurat: a varying number of words per draw).
  double normal() { return boost::random::normal_distribution<double>()(engine_); }

  // Uniform on 0, ..., bound - 1; bound > 0.
  std::uint64_t integer(std::uint64_t bound) {
    return boost::random::uniform_int_distribution<std::uint64_t>(0, bound - 1)(engine_);
  }

  // The first `size` elements become a random sample without replacement, in random order
  // (Fisher-Yates): a whole shuffle when size is the number of elements.
  template <class T>
  void shuffle(std::vector<T>& values, std::size_t size) {
    for (std::size_t i = 0; i < size && i < values.size(); ++i) {
      std::swap(values[i], values[i + integer(values.size() - i)]);
    }
  }

  Engine& engine() { return engine_; }

  static Engine keyed(const std::array<std::uint64_t, 4>& words) {
    Key key{words};
    return Engine(key);
  }

 private:
  // The engine's set_key() leaves the parity word of the key behind; its seed sequence does not.
  struct Key {
    using result_type = std::uint32_t;
    std::array<std::uint64_t, 4> words;

    void generate(result_type* first, result_type* last) const {
      for (std::size_t i = 0; first != last; ++first, ++i) {
        const std::uint64_t word = words[i / 2];
        *first = static_cast<result_type>(i % 2 == 0 ? word >> 32 : word & 0xFFFFFFFFu);
      }
    }
  };

  Engine engine_;
};

}  // namespace moerate
