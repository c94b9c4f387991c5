// SPDX-License-Identifier: MIT
//
// remedy: one line to paste into a shell on the controller's machine that removes the cause of a
// target's failure or finds out more about it. Derived from the reason and the host alone; every
// value in it is quoted. Pure, any thread. A new reason of ssh or backend needs a place in its
// table, with or without a line: tests/remedies_test.py looks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "om/model/inventory.h"

namespace om::run {

/// `jumps`: the hosts on the way, in the order in which they are passed. Empty where there is
/// nothing to paste, and always for the platforms other than ssh and local.
std::string remedy(std::string_view reason, Platform platform, const Host& host,
                   const std::vector<Host>& jumps = {});

}  // namespace om::run
