// SPDX-License-Identifier: MIT
#include "http/host_guard.h"

#include <algorithm>
#include <array>
#include <optional>

#include <arpa/inet.h>

#include "om/base/text.h"

namespace om::http {
namespace {

/// Lower case; an IPv6 address without brackets and in its one canonical form.
std::string canonical(std::string_view name) {
  if (name.size() >= 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  const std::string text(name);
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) == 1) {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    ::inet_ntop(AF_INET6, &address, buffer.data(), buffer.size());
    return buffer.data();
  }
  return text::lower_ascii(name);
}

/// The name of "name:port", "[v6]:port" or either alone; nothing when it is neither.
std::optional<std::string> name_of(std::string_view host) {
  std::string_view name = host;
  std::string_view port;
  if (!host.empty() && host.front() == '[') {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    name = host.substr(0, end + 1);
    port = host.substr(end + 1);
  } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    name = host.substr(0, colon);
    port = host.substr(colon);
  }
  const bool port_fits = port.empty() || (port.front() == ':' && port.size() <= 6 &&
                                          std::all_of(port.begin() + 1, port.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; }));
  if (name.empty() || !port_fits) return std::nullopt;
  return canonical(name);
}

}  // namespace

HostGuard::HostGuard(const std::vector<std::string>& names)
    : names_{"localhost", "127.0.0.1", "::1"} {
  for (const std::string& name : names) names_.push_back(canonical(name));
}

bool HostGuard::allows(std::string_view host, std::string_view local_address) const {
  const auto name = name_of(host);
  if (!name) return false;
  if (!local_address.empty() && *name == canonical(local_address)) return true;
  return std::find(names_.begin(), names_.end(), *name) != names_.end();
}

bool HostGuard::allows_origin(std::string_view origin, std::string_view local_address) const {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.substr(0, scheme.size()) == scheme) {
      return allows(origin.substr(scheme.size()), local_address);
    }
  }
  return false;
}

}  // namespace om::http
