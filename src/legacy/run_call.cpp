// SPDX-License-Identifier: MIT
#include "om/legacy/run_call.h"

#include <cstdint>
#include <map>

#include "om/base/text.h"

namespace om::legacy {

std::vector<HostChoice> parse_hosts(std::string_view hosts) {
  std::vector<HostChoice> choices;
  for (const std::string_view member : text::split(hosts, ',')) {
    const std::string_view trimmed = text::trim(member);
    if (trimmed.empty()) continue;
    const std::size_t star = trimmed.find('*');
    HostChoice choice;
    choice.address = trimmed.substr(0, star);
    if (star != std::string_view::npos) choice.name = trimmed.substr(star + 1);
    choices.push_back(std::move(choice));
  }
  return choices;
}

RunCall parse_run_call(const std::vector<std::pair<std::string, std::string>>& query) {
  constexpr std::string_view kParameter = "sys_param_";
  RunCall call;
  bool has_module = false;
  bool has_hosts = false;
  std::map<std::int64_t, std::string> parameters;
  for (const auto& [name, value] : query) {
    if (name == "ModuleID" && !has_module) {
      has_module = true;
      if (const auto number = text::parse_int(text::trim(value))) call.module = ModuleId{*number};
    } else if (name == "hosts" && !has_hosts) {
      has_hosts = true;
      call.hosts = parse_hosts(value);
    } else if (name.starts_with(kParameter)) {
      const auto number = text::parse_int(std::string_view(name).substr(kParameter.size()));
      if (number && *number >= 1) parameters.emplace(*number, value);
    }
  }
  for (auto& [number, value] : parameters) call.parameters.push_back(std::move(value));
  return call;
}

}  // namespace om::legacy
