// SPDX-License-Identifier: MIT
#include "om/run/schedule.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>

#include "om/base/check.h"

namespace om::run {
namespace {

int batch_size(const Share& share, int total) {
  const std::int64_t size =
      share.percent ? (static_cast<std::int64_t>(share.number) * total + 99) / 100 : share.number;
  return static_cast<int>(std::clamp<std::int64_t>(size, 1, total));
}

int most_failures(const Share& share, int total) {
  if (!share.percent) return share.number;
  return static_cast<int>(static_cast<std::int64_t>(share.number) * total / 100);
}

/// Fisher and Yates with an engine that the language defines to the bit: std::shuffle is another on
/// every library.
void shuffle(std::vector<int>& order, std::uint32_t seed) {
  std::mt19937_64 engine(seed);
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[engine() % left]);
  }
}

}  // namespace

std::vector<int> Schedule::sizes() const {
  std::vector<int> sizes;
  int begin = 0;
  for (const int end : ends) sizes.push_back(end - std::exchange(begin, end));
  return sizes;
}

Schedule make_schedule(const std::optional<Batches>& batches, int total, int limit) {
  OM_CHECK(total > 0 && limit > 0);
  Schedule schedule;
  schedule.limit = limit;
  schedule.order.resize(static_cast<std::size_t>(total));
  std::iota(schedule.order.begin(), schedule.order.end(), 0);
  if (!batches) {
    schedule.ends = {total};
    return schedule;
  }
  if (batches->order == StartOrder::random) shuffle(schedule.order, batches->seed);
  if (batches->max_failed) schedule.max_failed = most_failures(*batches->max_failed, total);
  schedule.pause = batches->pause;
  int end = 0;
  if (batches->canary > 0) schedule.ends.push_back(end = std::min(batches->canary, total));
  const int size = batch_size(batches->size, total);
  while (end < total) schedule.ends.push_back(end = end + std::min(size, total - end));
  return schedule;
}

}  // namespace om::run
