// SPDX-License-Identifier: MIT
//
// What an operator is told when a login fails: what was tried, what the server takes, what to do.
// Pure; never holds a secret. Words of the server come already fit for one line.
#pragma once

#include <string>
#include <vector>

#include "om/base/result.h"

namespace om::ssh {

struct LoginAttempt {
  std::string user;
  std::vector<std::string> keys;     ///< offered so far, "'deploy' (ssh-ed25519)"
  std::vector<std::string> faults;   ///< "the certificate of 'deploy' expired at ..."
  std::string missing;               ///< keys that could not be had, "the ssh-agent ..."
  std::string password;              ///< the name of the credential that is a password; empty: none
  std::vector<std::string> methods;  ///< what the server takes (now); empty: it did not say
  std::string farewell;              ///< what it said when it ended the connection
};

/// Its words for what can be tried, "publickey,password", as a list.
std::vector<std::string> methods_in(const std::string& list);
bool has_method(const std::vector<std::string>& methods, std::string_view method);

// Each with the reason key in its name: ssh.login_refused ...
/// No key was taken; ssh.certificate_refused where a certificate is at fault.
Error keys_refused(const LoginAttempt& attempt);
/// The password was wrong, or the account may not log in with it.
Error password_refused(const LoginAttempt& attempt);
/// The server does not take passwords; `attempt.methods` says what it does take.
Error no_password_method(const LoginAttempt& attempt);
/// The server wants an RSA key's signature with SHA-1.
Error weak_signature(const LoginAttempt& attempt);
/// ssh.login_needs_more: what was offered was right, and something else is wanted too.
Error needs_more(const LoginAttempt& attempt);
/// ssh.login_needs_person: a question that no stored password answers.
Error needs_person(const LoginAttempt& attempt, const std::string& question);
/// ssh.password_expired
Error password_expired(const LoginAttempt& attempt);

}  // namespace om::ssh
