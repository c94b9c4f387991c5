// SPDX-License-Identifier: MIT
//
// Offering keys and having them sign; giving passwords and answering questions.
#include "ssh/login.h"

#include <algorithm>
#include <cstring>

#include "ssh/connection.h"

#include "om/base/text.h"
#include "om/event/reactor.h"
#include "om/ssh/wire_form.h"

namespace om::ssh {
namespace {

/// Servers count each offer as a try, and end the connection after six (MaxAuthTries).
constexpr std::size_t kMostIdentities = 5;

constexpr std::string_view kCertificateSuffix = "-cert-v01@openssh.com";

bool is_rsa(const Identity& identity) { return identity.algorithm.starts_with("ssh-rsa"); }

/// Why a server may refuse a certificate; empty where nothing can be seen in it.
std::string fault_of(const Identity& identity, const std::string& user, WallMs now) {
  if (!identity.certificate) return {};
  const CertificateFacts& facts = *identity.certificate;
  const std::string whose = "the certificate of '" + identity.credential + "' ";
  if (facts.valid_before_ms != 0 && now >= facts.valid_before_ms)
    return whose + "expired at " + rfc3339(facts.valid_before_ms);
  if (now < facts.valid_after_ms)
    return whose + "is valid only from " + rfc3339(facts.valid_after_ms) + " on";
  const auto& names = facts.principals;
  if (std::find(names.begin(), names.end(), user) == names.end())
    return whose + "is for " + (names.empty() ? "nobody" : quoted_words(text::join(names, ", "))) +
           ", not for " + user;
  return {};
}

std::string text_of(const char* bytes, int length) {
  return bytes == nullptr || length <= 0 ? std::string()
                                         : std::string(bytes, static_cast<std::size_t>(length));
}

}  // namespace

std::string algorithm_to_sign_with(std::string_view data) {
  WireReader reader(data);
  reader.string();  // session identifier
  reader.byte();    // SSH_MSG_USERAUTH_REQUEST
  reader.string();  // user
  reader.string();  // service
  reader.string();  // "publickey"
  reader.byte();    // true
  std::string_view algorithm = reader.string();
  // A certificate's key signs as the plain key does.
  if (algorithm.ends_with(kCertificateSuffix)) algorithm.remove_suffix(kCertificateSuffix.size());
  return std::string(algorithm);
}

Login::Login(Connection& connection, event::Reactor& reactor, Signer& signer, Options options)
    : connection_(connection), reactor_(reactor), signer_(signer), options_(std::move(options)) {
  attempt_.user = options_.user;
  connection_.set_login(this);
}

Login::~Login() { connection_.set_login(nullptr); }

Login::Step Login::succeed(std::string credential) {
  accepted_ = std::move(credential);
  connection_.memory().set_wiping(false);
  return Step::done;
}

Login::Step Login::fail_with(Error error) {
  error_ = std::move(error);
  return Step::failed;
}

Login::Step Login::advance() {
  for (;;) {
    if (const std::optional<Step> step = work()) return *step;
  }
}

std::optional<Login::Step> Login::work() {
  switch (stage_) {
    case Stage::choosing:
      return choose();
    case Stage::offering:
      return offer_keys();
    case Stage::listing:
      return choose_password_method();
    case Stage::password:
      return give_password();
    case Stage::interactive:
      return answer_questions();
    case Stage::refused:
      return explain();
  }
  return Step::waiting;
}

std::optional<Login::Step> Login::choose() {
  if (!choice_) {
    choice_ = std::make_shared<Awaited<Offer>>();
    // Nobody is woken by an answer that is there before offer() returns.
    auto returned = std::make_shared<bool>(false);
    signer_.offer(
        reactor_, options_.credential,
        [pending = std::weak_ptr(choice_), returned, wake = options_.wake](Result<Offer> offer) {
          const auto wanted = pending.lock();
          if (!wanted) return;
          wanted->answer = std::move(offer);
          if (*returned) wake();
        });
    *returned = true;
  }
  if (!choice_->answer) return Step::waiting;
  Result<Offer> offer = *std::move(choice_->answer);
  choice_->answer.reset();
  if (!offer) {
    Error error = std::move(offer).error();
    error.reason = "ssh.no_credential";
    return fail_with(std::move(error));
  }
  offer_ = *std::move(offer);
  if (offer_.password) {
    attempt_.password = options_.credential;
    connection_.memory().set_wiping(true);
    stage_ = Stage::listing;
    return std::nullopt;
  }
  auto& identities = offer_.identities;
  if (identities.empty()) {
    return fail_with(fail(Errc::not_found, "ssh.no_credential",
                          offer_.missing.empty()
                              ? "there is no key to log in with; add one with 'omserver key add'"
                              : "there is no key to log in with: " + offer_.missing));
  }
  // When a server takes no RSA signature at all, libssh2 keeps that key's algorithm name for the
  // next offer: so nothing but RSA may come after RSA.
  std::stable_partition(identities.begin(), identities.end(),
                        [](const auto& identity) { return !is_rsa(*identity); });
  first_sha1_ = identities.size();
  if (options_.algorithms == AlgorithmSet::with_legacy) {
    // Some servers name SHA-2 among the signatures they take, and then take SHA-1 only.
    for (std::size_t i = 0; i < first_sha1_; ++i) {
      if (is_rsa(*identities[i])) identities.push_back(identities[i]);
    }
  }
  if (identities.size() > kMostIdentities) identities.resize(kMostIdentities);
  stage_ = Stage::offering;
  return std::nullopt;
}

std::optional<Login::Step> Login::offer_keys() {
  while (current_ < offer_.identities.size()) {
    if (current_ == first_sha1_) {
      libssh2_session_method_pref(connection_.library(), LIBSSH2_METHOD_SIGN_ALGO, "ssh-rsa");
    }
    if (const std::optional<Step> step = offer()) return step;
    ++current_;
  }
  stage_ = Stage::refused;
  return std::nullopt;
}

std::optional<Login::Step> Login::offer() {
  const Identity& identity = *offer_.identities[current_];
  if (attempt_.keys.size() == current_) {
    attempt_.keys.push_back("'" + identity.credential + "' (" + identity.algorithm +
                            (current_ < first_sha1_ ? ")" : " with SHA-1)"));
  }
  void* abstract = this;
  const int result =
      libssh2_userauth_publickey(connection_.library(), options_.user.c_str(),
                                 reinterpret_cast<const unsigned char*>(identity.blob.data()),
                                 identity.blob.size(), &Login::on_sign, &abstract);
  if (result == LIBSSH2_ERROR_EAGAIN) return Step::waiting;
  signature_.reset();
  const bool was_signed = std::exchange(signed_, false);
  if (result == 0) return succeed(identity.credential);
  if (connection_.has_farewell()) {
    // Most often "Too many authentication failures".
    attempt_.farewell = connection_.farewell();
    return fail_with(refusal_of_keys());
  }
  switch (result) {
    case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
      // A server asks for the signature of keys that it knows; who still says no wants more.
      key_was_taken_ = key_was_taken_ || was_signed;
      return std::nullopt;
    case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
    case LIBSSH2_ERROR_METHOD_NONE:
      return std::nullopt;  // this identity only
    default:
      return fail_with(
          error_from(connection_.library(), Errc::disconnected, "ssh.disconnected", "login"));
  }
}

std::optional<Login::Step> Login::ask_methods() {
  const char* methods = libssh2_userauth_list(connection_.library(), options_.user.c_str(),
                                              static_cast<unsigned int>(options_.user.size()));
  if (methods != nullptr) {
    attempt_.methods = methods_in(quoted_words(methods));
    return std::nullopt;
  }
  if (libssh2_session_last_errno(connection_.library()) == LIBSSH2_ERROR_EAGAIN)
    return Step::waiting;
  // A server that wants no credential at all.
  if (libssh2_userauth_authenticated(connection_.library()) != 0) return succeed({});
  attempt_.methods.clear();
  if (connection_.has_farewell()) attempt_.farewell = connection_.farewell();
  return std::nullopt;
}

std::optional<Login::Step> Login::choose_password_method() {
  if (const std::optional<Step> step = ask_methods()) return step;
  methods_before_ = attempt_.methods;
  if (has_method(attempt_.methods, "password")) {
    stage_ = Stage::password;
  } else if (has_method(attempt_.methods, "keyboard-interactive")) {
    stage_ = Stage::interactive;
  } else {
    return fail_with(no_password_method(attempt_));
  }
  return std::nullopt;
}

std::optional<Login::Step> Login::give_password() {
  const std::string_view password = offer_.password->reveal();
  return on_password_result(libssh2_userauth_password_ex(
      connection_.library(), options_.user.c_str(), static_cast<unsigned int>(options_.user.size()),
      password.data(), static_cast<unsigned int>(password.size()), &Login::on_password_change));
}

std::optional<Login::Step> Login::answer_questions() {
  const int result = libssh2_userauth_keyboard_interactive_ex(
      connection_.library(), options_.user.c_str(), static_cast<unsigned int>(options_.user.size()),
      &Login::on_questions);
  if (error_) return Step::failed;  // a question was not for us; the result is of the muted line
  return on_password_result(result);
}

std::optional<Login::Step> Login::on_password_result(int result) {
  if (result == LIBSSH2_ERROR_EAGAIN) return Step::waiting;
  if (result == 0) return succeed(attempt_.password);
  if (result == LIBSSH2_ERROR_PASSWORD_EXPIRED) return fail_with(password_expired(attempt_));
  if (connection_.has_farewell()) {
    attempt_.farewell = connection_.farewell();
    return fail_with(password_refused(attempt_));
  }
  if (result != LIBSSH2_ERROR_AUTHENTICATION_FAILED) {
    return fail_with(
        error_from(connection_.library(), Errc::disconnected, "ssh.disconnected", "login"));
  }
  stage_ = Stage::refused;
  return std::nullopt;
}

std::optional<Login::Step> Login::explain() {
  if (const std::optional<Step> step = ask_methods()) return step;
  if (signing_error_) return fail_with(*signing_error_);
  // The library does not pass on that a method was right and others remain: they tell by what the
  // server takes now.
  const auto& methods = attempt_.methods;
  if (!attempt_.password.empty()) {
    const bool wants_other = !methods.empty() && methods != methods_before_;
    return fail_with(wants_other ? needs_more(attempt_) : password_refused(attempt_));
  }
  const bool wants_other = key_was_taken_ && !methods.empty() && !has_method(methods, "publickey");
  return fail_with(wants_other ? needs_more(attempt_) : refusal_of_keys());
}

Error Login::refusal_of_keys() {
  attempt_.missing = offer_.missing;
  for (std::size_t i = 0; i < attempt_.keys.size(); ++i) {
    std::string fault = fault_of(*offer_.identities[i], options_.user, reactor_.clock().wall_ms());
    if (!fault.empty()) attempt_.faults.push_back(std::move(fault));
  }
  return keys_refused(attempt_);
}

void Login::on_password_change(LIBSSH2_SESSION*, char** password, int* length, void**) {
  // None: the library then reports that it has expired.
  *password = nullptr;
  *length = 0;
}

void Login::on_questions(const char*, int, const char* instruction, int instruction_length,
                         int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                         LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** abstract) {
  Login* login = Connection::login_of(abstract);
  if (login == nullptr) return;
  QuestionRound round;
  round.instruction = text_of(instruction, instruction_length);
  for (int i = 0; i < count; ++i) {
    round.questions.push_back({text_of(reinterpret_cast<const char*>(prompts[i].text),
                                       static_cast<int>(prompts[i].length)),
                               prompts[i].echo != 0});
  }
  login->answer(round, responses);
}

void Login::answer(const QuestionRound& round, LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses) {
  if (error_) return;
  switch (reply_to(round, answered_)) {
    case Reply::nothing:
      return;
    case Reply::password: {
      const std::string_view password = offer_.password->reveal();
      auto* bytes = static_cast<char*>(connection_.memory().allocate(password.size()));
      if (bytes == nullptr) break;
      std::memcpy(bytes, password.data(), password.size());
      responses[0].text = bytes;
      responses[0].length = static_cast<unsigned int>(password.size());
      answered_ = true;
      return;
    }
    case Reply::needs_person:
      error_ = needs_person(attempt_, words_of(round));
      break;
    case Reply::password_expired:
      error_ = password_expired(attempt_);
      break;
  }
  // The library would send empty answers now, which a server may count against the account.
  connection_.mute();
}

int Login::on_sign(LIBSSH2_SESSION*, unsigned char** signature, std::size_t* length,
                   const unsigned char* data, std::size_t data_length, void** abstract) {
  return static_cast<Login*>(*abstract)->sign(signature, length,
                                              {reinterpret_cast<const char*>(data), data_length});
}

int Login::sign(unsigned char** signature, std::size_t* length, std::string_view data) {
  if (!signature_) {
    const std::string algorithm = algorithm_to_sign_with(data);
    if (algorithm == "ssh-rsa" && options_.algorithms == AlgorithmSet::sound) {
      signing_error_ = weak_signature(attempt_);
      return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
    }
    signature_ = std::make_shared<Awaited<std::string>>();
    signer_.sign(
        reactor_, *offer_.identities[current_], algorithm, std::string(data),
        [pending = std::weak_ptr(signature_), wake = options_.wake](Result<std::string> answer) {
          const auto wanted = pending.lock();
          if (!wanted) return;
          wanted->answer = std::move(answer);
          wake();
        });
    return LIBSSH2_ERROR_EAGAIN;
  }
  if (!signature_->answer) return LIBSSH2_ERROR_EAGAIN;
  const Result<std::string> answer = *std::move(signature_->answer);
  signature_.reset();
  if (!answer) {
    signing_error_ = answer.error();
    signing_error_->reason = "ssh.signing_failed";
    return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
  }
  auto* bytes = static_cast<unsigned char*>(connection_.memory().allocate(answer->size()));
  if (bytes == nullptr) return LIBSSH2_ERROR_ALLOC;
  std::memcpy(bytes, answer->data(), answer->size());
  *signature = bytes;
  *length = answer->size();
  signed_ = true;
  return 0;
}

}  // namespace om::ssh
