// SPDX-License-Identifier: MIT
//
// What the head of a script says: its interpreter (#! line) and the file it wants delivered (#
// om-file). Pure, any thread. Faults are invalid_argument with a sentence for the operator.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "om/base/result.h"

namespace om::catalogue {

struct ScriptHead {
  std::string interpreter = "/bin/sh";
  std::string argument;
  std::size_t first_line_bytes = 0;  ///< of the #! line with its line feed; 0: there is none
  int om_file = 0;
};

/// `extension` without the dot: only .sh may do without a #! line.
Result<ScriptHead> parse_script_head(std::string_view bytes, std::string_view extension);

}  // namespace om::catalogue
