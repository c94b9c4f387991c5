// SPDX-License-Identifier: MIT
#include "om/catalogue/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::catalogue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Form form_of(std::string_view html) {
  Result<ParsedForm> parsed = parse_form(html);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? parsed->form : Form{};
}

/// "ok", or "field key" for each field that does not fit.
std::string verdict(const Form& form, const GivenValues& given) {
  const Validation result = validate(form, given);
  if (result.ok()) return "ok";
  std::string words;
  for (const FieldError& error : result.errors)
    words += (words.empty() ? "" : ", ") + error.field + " " + error.key;
  return words;
}

/// For a form with one field.
std::string verdict(std::string_view attributes, std::string value) {
  return verdict(form_of("<input name=sys_param_1 " + std::string(attributes) + ">"),
                 {{"sys_param_1", std::move(value)}});
}

std::vector<std::string> values(const Validation& result) {
  std::vector<std::string> all;
  for (const ValidParameter& parameter : result.parameters)
    all.emplace_back(parameter.value.reveal());
  return all;
}

TEST(ValidateTest, ValuesComeBackInTheFormsOrderWithDefaultsForTheRest) {
  const Form form = form_of(
      "<input name=sys_param_1 value=one><input name=sys_param_2><input name=sys_param_3 "
      "value=three>");
  const Validation result = validate(form, {{"sys_param_3", "3"}, {"sys_param_2", ""}});
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(values(result), ElementsAre("one", "", "3"));
  EXPECT_EQ(result.parameters[2].name, "sys_param_3");
}

TEST(ValidateTest, GivenEmptyIsNotTheDefault) {
  const Form form = form_of("<input type=checkbox name=sys_param_1 value=yes checked>");
  EXPECT_THAT(values(validate(form, {})), ElementsAre("yes"));
  EXPECT_THAT(values(validate(form, {{"sys_param_1", ""}})), ElementsAre(""));
}

TEST(ValidateTest, RequiredNeedsAValue) {
  EXPECT_EQ(verdict("required", ""), "sys_param_1 form.required");
  EXPECT_EQ(verdict("required", "x"), "ok");
  EXPECT_EQ(verdict(form_of("<input name=sys_param_1 required>"), {}), "sys_param_1 form.required");
  EXPECT_EQ(verdict(form_of("<input name=sys_param_1 required value=d>"), {}), "ok");
}

TEST(ValidateTest, StrangersAreRefusedByName) {
  EXPECT_EQ(verdict(form_of(""), {{"sys_param_1", "x"}}), "sys_param_1 form.unknown");
  EXPECT_EQ(verdict(form_of("<input name=sys_param_1>"), {{"sys_param_1", "x"}, {"rm -rf", ""}}),
            "rm -rf form.unknown");
  EXPECT_EQ(
      verdict(form_of("<input name=sys_param_1>"), {{"sys_param_1", "x"}, {"sys_param_1", "y"}}),
      "sys_param_1 form.twice");
  const std::string name(1000, 'n');
  EXPECT_EQ(validate(form_of(""), {{name, ""}}).errors.at(0).field.size(), 64U);
}

TEST(ValidateTest, AllFieldsAtOnce) {
  const Form form = form_of(
      "<input name=sys_param_1 type=number><input name=sys_param_2 required><input "
      "name=sys_param_3>");
  const Validation result =
      validate(form, {{"sys_param_1", "x"}, {"sys_param_3", "fine"}, {"sys_param_9", ""}});
  EXPECT_EQ(verdict(form, {{"sys_param_1", "x"}, {"sys_param_3", "fine"}, {"sys_param_9", ""}}),
            "sys_param_1 form.number, sys_param_2 form.required, sys_param_9 form.unknown");
  EXPECT_TRUE(result.parameters.empty());
  const Error error = result.error();
  EXPECT_EQ(error.code, Errc::invalid_argument);
  EXPECT_EQ(error.reason, "form.refused");
  EXPECT_EQ(error.message,
            "sys_param_1 must be a number; sys_param_2 needs a value; sys_param_9 is not a "
            "parameter of this module");
}

