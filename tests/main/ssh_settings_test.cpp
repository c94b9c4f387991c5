// SPDX-License-Identifier: MIT
#include "main/ssh_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "peers/sshd_fixture.h"

namespace om::main {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(SshSettingsTest, NamesThatSshWouldTakeForSomethingElseAreRefused) {
  for (const char* good : {"web1", "10.0.0.1", "a.b-c_d", "fe80::1"}) {
    EXPECT_TRUE(check_ssh_name(good)) << good;
  }
  for (const char* bad :
       {"", "-oProxyCommand=id", "-G", "*", "web?", "!x", "a b", "a\n", "u@h", "ssh://h", "\x7f"}) {
    EXPECT_FALSE(check_ssh_name(bad)) << bad;
  }
  EXPECT_FALSE(check_ssh_name(std::string(256, 'a')));
}

TEST(SshSettingsTest, ProxyJumpIsTakenApart) {
  const auto hops = parse_proxy_jump("joe@gate:2200,[::1]:22,[fe80::1],inner");
  ASSERT_TRUE(hops) << hops.error().message;
  ASSERT_EQ(hops->size(), 4U);
  EXPECT_EQ((*hops)[0].login + "|" + (*hops)[0].name, "joe|gate");
  EXPECT_EQ((*hops)[0].port, 2200);
  EXPECT_EQ((*hops)[1].name, "::1");
  EXPECT_EQ((*hops)[1].port, 22);
  EXPECT_EQ((*hops)[2].name, "fe80::1");
  EXPECT_EQ((*hops)[2].port, 0);
  EXPECT_EQ((*hops)[3].name, "inner");
  for (const char* bad : {"", "a,,b", "a:0", "a:x", "[::1", "-oX", "a:70000", "joe@"}) {
    EXPECT_FALSE(parse_proxy_jump(bad)) << bad;
  }
}

TEST(SshSettingsTest, HostLinesGiveTheirNamesAndNoPatterns) {
  EXPECT_THAT(host_names_in("Host web1 web2\n  HostName x\nHOST = \"db 1\" db2 # not db3\nHost *\n"
                            "Host 10.* !10.1.1.1 web1\r\n# Host no\nHostName no\nhost=last\r\n"),
              ElementsAre("web1", "web2", "db2", "last"));
  EXPECT_TRUE(host_names_in("").empty());
}

TEST(SshSettingsTest, OutputWithoutAnAddressIsRefused) {
  EXPECT_FALSE(parse_ssh_settings("user joe\nport 22\n"));
  EXPECT_FALSE(parse_ssh_settings("hostname x\nport 0\n"));
}

class AskSshTest : public testing::Test {
 protected:
  void SetUp() override {
    if (peers::run_program({"ssh", "-V"}).exit_status != 0) GTEST_SKIP() << "there is no ssh";
    peers::write_file(config(),
                      "Host web1\n HostName 10.0.0.1\n Port 2222\n User deploy\n"
                      " ProxyJump joe@gate:2200,inner\n IdentityFile ~/.ssh/ops\n"
                      " HostKeyAlias web1-key\n"
                      "Host far\n ProxyCommand nc %h %p\n");
  }
  std::string config() const { return folder_.file("config"); }
  peers::TemporaryFolder folder_;
};

TEST_F(AskSshTest, TellsWhatTheClientWouldDo) {
  const auto settings = ask_ssh("web1", config());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->address, "10.0.0.1");
  EXPECT_EQ(settings->port, 2222);
  EXPECT_EQ(settings->login, "deploy");
  EXPECT_EQ(settings->host_key_alias, "web1-key");
  EXPECT_EQ(settings->proxy_command, "");
  EXPECT_THAT(settings->identity_files, ElementsAre("~/.ssh/ops"));
  ASSERT_EQ(settings->jumps.size(), 2U);
  EXPECT_EQ(settings->jumps[0].login, "joe");
  EXPECT_EQ(settings->jumps[0].name, "gate");
  EXPECT_EQ(settings->jumps[0].port, 2200);
  EXPECT_EQ(settings->jumps[1].name, "inner");
}

TEST_F(AskSshTest, ProxyCommandIsSeenAndDefaultsAreFilledIn) {
  const auto good = ask_ssh("far", config());
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->address, "far");
  EXPECT_EQ(good->port, 22);
  EXPECT_EQ(good->proxy_command, "nc %h %p");
}

TEST_F(AskSshTest, WhatSshRefusesIsQuoted) {
  peers::write_file(config(), "Host web1\n Port none\n");
  const auto refused = ask_ssh("web1", config());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "import_ssh.refused");
  EXPECT_THAT(refused.error().message, HasSubstr("Bad port"));
  EXPECT_FALSE(ask_ssh("web1", folder_.file("missing")));
}

}  // namespace
}  // namespace om::main
