// SPDX-License-Identifier: MIT
//
// Right: what a user may be granted, and Rights: a set of them. Values. A right covers what a
// person does, not what a route is called; the table from one to the other is verb.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace om::access {

enum class Right {
  // These two are nobody's to grant:
  anybody,    ///< needs no caller at all
  signed_in,  ///< any caller: what concerns only oneself
  // Granted:
  see,             ///< inventory and modules
  see_runs,        ///< runs of everybody, and what came out of them
  run,             ///< start and cancel runs
  edit_inventory,  ///< hosts and applications
  edit_modules,    ///< the catalogue's metadata
  manage_keys,     ///< credentials and host keys: who adds one can put their own in the fleet's way
  copy_files,  ///< files to hosts and back, with a command of one's own: as good as a shell there
  see_audit,
  administer,  ///< users, tokens and links of others; holds every other right
};
/// The word in the database, the API and messages: "edit_inventory".
std::string_view right_name(Right right);
std::optional<Right> right_from_name(std::string_view name);
/// Those that can be granted, in the order above.
std::vector<Right> granted_rights();

class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights with(Right right) const { return Rights(bits_ | bit(right)); }
  /// Of a caller: anybody and signed_in are always there.
  constexpr bool has(Right right) const {
    return right == Right::anybody || right == Right::signed_in ||
           (bits_ & (bit(right) | bit(Right::administer))) != 0;
  }
  /// Unknown names, as a newer version may have stored, grant nothing.
  static Rights from_names(const std::vector<std::string>& names);
  /// What has() says yes to among those that can be granted.
  std::vector<std::string> names() const;
  bool operator==(const Rights&) const = default;

 private:
  constexpr explicit Rights(std::uint32_t bits) : bits_(bits) {}
  static constexpr std::uint32_t bit(Right right) { return 1U << static_cast<unsigned>(right); }
  std::uint32_t bits_ = 0;
};

}  // namespace om::access
