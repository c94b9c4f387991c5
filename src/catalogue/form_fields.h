// SPDX-License-Identifier: MIT
//
// Reads the fields and the flow out of a canonical form tree, and says what contradicts itself.
// Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "catalogue/html_tree.h"

#include "om/catalogue/form.h"

namespace om::catalogue {

struct ReadForm {
  Form form;
  std::vector<std::string> faults;
};

/// Requires: root has been through canonicalise_form().
ReadForm read_form(const Node& root);

}  // namespace om::catalogue
