// SPDX-License-Identifier: MIT
#include "om/run/jump_hosts.h"

#include <algorithm>

#include "om/base/text.h"
#include "om/store/inventory.h"

namespace om::run {

Result<JumpHosts> JumpHosts::find(store::Connection& connection, const std::vector<Host>& hosts) {
  JumpHosts found;
  for (const Host& host : hosts) {
    std::vector<std::string> way = {host.name};
    for (std::string jump = host.jump; !jump.empty();) {
      way.push_back(jump);
      if (std::find(way.begin(), way.end() - 1, jump) != way.end() - 1 ||
          way.size() > store::kMaxJumps + 1) {
        return fail(Errc::conflict, "inventory.jump_loop",
                    "host " + host.name +
                        ": its jump hosts lead back to themselves, or are more than " +
                        std::to_string(store::kMaxJumps) + ": " + text::join(way, " -> ") +
                        "; correct one of them");
      }
      auto known = found.by_name_.find(jump);
      if (known == found.by_name_.end()) {
        auto row = store::find_host(connection, jump);
        if (!row) {
          if (row.error().code != Errc::not_found) return std::move(row).error();
          return fail(Errc::not_found, "inventory.no_jump",
                      "host " + way[way.size() - 2] + ": there is no jump host " + jump +
                          "; add it to the inventory, or correct that host's jump");
        }
        known = found.by_name_.emplace(jump, *std::move(row)).first;
      }
      jump = known->second.jump;
    }
  }
  return found;
}

std::vector<Host> JumpHosts::chain_to(const Host& host) const {
  std::vector<Host> chain;
  for (std::string jump = host.jump; !jump.empty(); jump = chain.back().jump) {
    chain.push_back(by_name_.at(jump));
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace om::run
