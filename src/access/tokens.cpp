// SPDX-License-Identifier: MIT
#include "om/access/tokens.h"

#include "access/bearer.h"

#include "om/access/audit.h"
#include "om/access/sessions.h"
#include "om/access/verb.h"
#include "om/base/log.h"
#include "om/store/inventory_rules.h"
#include "om/store/users.h"

namespace om::access {
namespace {

constexpr WallMs kUsedStepMs = 60'000;

Error bad_token() {
  return fail(
      Errc::unauthorized, "access.bad_token",
      "the token is not known, or its user is disabled; make one with omserver token create");
}

}  // namespace

Result<Secret> Tokens::create(const std::string& user, const std::string& label, const Caller& by,
                              const Origin& origin) {
  if (!label.empty()) OM_TRY(store::check_label("token", label));
  Secret token = new_bearer(kTokenPrefix);
  const auto done = store_.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const store::User owner, store::find_user(store::connection_of(transaction), user));
    OM_TRY_SET(const std::int64_t id,
               store::add_token(transaction, {0, owner.id, label, clock_.wall_ms(), 0},
                                bearer_hash(token.reveal())));
    return record(transaction, clock_, by.name, origin, verb_name(Verb::token_create),
                  "user " + owner.name, "token " + std::to_string(id) + " " + label);
  });
  if (!done) return done.error();
  return token;
}

Result<Caller> Tokens::find(std::string_view token) {
  if (!token.starts_with(kTokenPrefix)) return bad_token();
  OM_TRY_SET(const store::Reader reader, store_.read());
  const auto row = store::find_token(*reader, bearer_hash(token));
  if (!row) return row.error().code == Errc::not_found ? bad_token() : row.error();
  OM_TRY_SET(const store::User user, store::find_user(*reader, row->user_id));
  auto caller = caller_from(user, How::token);
  if (!caller) return bad_token();
  const WallMs now = clock_.wall_ms();
  if (now - row->used_ms >= kUsedStepMs)
    store_.submit(
        [id = row->id, now](store::Transaction& t) { return store::touch_token(t, id, now); },
        [](const Result<void>& done) {
          if (!done) log::warning("token not noted", {{"error", done.error().message}});
        });
  return caller;
}

}  // namespace om::access
