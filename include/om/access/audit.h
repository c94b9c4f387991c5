// SPDX-License-Identifier: MIT
//
// Writing the audit: who did what to which object, in the transaction that does it, so that neither
// is there without the other. The writer's thread.
#pragma once

#include <string>
#include <string_view>

#include "om/access/caller.h"
#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/store/store.h"

namespace om::access {

inline constexpr std::size_t kMaxAuditText = 4000;

/// `action` as verb_name() has it, or a word of the same style for what no verb is asked for.
/// `object` and `details` are for people; never a secret. Longer ones than kMaxAuditText bytes are
/// cut, visibly.
Result<void> record(store::Transaction& transaction, const Clock& clock, std::string_view user,
                    const Origin& origin, std::string_view action, std::string_view object,
                    std::string_view details = {});

}  // namespace om::access
