// SPDX-License-Identifier: MIT
#include "om/base/memory.h"

#include <malloc.h>

namespace om {

void return_unused_memory() { ::malloc_trim(0); }

}  // namespace om
