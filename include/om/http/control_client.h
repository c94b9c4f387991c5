// SPDX-License-Identifier: MIT
//
// ControlClient: asks a controller that runs elsewhere: over its control socket, or by URL with a
// token. What the command line uses when it does not hold the data directory itself; a call has the
// shape of dispatch(), so no command needs to know. Blocking, one connection a call; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "om/api/request.h"
#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/base/secret.h"

namespace om::http {

class ControlClient {
 public:
  static ControlClient over_socket(std::string path);
  /// "http://jump.example:8080". Fails with invalid_argument for anything else.
  static Result<ControlClient> over_url(const std::string& url, Secret token);

  /// Method, path, query, headers and body of `request` count. The Response's stream is set when
  /// the answer is text/event-stream; it ends with what the server sent last, also when the
  /// connection was cut (a stream of ours says `event: end` when it is complete). Fails with
  /// disconnected, timed_out, forbidden (somebody else's socket).
  Result<api::Response> call(const api::Request& request) const;

  /// How long an answer may take to begin, and between two pieces of it.
  void set_patience(Duration patience) { patience_ = patience; }

 private:
  ControlClient() = default;

  std::string path_;  ///< of the socket; empty: by URL
  std::string host_;
  std::uint16_t port_ = 0;
  std::string host_header_ = "localhost";
  std::string where_;  ///< for error messages
  Secret token_;
  Duration patience_ = std::chrono::seconds(60);
};

}  // namespace om::http
