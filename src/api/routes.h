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

/// Whether the body of a request is there when the resource is called, or is given, as it comes, to
/// the BodyReceiver that the resource answers with.
enum class Taken { whole, as_it_comes };

struct Route {
  std::string_view method;
  /// "/api/v1/runs/{id}"; a last "{path*}" takes the slashes too
  std::string_view pattern;
  access::Verb verb;
  Response (*answer)(const Call& call);
  Taken body = Taken::whole;
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
