// SPDX-License-Identifier: MIT
//
// Tokens: what programs send as `Authorization: Bearer`. They act as their user, with that user's
// rights of the moment, until they are removed. The text is told once, when it is made. Any thread
// but a reactor's: the store is asked.
#pragma once

#include <string>
#include <string_view>

#include "om/access/caller.h"
#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/base/secret.h"
#include "om/store/store.h"

namespace om::access {

/// Begins every token, so that a scanner of files knows one when it sees it.
inline constexpr std::string_view kTokenPrefix = "omst_";

class Tokens {
 public:
  /// Requires: both outlive this.
  Tokens(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// For the user of that name; `label` says what it is for, or is empty. Not found: no such user.
  Result<Secret> create(const std::string& user, const std::string& label, const Caller& by,
                        const Origin& origin);
  /// Whose it is. Fails with unauthorized ("access.bad_token"), also for a user who has been
  /// disabled.
  Result<Caller> find(std::string_view token);

 private:
  store::Store& store_;
  const Clock& clock_;
};

}  // namespace om::access
