// SPDX-License-Identifier: MIT
//
// JumpHosts: the inventory's rows of every host on the way to a run's targets, as they were when
// the run was made. Value, any thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "om/base/result.h"
#include "om/model/inventory.h"

namespace om::store {
class Connection;
}

namespace om::run {

class JumpHosts {
 public:
  JumpHosts() = default;
  /// Fails when one is not in the inventory (inventory.no_jump), or when they lead back to
  /// themselves or are too many (inventory.jump_loop), naming the way.
  static Result<JumpHosts> find(store::Connection& connection, const std::vector<Host>& hosts);

  /// In the order in which they are passed. Requires: `host` was among find()'s.
  std::vector<Host> chain_to(const Host& host) const;

 private:
  std::unordered_map<std::string, Host> by_name_;
};

}  // namespace om::run
