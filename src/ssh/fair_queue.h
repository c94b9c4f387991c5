// SPDX-License-Identifier: MIT
//
// FairQueue: what waits, taken in turns: one of each run after the other, in the order in which
// each run asked. A long run does not hold up a short one. Value, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <unordered_map>
#include <utility>

namespace om::ssh {

template <class T>
class FairQueue {
 public:
  bool empty() const { return turns_.empty(); }
  std::size_t size() const { return size_; }

  void push(std::int64_t turn, T item) {
    auto [place, fresh] = places_.try_emplace(turn);
    if (fresh) place->second = turns_.insert(turns_.end(), Turn{turn, {}});
    place->second->items.push_back(std::move(item));
    ++size_;
  }
  /// The next one. Requires: not empty.
  const T& front() const { return turns_.front().items.front(); }
  /// Requires: not empty.
  T pop() {
    Turn& turn = turns_.front();
    T item = std::move(turn.items.front());
    turn.items.pop_front();
    --size_;
    if (turn.items.empty()) {
      places_.erase(turn.number);
      turns_.pop_front();
    } else {
      turns_.splice(turns_.end(), turns_, turns_.begin());
    }
    return item;
  }

 private:
  struct Turn {
    std::int64_t number;
    std::deque<T> items;
  };
  std::list<Turn> turns_;  ///< none is empty; the next one first
  std::unordered_map<std::int64_t, typename std::list<Turn>::iterator> places_;
  std::size_t size_ = 0;
};

}  // namespace om::ssh
