// SPDX-License-Identifier: MIT
#include "om/catalogue/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::catalogue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ParsedForm parsed(std::string_view html) {
  Result<ParsedForm> result = parse_form(html);
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? *std::move(result) : ParsedForm{};
}

std::string refused(std::string_view html) {
  const Result<ParsedForm> result = parse_form(html);
  EXPECT_FALSE(result) << "accepted as " << (result ? result->html : "");
  if (result) return {};
  EXPECT_EQ(result.error().code, Errc::invalid_argument);
  return result.error().message;
}

/// The flow in short: texts as they are, *bold*, / for a break, {legend: ...} and field names.
std::string flow(const Form& form, const std::vector<FormItem>& items) {
  std::string out;
  for (const FormItem& item : items) {
    if (!out.empty()) out += ' ';
    switch (item.kind) {
      case FormItem::Kind::text:
        out += item.bold ? "*" + item.text + "*" : item.text;
        break;
      case FormItem::Kind::line_break:
        out += '/';
        break;
      case FormItem::Kind::field:
        out += form.fields[item.field].name;
        break;
      case FormItem::Kind::fieldset:
        out += "{" + item.text + ": " + flow(form, item.items) + "}";
        break;
    }
  }
  return out;
}

std::string flow(std::string_view html) {
  const Form form = parsed(html).form;
  return flow(form, form.items);
}

TEST(FormTest, NothingIsAFormWithoutFields) {
  const ParsedForm form = parsed("");
  EXPECT_THAT(form.form.fields, IsEmpty());
  EXPECT_THAT(form.form.items, IsEmpty());
  EXPECT_EQ(form.html, "");
}

TEST(FormTest, TheOriginalsFormOf1001) {
  const ParsedForm form = parsed(
      "返回信息行数：<input name=\"sys_param_1\" id=\"sys_param_1\" type=\"text\" size=\"5\" "
      "maxlength=\"3\" "
      "value=\"50\">");
  ASSERT_EQ(form.form.fields.size(), 1U);
  const FormField& field = form.form.fields[0];
  EXPECT_EQ(field.name, "sys_param_1");
  EXPECT_EQ(field.type, FieldType::text);
  EXPECT_EQ(field.label, "返回信息行数");
  EXPECT_EQ(field.value, "50");
  EXPECT_EQ(field.size, 5);
  EXPECT_EQ(field.maxlength, 3);
  EXPECT_FALSE(field.required);
  EXPECT_EQ(flow(form.form, form.form.items), "返回信息行数： sys_param_1");
  EXPECT_EQ(form.html,
            "返回信息行数：<input type=\"text\" name=\"sys_param_1\" id=\"sys_param_1\" "
            "value=\"50\" size=\"5\" "
            "maxlength=\"3\">");
  EXPECT_THAT(form.removed, IsEmpty());
}

TEST(FormTest, OfSeveralSelectedTheLastOneWins) {
  // The original's form of 1005 marks nearly all of them.
  const FormField field =
      parsed(
          "<select name=\"sys_param_1\" id=\"sys_param_1\"> <option value=\"nginx\" "
          "selected>nginx启动脚本</option> <option value=\"haproxy\" "
          "selected>Haproxy配置文件</option> "
          "<option value=\"syslog\">syslog</option></select>")
          .form.fields.at(0);
  EXPECT_EQ(field.value, "haproxy");
  ASSERT_EQ(field.options.size(), 3U);
  EXPECT_FALSE(field.options[0].selected);
  EXPECT_TRUE(field.options[1].selected);
  EXPECT_EQ(field.options[0].label, "nginx启动脚本");
}

TEST(FormTest, AnUntouchedSelectHasItsFirstOption) {
  EXPECT_EQ(parsed("<select name=sys_param_1><option>a<option value=2>b</select>")
                .form.fields.at(0)
                .value,
            "a");
  EXPECT_EQ(parsed("<select multiple name=sys_param_1><option>a<option>b</select>")
                .form.fields.at(0)
                .value,
            "");
}

