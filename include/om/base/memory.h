// SPDX-License-Identifier: MIT
//
// The process's heap. Any thread.
#pragma once

namespace om {

/// Gives the heap's unused pages back to the system, those between living blocks too, which the
/// allocator by itself keeps for ever. Takes some milliseconds for a hundred megabytes, in which
/// other threads may wait: for a quiet moment.
void return_unused_memory();

}  // namespace om
