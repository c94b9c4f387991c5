// SPDX-License-Identifier: MIT
#include "om/store/credentials.h"

#include "store/transaction.h"

#include "om/model/inventory.h"
#include "om/store/inventory_rules.h"

namespace om::store {
namespace {

Credential credential_from(const Statement& row) {
  return {{row.integer(0)}, row.text(1), row.text(2), row.text(3), row.text(4), row.text(5)};
}

Error no_credential(const std::string& name) {
  return fail(Errc::not_found, "credential.none", "there is no key " + name);
}

}  // namespace

Result<std::vector<Credential>> list_credentials(Connection& connection) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, name, kind, public_key, fingerprint, certificate"
                              " FROM credential ORDER BY name"));
  std::vector<Credential> credentials;
  OM_TRY(rows.each([&](const Statement& row) { credentials.push_back(credential_from(row)); }));
  return credentials;
}

Result<Credential> find_credential(Connection& connection, const std::string& name) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, name, kind, public_key, fingerprint, certificate"
                              " FROM credential WHERE name = ?",
                              name));
  OM_TRY_SET(const bool row, rows.step());
  if (!row) return no_credential(name);
  return credential_from(rows);
}

Result<std::string> find_sealed(Connection& connection, CredentialId id) {
  OM_TRY_SET(Statement rows, connection.query("SELECT sealed FROM credential WHERE id = ?", id));
  OM_TRY_SET(const bool row, rows.step());
  if (!row) return no_credential("number " + std::to_string(id.value));
  return rows.text(0);
}

Result<CredentialId> add_credential(Transaction& transaction, const Credential& credential,
                                    std::string_view sealed) {
  OM_TRY(check_label("key", credential.name));
  if (credential.name == kAgentCredential) {
    return fail(Errc::invalid_argument, "credential.reserved",
                "the name agent stands for the keys of the ssh-agent; choose another");
  }
  Connection& connection = transaction.connection();
  OM_TRY(
      connection.execute("INSERT INTO credential (name, kind, sealed, public_key, fingerprint,"
                         " certificate) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                         credential.name, credential.kind, Blob{sealed}, credential.public_key,
                         credential.fingerprint, credential.certificate));
  if (connection.changes() == 0)
    return fail(Errc::conflict, "credential.exists",
                "there is a key " + credential.name + " already");
  return CredentialId{connection.last_insert_id()};
}

Result<void> replace_credential(Transaction& transaction, const Credential& credential,
                                std::string_view sealed) {
  Connection& connection = transaction.connection();
  OM_TRY(
      connection.execute("UPDATE credential SET kind = ?2, sealed = ?3, public_key = ?4,"
                         " fingerprint = ?5, certificate = ?6 WHERE name = ?1",
                         credential.name, credential.kind, Blob{sealed}, credential.public_key,
                         credential.fingerprint, credential.certificate));
  if (connection.changes() != 0) return {};
  OM_TRY_SET([[maybe_unused]] const CredentialId id,
             add_credential(transaction, credential, sealed));
  return {};
}

Result<void> remove_credential(Transaction& transaction, const std::string& name) {
  Connection& connection = transaction.connection();
  OM_TRY_SET(
      Statement users,
      connection.query("SELECT name FROM host WHERE credential = ?1 OR become_credential = ?1"
                       " ORDER BY name LIMIT 1",
                       name));
  OM_TRY_SET(const bool used, users.step());
  if (used)
    return fail(Errc::conflict, "credential.needed",
                "host " + users.text(0) + " is reached with key " + name + "; change that first");
  OM_TRY(connection.execute("DELETE FROM credential WHERE name = ?", name));
  if (connection.changes() == 0) return no_credential(name);
  return {};
}

}  // namespace om::store
