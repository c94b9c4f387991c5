// SPDX-License-Identifier: MIT
#include "om/store/credentials.h"

#include "api/resources.h"

#include "om/keys/credential.h"
#include "om/keys/key_signer.h"

namespace om::api {
namespace {

Json to_json(const store::Credential& credential) {
  return {{"name", credential.name},
          {"kind", credential.kind},
          {"public_key", credential.public_key},
          {"fingerprint", credential.fingerprint}};
}

Result<Json> credentials(const Call& call) {
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const std::vector<store::Credential> rows, store::list_credentials(*reader));
  Json list = Json::array();
  for (const store::Credential& row : rows) list.push_back(to_json(row));
  return Json{{"credentials", list}};
}

Result<void> store_credential(const Call& call, const store::Credential& row,
                              const std::string& sealed, const std::string& details) {
  return call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET([[maybe_unused]] const CredentialId id,
               store::add_credential(transaction, row, sealed));
    return call.audit(transaction, row.name, details);
  });
}

Result<Json> key_added(const Call& call, Body& body, const std::string& name) {
  const Secret file(body.required_text("private_key"));
  const Secret passphrase(body.text("passphrase"));
  OM_TRY(body.finish());
  Result<keys::SealedKey> opened =
      keys::seal_private_key(call.services.sealer, name, file.reveal(), passphrase);
  if (!opened) {
    // A passphrase that does not fit is a wrong field; 401 would say that the caller is nobody.
    Error wrong = opened.error();
    if (wrong.code == Errc::unauthorized) wrong.code = Errc::invalid_argument;
    return wrong;
  }
  const keys::SealedKey sealed = std::move(opened).value();
  const store::Credential row{
      {}, name, std::string(store::kPrivateKeyKind), sealed.public_key, sealed.fingerprint};
  OM_TRY(store_credential(call, row, sealed.sealed, sealed.fingerprint));
  OM_TRY_SET(keys::PrivateKey key,
             keys::open_private_key(call.services.sealer, name, sealed.sealed, sealed.public_key));
  call.services.signer.set(name, std::move(key));
  return Json{{"credential", to_json(row)}};
}

Result<Json> password_added(const Call& call, Body& body, const std::string& name) {
  Secret password(body.text("password"));
  OM_TRY(body.finish());
  OM_TRY_SET(const std::string sealed, keys::seal_password(call.services.sealer, name, password));
  const store::Credential row{{}, name, std::string(store::kPasswordKind), "", ""};
  OM_TRY(store_credential(call, row, sealed, "password"));
  call.services.signer.set_password(name, std::move(password));
  return Json{{"credential", to_json(row)}};
}

Result<Json> added(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::string name = body.required_text("name");
  if (!body.has("password")) return key_added(call, body, name);
  if (body.has("private_key")) {
    return fail(Errc::invalid_argument, "credential.both",
                "give a private_key or a password, not both");
  }
  return password_added(call, body, name);
}

}  // namespace

Response list_credentials(const Call& call) { return respond(credentials(call)); }
Response add_credential(const Call& call) { return respond(added(call), 201); }

}  // namespace om::api
