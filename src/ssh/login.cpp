// SPDX-License-Identifier: MIT
//
// Offering keys and having them sign.
#include "ssh/login.h"

#include <algorithm>
#include <cstring>

#include "ssh/connection.h"

#include "om/base/text.h"
#include "om/ssh/wire_form.h"

namespace om::ssh {
namespace {

/// Servers count each offer as a try, and end the connection after six (MaxAuthTries).
constexpr std::size_t kMostIdentities = 5;

}  // namespace

std::string algorithm_to_sign_with(std::string_view data) {
  WireReader reader(data);
  reader.string();  // session identifier
  reader.byte();    // SSH_MSG_USERAUTH_REQUEST
  reader.string();  // user
  reader.string();  // service
  reader.string();  // "publickey"
  reader.byte();    // true
  return std::string(reader.string());
}

Login::Login(Connection& connection, event::Reactor& reactor, Signer& signer, Options options)
    : connection_(connection), reactor_(reactor), signer_(signer), options_(std::move(options)) {}

Login::Step Login::fail_with(Error error) {
  error_ = std::move(error);
  return Step::failed;
}

Login::Step Login::advance() {
  if (!chosen_) {
    chosen_ = true;
    if (choose_identities() == Step::failed) return Step::failed;
  }
  while (current_ < identities_.size()) {
    const Step step = offer();
    if (step != Step::failed || error_) return step;
    ++current_;
  }
  return ask_methods();
}

Login::Step Login::choose_identities() {
  auto identities = signer_.identities(options_.credential);
  if (!identities) {
    Error error = std::move(identities).error();
    error.reason = "ssh.no_credential";
    return fail_with(std::move(error));
  }
  identities_ = *std::move(identities);
  if (identities_.empty()) {
    return fail_with(fail(Errc::not_found, "ssh.no_credential",
                          "there is no key to log in with; add one with 'omserver key add'"));
  }
  // When a server takes no RSA signature at all, libssh2 keeps that key's algorithm name for the
  // next offer: so nothing but RSA may come after RSA.
  std::stable_partition(identities_.begin(), identities_.end(),
                        [](const auto& identity) { return identity->algorithm != "ssh-rsa"; });
  if (identities_.size() > kMostIdentities) identities_.resize(kMostIdentities);
  return Step::waiting;
}

Login::Step Login::offer() {
  const Identity& identity = *identities_[current_];
  void* abstract = this;
  const int result =
      libssh2_userauth_publickey(connection_.library(), options_.user.c_str(),
                                 reinterpret_cast<const unsigned char*>(identity.blob.data()),
                                 identity.blob.size(), &Login::on_sign, &abstract);
  if (result == LIBSSH2_ERROR_EAGAIN) return Step::waiting;
  signature_.reset();
  if (result == 0) {
    accepted_ = identity.credential;
    return Step::done;
  }
  if (connection_.has_farewell()) {
    // Most often "Too many authentication failures".
    return fail_with(refusal({}));
  }
  switch (result) {
    case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
    case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
    case LIBSSH2_ERROR_METHOD_NONE:
      return Step::failed;  // this identity only
    default:
      return fail_with(
          error_from(connection_.library(), Errc::disconnected, "ssh.disconnected", "login"));
  }
}

Login::Step Login::ask_methods() {
  const char* methods = libssh2_userauth_list(connection_.library(), options_.user.c_str(),
                                              static_cast<unsigned int>(options_.user.size()));
  if (methods == nullptr) {
    if (libssh2_session_last_errno(connection_.library()) == LIBSSH2_ERROR_EAGAIN) {
      return Step::waiting;
    }
    // A server that wants no credential at all.
    if (libssh2_userauth_authenticated(connection_.library()) != 0) return Step::done;
  }
  if (signing_error_) return fail_with(*signing_error_);
  return fail_with(refusal(methods == nullptr ? std::string() : quoted_words(methods)));
}

Error Login::refusal(const std::string& methods) const {
  std::vector<std::string> offered;
  for (std::size_t i = 0; i < identities_.size() && i <= current_; ++i) {
    offered.push_back("'" + identities_[i]->credential + "' (" + identities_[i]->algorithm + ")");
  }
  std::string message = "login as " + options_.user + ": the server refused " +
                        (offered.size() == 1 ? "the key " : "the keys ") +
                        text::join(offered, ", ");
  if (connection_.has_farewell()) {
    message += " and said: " + connection_.farewell();
  } else if (!methods.empty()) {
    message += " and accepts: " + methods;
  }
  message += "; put the public key into that user's authorized_keys, or set the host's key";
  return fail(Errc::unauthorized, "ssh.login_refused", std::move(message));
}

int Login::on_sign(LIBSSH2_SESSION*, unsigned char** signature, std::size_t* length,
                   const unsigned char* data, std::size_t data_length, void** abstract) {
  return static_cast<Login*>(*abstract)->sign(signature, length,
                                              {reinterpret_cast<const char*>(data), data_length});
}

int Login::sign(unsigned char** signature, std::size_t* length, std::string_view data) {
  if (!signature_) {
    const std::string algorithm = algorithm_to_sign_with(data);
    signature_ = std::make_shared<Signature>();
    signer_.sign(reactor_, *identities_[current_], algorithm, std::string(data),
                 [pending = std::weak_ptr<Signature>(signature_),
                  wake = options_.wake](Result<std::string> answer) {
                   const std::shared_ptr<Signature> wanted = pending.lock();
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
  return 0;
}

}  // namespace om::ssh
