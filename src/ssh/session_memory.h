// SPDX-License-Identifier: MIT
//
// SessionMemory: everything libssh2 allocates for one session. It is bounded, zeroed and freed as a
// whole, because some versions of the library forget memory when a key exchange is cut off
// (libssh2 #1691), take lengths of up to 4 GiB from the server (exit-signal) and may then read such
// a block before anything was written to it. Owned by the session's Connection; one thread.
#pragma once

#include <cstddef>

namespace om::ssh {

class SessionMemory {
 public:
  /// Past the limit allocations fail, and so does the session.
  explicit SessionMemory(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  ~SessionMemory();
  SessionMemory(const SessionMemory&) = delete;
  SessionMemory& operator=(const SessionMemory&) = delete;

  /// Zeroed; null past the limit.
  void* allocate(std::size_t bytes);
  /// As realloc(3); what is new is zeroed.
  void* resize(void* block, std::size_t bytes);
  void release(void* block);
  std::size_t in_use() const { return in_use_; }
  /// While true, what is released is overwritten first: a password went through it.
  void set_wiping(bool wiping) { wiping_ = wiping; }

 private:
  /// Stands in front of each block, and keeps its alignment.
  struct alignas(std::max_align_t) Header {
    Header* previous;
    Header* next;
    std::size_t bytes;
  };
  static Header* header_of(void* block);
  void link(Header* header);
  void unlink(Header* header);

  std::size_t limit_bytes_;
  std::size_t in_use_ = 0;
  bool wiping_ = false;
  Header* first_ = nullptr;
};

}  // namespace om::ssh
