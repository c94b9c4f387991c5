// SPDX-License-Identifier: MIT
//
// The four lists of the original, each "text0,text1,...|value0,value1,...": the page splits on |,
// then on commas, and makes one OPTION of each pair. Eval-safe. Pure, any thread. A text in which
// the separators stand shows their full-width forms; a host whose name or address holds one cannot
// be named in this grammar and is left out.
#pragma once

#include <string>
#include <vector>

#include "om/model/inventory.h"
#include "om/model/module.h"

namespace om::legacy {

/// /autoadmin/server_fun_categ/
std::string category_list(const std::vector<Category>& categories);
/// /autoadmin/server_app_categ/
std::string app_list(const std::vector<App>& apps);
/// /autoadmin/server_list/: texts are addresses, values "address*name"; no first member.
std::string host_list(const std::vector<Host>& hosts);
/// /autoadmin/module_list/
std::string module_list(const std::vector<Module>& modules);

}  // namespace om::legacy
