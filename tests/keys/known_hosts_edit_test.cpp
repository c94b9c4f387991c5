// SPDX-License-Identifier: MIT
//
// Changes to a known_hosts file: what goes, what comes, and that every other byte stays.
#include "keys/known_hosts_edit.h"

#include <gtest/gtest.h>

#include "om/base/crypto.h"
#include "om/keys/private_key.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

using ssh::HostKey;
using ssh::HostKeyVerdict;

HostKey key(char number, const std::string& algorithm = "ssh-ed25519") {
  std::string blob;
  ssh::append_string(blob, algorithm);
  if (algorithm == "ssh-rsa") {
    ssh::append_mpint(blob, "\x01\x01");
    ssh::append_mpint(blob, std::string(129, number));
  } else {
    ssh::append_string(blob, std::string(32, number));
  }
  return {algorithm, blob};
}
std::string print(char number) { return fingerprint_of(key(number).blob); }
std::string line(const std::string& names, const HostKey& host_key) {
  return KnownHosts::format_line(names, host_key.algorithm, host_key.blob);
}
std::string hashed(const std::string& name) {
  const std::string salt(20, 's');
  return "|1|" + crypto::base64(salt) + "|" + crypto::base64(crypto::hmac_sha1(salt, name));
}

/// One key for one name; the text afterwards.
struct Accepted {
  KeyAccepted outcome;
  std::string text;
  std::string reason() const { return outcome.refused ? outcome.refused->reason : ""; }
};
Accepted accept(const std::string& text, const std::string& name, const HostKey& wanted,
                const std::string& known = "") {
  KnownHostsEdit edit(text, "known_hosts");
  Accepted accepted;
  accepted.outcome = edit.accept({{name, wanted, known}}).front();
  accepted.text = edit.text();
  EXPECT_EQ(edit.is_changed(), accepted.text != text);
  return accepted;
}

TEST(KnownHostsEditTest, AddsANewKeyAtTheEnd) {
  const std::string before = "# mine\r\n\n" + line("web2", key('b'));
  EXPECT_EQ(accept(before, "web1", key('a')).text, before + line("web1", key('a')));
  EXPECT_EQ(accept("# no line feed", "web1", key('a')).text,
            "# no line feed\n" + line("web1", key('a')));
  EXPECT_EQ(accept("", "[web1]:2222", key('a')).text, line("[web1]:2222", key('a')));
}

TEST(KnownHostsEditTest, ReplacesTheKeysOfExactlyThatName) {
  const std::string before = "# head\n" + line("web1", key('o')) + "  WEB1,10.0.0.1\t" +
                             line("", key('o')).substr(1) + "garbage\n" +
                             line(hashed("web1"), key('p')) + line("web1", key('r', "ssh-rsa")) +
                             line("web11", key('o')) + line("[web1]:2222", key('o'));
  const Accepted accepted = accept(before, "web1", key('n'), print('o'));
  EXPECT_EQ(accepted.reason(), "");
  EXPECT_EQ(accepted.text, "# head\n  10.0.0.1\t" + line("", key('o')).substr(1) + "garbage\n" +
                               line("web11", key('o')) + line("[web1]:2222", key('o')) +
                               line("web1", key('n')));
  EXPECT_EQ(accepted.outcome.old_fingerprints,
            (std::vector<std::string>{print('o'), print('o'), print('p'),
                                      fingerprint_of(key('r', "ssh-rsa").blob)}));
}

TEST(KnownHostsEditTest, LeavesPolicyLinesAlone) {
  const std::string revoked = "@revoked web1 " + line("", key('x')).substr(1);
  const std::string authority = "@cert-authority web1 " + line("", key('c')).substr(1);
  const std::string before = revoked + authority + line("web1", key('o'));
  const Accepted accepted = accept(before, "web1", key('n'), print('o'));
  EXPECT_EQ(accepted.text, revoked + authority + line("web1", key('n')));
}

TEST(KnownHostsEditTest, RecordsAKeyBesideAnAuthority) {
  const std::string before = "@cert-authority * " + line("", key('c')).substr(1);
  EXPECT_EQ(accept(before, "web1", key('n')).text, before + line("web1", key('n')));
}

TEST(KnownHostsEditTest, NeverAcceptsARevokedKey) {
  const std::string before = "@revoked * " + line("", key('x')).substr(1) + line("web1", key('o'));
  const Accepted accepted = accept(before, "web1", key('x'), print('o'));
  EXPECT_EQ(accepted.reason(), "hostkey.revoked");
  EXPECT_NE(accepted.outcome.refused->message.find("known_hosts:1"), std::string::npos);
  EXPECT_EQ(accepted.text, before);
  EXPECT_EQ(accept(before, "[web1]:2222", key('x')).reason(), "hostkey.revoked");
}

