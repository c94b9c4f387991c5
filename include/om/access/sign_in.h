// SPDX-License-Identifier: MIT
//
// SignIn: from a password, or the code of a one-time link, to a session. A wrong name, a wrong
// password, a disabled user and one without a password get the same answer after the same time.
// Hashing takes 32 MiB and 80 ms, so at most kHashings are under way; who comes then is asked to
// come again, and holds no thread. Any thread but a reactor's.
#pragma once

#include <chrono>
#include <cstddef>
#include <semaphore>
#include <string>
#include <string_view>

#include "om/access/sessions.h"
#include "om/access/throttle.h"

namespace om::access {

inline constexpr std::chrono::minutes kLinkAge{10};
inline constexpr std::size_t kMinPasswordBytes = 8;
inline constexpr std::size_t kMaxPasswordBytes = 1024;
inline constexpr std::ptrdiff_t kHashings = 2;

struct OpenedSession {
  Secret id;         ///< for the cookie
  std::string csrf;  ///< for the page
  Caller caller;
};

class SignIn {
 public:
  /// Requires: all outlive this.
  SignIn(store::Store& store, Sessions& sessions, const Clock& clock)
      : store_(store), sessions_(sessions), clock_(clock), throttle_(clock) {}

  /// `replaced`: the id of the session that the browser had, or empty. Fails with unauthorized
  /// ("access.sign_in_refused") or overloaded ("access.throttled": see retry_after).
  Result<OpenedSession> by_password(const std::string& user, std::string_view password,
                                    std::string_view replaced, const Origin& origin);
  /// Uses the code up. Fails with unauthorized ("access.link_refused").
  Result<OpenedSession> by_link(std::string_view code, std::string_view replaced,
                                const Origin& origin);
  /// When a throttled user may try again.
  std::chrono::seconds retry_after(const std::string& user) const;

  /// For `caller` themselves. `current` is not asked for when the session came by a link, or there
  /// was no password. Every other session of theirs ends; `session_id`, empty for a token, goes on.
  Result<void> change_password(const Caller& caller, std::string_view session_id,
                               std::string_view current, std::string_view wanted,
                               const Origin& origin);

  /// The code of a link that signs `user` in once, within kLinkAge. Not found: no such user.
  Result<Secret> create_link(const std::string& user, const Caller& by, const Origin& origin);

 private:
  /// Whether `password` opens `user`; counts as a try. Fails with overloaded.
  Result<bool> matches(const std::string& name, std::string_view password, std::string_view stored);
  Result<OpenedSession> open(store::Transaction& transaction, const store::User& user, How how,
                             std::string_view replaced, const Origin& origin);
  void record_refusal(const std::string& user, const Origin& origin);

  store::Store& store_;
  Sessions& sessions_;
  const Clock& clock_;
  Throttle throttle_;
  std::counting_semaphore<kHashings> hashings_{kHashings};
};

}  // namespace om::access
