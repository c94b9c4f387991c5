// SPDX-License-Identifier: MIT
#include "om/run/kept_output.h"

#include <algorithm>
#include <utility>

namespace om::run {

std::string_view KeptOutput::take(Stream stream, std::string_view bytes, std::int64_t allowance) {
  const std::int64_t room = std::max<std::int64_t>(0, std::min(head_left_, allowance));
  const std::string_view head = bytes.substr(0, static_cast<std::size_t>(room));
  head_left_ -= static_cast<std::int64_t>(head.size());
  bytes.remove_prefix(head.size());
  if (!bytes.empty()) {
    head_left_ = 0;  // once something has gone to the tail, nothing later may overtake it
    keep_tail(stream, bytes);
  }
  return head;
}

void KeptOutput::keep_tail(Stream stream, std::string_view bytes) {
  const auto limit = static_cast<std::size_t>(tail_limit_);
  if (bytes.size() > limit) {
    cut_bytes_ += static_cast<std::int64_t>(bytes.size() - limit);
    bytes.remove_prefix(bytes.size() - limit);
  }
  if (!tail_.empty() && tail_.back().stream == stream && tail_.back().bytes.size() < 4096) {
    tail_.back().bytes += bytes;
  } else if (!bytes.empty()) {
    tail_.push_back({stream, std::string(bytes)});
  }
  tail_size_ += static_cast<std::int64_t>(bytes.size());
  while (tail_size_ > tail_limit_) {
    Piece& oldest = tail_.front();
    const auto excess = static_cast<std::size_t>(tail_size_ - tail_limit_);
    const std::size_t dropped = std::min(excess, oldest.bytes.size());
    cut_bytes_ += static_cast<std::int64_t>(dropped);
    tail_size_ -= static_cast<std::int64_t>(dropped);
    if (dropped == oldest.bytes.size()) {
      tail_.pop_front();
    } else {
      oldest.bytes.erase(0, dropped);
    }
  }
}

std::vector<KeptOutput::Piece> KeptOutput::finish() {
  std::vector<Piece> pieces(std::make_move_iterator(tail_.begin()),
                            std::make_move_iterator(tail_.end()));
  tail_.clear();
  tail_size_ = 0;
  return pieces;
}

}  // namespace om::run
