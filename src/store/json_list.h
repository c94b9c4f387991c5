// SPDX-License-Identifier: MIT
//
// A list as the text of a JSON array, for `IN (SELECT value FROM json_each(?))`: SQLite has no list
// parameter, and a statement's text is fixed. An empty list is no value, which the statements read
// as "no filter". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "om/model/ids.h"

namespace om::store {

std::string json_string(std::string_view text);

inline std::string json_item(const std::string& text) { return json_string(text); }
template <class Tag>
std::string json_item(Id<Tag> id) {
  return std::to_string(id.value);
}

template <class T>
std::optional<std::string> json_list(const std::vector<T>& items) {
  if (items.empty()) return std::nullopt;
  std::string json;
  for (const T& item : items) json.append(json.empty() ? "[" : ",").append(json_item(item));
  return json + "]";
}

}  // namespace om::store
