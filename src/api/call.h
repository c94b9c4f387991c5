// SPDX-License-Identifier: MIT
//
// Call: one request that has passed the gate, and what a resource needs to answer it. Lives on the
// worker's stack.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "om/access/caller.h"
#include "om/access/verb.h"
#include "om/api/api.h"
#include "om/api/json.h"
#include "om/api/request.h"
#include "om/store/store.h"

namespace om::api {

struct Call {
  const Services& services;
  const Request& request;
  access::Verb verb;
  const access::Caller& caller;
  std::vector<std::string> args;  ///< what stood in the {braces} of the route, in order

  /// {name} as a number; not_found when it is none.
  Result<std::int64_t> number_arg(std::size_t index) const;
  /// A query value as a number within limits, or `fallback` when it is not there.
  Result<std::int64_t> query_number(const char* name, std::int64_t fallback, std::int64_t low,
                                    std::int64_t high) const;
  /// All values of a repeated query name, as numbers.
  Result<std::vector<std::int64_t>> query_numbers(const char* name) const;
  /// The way in, as runs and the audit name it: page, api, cli, legacy.
  std::string via() const;
  /// The audit entry of what this call does: to be appended in the same transaction.
  Result<void> audit(store::Transaction& transaction, std::string_view object,
                     std::string_view details = {}) const;
};

}  // namespace om::api
