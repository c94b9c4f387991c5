// SPDX-License-Identifier: MIT
//
// Verb: everything that can be asked of a controller, whichever way it comes in: a route of the
// API, a command, a legacy endpoint. right_for() is the one table from verb to right. Its switch
// has no default: a verb without an entry does not compile (-Werror=switch). Constant, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "om/access/right.h"

namespace om::access {

enum class Verb {
  health_get,
  session_get,
  session_create,  ///< sign in, by password or link
  session_password,
  session_end,
  category_list,
  app_list,
  app_add,
  host_list,
  host_add,
  host_import,
  key_list,
  key_add,
  host_key_list,
  host_key_accept,
  host_key_reject,
  host_key_forget,
  host_key_import,
  module_list,
  module_get,
  module_source,
  module_add,
  run_preview,
  run_list,
  run_get,
  run_output,
  run_start,
  run_cancel,
  run_pause,
  run_continue,
  run_retry,
  file_list,
  file_put,
  file_remove,
  copy_start,  ///< POST /runs for a kind that moves files: beside run_start
  token_create,
  user_link,
  last_ = user_link,
};
inline constexpr std::size_t kVerbCount = static_cast<std::size_t>(Verb::last_) + 1;

constexpr Right right_for(Verb verb) {
  switch (verb) {
    case Verb::health_get:
    case Verb::session_create:
      return Right::anybody;
    case Verb::session_get:
    case Verb::session_password:
    case Verb::session_end:
      return Right::signed_in;
    case Verb::file_list:
    case Verb::category_list:
    case Verb::app_list:
    case Verb::host_list:
    case Verb::key_list:
    case Verb::host_key_list:
    case Verb::module_list:
    case Verb::module_get:
    case Verb::module_source:
    case Verb::run_preview:
      return Right::see;
    case Verb::run_list:
    case Verb::run_get:
    case Verb::run_output:
      return Right::see_runs;
    case Verb::run_start:
    case Verb::run_cancel:
    case Verb::run_pause:
    case Verb::run_continue:
    case Verb::run_retry:
      return Right::run;
    case Verb::app_add:
    case Verb::host_add:
    case Verb::host_import:
      return Right::edit_inventory;
    case Verb::module_add:
      return Right::edit_modules;
    case Verb::key_add:
    case Verb::host_key_accept:
    case Verb::host_key_reject:
    case Verb::host_key_forget:
    case Verb::host_key_import:
      return Right::manage_keys;
    case Verb::file_put:
    case Verb::file_remove:
    case Verb::copy_start:
      return Right::copy_files;
    case Verb::token_create:
    case Verb::user_link:
      return Right::administer;
  }
  return Right::administer;  // no verb of ours: only for somebody who may do anything
}

/// The action in the audit and in messages: "run.start".
std::string_view verb_name(Verb verb);

}  // namespace om::access
