// SPDX-License-Identifier: MIT
#include "om/access/verb.h"

#include "om/base/check.h"

namespace om::access {

std::string_view verb_name(Verb verb) {
  switch (verb) {
    case Verb::health_get:
      return "health.get";
    case Verb::session_get:
      return "session.get";
    case Verb::session_create:
      return "session.create";
    case Verb::session_password:
      return "session.password";
    case Verb::session_end:
      return "session.end";
    case Verb::category_list:
      return "category.list";
    case Verb::app_list:
      return "app.list";
    case Verb::app_add:
      return "app.add";
    case Verb::host_list:
      return "host.list";
    case Verb::host_add:
      return "host.add";
    case Verb::host_import:
      return "host.import";
    case Verb::key_list:
      return "key.list";
    case Verb::key_add:
      return "key.add";
    case Verb::host_key_list:
      return "hostkey.list";
    case Verb::host_key_accept:
      return "hostkey.accept";
    case Verb::host_key_reject:
      return "hostkey.reject";
    case Verb::host_key_forget:
      return "hostkey.forget";
    case Verb::host_key_import:
      return "hostkey.import";
    case Verb::module_list:
      return "module.list";
    case Verb::module_get:
      return "module.get";
    case Verb::module_source:
      return "module.source";
    case Verb::module_add:
      return "module.add";
    case Verb::run_preview:
      return "run.preview";
    case Verb::run_list:
      return "run.list";
    case Verb::run_get:
      return "run.get";
    case Verb::run_output:
      return "run.output";
    case Verb::run_start:
      return "run.start";
    case Verb::run_cancel:
      return "run.cancel";
    case Verb::run_pause:
      return "run.pause";
    case Verb::run_continue:
      return "run.continue";
    case Verb::run_retry:
      return "run.retry";
    case Verb::file_list:
      return "file.list";
    case Verb::file_put:
      return "file.put";
    case Verb::file_remove:
      return "file.remove";
    case Verb::copy_start:
      return "copy.start";
    case Verb::token_create:
      return "token.create";
    case Verb::user_link:
      return "user.link";
  }
  OM_CHECK(false);
}

}  // namespace om::access
