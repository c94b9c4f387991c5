// SPDX-License-Identifier: MIT
//
// LegacyEndpoints: /autoadmin/* as the original's page calls it (specification: the book's chapter
// 13, Django 1.4). Each call is translated into calls of the API and their answers into the
// original's strings, so that the same gate, rights and audit hold. Answers are text/html, status
// 200 even for errors in words; who is not signed in gets 401 and one line. What changes something
// wants the X-Requested-With header that Prototype sends. Any worker thread.
#pragma once

#include <optional>

#include "om/api/request.h"
#include "om/base/clock.h"

namespace om::http {

/// A module_run answers after this time with what has finished, and the run's link.
inline constexpr auto kLegacyRunWait = std::chrono::seconds(25);

class LegacyEndpoints {
 public:
  /// Requires: `clock` and what `api` refers to outlive every answer.
  LegacyEndpoints(const Clock& clock, api::Dispatch api) : clock_(clock), api_(std::move(api)) {}

  /// The answer for a path below /autoadmin/; nothing for other paths, and for the pages
  /// /autoadmin/ itself.
  std::optional<api::Response> answer(const api::Request& request) const;

 private:
  const Clock& clock_;
  api::Dispatch api_;
};

/// Asks `endpoints` first, then `next`. Requires: `endpoints` outlives the result.
api::Dispatch with_legacy_endpoints(const LegacyEndpoints& endpoints, api::Dispatch next);

}  // namespace om::http
