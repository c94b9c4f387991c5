// SPDX-License-Identifier: MIT
//
// Page reload: while somebody works on the page (--assets DIR), open browsers load it again as soon
// as a file changes. Every HTML page gets a script of ours, which listens to an event stream that
// looks at the folder twice a second: cheaper to own than a watch for a few dozen files. Pure but
// for reading the folder; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "om/api/request.h"

namespace om::http {

inline constexpr std::string_view kReloadScriptPath = "/assets/reload.js";
inline constexpr std::string_view kReloadEventsPath = "/assets/reload-events";

/// `html` with the script before </head>.
std::string with_reload_script(std::string html);
std::string_view reload_script();

/// Says `data: changed` after each change below `folder`.
std::unique_ptr<api::LiveStream> reload_events(std::string folder);

}  // namespace om::http
