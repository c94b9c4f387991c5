// SPDX-License-Identifier: MIT
#include "om/access/right.h"

#include <array>

#include "om/base/check.h"

namespace om::access {
namespace {

constexpr std::array kGranted = {
    Right::see,          Right::see_runs,    Right::run,        Right::edit_inventory,
    Right::edit_modules, Right::manage_keys, Right::copy_files, Right::see_audit,
    Right::administer};

}  // namespace

std::string_view right_name(Right right) {
  switch (right) {
    case Right::anybody:
      return "anybody";
    case Right::signed_in:
      return "signed_in";
    case Right::see:
      return "see";
    case Right::see_runs:
      return "see_runs";
    case Right::run:
      return "run";
    case Right::edit_inventory:
      return "edit_inventory";
    case Right::edit_modules:
      return "edit_modules";
    case Right::manage_keys:
      return "manage_keys";
    case Right::copy_files:
      return "copy_files";
    case Right::see_audit:
      return "see_audit";
    case Right::administer:
      return "administer";
  }
  OM_CHECK(false);
}

std::optional<Right> right_from_name(std::string_view name) {
  for (const Right right : kGranted)
    if (right_name(right) == name) return right;
  return std::nullopt;
}

std::vector<Right> granted_rights() { return {kGranted.begin(), kGranted.end()}; }

Rights Rights::from_names(const std::vector<std::string>& names) {
  Rights rights;
  for (const std::string& name : names)
    if (const auto right = right_from_name(name)) rights = rights.with(*right);
  return rights;
}

std::vector<std::string> Rights::names() const {
  std::vector<std::string> names;
  for (const Right right : kGranted)
    if (has(right)) names.emplace_back(right_name(right));
  return names;
}

}  // namespace om::access
