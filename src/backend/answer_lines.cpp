// SPDX-License-Identifier: MIT
#include "backend/answer_lines.h"

#include <utility>

namespace om::backend {
namespace {
constexpr std::size_t kMaxLineBytes = 8 * 1024;
}

std::optional<AnswerWords> AnswerLines::next() {
  for (;;) {
    const std::size_t start = seen_.find(start_, used_);
    if (start == std::string::npos) {
      // Only the beginning of our word may still be needed.
      if (seen_.size() - used_ > start_.size()) used_ = seen_.size() - start_.size();
      break;
    }
    const std::size_t end = seen_.find('\n', start);
    if (end == std::string::npos) {
      used_ = start;
      if (seen_.size() - start <= kMaxLineBytes) break;
      used_ = seen_.size();
      break;
    }
    used_ = end + 1;
    const std::string_view line(seen_.data() + start + start_.size(), end - start - start_.size());
    if (line.size() >= 2 && line.size() <= kMaxLineBytes && line[1] == ':') {
      return AnswerWords{line[0], std::string(line.substr(2))};
    }
  }
  seen_.erase(0, std::exchange(used_, 0));
  return std::nullopt;
}

std::string AnswerLines::take_rest() {
  std::string rest = seen_.substr(used_);
  seen_.clear();
  used_ = 0;
  return rest;
}

}  // namespace om::backend
