// SPDX-License-Identifier: MIT
//
// Sessions: cookies of the page. An id is random, new at every sign-in, and ends kSessionAge after
// it was made or kSessionIdle after it was last used, whichever comes first. The CSRF token is
// derived from the id, so there is nothing more to keep. Any thread but a reactor's: the store is
// asked.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "om/access/caller.h"
#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/base/secret.h"
#include "om/store/store.h"
#include "om/store/users.h"

namespace om::access {

inline constexpr std::chrono::hours kSessionAge{12};
inline constexpr std::chrono::hours kSessionIdle{2};

class Sessions {
 public:
  /// Requires: both outlive this.
  Sessions(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// A session for `user`, in the transaction that lets them in; the one of `replaced` (an id, or
  /// empty) ends. `how` is session or link.
  Result<Secret> open(store::Transaction& transaction, const store::User& user, How how,
                      std::string_view replaced);
  /// Whose it is. Fails with unauthorized ("access.no_session"), also for a user who has been
  /// disabled.
  Result<Caller> find(std::string_view id);
  /// Ends it, whether or not it was one.
  Result<void> close(std::string_view id, const Caller& caller, const Origin& origin);

  /// What the page has to send with everything that is not GET.
  static std::string csrf_token(std::string_view id);
  static bool csrf_matches(std::string_view id, std::string_view token);

 private:
  store::Store& store_;
  const Clock& clock_;
};

/// The user as one who calls now. Fails with unauthorized where disabled.
Result<Caller> caller_from(const store::User& user, How how);

}  // namespace om::access