TEST(KnownHostsEditTest, NamesThePatternThatWouldStillHaveTheOldKey) {
  for (const std::string names : {"*", "web?", "web1,web*", "*,!web2"}) {
    const std::string before = "# head\n" + line(names, key('o'));
    const Accepted accepted = accept(before, "web1", key('n'), print('o'));
    EXPECT_EQ(accepted.reason(), "hostkey.pattern") << names;
    EXPECT_NE(accepted.outcome.refused->message.find("known_hosts:2"), std::string::npos);
    EXPECT_EQ(accepted.text, before);
  }
  // The name itself beside a pattern that is about others, or a negation of others.
  EXPECT_EQ(accept(line("web1,db*,!db9", key('o')), "web1", key('n'), print('o')).text,
            line("db*,!db9", key('o')) + line("web1", key('n')));
  EXPECT_EQ(accept(line("web1,!db9", key('o')), "web1", key('n'), print('o')).text,
            line("web1", key('n')));
}

TEST(KnownHostsEditTest, RefusesWhatHasMovedOn) {
  const std::string before = line("web1", key('o'));
  const Accepted other = accept(before, "web1", key('n'), print('q'));
  EXPECT_EQ(other.reason(), "hostkey.moved_on");
  EXPECT_EQ(other.outcome.verdict, HostKeyVerdict::changed);
  EXPECT_EQ(other.outcome.known_fingerprint, print('o'));
  EXPECT_EQ(accept(before, "web1", key('n')).reason(), "hostkey.moved_on") << "was new when seen";
  EXPECT_EQ(other.text, before);
}

TEST(KnownHostsEditTest, HasNothingToDoForAKeyOnFile) {
  for (const std::string names : {"web1", "web*", "web0,web1"}) {
    const std::string before = line(names, key('a'));
    const Accepted accepted = accept(before, "web1", key('a'));
    EXPECT_EQ(accepted.reason(), "");
    EXPECT_EQ(accepted.outcome.verdict, HostKeyVerdict::ok);
    EXPECT_EQ(accepted.text, before);
  }
}

TEST(KnownHostsEditTest, TakesAKeyOfEachTypeButNotTwoOfOne) {
  const std::string before = line("web1", key('o'));
  KnownHostsEdit edit(before, "known_hosts");
  const auto outcomes = edit.accept({{"web1", key('n'), print('o')},
                                     {"web1", key('r', "ssh-rsa"), print('o')},
                                     {"web2", key('a'), ""},
                                     {"web2", key('b'), ""},
                                     {"web3", key('c'), ""}});
  EXPECT_FALSE(outcomes[0].refused);
  EXPECT_FALSE(outcomes[1].refused);
  EXPECT_EQ(outcomes[2].refused->reason, "hostkey.twice");
  EXPECT_EQ(outcomes[3].refused->reason, "hostkey.twice");
  EXPECT_FALSE(outcomes[4].refused);
  EXPECT_EQ(edit.text(),
            line("web1", key('n')) + line("web1", key('r', "ssh-rsa")) + line("web3", key('c')));
}

TEST(KnownHostsEditTest, WritesNoNameThatStandsForMoreThanOneHost) {
  for (const std::string name :
       {"*", "web1,web2", "!web1", "web 1", "", "@revoked", "#x", "|1|x|y", "we\nb"}) {
    EXPECT_EQ(accept("", name, key('a')).reason(), "hostkey.name") << name;
  }
}

TEST(KnownHostsEditTest, ForgetsNamesAndLeavesTheirNeighbours) {
  const std::string policy = "@revoked web1 " + line("", key('x')).substr(1);
  KnownHostsEdit edit("#\n" + line("web1,web2,web3", key('a')) + policy + line("web*", key('b')) +
                          line(hashed("web2"), key('c')) + line("*.example.com", key('d')),
                      "known_hosts");
  const auto removed = edit.forget({"web1", "web2", "web1", "*.example.com", "nobody"});
  EXPECT_EQ(removed.size(), 4u);
  EXPECT_EQ(edit.text(), "#\n" + line("web3", key('a')) + policy + line("web*", key('b')));
}

TEST(KnownHostsEditTest, ForgetsAHashedLineByItsHash) {
  const std::string kept =
      line(hashed("web2"), key('a')) + "@revoked " + line(hashed("web1"), key('a'));
  KnownHostsEdit edit(line(hashed("web1"), key('a')) + kept + line(hashed("web1"), key('b')),
                      "known_hosts");
  const auto removed = edit.forget({KnownHosts::normal_name(hashed("web1"))});
  ASSERT_EQ(removed.size(), 2u);
  EXPECT_EQ(removed[1].key.blob, key('b').blob);
  EXPECT_EQ(edit.text(), kept);
}

