// SPDX-License-Identifier: MIT
//
// The one translator from errno to Error. Any thread.
#pragma once

#include "om/base/result.h"

namespace om {

/// "what: No such file or directory", with the code that fits.
Error error_from_errno(std::string_view what, int error_number);
/// The system's words for an errno, without locale and thread-safe.
std::string errno_text(int error_number);

}  // namespace om
