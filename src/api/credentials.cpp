// SPDX-License-Identifier: MIT
#include "om/store/credentials.h"

#include "api/resources.h"

#include "om/base/utf8.h"
#include "om/keys/certificate.h"
#include "om/keys/credential.h"
#include "om/keys/key_signer.h"
#include "om/store/inventory.h"

namespace om::api {
namespace {

/// Null where there is none. Its words are its author's: any bytes.
Json certificate_json(const std::string& line) {
  if (line.empty()) return nullptr;
  const Result<keys::Certificate> certificate = keys::parse_certificate(line);
  if (!certificate) return nullptr;
  Json principals = Json::array();
  for (const std::string& name : certificate->principals) {
    principals.push_back(utf8::decode_lossy(name));
  }
  return {{"key_id", utf8::decode_lossy(certificate->key_id)},
          {"principals", principals},
          {"valid_after", time_or_null(certificate->valid_after_ms)},
          {"valid_before", time_or_null(certificate->valid_before_ms)},
          {"serial", certificate->serial}};
}

Json to_json(const store::Credential& credential) {
  return {{"name", credential.name},
          {"kind", credential.kind},
          {"public_key", credential.public_key},
          {"fingerprint", credential.fingerprint},
          {"certificate", certificate_json(credential.certificate)}};
}

Result<Json> credentials(const Call& call) {
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const std::vector<store::Credential> rows, store::list_credentials(*reader));
  Json list = Json::array();
  for (const store::Credential& row : rows) list.push_back(to_json(row));
  return Json{{"credentials", list}};
}

/// What every kind has.
struct Wanted {
  std::string name;
  bool replace = false;  ///< the one of that name may be there already
};

Result<void> store_credential(const Call& call, const Wanted& wanted, const store::Credential& row,
                              const std::string& sealed, const std::string& details) {
  return call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    if (wanted.replace) {
      OM_TRY(store::replace_credential(transaction, row, sealed));
      // It may be a password to become with that is a key now.
      OM_TRY(store::check_references(store::connection_of(transaction)));
    } else {
      OM_TRY_SET([[maybe_unused]] const CredentialId id,
                 store::add_credential(transaction, row, sealed));
    }
    return call.audit(transaction, row.name, details + (wanted.replace ? ", replaced" : ""));
  });
}

/// Empty where none was given.
Result<std::optional<keys::Certificate>> certificate_for(const keys::PrivateKey& key,
                                                         const std::string& line, WallMs now) {
  if (line.empty()) return std::optional<keys::Certificate>();
  OM_TRY_SET(keys::Certificate certificate, keys::parse_certificate(line));
  if (certificate.key_blob != key.public_key().blob) {
    return fail(
        Errc::invalid_argument, "key.certificate_of_another",
        "the certificate is for another key: " + keys::fingerprint_of(certificate.key_blob) +
            ", and this one is " + key.public_key().fingerprint());
  }
  if (certificate.valid_before_ms != 0 && certificate.valid_before_ms <= now) {
    return fail(Errc::invalid_argument, "key.certificate_expired",
                "the certificate expired at " + rfc3339(certificate.valid_before_ms) +
                    "; have the key signed again");
  }
  return std::optional<keys::Certificate>(std::move(certificate));
}

Result<Json> key_added(const Call& call, Body& body, const Wanted& wanted) {
  const Secret file(body.required_text("private_key"));
  const Secret passphrase(body.text("passphrase"));
  const std::string line = body.text("certificate");
  OM_TRY(body.finish());
  Result<keys::SealedKey> opened =
      keys::seal_private_key(call.services.sealer, wanted.name, file.reveal(), passphrase);
  if (!opened) {
    // A passphrase that does not fit is a wrong field; 401 would say that the caller is nobody.
    Error wrong = opened.error();
    if (wrong.code == Errc::unauthorized) wrong.code = Errc::invalid_argument;
    return wrong;
  }
  const keys::SealedKey sealed = std::move(opened).value();
  OM_TRY_SET(keys::PrivateKey key, keys::open_private_key(call.services.sealer, wanted.name,
                                                          sealed.sealed, sealed.public_key));
  OM_TRY_SET(const std::optional<keys::Certificate> certificate,
             certificate_for(key, line, call.services.clock.wall_ms()));
  const store::Credential row{{},
                              wanted.name,
                              std::string(store::kPrivateKeyKind),
                              sealed.public_key,
                              sealed.fingerprint,
                              certificate ? certificate->line() : std::string()};
  OM_TRY(store_credential(call, wanted, row, sealed.sealed, sealed.fingerprint));
  if (certificate) {
    call.services.signer.set(wanted.name, std::move(key), *certificate);
  } else {
    call.services.signer.set(wanted.name, std::move(key));
  }
  return Json{{"credential", to_json(row)}};
}

Result<Json> password_added(const Call& call, Body& body, const Wanted& wanted) {
  Secret password(body.text("password"));
  OM_TRY(body.finish());
  OM_TRY_SET(const std::string sealed,
             keys::seal_password(call.services.sealer, wanted.name, password));
  const store::Credential row{{}, wanted.name, std::string(store::kPasswordKind), "", "", ""};
  OM_TRY(store_credential(call, wanted, row, sealed, "password"));
  call.services.signer.set_password(wanted.name, std::move(password));
  return Json{{"credential", to_json(row)}};
}

Result<Json> added(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  Wanted wanted;
  wanted.name = body.required_text("name");
  wanted.replace = body.flag("replace");
  if (!body.has("password")) return key_added(call, body, wanted);
  if (body.has("private_key")) {
    return fail(Errc::invalid_argument, "credential.both",
                "give a private_key or a password, not both");
  }
  return password_added(call, body, wanted);
}

}  // namespace

Response list_credentials(const Call& call) { return respond(credentials(call)); }
Response add_credential(const Call& call) { return respond(added(call), 201); }

}  // namespace om::api
