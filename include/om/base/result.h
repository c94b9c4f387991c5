// SPDX-License-Identifier: MIT
//
// Result<T>: either a value or an Error; the only way a part reports that something did not work.
// Values, no ownership, any thread. Member names follow std::expected so that it can be swapped
// later. Errc says what the caller can do about it; `reason` is a stable key
// ("ssh.host_key_changed") that the page translates; `message` is for the operator and grows
// outward ("run 41: host web3: handshake: ..."). An Error never holds a secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "om/base/check.h"

namespace om {

/// What the caller can do, not what went wrong inside.
enum class Errc {
  invalid_argument,  ///< mend the input
  not_found,         ///< it is not there
  conflict,          ///< something else holds or changed it
  unauthorized,      ///< say who you are
  forbidden,         ///< you may not
  timed_out,         ///< a deadline passed
  disconnected,      ///< the peer went away or never answered
  overloaded,        ///< try later
  cancelled,         ///< somebody stopped it
  io,                ///< the system refused: disk, socket, process
  internal,          ///< our fault
};

/// "invalid_argument", ...: the word used in JSON and logs.
std::string_view errc_name(Errc code);

struct [[nodiscard]] Error {
  Errc code = Errc::internal;
  std::string reason;   ///< stable key; may be empty where the code says it all
  std::string message;  ///< one sentence, English, with the remedy

  /// The same error seen from further out: "context: message".
  Error within(std::string_view context) const;
};

/// Builds an Error; reason and message as above.
inline Error fail(Errc code, std::string_view reason, std::string message) {
  return Error{code, std::string(reason), std::move(message)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  /// Requires: has_value().
  T& value() & {
    OM_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    OM_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  /// By value, so that `for (x : *f())` does not outlive what it walks over.
  T value() && {
    OM_CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const& { return has_value() ? value() : std::move(other); }
  /// Requires: !has_value().
  const Error& error() const& {
    OM_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    OM_CHECK(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  /// Requires: !has_value().
  const Error& error() const& {
    OM_CHECK(error_.has_value());
    return *error_;
  }
  Error&& error() && {
    OM_CHECK(error_.has_value());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace om

/// Leaves the function with the error of EXPR, or goes on. For Result<void>. The name is unique,
/// since EXPR often holds a lambda with another OM_TRY in it.
#define OM_TRY(EXPR) OM_TRY_(EXPR, OM_TRY_NAME_(__COUNTER__))
#define OM_TRY_(EXPR, TMP)                                      \
  do {                                                          \
    if (auto TMP = (EXPR); !TMP) return std::move(TMP).error(); \
  } while (false)

/// Declares VAR with the value of EXPR, or leaves the function with its error.
#define OM_TRY_SET(VAR, EXPR) OM_TRY_SET_(VAR, EXPR, OM_TRY_NAME_(__COUNTER__))
#define OM_TRY_SET_(VAR, EXPR, TMP)        \
  auto TMP = (EXPR);                       \
  if (!TMP) return std::move(TMP).error(); \
  VAR = std::move(TMP).value()
#define OM_TRY_NAME_(NUMBER) OM_TRY_PASTE_(om_try_, NUMBER)
#define OM_TRY_PASTE_(A, B) A##B
