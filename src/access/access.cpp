// SPDX-License-Identifier: MIT
#include "om/access/access.h"

#include "om/access/audit.h"
#include "om/store/users.h"

namespace om::access {

Result<std::unique_ptr<Access>> Access::open(store::Store& store, const Clock& clock) {
  std::unique_ptr<Access> access(new Access(store, clock));
  const auto made = store.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const auto users, store::list_users(store::connection_of(transaction)));
    if (!users.empty()) return {};
    store::User first;
    first.name = kFirstUser;
    first.created_ms = clock.wall_ms();
    first.rights = {std::string(right_name(Right::administer))};
    OM_TRY(store::add_user(transaction, first));
    access->is_first_start_ = true;
    return record(transaction, clock, "local", {"start", ""}, "user.add", "user " + first.name,
                  "first start");
  });
  if (!made) return made.error();
  return access;
}

}  // namespace om::access