TEST(FormTest, OptionsKnowTheirGroup) {
  const FormField field =
      parsed(
          "<select id=sys_param_1><option>x<optgroup label=' 系统 '><option value=a>A<option>b"
          "<optgroup label=other><option>c</select>")
          .form.fields.at(0);
  std::vector<std::string> seen;
  for (const FormOption& option : field.options)
    seen.push_back(option.group + "/" + option.value + "/" + option.label);
  EXPECT_THAT(seen, ElementsAre("/x/x", "系统/a/A", "系统/b/b", "other/c/c"));
}

TEST(FormTest, SeveralSelectedAreJoinedWithCommas) {
  EXPECT_EQ(parsed("<select multiple name=sys_param_1><option selected>a<option>b<option "
                   "selected>c</select>")
                .form.fields.at(0)
                .value,
            "a,c");
}

TEST(FormTest, RadioButtonsOfOneNameAreOneField) {
  const ParsedForm form = parsed(
      "颜色：<input type=radio name=sys_param_1 value=r> red <label><input type=radio "
      "name=sys_param_1 value=g "
      "checked>green</label><input type=radio name=sys_param_1 value=b id=x><label "
      "for=x>blue</label><br>end");
  ASSERT_EQ(form.form.fields.size(), 1U);
  const FormField& field = form.form.fields[0];
  EXPECT_EQ(field.label, "颜色");
  EXPECT_EQ(field.value, "g");
  EXPECT_FALSE(field.multiple);
  std::vector<std::string> labels;
  for (const FormOption& option : field.options)
    labels.push_back(option.value + "=" + option.label);
  EXPECT_THAT(labels, ElementsAre("r=red", "g=green", "b=blue"));
  EXPECT_EQ(flow(form.form, form.form.items), "颜色： sys_param_1 / end");
  // Ids are unique, the first one is where the original page looks.
  EXPECT_THAT(form.html, HasSubstr("id=\"sys_param_1\" value=\"r\""));
  EXPECT_THAT(form.html,
              HasSubstr("id=\"sys_param_1_3\" value=\"b\"><label for=\"sys_param_1_3\">"));
}

TEST(FormTest, BoxesOfOneNameAreOneFieldWithSeveralValues) {
  const FormField two = parsed(
                            "<input type=checkbox name=sys_param_1 value=a checked>A<input "
                            "type=checkbox name=sys_param_1 value=b>B")
                            .form.fields.at(0);
  EXPECT_TRUE(two.multiple);
  EXPECT_EQ(two.value, "a");
  const FormField one = parsed("<input type=checkbox name=sys_param_1> really").form.fields.at(0);
  EXPECT_FALSE(one.multiple);
  EXPECT_EQ(one.value, "");
  ASSERT_EQ(one.options.size(), 1U);
  EXPECT_EQ(one.options[0].value, "on");
  EXPECT_EQ(one.options[0].label, "really");
}

TEST(FormTest, LabelsComeFromTheElementElseFromTheTextBefore) {
  const std::vector<FormField> fields =
      parsed(
          "<label for=sys_param_2>Second:</label>First: <input name=sys_param_1><input "
          "name=sys_param_2>"
          "<br><input name=sys_param_3><p>Fourth</p><input name=sys_param_4><label>Fifth "
          "<b>one</b><input name=sys_param_5></label>")
          .form.fields;
  std::vector<std::string> labels;
  for (const FormField& field : fields) labels.push_back(field.label);
  EXPECT_THAT(labels, ElementsAre("First", "Second", "", "", "Fifth one"));
}

TEST(FormTest, TheFlowKeepsLinesBoldTextsAndSets) {
  EXPECT_EQ(flow("a <b>b</b> c<br>d"), "a *b* c / d");
  EXPECT_EQ(flow("<div>one</div><div>two</div>"), "one / two");
  EXPECT_EQ(flow("<p>one</p>\n<p>two</p> three"), "one / two / three");
  EXPECT_EQ(flow("<br>a<br><br>b<br>"), "a / / b");
  EXPECT_EQ(flow("<fieldset><legend>Set:</legend>x <input name=sys_param_1></fieldset>y"),
            "{Set: x sys_param_1} y");
  EXPECT_EQ(flow("<span>a</span><span>b</span>"), "ab");
}

TEST(FormTest, FieldsAreOrderedByNumberAndItemsByPlace) {
  const Form form =
      parsed("b <input name=sys_param_2 value=2> a <input name=sys_param_1 value=1>").form;
  EXPECT_EQ(form.fields.at(0).value, "1");
  EXPECT_EQ(form.fields.at(1).value, "2");
  EXPECT_EQ(flow(form, form.items), "b sys_param_2 a sys_param_1");
}

