// SPDX-License-Identifier: MIT
#include "om/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace om {

void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
  std::abort();
}

}  // namespace om
