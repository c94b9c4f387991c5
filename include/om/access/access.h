// SPDX-License-Identifier: MIT
//
// Access: who may come in, put together: what the API asks about every request. The gate itself is
// gate.h. Any thread but a reactor's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "om/access/sessions.h"
#include "om/access/sign_in.h"
#include "om/access/tokens.h"
#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/store/store.h"

namespace om::access {

/// Made at the first start, with every right and no password: a one-time link lets them in.
inline constexpr std::string_view kFirstUser = "admin";

class Access {
 public:
  /// Makes the first user where there is none. Requires: both outlive this.
  static Result<std::unique_ptr<Access>> open(store::Store& store, const Clock& clock);

  /// True when open() made the first user: time to print a link.
  bool is_first_start() const { return is_first_start_; }
  Sessions& sessions() { return sessions_; }
  Tokens& tokens() { return tokens_; }
  SignIn& sign_in() { return sign_in_; }

 private:
  Access(store::Store& store, const Clock& clock)
      : sessions_(store, clock), tokens_(store, clock), sign_in_(store, sessions_, clock) {}

  Sessions sessions_;
  Tokens tokens_;
  SignIn sign_in_;
  bool is_first_start_ = false;
};

}  // namespace om::access
