// SPDX-License-Identifier: MIT
#include "om/catalogue/form_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace om::catalogue {
namespace {

using nlohmann::json;

json items(std::string_view html) {
  Result<ParsedForm> parsed = parse_form(html);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? items_json(parsed->form) : json();
}

TEST(FormJsonTest, AFormWithoutFieldsIsAnEmptyList) { EXPECT_EQ(items(""), json::array()); }

TEST(FormJsonTest, TextsBreaksAndFieldsInTheirOrder) {
  EXPECT_EQ(
      items("<b>Lines:</b><input name=sys_param_1 maxlength=3 value=50 inputmode=numeric><br>x"),
      json::parse(R"([
    {"kind": "text", "text": "Lines:", "bold": true},
    {"kind": "field", "name": "sys_param_1", "type": "text", "label": "Lines", "value": "50", "required": false, "multiple": false,
     "maxlength": 3, "inputmode": "numeric"},
    {"kind": "break"},
    {"kind": "text", "text": "x", "bold": false}])"));
}

TEST(FormJsonTest, OptionsGroupsAndSets) {
  EXPECT_EQ(items("<fieldset><legend>L</legend><select name=sys_param_1 required><optgroup "
                  "label=G><option value=1 selected>one</select></fieldset>"),
            json::parse(R"([{"kind": "fieldset", "legend": "L", "items": [
    {"kind": "field", "name": "sys_param_1", "type": "select", "label": "", "value": "1", "required": true, "multiple": false,
     "options": [{"value": "1", "label": "one", "selected": true, "group": "G"}]}]}])"));
}

}  // namespace
}  // namespace om::catalogue
