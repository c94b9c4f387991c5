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

Result<Json> added(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::string name = body.required_text("name");
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
  const store::Credential row{{}, name, sealed.kind, sealed.public_key, sealed.fingerprint};
  OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET([[maybe_unused]] const CredentialId id,
               store::add_credential(transaction, row, sealed.sealed));
    return call.audit(transaction, name, sealed.fingerprint);
  }));
  OM_TRY_SET(keys::PrivateKey key,
             keys::open_private_key(call.services.sealer, name, sealed.sealed, sealed.public_key));
  call.services.signer.set(name, std::move(key));
  return Json{{"credential", to_json(row)}};
}

}  // namespace

Response list_credentials(const Call& call) { return respond(credentials(call)); }
Response add_credential(const Call& call) { return respond(added(call), 201); }

}  // namespace om::api
