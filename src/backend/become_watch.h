// SPDX-License-Identifier: MIT
//
// BecomeWatch: reads what sudo, su or doas say before the bootstrap's shell runs behind them: that
// they have begun ("NONCE:S\n"), a prompt for a password (sudo's is "NONCE:P"; the others' is a
// last line without its end that speaks of a password), and the shell ("NONCE:R\n"). Until that has
// come nothing but the password may be written to standard input. The words may come on either
// stream. Value, any thread.
#pragma once

#include <string>
#include <string_view>

#include "backend/bootstrap.h"

#include "om/model/outcome.h"

namespace om::backend {

enum class BecomeState {
  unused,       ///< no become
  silent,       ///< not even the word that it begins: the host did not start our /bin/sh
  waiting,      ///< it has begun, and has asked for nothing so far
  prompted,     ///< it wants the password
  answered,     ///< it has got one
  asked_again,  ///< it wants another one
  through,      ///< the shell runs
};

class BecomeWatch {
 public:
  explicit BecomeWatch(const Bootstrap& bootstrap);

  /// Takes what came; gives back what belongs to the shell.
  std::string feed(Stream stream, std::string_view bytes);
  /// The password was written. Requires: prompted.
  void note_answer() { state_ = BecomeState::answered; }
  BecomeState state() const { return state_; }
  /// What sudo, su, doas or PAM said, else what was said before them; about the last 8 KiB.
  std::string said() const;
  /// It has refused for want of a terminal, before it looked at anything else.
  bool wants_terminal() const;

 private:
  void look_for_prompt(std::string& text);

  BecomeMethod method_;
  std::string begun_;
  std::string prompt_;  ///< empty: not of our choice
  std::string running_;
  std::string noise_;    ///< before the beginning
  std::string said_;     ///< up to the last prompt
  std::string text_[2];  ///< of each stream: not yet understood
  BecomeState state_ = BecomeState::unused;
};

}  // namespace om::backend
