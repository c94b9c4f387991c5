// SPDX-License-Identifier: MIT
//
// The routes: every call of the API by name, in one table: method, path, the verb that the gate
// asks about, and the resource that answers. A route without a verb does not compile, and a verb
// without a right neither (access/gate.h).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"

#include "om/access/verb.h"

namespace om::api {

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< "/api/v1/runs/{id}"
  access::Verb verb;
  Response (*answer)(const Call& call);
};

std::span<const Route> routes();

/// The route for a request's path, and what stands in its braces. A path that exists under another
/// method gives `other_method`.
struct Match {
  const Route* route = nullptr;
  std::vector<std::string> args;
  bool other_method = false;
};
Match find_route(std::string_view method, std::string_view path);

}  // namespace om::api
