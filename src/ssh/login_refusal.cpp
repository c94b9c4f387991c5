// SPDX-License-Identifier: MIT
//
// The sentences.
#include "ssh/login_refusal.h"

#include <algorithm>

#include "om/base/text.h"

namespace om::ssh {
namespace {

Error refused(std::string message) {
  return fail(Errc::unauthorized, "ssh.login_refused", std::move(message));
}

std::string login_as(const LoginAttempt& attempt) { return "login as " + attempt.user + ": "; }

std::string keys_of(const LoginAttempt& attempt) {
  return (attempt.keys.size() == 1 ? "the key " : "the keys ") + text::join(attempt.keys, ", ");
}

/// What was tried, as the object of a sentence.
std::string tried(const LoginAttempt& attempt) {
  return attempt.password.empty() ? keys_of(attempt) : "the password '" + attempt.password + "'";
}

std::string servers_words(const LoginAttempt& attempt) {
  if (!attempt.farewell.empty()) return " and said: " + attempt.farewell;
  if (attempt.methods.empty()) return {};
  return " and accepts: " + text::join(attempt.methods, ",");
}

bool takes_passwords(const LoginAttempt& attempt) {
  return has_method(attempt.methods, "password") ||
         has_method(attempt.methods, "keyboard-interactive");
}

}  // namespace

std::vector<std::string> methods_in(const std::string& list) {
  std::vector<std::string> methods;
  for (const std::string_view method : text::split(list, ',')) {
    if (!method.empty()) methods.emplace_back(method);
  }
  return methods;
}

bool has_method(const std::vector<std::string>& methods, std::string_view method) {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

Error keys_refused(const LoginAttempt& attempt) {
  const std::string message =
      login_as(attempt) + "the server refused " + keys_of(attempt) + servers_words(attempt);
  if (!attempt.faults.empty()) {
    return fail(Errc::unauthorized, "ssh.certificate_refused",
                message + "; " + text::join(attempt.faults, ", ") +
                    ": store one that fits with 'omserver key add --replace --certificate'");
  }
  if (!attempt.methods.empty() && !has_method(attempt.methods, "publickey") &&
      takes_passwords(attempt)) {
    return refused(message +
                   "; it takes no keys, only a password: store one with 'omserver credential add' "
                   "and set it as the host's key");
  }
  return refused(message +
                 "; put the public key into that user's authorized_keys, or set the host's key" +
                 (attempt.missing.empty() ? "" : " (" + attempt.missing + ")"));
}

Error password_refused(const LoginAttempt& attempt) {
  return refused(login_as(attempt) + "the server refused " + tried(attempt) +
                 servers_words(attempt) +
                 "; it is wrong, or the account is locked or may not log in with a password");
}

Error no_password_method(const LoginAttempt& attempt) {
  const std::string only =
      attempt.methods.empty() ? "nothing that it names" : text::join(attempt.methods, ",");
  return refused(login_as(attempt) + "the server takes no password, only: " + only +
                 "; add a key with 'omserver key add' and set it as the host's key (nothing was "
                 "sent)");
}

Error weak_signature(const LoginAttempt& attempt) {
  return refused(login_as(attempt) + "the server takes only SHA-1 signatures of the RSA key " +
                 (attempt.keys.empty() ? std::string() : attempt.keys.back()) +
                 "; use an ed25519 or ECDSA key, or set legacy_algorithms for this host");
}

Error needs_more(const LoginAttempt& attempt) {
  return fail(Errc::unauthorized, "ssh.login_needs_more",
              login_as(attempt) + "the server took " + tried(attempt) +
                  " and wants more: " + text::join(attempt.methods, ",") +
                  "; a host has one credential here: let its sshd be content with one "
                  "(AuthenticationMethods)");
}

Error needs_person(const LoginAttempt& attempt, const std::string& question) {
  return fail(Errc::unauthorized, "ssh.login_needs_person",
              login_as(attempt) + "the server asks what only a person can answer: \"" + question +
                  "\"; use a key, or an account without a second factor");
}

Error password_expired(const LoginAttempt& attempt) {
  return fail(Errc::unauthorized, "ssh.password_expired",
              login_as(attempt) + "the server wants the password '" + attempt.password +
                  "' to be changed first; change it on the host, then store the new one");
}

}  // namespace om::ssh
