// SPDX-License-Identifier: MIT
//
// Ids: a distinct type for each kind of row, so that a host's number never passes for a run's.
// Values.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace om {

template <class Tag>
struct Id {
  std::int64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

using CategoryId = Id<struct CategoryTag>;
using AppId = Id<struct AppTag>;
using HostId = Id<struct HostTag>;
using ModuleId = Id<struct ModuleTag>;  ///< the module's number, from 1001
using RunId = Id<struct RunTag>;
using UserId = Id<struct UserTag>;
using CredentialId = Id<struct CredentialTag>;

}  // namespace om

template <class Tag>
struct std::hash<om::Id<Tag>> {
  std::size_t operator()(om::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>()(id.value);
  }
};
