// SPDX-License-Identifier: MIT
//
// CopyOrder: where a copy goes and what it becomes there, as the operator says it; and the rules
// for it. Values; pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "om/base/result.h"

namespace om::backend {

struct CopyOrder {
  std::string
      destination;    ///< "/..." or "~/..."; in a folder that is there: under the source's name
  std::string mode;   ///< octal, or empty: as it was there, else as here
  std::string owner;  ///< user, user:group or :group; or empty: as it was, or who receives it
};

/// Refuses what could not be carried out, by field (copy.field_refused).
Result<void> check_copy_order(const CopyOrder& order);
/// The same rule for a path of a host that is only read; `field` names it in the error.
Result<void> check_host_path(std::string_view path, std::string_view field);

}  // namespace om::backend
