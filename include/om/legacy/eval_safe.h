// SPDX-License-Identifier: MIT
//
// What makes text safe for the original's page, which evaluates every list and description as
// eval("var resultString='" + body + "'"): no ', no lone \, no line end may be in the body. Pure,
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace om::legacy {

/// For what is shown as text (OPTION, input value): script escapes, which that eval decodes.
std::string eval_safe_text(std::string_view text);

/// For what is assigned to innerHTML: character references, which stay put; line ends become
/// spaces.
std::string eval_safe_html(std::string_view html);

}  // namespace om::legacy
