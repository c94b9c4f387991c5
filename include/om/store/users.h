// SPDX-License-Identifier: MIT
//
// Tables user, user_right, session, token and sign_in_link. Whoever calls decides what a right is,
// how long a session lives and who may; here are the rows. Sessions, tokens and links are known by
// their SHA-256 alone. Free functions on a connection of the store, in its thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/model/ids.h"
#include "om/store/store.h"

namespace om::store {

struct User {
  UserId id;
  std::string name;
  std::string
      password;  ///< as crypto::hash_password makes it; empty: no password opens this account
  bool enabled = true;
  WallMs created_ms = 0;
  std::vector<std::string> rights;  ///< sorted
};
/// By name.
Result<std::vector<User>> list_users(Connection& connection);
Result<User> find_user(Connection& connection, const std::string& name);
Result<User> find_user(Connection& connection, UserId id);
/// Conflict when the name is taken; it is one word, as a login. The id is given.
Result<UserId> add_user(Transaction& transaction, const User& user);
/// Replaces password, enabled and rights of the user with this id.
Result<void> update_user(Transaction& transaction, const User& user);

struct SessionRow {
  std::string id_hash;
  UserId user_id;
  bool by_link = false;
  WallMs created_ms = 0;
  WallMs seen_ms = 0;
};
Result<void> add_session(Transaction& transaction, const SessionRow& session);
Result<SessionRow> find_session(Connection& connection, const std::string& id_hash);
Result<void> touch_session(Transaction& transaction, const std::string& id_hash, WallMs now);
/// Harmless when it is not there.
Result<void> remove_session(Transaction& transaction, const std::string& id_hash);
/// All of a user's, but the one with `except` where that is not empty.
Result<void> remove_sessions_of(Transaction& transaction, UserId user, const std::string& except);
/// Those made before `created_before`, or last seen before `seen_before`.
Result<void> remove_old_sessions(Transaction& transaction, WallMs created_before,
                                 WallMs seen_before);

struct TokenRow {
  std::int64_t id = 0;
  UserId user_id;
  std::string name;
  WallMs created_ms = 0;
  WallMs used_ms = 0;  ///< 0: never
};
Result<std::int64_t> add_token(Transaction& transaction, const TokenRow& token,
                               const std::string& hash);
Result<TokenRow> find_token(Connection& connection, const std::string& hash);
/// By id; of one user, or (no user) everybody's.
Result<std::vector<TokenRow>> list_tokens(Connection& connection, std::optional<UserId> user);
Result<void> touch_token(Transaction& transaction, std::int64_t id, WallMs now);
Result<void> remove_token(Transaction& transaction, std::int64_t id);

/// Also forgets links that have expired.
Result<void> add_link(Transaction& transaction, const std::string& code_hash, UserId user,
                      WallMs expires_ms, WallMs now);
/// Uses it up. Not found: there is none, or it has expired, or it was used.
Result<UserId> take_link(Transaction& transaction, const std::string& code_hash, WallMs now);

}  // namespace om::store
