// SPDX-License-Identifier: MIT
//
// AnswerLines: takes the lines "NONCE:KIND:WORDS\n" out of what a host prints, and drops the rest:
// what its profile and tools say. A line longer than 8 KiB is not ours. Value, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace om::backend {

struct AnswerWords {
  char kind = 0;
  std::string words;
};

class AnswerLines {
 public:
  explicit AnswerLines(const std::string& nonce) : start_(nonce + ":") {}
  void feed(std::string_view bytes) { seen_.append(bytes); }
  /// The next line of ours, in order; nothing until it has come whole.
  std::optional<AnswerWords> next();
  /// What came after the last line taken, and is no line of ours any more.
  std::string take_rest();

 private:
  std::string start_;
  std::string seen_;
  std::size_t used_ = 0;  ///< of seen_
};

}  // namespace om::backend
