// SPDX-License-Identifier: MIT
#include "om/store/inventory_rules.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::store {
namespace {

using testing::HasSubstr;

TEST(InventoryRulesTest, LabelsOfTheOriginalAndOfPeopleAreFine) {
  for (const char* name : {"Linux.Lbalancing", "www.domain.com", "本机", "This machine", "a", "#1",
                           "app (old)", "émile & co", "a:b", "x\"y"})
    EXPECT_TRUE(check_label("application", name)) << name;
}

TEST(InventoryRulesTest, LabelsThatBreakAGrammarAreRefused) {
  for (const std::string name : {"",
                                 "a,b",
                                 "a|b",
                                 "a*b",
                                 "a'b",
                                 "a\\b",
                                 "a/b",
                                 "a;b",
                                 "a\nb",
                                 "a\rb",
                                 "a\tb",
                                 " a",
                                 "a ",
                                 "-a",
                                 "a\x7f",
                                 "\xff",
                                 "a\xc2\x85",
                                 "a\xe2\x80\xa8z",
                                 "a\xe2\x80\xaez",
                                 "\xe2\x80\x8b",
                                 "\xef\xbb\xbf"})
    EXPECT_FALSE(check_label("application", name)) << name;
  EXPECT_FALSE(check_label("application", std::string("a\0b", 3)));
  EXPECT_FALSE(check_label("application", std::string(kMaxNameBytes + 1, 'a')));
  EXPECT_TRUE(check_label("application", std::string(kMaxNameBytes, 'a')));
}

TEST(InventoryRulesTest, RefusalNamesTheCharacter) {
  EXPECT_EQ(check_label("tag", "a,b").error().message, "tag: must not have ','");
  EXPECT_EQ(check_label("tag", "a\nb").error().message, "tag: must not have U+000A");
  EXPECT_EQ(check_label("tag", "a\xe2\x80\xaez").error().message, "tag: must not have U+202E");
  EXPECT_EQ(check_host_name("a b").error().message, "name: must not have U+0020");
  EXPECT_EQ(check_label("tag", "").error().code, Errc::invalid_argument);
}

TEST(InventoryRulesTest, HostNames) {
  for (const char* name : {"web1", "sn2012-07-010", "web1.example.com", "_gateway", "主机一",
                           "10.0.0.1", "fe80::1", "db@east", "a+b=c"})
    EXPECT_TRUE(check_host_name(name)) << name;
  for (const std::string name : {"",        "-oProxyCommand=x",
                                 ".",       "..",
                                 ".hidden", "@all",
                                 "=1+1",    "+x",
                                 "a b",     "a/b",
                                 "a,b",     "a*",
                                 "a'b",     "a\\b",
                                 "a|b",     "a;b",
                                 "a\"b",    "a$b",
                                 "a`b",     "a&b",
                                 "a<b",     "a>b",
                                 "a?b",     "a%b",
                                 "a#b",     "a(b",
                                 "a[b]",    "{{a}}",
                                 "!a",      "~a",
                                 "a\nb",    "a\xe3\x80\x80z",
                                 "\xc3"})
    EXPECT_FALSE(check_host_name(name)) << name;
}

TEST(InventoryRulesTest, Addresses) {
  for (const char* address :
       {"10.0.0.1", "255.255.255.255", "::1", "fe80::1", "fe80::1%eth0", "2001:db8::10",
        "::ffff:10.0.0.1", "web1", "web1.example.com", "web1.example.com.", "a_b.example",
        "xn--bcher-kva.example", "1and1.example", "4.example", "localhost"})
    EXPECT_TRUE(check_address(address)) << address;
  for (const std::string address : {"",
                                    "-oProxyCommand=touch x",
                                    "-web1",
                                    "web1-",
                                    "[::1]",
                                    "[-oProxyCommand=x]",
                                    "10.0.0.256",
                                    "10.0.0",
                                    "10",
                                    "1.2.3.4.5",
                                    "web1:22",
                                    "::1:::",
                                    "fe80::1%",
                                    "fe80::1%a/b",
                                    "web 1",
                                    "web1\n",
                                    "a..b",
                                    ".a",
                                    "a,b",
                                    "user@web1",
                                    "b\xc3\xbc"
                                    "cher.example",
                                    "$(id)",
                                    "a;b",
                                    "a/24"})
    EXPECT_FALSE(check_address(address)) << address;
  EXPECT_FALSE(check_address(std::string("10.0.0.1\0.evil", 14)));
  EXPECT_FALSE(check_address(std::string(64, 'a') + ".example"));
  EXPECT_TRUE(check_address(std::string(63, 'a') + ".example"));
}

TEST(InventoryRulesTest, AnAddressMayBringItsPort) {
  struct Written {
    const char* text;
    const char* address;
    std::uint16_t port;
  };
  for (const Written& w : std::vector<Written>{{"[2001:db8::1]:2222", "2001:db8::1", 2222},
                                               {"[::1]", "::1", 22},
                                               {"::1", "::1", 22},
                                               {"2001:db8::1:2222", "2001:db8::1:2222", 22},
                                               {"[fe80::1%eth0]:65535", "fe80::1%eth0", 65535},
                                               {"web1:2222", "web1", 2222},
                                               {"192.0.2.1:2222", "192.0.2.1", 2222},
                                               {"web1.example", "web1.example", 22}}) {
    const Result<Endpoint> split = split_address(w.text, std::nullopt);
    ASSERT_TRUE(split) << w.text << ": " << split.error().message;
    EXPECT_EQ(split->address, w.address);
    EXPECT_EQ(split->port, w.port) << w.text;
  }
  for (const char* text : {"web1:",
                           "web1:0",
                           "web1:65536",
                           "web1:22x",
                           "web1:+22",
                           "web1: 22",
                           "web1:-1",
                           ":22",
                           "[::1",
                           "[::1]22",
                           "[::1]:",
                           "[::1]:0",
                           "[web1]:22",
                           "[10.0.0.1]:22",
                           "[]:22",
                           "[]",
                           "-oProxyCommand=x:22",
                           "web1:22:23",
                           "[[::1]]:22",
                           "user@web1:22"})
    EXPECT_FALSE(split_address(text, std::nullopt)) << text;
}

TEST(InventoryRulesTest, APortIsSaidOnceOrTwiceTheSame) {
  EXPECT_EQ(split_address("web1", 2200)->port, 2200);
  EXPECT_EQ(split_address("::1", 2200)->port, 2200);
  EXPECT_EQ(split_address("[::1]:2200", 2200)->port, 2200);
  const Result<Endpoint> two = split_address("[::1]:2222", 22);
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().reason, "inventory.two_ports");
  EXPECT_THAT(two.error().message, HasSubstr("port 2222, but port is 22"));
}

