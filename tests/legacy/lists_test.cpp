// SPDX-License-Identifier: MIT
#include "om/legacy/lists.h"

#include <gtest/gtest.h>

namespace om::legacy {
namespace {

Host host(const std::string& name, const std::string& address) {
  Host host;
  host.name = name;
  host.address = address;
  return host;
}

TEST(LegacyListsTest, TheCategoriesOfTheOriginal) {
  std::vector<Category> categories;
  for (const char* name :
       {"Linux.Lbalancing", "Linux.Sysadmin", "Linux.Backup", "Linux.Ice", "Linux.Logs",
        "Linux.Hadoop", "Linux.Cache", "Linux.Memcached", "Linux.Mysql", "Linux.Proxy", "Linux.Web",
        "Windows.Mssql", "Windows.Web"}) {
    categories.push_back({CategoryId{static_cast<std::int64_t>(categories.size()) + 1}, name});
  }
  EXPECT_EQ(category_list(categories),
            "<-请选择功能类别->,Linux.Lbalancing,Linux.Sysadmin,Linux.Backup,Linux.Ice,Linux.Logs,"
            "Linux.Hadoop,Linux.Cache,Linux.Memcached,Linux.Mysql,Linux.Proxy,Linux.Web,"
            "Windows.Mssql,Windows.Web|-1,1,2,3,4,5,6,7,8,9,10,11,12,13");
}

TEST(LegacyListsTest, TheAppsOfCategory11) {
  EXPECT_EQ(app_list({{AppId{1}, CategoryId{11}, "Linux.Web", "www.domain.com"},
                      {AppId{2}, CategoryId{11}, "Linux.Web", "bbs.domain.com"}}),
            "<-请选择应用类别->,www.domain.com,bbs.domain.com|-1,1,2");
}

TEST(LegacyListsTest, TheHostsOfApp1) {
  EXPECT_EQ(
      host_list({host("sn2012-07-010", "192.168.1.10"), host("sn2013-08-020", "192.168.1.20")}),
      "192.168.1.10,192.168.1.20|192.168.1.10*sn2012-07-010,192.168.1.20*sn2013-08-020");
}

TEST(LegacyListsTest, TheModulesByNumber) {
  Module one;
  one.id = ModuleId{1001};
  one.name = "查看系统日志";
  Module two;
  two.id = ModuleId{1002};
  two.name = "查看最新登录";
  EXPECT_EQ(module_list({one, two}), "请选择功能模块...,查看系统日志,查看最新登录|-1,1001,1002");
}

TEST(LegacyListsTest, NoRowsAreTheFirstMemberAlone) {
  EXPECT_EQ(category_list({}), "<-请选择功能类别->|-1");
  EXPECT_EQ(app_list({}), "<-请选择应用类别->|-1");
  EXPECT_EQ(module_list({}), "请选择功能模块...|-1");
  EXPECT_EQ(host_list({}), "|");
}

TEST(LegacyListsTest, BothHalvesKeepTheSameNumberOfMembers) {
  const std::string list = category_list({{CategoryId{1}, "a,b|c"}});
  EXPECT_EQ(list, "<-请选择功能类别->,a，b｜c|-1,1");
}

TEST(LegacyListsTest, AHostThatTheGrammarCannotNameIsLeftOut) {
  EXPECT_EQ(host_list({host("a,b", "10.0.0.1"), host("c", "10.0.0.2"), host("d*e", "10.0.0.3"),
                       host("f", "10.0.0.4|x")}),
            "10.0.0.2|10.0.0.2*c");
}

TEST(LegacyListsTest, NothingInAListEndsThePagesString) {
  const std::string list =
      category_list({{CategoryId{1}, "it's"}, {CategoryId{2}, "a\\b"}, {CategoryId{3}, "c\nd\re"}});
  EXPECT_EQ(list, "<-请选择功能类别->,it\\x27s,a\\\\b,c\\nd\\re|-1,1,2,3");
}

}  // namespace
}  // namespace om::legacy
