// SPDX-License-Identifier: MIT
#include "om/backend/copy_order.h"

#include <fmt/core.h>

namespace om::backend {
namespace {

constexpr std::size_t kMaxPathBytes = 4096;

Error refuse(std::string message) {
  return fail(Errc::invalid_argument, "copy.field_refused", std::move(message));
}

bool only_from(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_account(std::string_view name) {
  constexpr std::string_view first =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  constexpr std::string_view others =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@$+-";
  return !name.empty() && name.size() <= 64 && first.find(name[0]) != std::string_view::npos &&
         only_from(name, others);
}

bool is_owner(std::string_view owner) {
  const std::size_t colon = owner.find(':');
  if (colon == std::string_view::npos) return is_account(owner);
  const std::string_view user = owner.substr(0, colon);
  return (user.empty() || is_account(user)) && is_account(owner.substr(colon + 1));
}

}  // namespace

Result<void> check_host_path(std::string_view path, std::string_view field) {
  const auto refuse_path = [&](const char* why) {
    return refuse(fmt::format("field '{}' {}", field, why));
  };
  if (path.empty()) return refuse_path("must not be empty");
  if (path.size() > kMaxPathBytes) return refuse_path("is longer than 4096 bytes");
  if (path.find('\0') != std::string_view::npos) return refuse_path("holds a NUL byte");
  if (!path.starts_with('/') && !path.starts_with("~/")) {
    return refuse_path("must be a whole path there: /etc/app.conf, or ~/app.conf in the home");
  }
  return {};
}

Result<void> check_copy_order(const CopyOrder& order) {
  OM_TRY(check_host_path(order.destination, "destination"));
  const bool mode_fits =
      (order.mode.size() == 3 || (order.mode.size() == 4)) && only_from(order.mode, "01234567");
  if (!order.mode.empty() && !mode_fits) {
    return refuse("field 'mode' must be three or four octal digits, such as 0644");
  }
  if (!order.owner.empty() && !is_owner(order.owner)) {
    return refuse("field 'owner' must be a user, user:group or :group, such as www-data:www-data");
  }
  return {};
}

}  // namespace om::backend
