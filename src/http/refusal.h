// SPDX-License-Identifier: MIT
//
// Refusal: why the front itself answers instead of dispatch(): a request that is malformed, too
// large, too slow or aimed at somebody else. A value, any thread. Every refusal closes its
// connection, since what follows on it cannot be trusted to begin a request.
#pragma once

#include <string>
#include <string_view>

#include "om/api/request.h"

namespace om::http {

struct Refusal {
  int status = 400;
  std::string_view reason;  ///< "http.host_refused"
  std::string message;
  std::string message_zh;
};

Refusal malformed(std::string_view what);
/// Two readers could disagree about where this request ends.
Refusal ambiguous_framing(std::string_view what);
Refusal head_too_large(std::string_view what);
Refusal target_too_long();
Refusal body_too_large(std::size_t max_bytes);
Refusal encoded_body();
Refusal unknown_method();
Refusal unknown_version();
Refusal unknown_expectation();
Refusal foreign_host(std::string_view host);
Refusal foreign_origin();
Refusal too_slow(std::string_view what);
Refusal busy(std::string_view what);

/// The JSON answer of docs/api.md, "Errors".
api::Response response_for(const Refusal& refusal);
/// 500: dispatch() failed in a way that it should not; the log has the details.
api::Response internal_error();

}  // namespace om::http
