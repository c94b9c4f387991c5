// SPDX-License-Identifier: MIT
#include "backend/answer_line.h"

namespace om::backend {
namespace {
/// A line of ours is shorter; whatever is longer is somebody else's.
constexpr std::size_t kMaxLineBytes = 8 * 1024;
}  // namespace

void AnswerLine::feed(std::string_view bytes) {
  if (answer_) return;
  seen_.append(bytes);
  std::size_t start = seen_.find(start_);
  if (start == std::string::npos) {
    if (seen_.size() > start_.size()) seen_.erase(0, seen_.size() - start_.size());
    return;
  }
  start += start_.size();
  const std::size_t end = seen_.find('\n', start);
  if (end != std::string::npos) {
    answer_ = seen_.substr(start, end - start);
    seen_.clear();
  } else if (seen_.size() - start > kMaxLineBytes) {
    seen_.clear();
  }
}

}  // namespace om::backend
