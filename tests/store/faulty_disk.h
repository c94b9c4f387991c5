// SPDX-License-Identifier: MIT
//
// A SQLite VFS whose writes and syncs can be told to fail: the system's own, with those two calls
// replaced. While one lives, every connection that is opened goes through it. One at a time; the
// counters may be set from any thread.

#pragma once

namespace om::store {

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  /// The next `good` writes and syncs succeed, all after them fail, until mend().
  void fail_after(int good);
  void mend();
  /// How many have failed since fail_after().
  int failures() const;
};

}  // namespace om::store
