// SPDX-License-Identifier: MIT
//
// OM_CHECK: our own bug. Prints file and line to standard error and aborts, in every build. Input
// from a peer or a user is never checked with it: that is a Result.
#pragma once

namespace om {

[[noreturn]] void check_failed(const char* what, const char* file, int line);

}  // namespace om

#define OM_CHECK(COND) \
  ((COND) ? static_cast<void>(0) : ::om::check_failed(#COND, __FILE__, __LINE__))
