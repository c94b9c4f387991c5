// SPDX-License-Identifier: MIT
//
// Names: the one list of an enumeration's words, in the order of its values. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "om/base/check.h"

namespace om {

template <class Enum, std::size_t N>
struct Names {
  std::array<std::string_view, N> names;
  std::string_view of(Enum value) const {
    const auto index = static_cast<std::size_t>(value);
    OM_CHECK(index < N);
    return names[index];
  }
  std::optional<Enum> find(std::string_view name) const {
    for (std::size_t i = 0; i < N; ++i) {
      if (names[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
  }
};

}  // namespace om
