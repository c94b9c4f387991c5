// SPDX-License-Identifier: MIT
//
// A module's metadata: what the catalogue shows and the store keeps. The implementation is a file,
// see catalogue. Plain struct.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "om/model/ids.h"
#include "om/model/outcome.h"

namespace om {

struct Module {
  ModuleId id;       ///< the number, from 1001
  std::string name;  ///< the operator's words, often Chinese
  std::string name_en;
  std::string caption;  ///< sanitised HTML, one line
  std::string caption_en;
  std::string form;     ///< sanitised HTML, one line: the schema of the parameters
  std::string form_en;  ///< the same fields with English labels; empty: use form
  Risk risk = Risk::change;
  std::optional<Platform> platform;  ///< empty: auto_platform decides
  std::chrono::seconds timeout{0};   ///< 0: the controller's default
  int concurrency = 0;               ///< 0: the controller's default
};

}  // namespace om
