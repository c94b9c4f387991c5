// SPDX-License-Identifier: MIT
#include "om/catalogue/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "om/base/embedded.h"
#include "om/catalogue/form.h"
#include "om/catalogue/validate.h"

namespace om::catalogue {
namespace {

Form form_of(const std::string& html) {
  Result<ParsedForm> parsed = parse_form(html);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? parsed->form : Form{};
}

TEST(SeedTest, SevenModulesWithTheOriginalsNumbers) {
  const std::vector<Module> modules = seed_modules();
  ASSERT_EQ(modules.size(), 7U);
  for (std::size_t i = 0; i < modules.size(); ++i)
    EXPECT_EQ(modules[i].id.value, 1001 + static_cast<std::int64_t>(i));
  EXPECT_EQ(modules[2].name, "查看系统版本");
  EXPECT_EQ(modules[2].name_en, "System version");
  EXPECT_EQ(modules[2].risk, Risk::read);
  EXPECT_EQ(modules[6].risk, Risk::change);
}

TEST(SeedTest, WhatIsEmbeddedIsCanonicalAlready) {
  const auto entries = nlohmann::json::parse(base::find_embedded("modules/seed.json")->bytes);
  const std::vector<Module> modules = seed_modules();
  for (std::size_t i = 0; i < modules.size(); ++i) {
    EXPECT_EQ(modules[i].form, entries[i]["form"].get<std::string>());
    EXPECT_EQ(modules[i].form_en, entries[i]["form_en"].get<std::string>());
    EXPECT_EQ(modules[i].caption, entries[i]["caption"].get<std::string>());
    EXPECT_EQ(modules[i].caption_en, entries[i]["caption_en"].get<std::string>());
  }
}

TEST(SeedTest, BothLanguagesAskForTheSame) {
  for (const Module& module : seed_modules()) {
    const Result<void> same = check_translation(form_of(module.form), form_of(module.form_en));
    EXPECT_TRUE(same) << module.id.value << ": " << same.error().message;
  }
}

TEST(SeedTest, EveryModuleCanRunWithItsDefaults) {
  for (const Module& module : seed_modules()) {
    const Validation result = validate(form_of(module.form), {});
    EXPECT_TRUE(result.ok()) << module.id.value << ": " << result.error().message;
  }
}

TEST(SeedTest, CountsAreDigitsOnly) {
  for (const Module& module : {seed_modules()[0], seed_modules()[1]}) {
    const Form form = form_of(module.form);
    EXPECT_TRUE(validate(form, {{"sys_param_1", "50"}}).ok());
    for (const char* bad : {"", "1000", "5;id", "-5", "5\n"})
      EXPECT_FALSE(validate(form, {{"sys_param_1", bad}}).ok()) << bad;
  }
}

}  // namespace
}  // namespace om::catalogue
