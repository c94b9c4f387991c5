// SPDX-License-Identifier: MIT
//
// Login: authentication on a connection whose host key is known to be right. It offers the signer's
// identities one after the other and waits for signatures without holding up the loop; or gives a
// password, as "password" or as the one answer of keyboard-interactive. Owned by a LiveSession;
// belongs to the reactor's thread. A password is wiped with the login, and in the library's memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <libssh2.h>

#include "ssh/algorithms.h"
#include "ssh/login_refusal.h"
#include "ssh/question.h"

#include "om/base/result.h"
#include "om/ssh/signer.h"

namespace om::ssh {

class Connection;

class Login {
 public:
  struct Options {
    std::string user;
    std::string credential;
    AlgorithmSet algorithms = AlgorithmSet::sound;  ///< those of the handshake
    /// Called from the loop when an offer or a signature has come: advance() has something to do.
    std::function<void()> wake;
  };
  enum class Step { waiting, done, failed };

  /// Requires: all outlive the login.
  Login(Connection& connection, event::Reactor& reactor, Signer& signer, Options options);
  ~Login();
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  /// Goes as far as it can.
  Step advance();
  /// Once failed.
  const Error& error() const { return *error_; }
  /// Once done: the name of the credential that was taken.
  const std::string& credential() const { return accepted_; }

 private:
  enum class Stage { choosing, offering, listing, password, interactive, refused };
  /// Something asked for; the pending answer knows it only weakly.
  template <class T>
  struct Awaited {
    std::optional<Result<T>> answer;
  };

  static int on_sign(LIBSSH2_SESSION* library, unsigned char** signature, std::size_t* length,
                     const unsigned char* data, std::size_t data_length, void** abstract);
  static void on_password_change(LIBSSH2_SESSION* library, char** password, int* length,
                                 void** abstract);
  static void on_questions(const char* name, int name_length, const char* instruction,
                           int instruction_length, int count,
                           const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                           LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** abstract);
  int sign(unsigned char** signature, std::size_t* length, std::string_view data);
  void answer(const QuestionRound& round, LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses);

  /// One stage's work; nothing when the next one is to go on.
  std::optional<Step> work();
  std::optional<Step> choose();
  std::optional<Step> offer_keys();
  std::optional<Step> offer();
  /// Asks for the methods; nothing once they are in attempt_.
  std::optional<Step> ask_methods();
  std::optional<Step> choose_password_method();
  std::optional<Step> give_password();
  std::optional<Step> answer_questions();
  std::optional<Step> on_password_result(int result);
  std::optional<Step> explain();
  Error refusal_of_keys();
  Step succeed(std::string credential);
  Step fail_with(Error error);

  Connection& connection_;
  event::Reactor& reactor_;
  Signer& signer_;
  Options options_;
  Stage stage_ = Stage::choosing;
  std::shared_ptr<Awaited<Offer>> choice_;  ///< owners: this, and nobody else for long
  Offer offer_;
  std::size_t current_ = 0;
  std::size_t first_sha1_ = 0;  ///< from here on RSA keys are offered once more, with SHA-1
  std::shared_ptr<Awaited<std::string>> signature_;  ///< owners: as above
  bool signed_ = false;  ///< the server asked for this key's signature, and got it
  bool key_was_taken_ = false;
  bool answered_ = false;                    ///< the password was given as an answer
  std::vector<std::string> methods_before_;  ///< what the server took before the password was given
  LoginAttempt attempt_;
  std::optional<Error> signing_error_;
  std::string accepted_;
  std::optional<Error> error_;
};

/// The algorithm to sign with, from the data to sign (RFC 4252, section 7), without what makes it a
/// certificate's; empty when it is malformed.
std::string algorithm_to_sign_with(std::string_view data);

}  // namespace om::ssh
