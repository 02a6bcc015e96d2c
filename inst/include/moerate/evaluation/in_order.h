// Sums of chunks, added in the order of the chunks as they come.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include <moerate/numerics/types.h>

namespace moerate {

// The same bits for any number of threads, and hardly more sums alive than threads.
template <class Sums>
struct InOrder {
  void add(Index chunk, std::unique_ptr<Sums> s) {
    std::lock_guard<std::mutex> lock(mutex);
    waiting[chunk] = std::move(s);
    for (auto first = waiting.begin(); first != waiting.end() && first->first == next; ++next) {
      if (sum)
        sum->add(*first->second);
      else
        sum = std::move(first->second);
      first = waiting.erase(first);
    }
  }
  std::unique_ptr<Sums> sum;
  std::map<Index, std::unique_ptr<Sums>> waiting;
  Index next = 0;
  std::mutex mutex;
};

}  // namespace moerate
