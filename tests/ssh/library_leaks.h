// SPDX-License-Identifier: MIT
//
// LibraryLeaks: while it lives, the leak sanitizer does not count what is allocated. For tests that
// make libssh2 1.11.1 forget objects of OpenSSL, which no caller can reach: the host key when a key
// exchange is cut off after it was read and before the new keys are in force (libssh2 #2080; about
// 1 KB), and the other side's point of each ECDH key exchange (3 KB; asked for only as a last
// resort).
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace om::ssh {

class LibraryLeaks {
 public:
#if defined(__SANITIZE_ADDRESS__)
  LibraryLeaks() { __lsan_disable(); }
  ~LibraryLeaks() { __lsan_enable(); }
#else
  LibraryLeaks() {}
  ~LibraryLeaks() {}
#endif
  LibraryLeaks(const LibraryLeaks&) = delete;
  LibraryLeaks& operator=(const LibraryLeaks&) = delete;
};

}  // namespace om::ssh
