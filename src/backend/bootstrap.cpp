// SPDX-License-Identifier: MIT
#include "backend/bootstrap.h"

#include <utility>

#include <fmt/core.h>

#include "om/base/check.h"
#include "om/base/crypto.h"
#include "om/base/text.h"

namespace om::backend {
namespace {

// The C locale first: in a UTF-8 one bash's read drops \x01 after the beginning of a character that
// \x01 does not continue.
constexpr std::string_view kRead = R"(LC_ALL=C;IFS= read -r w&&eval "$w")";

/// Before sudo, su or doas: from here on the host's words are theirs, and in English.
std::string before_become(const std::string& nonce) {
  return fmt::format(R"(printf "{}:S\n" >&2;LC_ALL=C;export LC_ALL;exec "$@")", nonce);
}

/// Behind them: says that the password is settled, on a stream that they do not hold back.
std::string behind_become(const Bootstrap& bootstrap) {
  const std::string running = fmt::format(R"(printf "{}:R\n" >&2;)", bootstrap.nonce);
  if (!bootstrap.terminal) return running + std::string(kRead);
  // sudo may have put a terminal of its own in between, so it is told here too. The pipes around
  // the shell give it an end of file, and keep the script from taking us for a person. busybox's
  // head reads more than it is asked for; a dd that does not know fullblock reads nothing.
  constexpr std::string_view unwrap =
      R"(while IFS= read -r k&&[ "$k" -gt 0 ];do )"
      R"(dd bs="$k" count=1 iflag=fullblock 2>/dev/null||head -c "$k"||break;done|)";
  return fmt::format("stty raw -echo 2>/dev/null;{}{}{{ {};}} 2>&1|cat", running, unwrap, kRead);
}

/// A word that every login shell takes for this value: sh, csh and fish have this much in common.
std::string login_shell_word(std::string_view value) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-";
  if (!value.empty() && value.find_first_not_of(plain) == std::string_view::npos) {
    return std::string(value);
  }
  return "'" + text::replace_all(std::string(value), "'", R"('\'')") + "'";
}

std::string login_shell_words(const std::vector<std::string>& words) {
  std::string line = "exec";
  for (const std::string& word : words) line += " " + login_shell_word(word);
  return line;
}

std::vector<std::string> shell_words(std::string script) {
  return {"/bin/sh", "-c", std::move(script), "om"};
}

std::vector<std::string> become_words(const Bootstrap& bootstrap) {
  const std::vector<std::string> shell = shell_words(behind_become(bootstrap));
  std::vector<std::string> words;
  switch (bootstrap.method) {
    case BecomeMethod::sudo:
      words = {"sudo", "-S", "-H", "-p", bootstrap.nonce + ":P", "-u", bootstrap.become, "--"};
      break;
    case BecomeMethod::su:
      // Every su hands "-c LINE" to the user's own login shell; most have no other way.
      return {"su", bootstrap.become, "-c", login_shell_words(shell)};
    case BecomeMethod::doas:
      words = {"doas", "-u", bootstrap.become};
      // It asks on a terminal or not at all; then it says so at once.
      if (!bootstrap.terminal) words.insert(words.begin() + 1, "-n");
      break;
  }
  words.insert(words.end(), shell.begin(), shell.end());
  return words;
}

}  // namespace

std::string new_nonce() { return crypto::hex(crypto::random_bytes(16)); }

Result<void> check_become(std::string_view user) {
  constexpr std::string_view first =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_#";
  constexpr std::string_view others =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@$-";
  if (user.empty() || (user.size() <= 64 && first.find(user[0]) != std::string_view::npos &&
                       user.find_first_not_of(others, 1) == std::string_view::npos)) {
    return {};
  }
  return fail(Errc::invalid_argument, "backend.become_refused",
              "the user to become is no user name: letters, digits and _ . - @ $, at most 64");
}

std::string exec_string(const Bootstrap& bootstrap) {
  return login_shell_words(exec_words(bootstrap));
}

std::vector<std::string> exec_words(const Bootstrap& bootstrap) {
  if (bootstrap.become.empty()) return shell_words(std::string(kRead));
  std::vector<std::string> words = shell_words(before_become(bootstrap.nonce));
  for (std::string& word : become_words(bootstrap)) words.push_back(std::move(word));
  return words;
}

std::string line_word(std::string_view value) {
  OM_CHECK(value.find('\0') == std::string_view::npos);
  std::string word;
  word.reserve(value.size() + 2);
  word += '\'';
  for (const char c : value) {
    if (c == '\'') {
      word += R"('\'')";
    } else if (c == '\n') {
      word += R"('"$L"')";
    } else {
      word += c;
    }
  }
  word += '\'';
  return word;
}

}  // namespace om::backend