TEST(ValidateTest, OptionsMustMatchExactly) {
  const Form one =
      form_of("<select name=sys_param_1 required><option value=nginx>Nginx<option>apache</select>");
  EXPECT_EQ(verdict(one, {{"sys_param_1", "nginx"}}), "ok");
  for (const char* wrong : {"Nginx", "nginx ", "nginx,apache", "nginx;id", "*"}) {
    EXPECT_EQ(verdict(one, {{"sys_param_1", wrong}}), "sys_param_1 form.option") << wrong;
  }
  EXPECT_EQ(validate(one, {{"sys_param_1", "x"}}).errors.at(0).message,
            "must be one of: nginx, apache");
  const Form several =
      form_of("<select name=sys_param_1 multiple><option>a<option>b<option>c</select>");
  EXPECT_EQ(verdict(several, {{"sys_param_1", "a,c"}}), "ok");
  EXPECT_EQ(verdict(several, {{"sys_param_1", ""}}), "ok");
  for (const char* wrong : {"a,d", "a,", ",", "a, b"})
    EXPECT_EQ(verdict(several, {{"sys_param_1", wrong}}), "sys_param_1 form.options") << wrong;
  const Form radio = form_of(
      "<input type=radio name=sys_param_1 value=a><input type=radio name=sys_param_1 value=b>");
  EXPECT_EQ(verdict(radio, {{"sys_param_1", "b"}}), "ok");
  EXPECT_EQ(verdict(radio, {{"sys_param_1", "a,b"}}), "sys_param_1 form.option");
}

TEST(ValidateTest, Numbers) {
  for (const char* good : {"0", "7", "-3", "007", "1.0"})
    EXPECT_EQ(verdict("type=number", good), "ok") << good;
  for (const char* bad : {"x", "+1", "1e3", " 1", "1 ", "1.", ".", "-", "--1", "1,5", "0x10", "NaN",
                          "9999999999999999999"}) {
    EXPECT_EQ(verdict("type=number", bad), "sys_param_1 form.number") << bad;
  }
  EXPECT_EQ(verdict("type=number", "1.5"), "sys_param_1 form.step");
  EXPECT_EQ(verdict("type=number step=any", "1.5"), "ok");
  EXPECT_EQ(verdict("type=number step=0.1", "0.3"), "ok");
  EXPECT_EQ(verdict("type=number step=0.1", "0.35"), "sys_param_1 form.step");
  EXPECT_EQ(verdict("type=number min=1 step=2", "4"), "sys_param_1 form.step");
  EXPECT_EQ(verdict("type=number min=1 step=2", "5"), "ok");
  EXPECT_EQ(verdict("type=number min=1 max=10", "0"), "sys_param_1 form.min");
  EXPECT_EQ(verdict("type=number min=1 max=10", "11"), "sys_param_1 form.max");
  EXPECT_EQ(verdict("type=number min=-5", "-5"), "ok");
  EXPECT_EQ(verdict("type=range", "101"), "sys_param_1 form.max");
  EXPECT_EQ(verdict("type=range", "-1"), "sys_param_1 form.min");
}

TEST(ValidateTest, DatesAndTimes) {
  for (const char* good : {"2026-11-22", "2024-02-29", "2000-02-29"})
    EXPECT_EQ(verdict("type=date", good), "ok") << good;
  for (const char* bad : {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-1",
                          "22/11/2026", "0000-01-01", "2026-11-22T00:00"}) {
    EXPECT_EQ(verdict("type=date", bad), "sys_param_1 form.date") << bad;
  }
  EXPECT_EQ(verdict("type=date min=2026-01-01", "2025-12-31"), "sys_param_1 form.min");
  EXPECT_EQ(verdict("type=date max=2026-01-01", "2026-01-02"), "sys_param_1 form.max");
  for (const char* good : {"00:00", "23:59", "12:30:59"})
    EXPECT_EQ(verdict("type=time", good), "ok") << good;
  for (const char* bad : {"24:00", "12:60", "1:00", "12:00:60", "12-00", "12:00:"})
    EXPECT_EQ(verdict("type=time", bad), "sys_param_1 form.time") << bad;
  EXPECT_EQ(verdict("type=time max=12:00", "12:00:01"), "sys_param_1 form.max");
  EXPECT_EQ(verdict("type=time max=12:00", "12:00:00"), "ok");
}

TEST(ValidateTest, LengthsCountCharacters) {
  EXPECT_EQ(verdict("maxlength=3", "中文字"), "ok");
  EXPECT_EQ(verdict("maxlength=3", "中文字符"), "sys_param_1 form.maxlength");
  EXPECT_EQ(verdict("maxlength=1", "\xf0\x9f\x98\x80"), "ok");
  EXPECT_EQ(verdict("minlength=2", "a"), "sys_param_1 form.minlength");
}

