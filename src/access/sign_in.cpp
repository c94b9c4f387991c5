// SPDX-License-Identifier: MIT
#include "om/access/sign_in.h"

#include <algorithm>

#include "access/bearer.h"

#include "om/access/audit.h"
#include "om/access/verb.h"
#include "om/base/log.h"

namespace om::access {
namespace {

Error refused() {
  return fail(Errc::unauthorized, "access.sign_in_refused", "user name or password is wrong");
}

Error throttled(Duration wait) {
  return fail(Errc::overloaded, "access.throttled",
              "too many tries; try again in " + duration_text(wait));
}

Error link_refused() {
  return fail(Errc::unauthorized, "access.link_refused",
              "the link was used, or is older than " + std::to_string(kLinkAge.count()) +
                  " minutes; make another with omserver user link");
}

/// How long somebody waits who met others hashing.
constexpr std::chrono::seconds kBusyWait{1};

Result<void> check_password(std::string_view wanted) {
  if (wanted.size() < kMinPasswordBytes || wanted.size() > kMaxPasswordBytes)
    return fail(Errc::invalid_argument, "access.password_length",
                "a password has " + std::to_string(kMinPasswordBytes) + " to " +
                    std::to_string(kMaxPasswordBytes) + " bytes");
  return {};
}

/// Gives the semaphore back when it goes.
class Hashing {
 public:
  explicit Hashing(std::counting_semaphore<kHashings>& places)
      : places_(places.try_acquire() ? &places : nullptr) {}
  ~Hashing() {
    if (places_) places_->release();
  }
  Hashing(const Hashing&) = delete;
  Hashing& operator=(const Hashing&) = delete;
  bool has_place() const { return places_ != nullptr; }

 private:
  std::counting_semaphore<kHashings>* places_;
};

}  // namespace

Result<bool> SignIn::matches(const std::string& name, std::string_view password,
                             std::string_view stored) {
  const Hashing hashing(hashings_);
  if (!hashing.has_place()) return throttled(kBusyWait);
  if (const Duration wait = throttle_.try_now(name); wait > Duration::zero())
    return throttled(wait);
  // An empty `stored` costs as much as a right one and matches nothing.
  const bool right =
      password.size() <= kMaxPasswordBytes && crypto::password_matches(password, stored);
  if (right) throttle_.succeeded(name);
  return right;
}

Result<OpenedSession> SignIn::by_password(const std::string& name, std::string_view password,
                                          std::string_view replaced, const Origin& origin) {
  store::User user;
  bool known = false;
  {
    OM_TRY_SET(const store::Reader reader, store_.read());
    auto found = store::find_user(*reader, name);
    if (!found && found.error().code != Errc::not_found) return found.error();
    known = found.has_value();
    if (known) user = std::move(*found);
  }
  OM_TRY_SET(const bool right, matches(name, password, user.enabled ? user.password : ""));
  if (!right) {
    // Somebody may have typed a password for a name: what no user is called is not written down.
    if (known)
      record_refusal(name, origin);
    else
      log::warning("sign-in refused", {{"user", "unknown"}, {"peer", origin.peer}});
    return refused();
  }
  OpenedSession opened;
  const auto done = store_.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET(opened, open(transaction, user, How::session, replaced, origin));
    return {};
  });
  if (!done) return done.error();
  return opened;
}

Result<OpenedSession> SignIn::by_link(std::string_view code, std::string_view replaced,
                                      const Origin& origin) {
  OpenedSession opened;
  const auto done = store_.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const UserId id, store::take_link(transaction, bearer_hash(code), clock_.wall_ms()));
    OM_TRY_SET(const store::User user, store::find_user(store::connection_of(transaction), id));
    OM_TRY_SET(opened, open(transaction, user, How::link, replaced, origin));
    return {};
  });
  if (!done) {
    const Errc code_of = done.error().code;
    if (code_of != Errc::not_found && code_of != Errc::unauthorized) return done.error();
    log::warning("sign-in link refused", {{"peer", origin.peer}});
    return link_refused();
  }
  return opened;
}

Result<OpenedSession> SignIn::open(store::Transaction& transaction, const store::User& user,
                                   How how, std::string_view replaced, const Origin& origin) {
  OpenedSession opened;
  OM_TRY_SET(opened.caller, caller_from(user, how));
  OM_TRY_SET(opened.id, sessions_.open(transaction, user, how, replaced));
  opened.csrf = Sessions::csrf_token(opened.id.reveal());
  OM_TRY(record(transaction, clock_, user.name, origin, verb_name(Verb::session_create),
                "user " + user.name, how == How::link ? "by link" : "by password"));
  return opened;
}

void SignIn::record_refusal(const std::string& user, const Origin& origin) {
  // Not waited for, or the time would tell that the user exists.
  store_.submit(
      [&clock = clock_, user, origin](store::Transaction& transaction) {
        return record(transaction, clock, user, origin, "session.refused", "user " + user);
      },
      [](const Result<void>& done) {
        if (!done) log::error("audit entry lost", {{"error", done.error().message}});
      });
}

std::chrono::seconds SignIn::retry_after(const std::string& user) const {
  return std::max(kBusyWait, std::chrono::ceil<std::chrono::seconds>(throttle_.wait(user)));
}

Result<void> SignIn::change_password(const Caller& caller, std::string_view session_id,
                                     std::string_view current, std::string_view wanted,
                                     const Origin& origin) {
  OM_TRY(check_password(wanted));
  store::User user;
  {
    OM_TRY_SET(const store::Reader reader, store_.read());
    OM_TRY_SET(user, store::find_user(*reader, caller.user_id));
  }
  if (caller.how != How::link && !user.password.empty()) {
    OM_TRY_SET(const bool right, matches(user.name, current, user.password));
    if (!right)
      return fail(Errc::forbidden, "access.wrong_password", "the current password is wrong");
  }
  const std::string password = crypto::hash_password(wanted);
  return store_.write([&](store::Transaction& transaction) -> Result<void> {
    // What else was changed meanwhile stays.
    OM_TRY_SET(store::User fresh,
               store::find_user(store::connection_of(transaction), caller.user_id));
    fresh.password = password;
    OM_TRY(store::update_user(transaction, fresh));
    OM_TRY(store::remove_sessions_of(transaction, fresh.id,
                                     session_id.empty() ? "" : bearer_hash(session_id)));
    return record(transaction, clock_, fresh.name, origin, verb_name(Verb::session_password),
                  "user " + fresh.name);
  });
}

Result<Secret> SignIn::create_link(const std::string& user, const Caller& by,
                                   const Origin& origin) {
  Secret code = new_bearer("");
  const auto done = store_.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const store::User owner, store::find_user(store::connection_of(transaction), user));
    const WallMs now = clock_.wall_ms();
    OM_TRY(store::add_link(transaction, bearer_hash(code.reveal()), owner.id,
                           now + std::chrono::milliseconds(kLinkAge).count(), now));
    return record(transaction, clock_, by.name, origin, verb_name(Verb::user_link),
                  "user " + owner.name);
  });
  if (!done) return done.error();
  return code;
}

}  // namespace om::access