TEST(FormTest, SuggestionsComeFromTheList) {
  const ParsedForm form = parsed(
      "<input name=sys_param_1 list=where><datalist id=where><option "
      "value=a>A<option>b</datalist>");
  EXPECT_THAT(form.form.fields.at(0).suggestions, ElementsAre("a", "b"));
  EXPECT_THAT(form.html, HasSubstr("list=\"sys_param_list_1\"><datalist "
                                   "id=\"sys_param_list_1\"><option value=\"a\"></option>"));
}

TEST(FormTest, UnknownTypesAreTextAndButtonsAreLeftOut) {
  const ParsedForm form = parsed(
      "<input name=sys_param_1 type=email><input type=submit><button onclick=x()>go</button>");
  EXPECT_EQ(form.form.fields.at(0).type, FieldType::text);
  EXPECT_THAT(form.removed, testing::UnorderedElementsAre("<button>", "<input type=\"submit\">"));
}

TEST(FormTest, ASecretHasNoDefault) {
  const ParsedForm form = parsed("<input name=sys_param_1 type=password value=hunter2>");
  EXPECT_TRUE(form.form.fields.at(0).is_secret());
  EXPECT_EQ(form.form.fields.at(0).value, "");
  EXPECT_THAT(form.html, testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(form.removed, ElementsAre("value"));
}

TEST(FormTest, ATextareaKeepsItsLines) {
  const ParsedForm form =
      parsed("<textarea name=sys_param_1 rows=4 cols=20>\none\n <b>two</b>\n</textarea>after");
  EXPECT_EQ(form.form.fields.at(0).value, "one\n <b>two</b>\n");
  EXPECT_EQ(form.form.fields.at(0).rows, 4);
  EXPECT_THAT(form.html, HasSubstr(">one&#10; &lt;b&gt;two&lt;/b&gt;&#10;</textarea>after"));
}

TEST(FormTest, CanonicalHtmlIsWhatTheOriginalPageCanTake) {
  const std::string html =
      parsed(
          "it's\n\\ @@ <input name='sys_param_1' value='a\"b&amp;c\\d' pattern='\\w+\"b&amp;c.d' "
          "placeholder=\"l\xe2\x80\xa8s\">")
          .html;
  for (const char* breaks : {"'", "\\", "@@", "\n", "\r", "\xe2\x80\xa8"})
    EXPECT_THAT(html, testing::Not(HasSubstr(breaks)));
  EXPECT_THAT(html, HasSubstr("it&#39;s &#92; &#64;&#64; "));
  EXPECT_THAT(html, HasSubstr("value=\"a&quot;b&amp;c&#92;d\""));
  EXPECT_EQ(parsed(html).form.fields.at(0).value, "a\"b&c\\d");
}

TEST(FormTest, EveryFaultIsNamedAtOnce) {
  const std::string message = refused(
      "<input name=other><input name=sys_param_2 type=number min=5 max=1><input name=sys_param_3 "
      "pattern=(><select "
      "name=sys_param_4></select>");
  EXPECT_THAT(message, HasSubstr("a field (<input>) has no number"));
  EXPECT_THAT(message, HasSubstr("sys_param_2 has a min above its max"));
  EXPECT_THAT(message, HasSubstr("sys_param_3 has a pattern that RE2 does not accept: missing )"));
  EXPECT_THAT(message, HasSubstr("sys_param_4 has no options"));
  EXPECT_THAT(message, HasSubstr("there is no sys_param_1"));
}

TEST(FormTest, ContradictionsAreRefused) {
  EXPECT_THAT(refused("<input name=sys_param_1><input name=sys_param_1>"),
              HasSubstr("the name of two fields"));
  EXPECT_THAT(refused("<input name=sys_param_1 type=radio><input name=sys_param_1 type=checkbox>"),
              HasSubstr("two fields"));
  EXPECT_THAT(refused("<input name=sys_param_1 maxlength=2 value=abc>"),
              HasSubstr("has a default that it would refuse"));
  EXPECT_THAT(refused("<input name=sys_param_1 maxlength=x>"),
              HasSubstr("maxlength is not a number"));
  EXPECT_THAT(refused("<input name=sys_param_1 type=number step=0>"), HasSubstr("a step"));
  EXPECT_THAT(refused("<input name=sys_param_1 type=number min=ten>"),
              HasSubstr("a min that is not a value for it: ten"));
  EXPECT_THAT(refused("<input name=sys_param_1 type=date max=2026-02-30>"),
              HasSubstr("a max that is not a value for it"));
  EXPECT_THAT(refused("<input name=sys_param_1 minlength=3 maxlength=2>"),
              HasSubstr("minlength above its maxlength"));
  EXPECT_THAT(refused("<select multiple name=sys_param_1><option>a,b</select>"),
              HasSubstr("a comma"));
  for (const char* name : {"sys_param_0", "sys_param_01", "sys_param_", "sys_param_1x",
                           "sys_param_1000", "SYS_PARAM_1", "sys_param_-1"}) {
    EXPECT_THAT(refused("<input name=" + std::string(name) + ">"), HasSubstr("has no number"));
  }
}

TEST(FormTest, PatternsThatCostTooMuchAreRefused) {
  EXPECT_THAT(refused("<input name=sys_param_1 pattern=((((a{100}){100}){100}){100})>"),
              HasSubstr("RE2 does not accept"));
  EXPECT_THAT(refused("<input name=sys_param_1 pattern=(?=a)b>"), HasSubstr("RE2 does not accept"));
  EXPECT_THAT(
      refused("<input name=sys_param_1 pattern=" + std::string(kMaxPatternBytes + 1, 'a') + ">"),
      HasSubstr("bytes"));
}

TEST(FormTest, SizeDepthAndCountsAreBounded) {
  EXPECT_THAT(refused(std::string(kMaxFormBytes + 1, 'x')), HasSubstr("64 KiB"));
  std::string deep;
  for (std::size_t i = 0; i <= kMaxFormDepth; ++i) deep += "<b>";
  EXPECT_THAT(refused(deep), HasSubstr("deep"));
  std::string many;
  for (std::size_t i = 0; i <= kMaxFormNodes; ++i) many += "<br>";
  EXPECT_THAT(refused(many), HasSubstr("elements and texts"));
  std::string fields;
  for (std::size_t i = 1; i <= kMaxFormFields + 1; ++i)
    fields += "<input name=sys_param_" + std::to_string(i) + ">";
  EXPECT_THAT(refused(fields), HasSubstr("more than 64 parameters"));
  std::string options = "<select name=sys_param_1>";
  for (std::size_t i = 0; i <= kMaxFormOptions; ++i) options += "<option>" + std::to_string(i);
  EXPECT_THAT(refused(options), HasSubstr("more than 2000 options"));
}

TEST(FormTest, JustAtTheLimitsIsAccepted) {
  std::string deep;
  for (std::size_t i = 0; i < kMaxFormDepth; ++i) deep += "<b>";
  EXPECT_TRUE(parse_form(deep + "x"));
  std::string fields;
  for (std::size_t i = 1; i <= kMaxFormFields; ++i)
    fields += "<input name=sys_param_" + std::to_string(i) + ">";
  EXPECT_EQ(parsed(fields).form.fields.size(), kMaxFormFields);
}

TEST(FormTest, ATranslationAsksForTheSame) {
  const Form zh = parsed("行数<input name=sys_param_1 maxlength=3 value=50>").form;
  EXPECT_TRUE(
      check_translation(zh, parsed("Lines <input name=sys_param_1 maxlength=3 value=50>").form));
  const auto differs = [&zh](const char* html) {
    const Result<void> result = check_translation(zh, parsed(html).form);
    return result ? std::string() : result.error().message;
  };
  EXPECT_THAT(differs("<input name=sys_param_1 maxlength=4 value=50>"),
              HasSubstr("sys_param_1 asks for something else"));
  EXPECT_THAT(differs(""), HasSubstr("sys_param_1 is missing"));
  EXPECT_THAT(differs("<input name=sys_param_1 maxlength=3 value=50><input name=sys_param_2>"),
              HasSubstr("sys_param_2 is too many"));
}

}  // namespace
}  // namespace om::catalogue
