// SPDX-License-Identifier: MIT
//
// Lines and matches, held against what ssh-keygen -F finds in the same file.
#include "om/keys/known_hosts.h"

#include <set>

#include <gtest/gtest.h>

#include "peers/sshd_fixture.h"

#include "om/base/crypto.h"
#include "om/base/text.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

using peers::TemporaryFolder;

/// A key that no other number gives.
std::string key_line(char number) {
  std::string blob;
  ssh::append_string(blob, "ssh-ed25519");
  ssh::append_string(blob, std::string(32, number));
  return "ssh-ed25519 " + crypto::base64(blob);
}

std::string hashed(const std::string& name) {
  const std::string salt(20, 's');
  return "|1|" + crypto::base64(salt) + "|" + crypto::base64(crypto::hmac_sha1(salt, name));
}

std::set<std::size_t> lines_found(KnownHosts& hosts, const std::string& name) {
  std::set<std::size_t> lines;
  for (const KnownHosts::Entry* entry : hosts.find(name)) lines.insert(entry->line);
  return lines;
}

/// The line numbers in "# Host NAME found: line N".
std::set<std::size_t> lines_of_ssh_keygen(const std::string& path, const std::string& name) {
  const std::string output = peers::run_program({"ssh-keygen", "-F", name, "-f", path}).output;
  std::set<std::size_t> lines;
  const std::string mark = "found: line ";
  for (std::size_t at = 0; (at = output.find(mark, at)) != output.npos; ++at) {
    lines.insert(std::stoul(output.substr(at + mark.size())));
  }
  return lines;
}

