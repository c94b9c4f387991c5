// SPDX-License-Identifier: MIT
#include "om/model/batches.h"

#include "model/names.h"

#include "om/base/text.h"

namespace om {
namespace {

constexpr std::size_t kMaxShareDigits = 7;

constexpr Names<PauseMode, 3> kPauseModeNames{{"never", "after_canary", "after_each"}};
constexpr Names<StartOrder, 2> kStartOrderNames{{"given", "random"}};
constexpr Names<PausedReason, 3> kPausedReasonNames{{"by_hand", "after_batch", "too_many_failed"}};

}  // namespace

std::string share_text(const Share& share) {
  return std::to_string(share.number) + (share.percent ? "%" : "");
}

std::optional<Share> share_from_text(std::string_view text) {
  Share share;
  share.percent = text.ends_with('%');
  if (share.percent) text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxShareDigits ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  share.number = static_cast<int>(*text::parse_int(text));
  if (share.percent && share.number > 100) return std::nullopt;
  return share;
}

std::string_view pause_mode_name(PauseMode mode) { return kPauseModeNames.of(mode); }
std::optional<PauseMode> pause_mode_from_name(std::string_view name) {
  return kPauseModeNames.find(name);
}
std::string_view start_order_name(StartOrder order) { return kStartOrderNames.of(order); }
std::optional<StartOrder> start_order_from_name(std::string_view name) {
  return kStartOrderNames.find(name);
}
std::string_view paused_reason_name(PausedReason reason) { return kPausedReasonNames.of(reason); }
std::optional<PausedReason> paused_reason_from_name(std::string_view name) {
  return kPausedReasonNames.find(name);
}

}  // namespace om
