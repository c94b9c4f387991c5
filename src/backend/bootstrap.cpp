// SPDX-License-Identifier: MIT
#include "backend/bootstrap.h"

#include <fmt/core.h>

#include "om/base/check.h"
#include "om/base/crypto.h"

namespace om::backend {
namespace {

// The C locale first: in a UTF-8 one bash's read drops \x01 after the beginning of a character that
// \x01 does not continue.
constexpr std::string_view kRead = R"(LC_ALL=C;IFS= read -r w&&eval "$w")";

/// Behind sudo: says that the password is settled, on a stream that sudo does not hold back.
std::string read_behind_sudo(const std::string& nonce) {
  return fmt::format(R"(printf "{}:R\n" >&2;{})", nonce, kRead);
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
  if (bootstrap.become.empty()) return fmt::format("exec /bin/sh -c '{}' om", kRead);
  return fmt::format("exec sudo -S -H -p '{}:P' -u '{}' -- /bin/sh -c '{}' om", bootstrap.nonce,
                     bootstrap.become, read_behind_sudo(bootstrap.nonce));
}

std::vector<std::string> exec_words(const Bootstrap& bootstrap) {
  if (bootstrap.become.empty()) return {"/bin/sh", "-c", std::string(kRead), "om"};
  return {"sudo",
          "-S",
          "-H",
          "-p",
          bootstrap.nonce + ":P",
          "-u",
          bootstrap.become,
          "--",
          "/bin/sh",
          "-c",
          read_behind_sudo(bootstrap.nonce),
          "om"};
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