TEST(KnownHostsEditTest, RemovesOneKeyAndNotTheOthers) {
  KnownHostsEdit edit(line("web1", key('a')) + line("web1", key('b')) + line("web*", key('c')),
                      "known_hosts");
  EXPECT_EQ(edit.remove({{"web1", key('b')}, {"web1", key('c')}, {"web1", key('z')}}).size(), 1u);
  EXPECT_EQ(edit.text(), line("web1", key('a')) + line("web*", key('c')));
}

TEST(KnownHostsEditTest, RevokesAKeyForItsNameOnce) {
  KnownHostsEdit edit(line("web1,web2", key('a')), "known_hosts");
  EXPECT_EQ(edit.remove({{"web1", key('a')}}).size(), 1u);
  edit.revoke({{"web1", key('a')}, {"*", key('a')}});
  const std::string text = edit.text();
  EXPECT_EQ(text, line("web2", key('a')) + "@revoked " + line("web1", key('a')));
  KnownHostsEdit again(text, "known_hosts");
  again.revoke({{"web1", key('a')}});
  EXPECT_FALSE(again.is_changed());
}

TEST(KnownHostsEditTest, ImportsWhatIsNewAndReportsWhatIsNot) {
  const std::string before = line("web1", key('a')) + line("web2", key('b'));
  KnownHostsEdit edit(before, "known_hosts");
  const KeysImported imported =
      edit.import("# web3:22 SSH-2.0-OpenSSH_9.2p1\r\n" + line("web1", key('a')) +
                  line("WEB2", key('z')) + "garbage\n" + line("web2", key('r', "ssh-rsa")) +
                  line("web3", key('c')) + line("web3", key('d')) + line("web3", key('c')) +
                  "@revoked * " + line("", key('x')).substr(1) + line(hashed("web4"), key('e')) +
                  line("web1,web5", key('a')).substr(0, line("web1,web5", key('a')).size() - 1) +
                  " comment \r\n");
  EXPECT_EQ(imported.unchanged, 2u);
  EXPECT_EQ(imported.added_names,
            (std::vector<std::string>{"web2", "web3", "*", hashed("web4"), "web1,web5"}));
  std::vector<std::size_t> lines;
  for (const KnownHosts::Problem& problem : imported.problems) lines.push_back(problem.line);
  EXPECT_EQ(lines, (std::vector<std::size_t>{3, 4, 7}));
  EXPECT_NE(imported.problems[0].what.find("web2 has another ssh-ed25519 key, " + print('b')),
            std::string::npos);
  const std::string last = line("web1,web5", key('a'));
  EXPECT_EQ(edit.text(), before + line("web2", key('r', "ssh-rsa")) + line("web3", key('c')) +
                             "@revoked * " + line("", key('x')).substr(1) +
                             line(hashed("web4"), key('e')) + last.substr(0, last.size() - 1) +
                             " comment\n");
}

TEST(KnownHostsEditTest, ListsPagesOfEntries) {
  const std::string text = "# head\n" + line("web1", key('a')) + "garbage\n" + "@revoked web2 " +
                           line("", key('b')).substr(1) + line(hashed("web3"), key('c')) +
                           line("db1", key('d', "ssh-rsa"));
  const HostKeyListing all = list_known_hosts(text, "", 0, 100);
  ASSERT_EQ(all.keys.size(), 4u);
  EXPECT_EQ(all.total, 4u);
  EXPECT_EQ(all.keys[0].line, 2u);
  EXPECT_EQ(all.keys[0].names, "web1");
  EXPECT_EQ(all.keys[0].fingerprint, print('a'));
  EXPECT_EQ(all.keys[1].marker, KnownHosts::Marker::revoked);
  EXPECT_TRUE(all.keys[2].hashed);
  ASSERT_EQ(all.problems.size(), 1u);
  EXPECT_EQ(all.problems[0].line, 3u);
  const HostKeyListing page = list_known_hosts(text, "", 4, 1);
  ASSERT_EQ(page.keys.size(), 1u);
  EXPECT_EQ(page.keys[0].line, 5u);
  EXPECT_EQ(page.total, 4u);
  EXPECT_EQ(list_known_hosts(text, "WEB", 0, 100).total, 2u);
  EXPECT_EQ(list_known_hosts(text, "ssh-rsa", 0, 100).keys[0].names, "db1");
  EXPECT_EQ(list_known_hosts(text, print('a').substr(10), 0, 100).total, 1u);
}

}  // namespace
}  // namespace om::keys
