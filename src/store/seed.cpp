// SPDX-License-Identifier: MIT
#include "om/store/seed.h"

#include "store/module_rows.h"
#include "store/setting_keys.h"
#include "store/transaction.h"

#include "om/base/crypto.h"
#include "om/store/inventory.h"
#include "om/store/inventory_rules.h"
#include "om/store/settings.h"

namespace om::store {
namespace {

constexpr const char* kCategory = "Linux.Sysadmin";
constexpr const char* kApp = "本机";

Result<void> seed_instance_id(Transaction& transaction) {
  OM_TRY_SET(const auto there, find_setting(transaction.connection(), kInstanceIdKey));
  if (there) return {};
  return set_setting(transaction, kInstanceIdKey, crypto::hex(crypto::random_bytes(16)));
}

Result<void> seed_this_machine(Transaction& transaction, const std::string& host_name) {
  OM_TRY_SET(const auto there, find_setting(transaction.connection(), kThisMachineKey));
  if (there) return {};
  OM_TRY_SET(const App app, add_app(transaction, kCategory, kApp));
  Host host;
  host.name = clean_host_name(host_name);
  host.address = "127.0.0.1";
  host.platform = Platform::local;
  host.apps = {app.category + "/" + app.name};
  OM_TRY(add_host(transaction, host));
  return set_setting(transaction, kThisMachineKey, host.name);
}

/// What an edit would change: everything but the number.
std::string fingerprint(const Module& module) {
  crypto::Sha256 hash;
  for (const std::string& field :
       {module.name, module.name_en, module.caption, module.caption_en, module.form, module.form_en,
        std::string(risk_name(module.risk)),
        std::string(module.platform ? platform_name(*module.platform) : ""),
        std::to_string(module.timeout.count()), std::to_string(module.concurrency)})
    hash.update(std::to_string(field.size()) + ":" + field);
  return crypto::hex(hash.finish());
}

Result<void> seed_module(Transaction& transaction, const Module& module) {
  Connection& connection = transaction.connection();
  const std::string key = kSeededModulePrefix + std::to_string(module.id.value);
  const std::string wanted = fingerprint(module);
  OM_TRY_SET(const auto seeded, find_setting(connection, key));
  if (!seeded) {
    OM_TRY(insert_module(transaction, module, module.id));
    return set_setting(transaction, key, wanted);
  }
  if (*seeded == wanted) return {};
  const auto there = find_module(connection, module.id);
  if (!there && there.error().code != Errc::not_found) return there.error();
  if (!there || fingerprint(*there) != *seeded) return {};  // the operator's now
  OM_TRY(update_module(transaction, module));
  return set_setting(transaction, key, wanted);
}

}  // namespace

Result<void> seed(Transaction& transaction, const Seed& seed) {
  OM_TRY(seed_instance_id(transaction));
  OM_TRY(seed_this_machine(transaction, seed.host_name));
  for (const Module& module : seed.modules)
    if (auto done = seed_module(transaction, module); !done)
      return done.error().within("module " + std::to_string(module.id.value));
  return {};
}

}  // namespace om::store
