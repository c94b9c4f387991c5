// SPDX-License-Identifier: MIT
//
// The catalogue entries a new controller starts with: the original's seven, from modules/seed.json
// in this binary. Pure, any thread. Captions and forms come out canonical. A fault in the embedded
// file is our own bug; the tests would have found it.
#pragma once

#include <vector>

#include "om/model/module.h"

namespace om::catalogue {

/// 1001 to 1007, in order.
std::vector<Module> seed_modules();

}  // namespace om::catalogue
