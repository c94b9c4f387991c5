// SPDX-License-Identifier: MIT
//
// How a run's targets are split into batches, and when it stops or waits. Plain values. A batch
// begins when every target of the one before it has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace om {

/// So many targets, or so many per cent of the run's.
struct Share {
  int number = 0;
  bool percent = false;
  bool operator==(const Share&) const = default;
};
std::string share_text(const Share& share);  ///< "10", "25%"
/// Nothing for what is neither; more than seven digits or 100 % are not either.
std::optional<Share> share_from_text(std::string_view text);

enum class PauseMode { never, after_canary, after_each };
std::string_view pause_mode_name(PauseMode mode);
std::optional<PauseMode> pause_mode_from_name(std::string_view name);

enum class StartOrder { given, random };
std::string_view start_order_name(StartOrder order);
std::optional<StartOrder> start_order_from_name(std::string_view name);

/// Why a run starts nothing at the moment, or (too_many_failed) nothing more.
enum class PausedReason { by_hand, after_batch, too_many_failed };
std::string_view paused_reason_name(PausedReason reason);
std::optional<PausedReason> paused_reason_from_name(std::string_view name);

struct Batches {
  Share size{100, true};
  int canary = 0;                   ///< targets that go first, as a batch of their own
  std::optional<Share> max_failed;  ///< more that are not ok stop the run; "0": the first does
  PauseMode pause = PauseMode::never;
  StartOrder order = StartOrder::given;
  std::uint32_t seed = 0;  ///< of the random order: the same gives the same again
  int count = 1;           ///< how many there are
  int current = 0;         ///< the one that has begun last, from 0
  bool operator==(const Batches&) const = default;
};

}  // namespace om
