// SPDX-License-Identifier: MIT
#include "om/legacy/module_text.h"

#include <gtest/gtest.h>

namespace om::legacy {
namespace {

Module module_1001() {
  Module module;
  module.id = ModuleId{1001};
  module.name = "查看系统日志";
  module.caption = "[<b>功能说明</b>]<br> 查看所选服务器的操作系统日志信息";
  module.form = "返回信息行数：<input type=\"text\" id=\"sys_param_1\" size=\"5\" value=\"50\">";
  return module;
}

TEST(ModuleTextTest, InfoIsFourFields) {
  EXPECT_EQ(module_info(module_1001()),
            "1001@@查看系统日志@@[<b>功能说明</b>]<br> 查看所选服务器的操作系统日志信息@@"
            "返回信息行数：<input type=\"text\" id=\"sys_param_1\" size=\"5\" value=\"50\">");
}

TEST(ModuleTextTest, NoFieldBreaksTheGrammarOrTheEval) {
  Module module = module_1001();
  module.name = "a@@b <i>it's</i>";
  module.caption = "two\nlines";
  module.form = "<input pattern=\"\\d@@\">";
  EXPECT_EQ(module_info(module),
            "1001@@a&#64;&#64;b &lt;i&gt;it&#39;s&lt;/i&gt;@@two lines@@"
            "<input pattern=\"&#92;d&#64;&#64;\">");
}

TEST(ModuleTextTest, AFieldDoesNotLendItsEndToTheSeparator) {
  Module module = module_1001();
  module.name = "m";
  module.caption = "@mail me@home@";
  module.form = "@";
  EXPECT_EQ(module_info(module), "1001@@m@@&#64;mail me@home&#64;@@&#64;");
}

TEST(ModuleTextTest, AddingAModuleAnswersInTheOriginalsWords) {
  EXPECT_EQ(module_add_refusal("", ""), "模块名称不能为空！");
  EXPECT_EQ(module_add_refusal("名", ""), "模块功能描述不能为空！");
  EXPECT_EQ(module_add_refusal("名", "描述"), std::nullopt);
  EXPECT_EQ(module_added(ModuleId{1008}),
            "祝贺你，模块前端添加成功，模块ID为：1008，下一步请在服务器端编写模块逻辑！");
  EXPECT_EQ(module_not_stored("disk <full>"), "入库失败，请与管理员联系！disk &lt;full&gt;");
  EXPECT_EQ(kIllegalSubmit, "非法提交！");
}

TEST(ModuleTextTest, FixedTexts) {
  EXPECT_EQ(module_does_not_exist(ModuleId{1042}),
            "Module \"Mid_1042\" does not exist, Please add it");
  EXPECT_EQ(kUserVerifyFailed, "User verify failed!");
  EXPECT_EQ(kInvalidLogin, "Invalid Login!");
}

}  // namespace
}  // namespace om::legacy
