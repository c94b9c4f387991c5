// SPDX-License-Identifier: MIT
//
// The keys of table setting that the store itself uses.
#pragma once

namespace om::store {

inline constexpr const char* kInstanceIdKey = "instance_id";
/// That this machine was added once: an operator may have removed it since.
inline constexpr const char* kThisMachineKey = "seed.this_machine";
/// Followed by a module's number: the SHA-256 of what was seeded for it.
inline constexpr const char* kSeededModulePrefix = "seed.module.";

}  // namespace om::store
