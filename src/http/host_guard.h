// SPDX-License-Identifier: MIT
//
// HostGuard: which names this controller answers to. A page that a browser loaded under another
// name (DNS rebinding) must not reach the API of a controller on 127.0.0.1. Constant after
// construction, any thread. Ports are never compared: behind `ssh -L` they differ.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace om::http {

class HostGuard {
 public:
  /// localhost, 127.0.0.1 and ::1 are always among the names.
  explicit HostGuard(const std::vector<std::string>& names);

  /// `host` is a Host header; `local_address` the numeric address the connection came in on, which
  /// is a good name too (an address cannot be rebound); empty on the control socket.
  bool allows(std::string_view host, std::string_view local_address) const;
  /// `origin` is an Origin header, such as "http://localhost:8080".
  bool allows_origin(std::string_view origin, std::string_view local_address) const;

 private:
  std::vector<std::string> names_;  ///< lower case, addresses in their canonical form
};

}  // namespace om::http
