// SPDX-License-Identifier: MIT
//
// RunCall: what the original's page asks for with /autoadmin/module_run/. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "om/model/ids.h"

namespace om::legacy {

/// One of "ip*name,ip*name".
struct HostChoice {
  std::string address;
  std::string name;  ///< empty where there was no *
  auto operator<=>(const HostChoice&) const = default;
};

/// In their order, empty members skipped.
std::vector<HostChoice> parse_hosts(std::string_view hosts);

struct RunCall {
  std::optional<ModuleId> module;  ///< nothing when ModuleID is missing or no number
  std::vector<HostChoice> hosts;
  /// sys_param_1, sys_param_2 ... as far as they are there, even if empty, by number. One that is
  /// absent leaves no gap: the next takes its place, as the original joined them.
  std::vector<std::string> parameters;
};

/// `query` decoded; of a name that repeats the first counts.
RunCall parse_run_call(const std::vector<std::pair<std::string, std::string>>& query);

}  // namespace om::legacy
