#include <doctest/doctest.h>
#include <moerate/numerics/draw.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

using moerate::Purpose;
using moerate::Stream;

TEST_CASE("the engine is Threefry-4x64-20 as published") {
  // the first two vectors with distinct keys of the known-answer file of Random123
  Stream::Engine zero = Stream::keyed({0, 0, 0, 0});
  for (const std::uint64_t word :
       {0x09218ebde6c85537u, 0x55941f5266d86105u, 0x4bd25e16282434dcu, 0xee29ec846bd2e40bu}) {
    CHECK(zero() == word);
  }
  Stream::Engine pi = Stream::keyed(
      {0x452821e638d01377u, 0xbe5466cf34e90c6cu, 0xbe5466cf34e90c6cu, 0xc0ac29b7c97c50ddu});
  pi.set_counter(0x243f6a8885a308d3u, 0x13198a2e03707344u, 0xa4093822299f31d0u,
                 0x082efa98ec4e6c89u);
  for (const std::uint64_t word :
       {0xa7e8fde591651bd9u, 0xbaafd0c30138319bu, 0x84a5c1a729e685b9u, 0x901d406ccebc1ba4u}) {
    CHECK(pi() == word);
  }
}

TEST_CASE("every word of the key names another stream") {
  std::set<std::uint64_t> first;
  for (const std::uint64_t seed : {1u, 2u}) {
    for (const Purpose purpose : {Purpose::design, Purpose::label, Purpose::response}) {
      for (std::uint64_t index = 0; index < 3; ++index) {
        for (std::uint64_t sub = 0; sub < 3; ++sub) {
          first.insert(Stream(seed, purpose, index, sub).engine()());
        }
      }
    }
  }
  CHECK(first.size() == 2 * 3 * 3 * 3);
}

TEST_CASE("the same name gives the same draws, whatever else is drawn") {
  Stream a(7, Purpose::label, 3), b(7, Purpose::label, 3), other(7, Purpose::response, 3);
  for (int i = 0; i < 1000; ++i) {
    other.normal();
    CHECK(a.uniform() == b.uniform());
  }
}

TEST_CASE("draws have the stated moments") {
  const int n = 200000;
  Stream stream(11, Purpose::user);
  double u = 0, z = 0, z2 = 0, z4 = 0;
  for (int i = 0; i < n; ++i) {
    const double v = stream.uniform(), w = stream.normal();
    CHECK((v >= 0 && v < 1));
    u += v / n, z += w / n, z2 += w * w / n, z4 += w * w * w * w / n;
  }
  // five standard errors
  CHECK(std::abs(u - 0.5) < 5 * std::sqrt(1.0 / 12 / n));
  CHECK(std::abs(z) < 5 * std::sqrt(1.0 / n));
  CHECK(std::abs(z2 - 1) < 5 * std::sqrt(2.0 / n));
  CHECK(std::abs(z4 - 3) < 5 * std::sqrt(96.0 / n));
}

TEST_CASE("a shuffle is a permutation and its head a prefix of the longer one") {
  std::vector<int> whole(50), head(50);
  std::iota(whole.begin(), whole.end(), 0);
  std::iota(head.begin(), head.end(), 0);
  Stream(5, Purpose::subsample).shuffle(whole, whole.size());
  Stream(5, Purpose::subsample).shuffle(head, 10);
  CHECK(std::equal(head.begin(), head.begin() + 10, whole.begin()));
  std::sort(whole.begin(), whole.end());
  for (int i = 0; i < 50; ++i) CHECK(whole[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("an unknown purpose is refused") {
  CHECK_THROWS_AS(moerate::purpose_of("nothing"), std::invalid_argument);
  CHECK(moerate::purpose_of("user") == Purpose::user);
  CHECK(moerate::purpose_of("design") == Purpose::design);
}