TEST(ValidateTest, PatternsAreForTheWholeValue) {
  EXPECT_EQ(verdict("pattern=[0-9]{1,3}", "50"), "ok");
  for (const char* bad : {"5a", "1234", "5\n", "5;id", "\n5"})
    EXPECT_EQ(verdict("pattern=[0-9]{1,3}", bad), "sys_param_1 form.pattern");
  EXPECT_EQ(verdict("pattern=a|b", "ab"), "sys_param_1 form.pattern");
  EXPECT_EQ(verdict("pattern=.", "中"), "ok");
}

TEST(ValidateTest, EvilPatternsAnswerInTime) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(verdict("pattern=(a+)+", std::string(100'000, 'a') + "b"), "sys_param_1 form.pattern");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST(ValidateTest, TextTakesAnyBytesThatAreUtf8) {
  EXPECT_EQ(verdict("", "'; rm -rf / #\n$(id)`id`\t\x01\x7f 中文 \xf0\x9f\x98\x80"), "ok");
  EXPECT_EQ(verdict("", std::string("a\0b", 3)), "sys_param_1 form.nul");
  EXPECT_EQ(verdict("", "\xff"), "sys_param_1 form.utf8");
  EXPECT_EQ(verdict("", std::string(kMaxValueBytes, 'x')), "ok");
  EXPECT_EQ(verdict("", std::string(kMaxValueBytes + 1, 'x')), "sys_param_1 form.too_long");
}

TEST(ValidateTest, SecretsAreMarkedAndNeverInAMessage) {
  const Form form =
      form_of("<input type=password name=sys_param_1 maxlength=3><input name=sys_param_2>");
  const Validation good = validate(form, {{"sys_param_1", "abc"}});
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(good.parameters[0].secret);
  EXPECT_FALSE(good.parameters[1].secret);
  const Validation bad = validate(form, {{"sys_param_1", "hunter2"}});
  EXPECT_THAT(bad.error().message, testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(bad.errors.at(0).message_zh, testing::Not(HasSubstr("hunter2")));
}

TEST(ValidateTest, HiddenFieldsKeepTheFormsValue) {
  const Form form = form_of("<input type=hidden name=sys_param_1 value=fixed>");
  EXPECT_THAT(values(validate(form, {})), ElementsAre("fixed"));
  EXPECT_THAT(values(validate(form, {{"sys_param_1", ""}})), ElementsAre("fixed"));
  EXPECT_EQ(verdict(form, {{"sys_param_1", "fixed"}}), "ok");
  EXPECT_EQ(verdict(form, {{"sys_param_1", "other"}}), "sys_param_1 form.hidden");
}

TEST(ValidateTest, FileNamesStayBelowTheirFolder) {
  for (const char* good : {"nginx", "app/nginx.conf", "中文.txt", "a b"})
    EXPECT_EQ(verdict("type=file", good), "ok") << good;
  for (const char* bad :
       {"/etc/passwd", "../x", "a/../../x", "a//b", ".", ".hidden", "a/.git", "a/", "a\nb"}) {
    EXPECT_EQ(verdict("type=file", bad), "sys_param_1 form.file") << bad;
  }
}

TEST(ValidateTest, ValuesByPositionAreNumberedFromOne) {
  const GivenValues given = by_position({"a", "b"});
  EXPECT_THAT(given,
              ElementsAre(testing::Pair("sys_param_1", "a"), testing::Pair("sys_param_2", "b")));
}

TEST(ValidateTest, EveryMessageIsInBothLanguages) {
  const Form form = form_of(
      "<input name=sys_param_1 required><input name=sys_param_2 type=number><input "
      "name=sys_param_3 type=date>"
      "<select name=sys_param_4><option>a</select><input name=sys_param_5 maxlength=1>");
  const Validation result = validate(form, by_position({"", "x", "x", "x", "xx", "x"}));
  ASSERT_EQ(result.errors.size(), 6U);
  for (const FieldError& error : result.errors) {
    EXPECT_FALSE(error.message.empty());
    EXPECT_FALSE(error.message_zh.empty());
    EXPECT_NE(error.message, error.message_zh);
  }
}

}  // namespace
}  // namespace om::catalogue
