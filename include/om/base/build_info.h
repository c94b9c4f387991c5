// SPDX-License-Identifier: MIT
//
// What this binary was built from: our version and commit, and the version of every library linked
// into it, since their security holes are ours to follow. Constant; may be read from any thread.
// Written at build time by cmake/build_info.cmake.

#pragma once

#include <span>
#include <string_view>

namespace om::base {

/// A library that is part of this binary.
struct LibraryVersion {
  std::string_view name;
  std::string_view version;  ///< upstream's
  std::string_view package;  ///< the Debian package's, which tells the patches; empty if unknown
};

struct BuildInfo {
  std::string_view version;     ///< "0.1.0"
  std::string_view commit;      ///< `git describe`, empty when built outside git
  std::string_view compiler;    ///< "GNU 12.2.0"
  std::string_view build_type;  ///< "Release" or "Debug"
  std::span<const LibraryVersion> libraries;
};

const BuildInfo& build_info();

}  // namespace om::base
