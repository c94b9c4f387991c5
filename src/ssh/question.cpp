// SPDX-License-Identifier: MIT
//
// Telling a question for the password from one for a person.
#include "ssh/question.h"

#include <algorithm>
#include <array>

#include "ssh/connection.h"

#include "om/base/text.h"

namespace om::ssh {
namespace {

/// PAM's and other servers' words for a password that has to be changed at login.
constexpr std::array<std::string_view, 6> kExpiredWords = {
    "current password", "current unix password", "(current)", "new password",
    "expired",          "required to change"};
/// Of a one-time code, even where it is called a password.
constexpr std::array<std::string_view, 4> kCodeWords = {"one-time", "one time", "otp",
                                                        "verification"};
/// Of something else than the password, unless it is called that.
constexpr std::array<std::string_view, 8> kOtherWords = {
    "code", "token", "passcode", "pin", "challenge", "authenticator", "factor", "passphrase"};

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

/// As words of their own: "pin" is not in "typing".
bool has_words(std::string_view text, std::string_view words) {
  for (std::size_t at = text.find(words); at != text.npos; at = text.find(words, at + 1)) {
    const std::size_t end = at + words.size();
    const bool begins = at == 0 || !is_letter(words.front()) || !is_letter(text[at - 1]);
    const bool ends = end == text.size() || !is_letter(words.back()) || !is_letter(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

template <class List>
bool has_any(std::string_view text, const List& list) {
  return std::any_of(list.begin(), list.end(),
                     [text](std::string_view words) { return has_words(text, words); });
}

bool wants_password(std::string_view text) {
  if (has_any(text, kCodeWords)) return false;
  return text.find("password") != text.npos || !has_any(text, kOtherWords);
}

}  // namespace

Reply reply_to(const QuestionRound& round, bool answered_before) {
  if (round.questions.empty()) return Reply::nothing;
  const std::string text = text::lower_ascii(round.questions.front().text);
  if (answered_before && (has_any(text, kExpiredWords) ||
                          has_any(text::lower_ascii(round.instruction), kExpiredWords)))
    return Reply::password_expired;
  if (answered_before || round.questions.size() != 1 || round.questions.front().echo ||
      !wants_password(text))
    return Reply::needs_person;
  return Reply::password;
}

std::string words_of(const QuestionRound& round) {
  std::string words = round.instruction;
  for (const Question& question : round.questions) {
    if (!words.empty()) words += ' ';
    words += question.text;
  }
  return quoted_words(words);
}

}  // namespace om::ssh
