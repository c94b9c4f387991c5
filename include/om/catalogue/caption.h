// SPDX-License-Identifier: MIT
//
// A module's caption: a line or two of HTML with b, br, p and span at most. Pure, any thread. Same
// canonical form as a module's form (one line, no markup of the input passed on), so the original
// page can take it as it is.
#pragma once

#include <string>
#include <string_view>

namespace om::catalogue {

struct Caption {
  std::string html;  ///< canonical
  std::string text;  ///< without markup; a line break is a line feed
};

/// Never fails: what is not allowed is left out, and past 64 KiB nothing is read.
Caption parse_caption(std::string_view html);

}  // namespace om::catalogue