TEST(InventoryRulesTest, Logins) {
  for (const char* login : {"root", "ops", "deploy-1", "DOMAIN\\user", "user@realm", "svc$"})
    EXPECT_TRUE(check_login("login", login)) << login;
  for (const char* login : {"", "-l", "a b", "a;b", "a'b", "a\nb", "$(id)", "\xe4\xb8\xbb"})
    EXPECT_FALSE(check_login("login", login)) << login;
}

Host good() {
  Host host;
  host.name = "web1";
  host.address = "10.0.0.1";
  host.login = "root";
  host.credential = "fleet key";
  host.os = "Debian 12 (bookworm)";
  host.address_public = "203.0.113.7";
  host.jump = "gate";
  host.become = "root";
  host.encoding = "gb18030";
  host.host_key_alias = "web1-behind-gate";
  host.minion_id = "web1.example.com";
  host.note = "first line\n\tsecond line";
  host.tags = {"blue", "east"};
  host.become_credential = "root of web1";
  return host;
}

TEST(InventoryRulesTest, WholeHost) {
  EXPECT_TRUE(check_host(good()));
  const auto refused = [](auto change) {
    Host host = good();
    change(host);
    const auto checked = check_host(host);
    return checked ? std::string("taken") : checked.error().message;
  };
  EXPECT_EQ(refused([](Host& h) { h.port = 0; }), "host web1: port: must be 1 to 65535");
  EXPECT_EQ(refused([](Host& h) { h.name = "a|b"; }), "host: name: must not have '|'");
  EXPECT_THAT(refused([](Host& h) { h.address = "-x"; }), HasSubstr("host web1: address: "));
  EXPECT_THAT(refused([](Host& h) { h.address_public = "[x"; }), HasSubstr("public: address: "));
  EXPECT_THAT(refused([](Host& h) { h.login = "-l"; }), HasSubstr("login: "));
  EXPECT_THAT(refused([](Host& h) { h.become = "-u"; }), HasSubstr("become: "));
  EXPECT_THAT(refused([](Host& h) { h.credential = "a/b"; }), HasSubstr("key: "));
  EXPECT_THAT(refused([](Host& h) { h.become_credential = "a/b"; }),
              HasSubstr("become_password: "));
  EXPECT_THAT(refused([](Host& h) { h.jump = "-J"; }), HasSubstr("jump: "));
  EXPECT_THAT(refused([](Host& h) { h.jump = "web1"; }), HasSubstr("is the host itself"));
  EXPECT_THAT(refused([](Host& h) { h.os = "a\nb"; }), HasSubstr("os: "));
  EXPECT_THAT(refused([](Host& h) { h.encoding = "a b"; }), HasSubstr("encoding: "));
  EXPECT_THAT(refused([](Host& h) { h.host_key_alias = "a,b"; }), HasSubstr("host_key_alias: "));
  EXPECT_THAT(refused([](Host& h) { h.minion_id = "*"; }), HasSubstr("minion_id: "));
  EXPECT_THAT(refused([](Host& h) { h.note = "a\x1b[2J"; }), HasSubstr("note: "));
  EXPECT_THAT(refused([](Host& h) { h.tags = {"a;b"}; }), HasSubstr("tag: "));
}

TEST(InventoryRulesTest, CleanedNamesAreTaken) {
  EXPECT_EQ(clean_host_name("jump-1.example.com"), "jump-1.example.com");
  EXPECT_EQ(clean_host_name("-my host's,name|*\n"), "myhostsname");
  EXPECT_EQ(clean_host_name("主机"), "主机");
  EXPECT_EQ(clean_host_name(""), "host");
  EXPECT_EQ(clean_host_name("***"), "host");
  EXPECT_EQ(clean_host_name("a\xff"), "a");
  for (const std::string& odd : {std::string(1000, 'x'), std::string("\xff\xfe..-a"),
                                 std::string(200, '\x01'), std::string(400, '\xe4')})
    EXPECT_TRUE(check_host_name(clean_host_name(odd)));
}

}  // namespace
}  // namespace om::store
