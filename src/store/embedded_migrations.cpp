// SPDX-License-Identifier: MIT
//
// migrations/NNNN_name.sql, as this binary carries them, in order.

#include "om/base/embedded.h"
#include "om/base/text.h"
#include "om/store/store.h"

namespace om::store {

std::vector<Migration> embedded_migrations() {
  constexpr std::string_view kFolder = "migrations/";
  std::vector<Migration> migrations;
  for (const base::EmbeddedFile& file : base::embedded_under(kFolder)) {
    std::string_view name = file.path.substr(kFolder.size());
    const auto number = text::parse_int(name.substr(0, 4));
    const bool well_named = number && name.size() > 9 && name[4] == '_' && name.ends_with(".sql");
    OM_CHECK(well_named && *number == std::ssize(migrations) + 1);
    name.remove_prefix(5);
    name.remove_suffix(4);
    migrations.push_back({static_cast<int>(*number), name, file.bytes});
  }
  return migrations;
}

}  // namespace om::store