TEST(KnownHostsTest, FindsTheLinesThatSshKeygenFinds) {
  const std::vector<std::string> lines = {
      "web1 " + key_line('a'),
      "web2,10.0.0.2,WEB3 " + key_line('b') + " a comment",
      "[web4]:2222 " + key_line('c'),
      "*.example.com " + key_line('d'),
      "!bad.example.com,*.example.com " + key_line('e'),
      "web? " + key_line('f'),
      hashed("secret") + " " + key_line('g'),
      hashed("[secret]:2222") + " " + key_line('h'),
      "@revoked web1 " + key_line('i'),
      "@cert-authority *.example.com " + key_line('j'),
      "# web1 " + key_line('k'),
      "",
      "   web5\t" + key_line('l'),
      "web6 " + key_line('m') + "\r",
      "web7",
      "web8 ssh-ed25519",
      "web9 ssh-ed25519 !!!!",
      "web10 ssh-rsa " + key_line('n').substr(12),
      "@unknown web11 " + key_line('o'),
      "web12 " + key_line('p') + " " + std::string(10'000, 'x'),
      std::string(1'022, 'y') + ",web13 " + key_line('q'),
      std::string(1'023, 'y') + ",web13 " + key_line('q'),
      "[*]:2222 " + key_line('r'),
      "::1,fe80::1 " + key_line('s'),
      "* " + key_line('t'),
      "|1|broken|name " + key_line('u'),
      "web1 " + key_line('v'),
      "*,!web1 " + key_line('w'),
      "a*b*c " + key_line('x'),
      "[web14]:* " + key_line('y'),
      "web15,web15 " + key_line('z'),
  };
  std::string file;
  for (const std::string& line : lines) file += line + "\n";
  file += "web16 " + key_line('0');  // no end of line
  const TemporaryFolder folder;
  peers::write_file(folder.file("known_hosts"), file);

  KnownHosts hosts = KnownHosts::parse(file);
  EXPECT_EQ(hosts.line_count(), lines.size() + 1);
  const std::vector<std::string> names = {"web1",
                                          "web2",
                                          "web3",
                                          "web4",
                                          "[web4]:2222",
                                          "10.0.0.2",
                                          "web5",
                                          "web6",
                                          "web7",
                                          "web8",
                                          "web9",
                                          "web10",
                                          "web11",
                                          "web12",
                                          "web13",
                                          "web14",
                                          "[web14]:2200",
                                          "web15",
                                          "web16",
                                          "secret",
                                          "[secret]:2222",
                                          "[other]:2222",
                                          "bad.example.com",
                                          "a.example.com",
                                          "::1",
                                          "fe80::1",
                                          "abc",
                                          "aXbYc",
                                          "acb",
                                          "nobody",
                                          "webx",
                                          "web",
                                          "example.com",
                                          "[web1]:22",
                                          "*",
                                          "!web1"};
  for (const std::string& name : names) {
    // ssh-keygen -F does not look at the keys; ssh skips lines whose key it cannot read, as we do.
    std::set<std::size_t> expected = lines_of_ssh_keygen(folder.file("known_hosts"), name);
    for (const KnownHosts::Problem& problem : hosts.problems()) expected.erase(problem.line);
    EXPECT_EQ(lines_found(hosts, text::lower_ascii(name)), expected) << name;
  }
}

TEST(KnownHostsTest, ReportsBadLinesAndGoesOn) {
  KnownHosts hosts =
      KnownHosts::parse("web7\n@unknown web11 " + key_line('o') +
                        "\nweb9 ssh-ed25519 !!!!\nweb10 ssh-rsa " + key_line('n').substr(12) +
                        "\n|1|broken|name " + key_line('u') + "\nweb1 " + key_line('a') + "\n");
  std::vector<std::size_t> lines;
  for (const KnownHosts::Problem& problem : hosts.problems()) lines.push_back(problem.line);
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(lines_found(hosts, "web1"), std::set<std::size_t>{6});
}

TEST(KnownHostsTest, NamesHostsAsSshDoes) {
  EXPECT_EQ(KnownHosts::display_name("Web3", 22), "web3");
  EXPECT_EQ(KnownHosts::display_name("web3", 2222), "[web3]:2222");
  EXPECT_EQ(KnownHosts::display_name("FE80::1", 2222), "[fe80::1]:2222");
  EXPECT_EQ(KnownHosts::display_name("0:0:0:0:0:0:0:1", 22), "::1");
  EXPECT_EQ(KnownHosts::display_name("FE80:0::1%eth0", 22), "fe80::1%eth0");
  EXPECT_EQ(KnownHosts::normal_name("[Web3]:2222"), "[web3]:2222");
  EXPECT_EQ(KnownHosts::normal_name("[Web3]:22"), "web3");
  EXPECT_EQ(KnownHosts::normal_name("0::1"), "::1");
  EXPECT_EQ(KnownHosts::normal_name("*.Example.com"), "*.example.com");
  EXPECT_EQ(KnownHosts::without_port("[web3]:2222"), "web3");
  EXPECT_EQ(KnownHosts::without_port("[web3]:x"), "");
  EXPECT_EQ(KnownHosts::without_port("web3"), "");
}

TEST(KnownHostsTest, KnowsWhatWasAdded) {
  KnownHosts hosts = KnownHosts::parse("web1 " + key_line('a') + "\n");
  EXPECT_EQ(hosts.find("[web2]:2222").size(), 0u);
  hosts.add("[web2]:2222", "ssh-ed25519", "blob", hosts.line_count() + 1);
  ASSERT_EQ(hosts.find("[web2]:2222").size(), 1u);
  EXPECT_EQ(hosts.find("[web2]:2222")[0]->line, 2u);
  EXPECT_EQ(hosts.find("[web2]:2222")[0]->blob, "blob");
  EXPECT_EQ(hosts.find("web1").size(), 1u);
}

TEST(KnownHostsTest, HashesNamesOfEveryLengthAsOpensslDoes) {
  const std::string salt = crypto::sha1("salt");
  std::string file;
  for (std::size_t length = 1; length < 200; ++length) {
    file += "|1|" + crypto::base64(salt) + "|" +
            crypto::base64(crypto::hmac_sha1(salt, std::string(length, 'n'))) + " " +
            key_line('a') + "\n";
  }
  KnownHosts hosts = KnownHosts::parse(file);
  for (std::size_t length = 1; length < 200; ++length) {
    EXPECT_EQ(lines_found(hosts, std::string(length, 'n')), std::set<std::size_t>{length});
  }
}

TEST(KnownHostsTest, MatchesHostilePatternsInReasonableTime) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "a*";
  std::string file;
  for (int i = 0; i < 100; ++i) file += pattern + "b " + key_line('a') + "\n";
  KnownHosts hosts = KnownHosts::parse(file);
  EXPECT_TRUE(hosts.problems().empty());
  EXPECT_TRUE(hosts.find(std::string(1000, 'a')).empty());
}

}  // namespace
}  // namespace om::keys
