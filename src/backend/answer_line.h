// SPDX-License-Identifier: MIT
//
// AnswerLine: waits for the one line "NONCE:KIND:...\n" among whatever else a host's profile and
// tools print. Value, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace om::backend {

class AnswerLine {
 public:
  AnswerLine(const std::string& nonce, char kind) : start_(nonce + ":" + kind + ":") {}
  void feed(std::string_view bytes);
  /// What follows the kind, without the newline; nothing until the whole line has come.
  const std::optional<std::string>& answer() const { return answer_; }

 private:
  std::string start_;
  std::string seen_;  ///< bounded: the end of what came, from the mark's start if it has come
  std::optional<std::string> answer_;
};

}  // namespace om::backend
