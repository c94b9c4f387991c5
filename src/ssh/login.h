// SPDX-License-Identifier: MIT
//
// Login: public-key authentication on a connection whose host key is known to be right. It offers
// the signer's identities one after the other and waits for signatures without holding up the loop.
// Owned by a LiveSession; belongs to the reactor's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <libssh2.h>

#include "om/base/result.h"
#include "om/ssh/signer.h"

namespace om::ssh {

class Connection;

class Login {
 public:
  struct Options {
    std::string user;
    std::string credential;
    /// Called from the loop when a signature has come: advance() has something to do.
    std::function<void()> wake;
  };
  enum class Step { waiting, done, failed };

  /// Requires: all outlive the login.
  Login(Connection& connection, event::Reactor& reactor, Signer& signer, Options options);
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  /// Goes as far as it can.
  Step advance();
  /// Once failed.
  const Error& error() const { return *error_; }
  /// Once done: the name of the credential that was taken.
  const std::string& credential() const { return accepted_; }

 private:
  /// A signature asked for; the pending answer knows it only weakly.
  struct Signature {
    std::optional<Result<std::string>> answer;
  };

  static int on_sign(LIBSSH2_SESSION* library, unsigned char** signature, std::size_t* length,
                     const unsigned char* data, std::size_t data_length, void** abstract);
  int sign(unsigned char** signature, std::size_t* length, std::string_view data);
  Step choose_identities();
  Step offer();
  Step ask_methods();
  Step fail_with(Error error);
  Error refusal(const std::string& methods) const;

  Connection& connection_;
  event::Reactor& reactor_;
  Signer& signer_;
  Options options_;
  bool chosen_ = false;
  std::vector<std::shared_ptr<const Identity>> identities_;  ///< owners: signer, and sessions
  std::size_t current_ = 0;
  std::shared_ptr<Signature> signature_;  ///< owners: this, and nobody else for long
  std::optional<Error> signing_error_;
  std::string accepted_;
  std::optional<Error> error_;
};

/// The algorithm that the server wants, from the data to sign (RFC 4252, section 7); empty when it
/// is malformed.
std::string algorithm_to_sign_with(std::string_view data);

}  // namespace om::ssh
