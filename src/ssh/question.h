// SPDX-License-Identifier: MIT
//
// What a server asks in keyboard-interactive, and whether a stored password is the answer. Pure.
// The words are the server's: hostile, of any length, in any language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace om::ssh {

struct Question {
  std::string text;
  bool echo = false;  ///< what is typed may be seen
};

/// One round; a server may ask several.
struct QuestionRound {
  std::string instruction;
  std::vector<Question> questions;
};

enum class Reply {
  nothing,           ///< no question: an empty answer goes on
  password,          ///< one question for the password, asked for the first time
  needs_person,      ///< a code, a second factor, several questions, or the password again
  password_expired,  ///< a new password is wanted
};
Reply reply_to(const QuestionRound& round, bool answered_before);

/// The round's words on one line, for a message: at most 200 bytes, no control characters.
std::string words_of(const QuestionRound& round);

}  // namespace om::ssh
