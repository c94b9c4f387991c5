// SPDX-License-Identifier: MIT
//
// What the original says about modules: module_info's description, module_add_post's answers, and
// its fixed words. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "om/model/module.h"

namespace om::legacy {

/// /autoadmin/module_info/: "id@@name@@caption@@form", eval-safe.
std::string module_info(const Module& module);

/// /autoadmin/module_add_post/: what is missing, or nothing.
std::optional<std::string_view> module_add_refusal(std::string_view name, std::string_view caption);
std::string module_added(ModuleId id);
std::string module_not_stored(std::string_view why);
/// A module_add_post that is no GET.
inline constexpr std::string_view kIllegalSubmit = "非法提交！";

/// /autoadmin/module_run/ where the module has no implementation.
std::string module_does_not_exist(ModuleId id);
inline constexpr std::string_view kUserVerifyFailed = "User verify failed!";
inline constexpr std::string_view kInvalidLogin = "Invalid Login!";

}  // namespace om::legacy
