// SPDX-License-Identifier: MIT
#include "backend/sudo_watch.h"

#include "om/base/text.h"

namespace om::backend {
namespace {
constexpr std::size_t kKeptBytes = 8 * 1024;
}

std::string SudoWatch::feed(std::string_view bytes) {
  if (state_ == SudoState::through) return std::string(bytes);
  before_.append(bytes);
  const std::size_t running = before_.find(running_);
  if (running != std::string::npos) {
    std::string rest = before_.substr(running + running_.size());
    before_.resize(running);
    state_ = SudoState::through;
    return rest;
  }
  if (before_.find(prompt_) != std::string::npos) state_ = SudoState::prompted;
  // What is kept is far longer than a mark: cutting the front cannot split one still coming.
  if (before_.size() > 2 * kKeptBytes) before_.erase(0, before_.size() - kKeptBytes);
  return {};
}

std::string SudoWatch::said() const { return text::replace_all(before_, prompt_, ""); }

}  // namespace om::backend
