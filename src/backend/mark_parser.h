// SPDX-License-Identifier: MIT
//
// MarkParser: takes one stream of a target apart, as it comes: what the login shell says before the
// begin mark (noise), the module's output, byte for byte, and the carrier's marks, which are cut
// out. A mark is "NONCE:B:GROUP\n" or "NONCE:E:STATUS\n", anywhere in the stream (the output before
// it may lack its newline), and may be split over any number of reads. Anything less, such as the
// nonce in a listing of the environment, is output. Value, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace om::backend {

class MarkParser {
 public:
  /// Where the bytes of one feed() belong; appended to, never cleared.
  struct Parts {
    std::string noise;
    std::string output;
  };

  explicit MarkParser(std::string_view nonce) : mark_start_(std::string(nonce) + ":") {}

  void feed(std::string_view bytes, Parts& parts);
  /// The stream has ended: what was held back as the possible beginning of a mark is not one.
  void finish(Parts& parts);

  bool begun() const { return begin_marks_ > 0; }
  bool ended() const { return end_marks_ > 0; }
  /// Both streams arrive in this one (a host that says 2>&1), and both have ended.
  bool ended_for_both() const { return begin_marks_ > 1 && end_marks_ > 1; }
  /// From the begin mark; 0 when there was none worth trusting (kill(2) has its own ideas of 0, 1).
  std::int64_t process_group() const { return process_group_; }
  /// From the end mark. Requires: ended().
  int status() const { return status_; }

 private:
  enum class Match { none, partial, whole };
  Match match_mark(std::string_view text, std::size_t& length);
  void pass(std::string_view bytes, Parts& parts) const;

  std::string mark_start_;
  std::string held_;  ///< the beginning of what may become a mark
  int begin_marks_ = 0;
  int end_marks_ = 0;
  std::int64_t process_group_ = 0;
  int status_ = 0;
};

}  // namespace om::backend
