// SPDX-License-Identifier: MIT
#include "om/catalogue/seed.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "om/base/check.h"
#include "om/base/embedded.h"
#include "om/catalogue/caption.h"
#include "om/catalogue/form.h"

namespace om::catalogue {
namespace {

std::string text_of(const nlohmann::json& entry, const char* key) {
  const auto found = entry.find(key);
  OM_CHECK(found != entry.end() && found->is_string());
  return found->get<std::string>();
}

std::int64_t number_of(const nlohmann::json& entry, const char* key) {
  const auto found = entry.find(key);
  OM_CHECK(found != entry.end() && found->is_number_integer());
  return found->get<std::int64_t>();
}

std::string canonical_form(const std::string& html) {
  Result<ParsedForm> form = parse_form(html);
  OM_CHECK(form.has_value());
  return std::move(form->html);
}

Module module_of(const nlohmann::json& entry) {
  Module module;
  module.id = ModuleId{number_of(entry, "id")};
  module.name = text_of(entry, "name");
  module.name_en = text_of(entry, "name_en");
  module.caption = parse_caption(text_of(entry, "caption")).html;
  module.caption_en = parse_caption(text_of(entry, "caption_en")).html;
  module.form = canonical_form(text_of(entry, "form"));
  module.form_en = canonical_form(text_of(entry, "form_en"));
  const std::optional<Risk> risk = risk_from_name(text_of(entry, "risk"));
  OM_CHECK(risk.has_value());
  module.risk = *risk;
  module.timeout = std::chrono::seconds(number_of(entry, "timeout_s"));
  module.concurrency = static_cast<int>(number_of(entry, "concurrency"));
  return module;
}

}  // namespace

std::vector<Module> seed_modules() {
  const base::EmbeddedFile* file = base::find_embedded("modules/seed.json");
  OM_CHECK(file != nullptr);
  const nlohmann::json entries = nlohmann::json::parse(file->bytes, nullptr, false);
  OM_CHECK(entries.is_array());
  std::vector<Module> modules;
  for (const nlohmann::json& entry : entries) modules.push_back(module_of(entry));
  return modules;
}

}  // namespace om::catalogue
