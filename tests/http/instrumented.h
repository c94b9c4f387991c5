// SPDX-License-Identifier: MIT
//
// Whether this is a sanitizer's build: time and memory are then the sanitizer's, not ours.
#pragma once

namespace om::http {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kInstrumented = true;
#else
inline constexpr bool kInstrumented = false;
#endif

}  // namespace om::http
