// SPDX-License-Identifier: MIT
//
// The form as the JSON items of docs/api.md, for the page to draw. Pure, any thread. Attributes
// that the form does not give are left out.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "om/catalogue/form.h"

namespace om::catalogue {

/// [ITEM, ...]
nlohmann::json items_json(const Form& form);

}  // namespace om::catalogue
