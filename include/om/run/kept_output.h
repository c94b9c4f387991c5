// SPDX-License-Identifier: MIT
//
// KeptOutput: what is kept of one target's output. The head goes to the journal as it comes; past
// the limit only the last bytes stay, in memory, until the target ends; what lies between is
// counted, never kept. Pure; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "om/model/outcome.h"

namespace om::run {

class KeptOutput {
 public:
  struct Piece {
    Stream stream = Stream::out;
    std::string bytes;
  };

  /// Keeps at most `limit_bytes` in all, of which the last `tail_bytes` are the end of the output.
  KeptOutput(std::int64_t limit_bytes, std::int64_t tail_bytes)
      : head_left_(limit_bytes - tail_bytes), tail_limit_(tail_bytes) {}

  /// Takes what came and returns the beginning of it that belongs into the journal now: at most
  /// `allowance` bytes (what the run may still keep).
  std::string_view take(Stream stream, std::string_view bytes, std::int64_t allowance);
  /// At the end: the tail, in order, which belongs into the journal now.
  std::vector<Piece> finish();
  /// Bytes that came and are not kept, counting only what already fell out of the tail.
  std::int64_t cut_bytes() const { return cut_bytes_; }

 private:
  void keep_tail(Stream stream, std::string_view bytes);

  std::int64_t head_left_;
  std::int64_t tail_limit_;
  std::int64_t tail_size_ = 0;
  std::int64_t cut_bytes_ = 0;
  std::deque<Piece> tail_;
};

}  // namespace om::run
