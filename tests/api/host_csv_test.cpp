// SPDX-License-Identifier: MIT
#include "api/host_csv.h"

#include <gtest/gtest.h>

namespace om::api {
namespace {

TEST(HostCsvTest, ColumnsComeInAnyOrderAndListsAreSplitOnSemicolons) {
  const Result<CsvTable> table = parse_host_csv(
      "\xef\xbb\xbf"
      "address,name,tags,port,app,platform\r\n"
      "10.0.0.1,web1,\"blue; new\",2222,Linux.Web/www;Linux.Web/bbs,ssh\r\n"
      "10.0.0.2,web2,,,,\r\n");
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->hosts.size(), 2U);
  const CsvHost& first = table->hosts[0];
  EXPECT_EQ(first.line, 2);
  EXPECT_EQ(first.host.name, "web1");
  EXPECT_EQ(first.host.port, 2222);
  EXPECT_EQ(first.host.tags, (std::vector<std::string>{"blue", "new"}));
  EXPECT_EQ(first.host.apps, (std::vector<std::string>{"Linux.Web/www", "Linux.Web/bbs"}));
  EXPECT_EQ(first.host.platform, Platform::ssh);
  EXPECT_EQ(table->hosts[1].host.port, 22);
  EXPECT_TRUE(table->faults.empty());
}

TEST(HostCsvTest, HowAHostIsReachedAndWhoIsBecomeAreColumnsToo) {
  const Result<CsvTable> table = parse_host_csv(
      "name,address,become,become_method,become_password,legacy_algorithms,host_key_alias\n"
      "old1,10.0.0.1,root,su,root of old1,Yes,inner\n"
      "new1,10.0.0.2,root,,,no,\n"
      "bad1,10.0.0.3,root,pbrun,,,\n"
      "bad2,10.0.0.4,root,,,perhaps,\n");
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->hosts.size(), 2U);
  const Host& first = table->hosts[0].host;
  EXPECT_EQ(first.become_method, BecomeMethod::su);
  EXPECT_EQ(first.become_credential, "root of old1");
  EXPECT_TRUE(first.legacy_algorithms);
  EXPECT_EQ(first.host_key_alias, "inner");
  const Host& second = table->hosts[1].host;
  EXPECT_EQ(second.become_method, BecomeMethod::sudo);
  EXPECT_FALSE(second.legacy_algorithms);
  ASSERT_EQ(table->faults.size(), 2U);
  EXPECT_EQ(table->faults[0].reason, "import.become_method");
  EXPECT_EQ(table->faults[1].reason, "import.legacy_algorithms");
}

TEST(HostCsvTest, AnAddressMayBringItsPort) {
  const Result<CsvTable> table = parse_host_csv(
      "name,address,port\n"
      "v6,[2001:db8::1]:2222,\n"
      "same,web1.example:2222,2222\n"
      "two,web1.example:2222,22\n");
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->hosts.size(), 2U);
  EXPECT_EQ(table->hosts[0].host.address, "2001:db8::1");
  EXPECT_EQ(table->hosts[0].host.port, 2222);
  EXPECT_EQ(table->hosts[1].host.address, "web1.example");
  EXPECT_EQ(table->hosts[1].host.port, 2222);
  ASSERT_EQ(table->faults.size(), 1U);
  EXPECT_EQ(table->faults[0].line, 4);
  EXPECT_EQ(table->faults[0].reason, "inventory.two_ports");
}

TEST(HostCsvTest, TabsAndQuotedLineEndsWork) {
  const Result<CsvTable> table = parse_host_csv(
      "name\taddress\tnote\nweb1\t10.0.0.1\t\"two\nlines, \"\"quoted\"\"\"\nweb2\t10.0.0.2");
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->hosts.size(), 2U);
  EXPECT_EQ(table->hosts[0].host.note, "two\nlines, \"quoted\"");
  EXPECT_EQ(table->hosts[1].line, 4);
}

TEST(HostCsvTest, ABadRowIsNamedByLineAndTheOthersGoIn) {
  const Result<CsvTable> table = parse_host_csv(
      "name,address,port\n"
      "web1,10.0.0.1,22\n"
      "web2,10.0.0.2,99999\n"
      ",10.0.0.3,\n"
      "\n"
      "web1,10.0.0.4,\n"
      "web5,10.0.0.5,22,extra\n"
      "web6,\"10.0.0.6\"x,22\n");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->hosts.size(), 1U);
  ASSERT_EQ(table->faults.size(), 5U);
  EXPECT_EQ(table->faults[0].line, 3);
  EXPECT_EQ(table->faults[0].reason, "import.port");
  EXPECT_NE(table->faults[0].message.find("99999"), std::string::npos);
  EXPECT_EQ(table->faults[1].line, 4);
  EXPECT_EQ(table->faults[2].line, 6);
  EXPECT_EQ(table->faults[2].reason, "import.twice");
  EXPECT_NE(table->faults[2].message.find("line 2"), std::string::npos);
  EXPECT_EQ(table->faults[3].line, 7);
  EXPECT_EQ(table->faults[4].line, 8);
}

TEST(HostCsvTest, AHeaderThatCannotBeUsedRefusesTheTable) {
  EXPECT_EQ(parse_host_csv("").error().reason, "import.empty");
  EXPECT_EQ(parse_host_csv("name,adress\n").error().reason, "import.column");
  EXPECT_EQ(parse_host_csv("name,name,address\n").error().reason, "import.column");
  EXPECT_EQ(parse_host_csv("name,port\n").error().reason, "import.column");
  EXPECT_EQ(parse_host_csv("name,address\n\xff").error().reason, "import.encoding");
}

TEST(HostCsvTest, AnUnclosedQuoteIsAFaultNotAHang) {
  const Result<CsvTable> table = parse_host_csv("name,address\nweb1,\"10.0.0.1\nweb2,10.0.0.2\n");
  ASSERT_TRUE(table);
  EXPECT_TRUE(table->hosts.empty());
  ASSERT_EQ(table->faults.size(), 1U);
  EXPECT_EQ(table->faults[0].line, 2);
}

}  // namespace
}  // namespace om::api
