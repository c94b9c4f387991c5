// SPDX-License-Identifier: MIT
//
// SudoWatch: reads what sudo says on standard error before the bootstrap's shell runs behind it.
// "NONCE:P" is sudo asking for a password, "NONCE:R\n" is the shell: the password is settled. Until
// then nothing may be written to standard input, or sudo would take it for the password. Value,
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace om::backend {

enum class SudoState {
  unused,    ///< no become
  waiting,   ///< neither P nor R so far
  prompted,  ///< asked for a password
  through,   ///< the shell runs
};

class SudoWatch {
 public:
  explicit SudoWatch(const std::string& nonce) : prompt_(nonce + ":P"), running_(nonce + ":R\n") {}

  /// Takes what came on standard error; gives back what belongs to the shell.
  std::string feed(std::string_view bytes);
  SudoState state() const { return state_; }
  /// What sudo (or PAM, or the profile) said, without our own words; its last 8 KiB.
  std::string said() const;

 private:
  std::string prompt_;
  std::string running_;
  std::string before_;
  SudoState state_ = SudoState::waiting;
};

}  // namespace om::backend
