// SPDX-License-Identifier: MIT
#include "om/access/audit.h"

#include "om/base/utf8.h"
#include "om/store/audit.h"

namespace om::access {
namespace {

std::string cut(std::string_view text) {
  if (text.size() <= kMaxAuditText) return std::string(text);
  constexpr std::string_view kMark = " [cut]";
  return std::string(utf8::prefix(text, kMaxAuditText - kMark.size())).append(kMark);
}

}  // namespace

Result<void> record(store::Transaction& transaction, const Clock& clock, std::string_view user,
                    const Origin& origin, std::string_view action, std::string_view object,
                    std::string_view details) {
  store::AuditEntry entry;
  entry.at_ms = clock.wall_ms();
  entry.user = cut(user);
  entry.via = cut(origin.via);
  entry.peer = cut(origin.peer);
  entry.action = cut(action);
  entry.object = cut(object);
  entry.details = cut(details);
  OM_TRY(store::append_audit(transaction, entry));
  return {};
}

}  // namespace om::access
