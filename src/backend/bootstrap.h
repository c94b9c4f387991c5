// SPDX-License-Identifier: MIT
//
// Bootstrap: the few constant words that start /bin/sh on a host, directly or as another user. The
// shell then reads one line from its standard input and evaluates it; everything that is data comes
// that way, so that no process list shows it, and every login shell understands these words alike.
// Behind a become they say when: "NONCE:S\n" on standard error before sudo, su or doas begins (what
// came until then is the profile's noise), "NONCE:R\n" when the shell runs behind it.
// Pure values, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"
#include "om/model/outcome.h"

namespace om::backend {

/// 128 random bits in hex: marks what is ours in the streams and processes of one target.
std::string new_nonce();

struct Bootstrap {
  std::string nonce;
  std::string become = {};  ///< user to become, or empty
  BecomeMethod method = BecomeMethod::sudo;
  /// Behind a become only: standard input and output are a terminal. It is made to pass bytes
  /// unchanged, both streams come as standard output, and since a terminal has no end of file, each
  /// piece of what is sent follows a line with its number of bytes in decimal; 0 is the end.
  bool terminal = false;
};

/// Refuses what cannot be the name (or "#number") of a user before it gets near a command line.
Result<void> check_become(std::string_view user);

/// What the login shell gets. Requires: check_become.
std::string exec_string(const Bootstrap& bootstrap);
/// The same for this machine, without a login shell. Requires: check_become.
std::vector<std::string> exec_words(const Bootstrap& bootstrap);

/// One word of the line, without a newline in it: a newline of the value is "$L", which the line
/// sets first (kNewlineVariable). Requires: no NUL.
std::string line_word(std::string_view value);
inline constexpr std::string_view kNewlineVariable = R"(L=$(printf '\nx');L=${L%x};)";

}  // namespace om::backend
