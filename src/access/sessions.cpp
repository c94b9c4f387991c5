// SPDX-License-Identifier: MIT
#include "om/access/sessions.h"

#include "access/bearer.h"

#include "om/access/audit.h"
#include "om/access/verb.h"
#include "om/base/log.h"

namespace om::access {
namespace {

// How far behind the noted last use may be: a write for every request would cost more than it
// tells.
constexpr WallMs kSeenStepMs = 60'000;
constexpr WallMs kAgeMs = std::chrono::milliseconds(kSessionAge).count();
constexpr WallMs kIdleMs = std::chrono::milliseconds(kSessionIdle).count();

Error no_session() {
  return fail(Errc::unauthorized, "access.no_session", "the session has ended; sign in again");
}

}  // namespace

Result<Secret> Sessions::open(store::Transaction& transaction, const store::User& user, How how,
                              std::string_view replaced) {
  const WallMs now = clock_.wall_ms();
  if (!replaced.empty()) OM_TRY(store::remove_session(transaction, bearer_hash(replaced)));
  OM_TRY(store::remove_old_sessions(transaction, now - kAgeMs, now - kIdleMs));
  Secret id = new_bearer("");
  OM_TRY(store::add_session(transaction,
                            {bearer_hash(id.reveal()), user.id, how == How::link, now, now}));
  return id;
}

Result<Caller> Sessions::find(std::string_view id) {
  const std::string hash = bearer_hash(id);
  OM_TRY_SET(const store::Reader reader, store_.read());
  const auto session = store::find_session(*reader, hash);
  if (!session) return session.error().code == Errc::not_found ? no_session() : session.error();
  const WallMs now = clock_.wall_ms();
  if (now - session->created_ms >= kAgeMs || now - session->seen_ms >= kIdleMs) return no_session();
  OM_TRY_SET(const store::User user, store::find_user(*reader, session->user_id));
  OM_TRY_SET(Caller caller, caller_from(user, session->by_link ? How::link : How::session));
  if (now - session->seen_ms >= kSeenStepMs)
    store_.submit([hash, now](store::Transaction& t) { return store::touch_session(t, hash, now); },
                  [](const Result<void>& done) {
                    if (!done) log::warning("session not noted", {{"error", done.error().message}});
                  });
  return caller;
}

Result<void> Sessions::close(std::string_view id, const Caller& caller, const Origin& origin) {
  return store_.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY(store::remove_session(transaction, bearer_hash(id)));
    return record(transaction, clock_, caller.name, origin, verb_name(Verb::session_end),
                  "user " + caller.name);
  });
}

std::string Sessions::csrf_token(std::string_view id) {
  return crypto::base64url(crypto::hmac_sha256(id, "csrf"));
}

bool Sessions::csrf_matches(std::string_view id, std::string_view token) {
  return crypto::equal_constant_time(csrf_token(id), token);
}

Result<Caller> caller_from(const store::User& user, How how) {
  if (!user.enabled) return no_session();
  return Caller{user.id, user.name, Rights::from_names(user.rights), how, !user.password.empty()};
}

}  // namespace om::access
