// SPDX-License-Identifier: MIT
//
// What a new controller knows at its first start, beyond the rows that the migrations bring: its
// own id, this machine and the built-in modules. At every start; what is there already stays as it
// is.
#pragma once

#include <string>
#include <vector>

#include "om/base/result.h"
#include "om/model/module.h"
#include "om/store/store.h"

namespace om::store {

struct Seed {
  std::string host_name;  ///< of this machine, as the system tells it
  /// Under their numbers. One that was seeded before, and that nobody has edited, is brought up to
  /// date: its script comes with the program too.
  std::vector<Module> modules;
};
/// This machine (platform local, 127.0.0.1) comes into application 本机 of Linux.Sysadmin, once: it
/// may be removed.
Result<void> seed(Transaction& transaction, const Seed& seed);

}  // namespace om::store
