// SPDX-License-Identifier: MIT
//
// Verdicts over a known_hosts file, held against OpenSSH's client with a real server; and the file
// itself: written, changed by others, mended.
#include "om/keys/host_key_book.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ssh/rig.h"

#include "om/base/crypto.h"
#include "om/keys/known_hosts.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

using ssh::HostKey;
using ssh::HostKeyAnswer;
using ssh::HostKeyName;
using ssh::HostKeyVerdict;
using Policy = HostKeyBook::Policy;
using std::chrono::milliseconds;

HostKey key(char number, const std::string& algorithm = "ssh-ed25519") {
  std::string blob;
  ssh::append_string(blob, algorithm);
  ssh::append_string(blob, std::string(32, number));
  return {algorithm, blob};
}

std::string line(const std::string& names, const HostKey& host_key) {
  return KnownHosts::format_line(names, host_key.algorithm, host_key.blob);
}

class HostKeyBookTest : public testing::Test {
 protected:
  struct Told {
    HostKeyName name;
    HostKeyAnswer answer;
  };

  void open(Policy policy, const std::string& text) {
    if (!text.empty()) peers::write_file(path_, text);
    reopen(policy);
  }
  void reopen(Policy policy) {
    book_.reset();
    book_ = HostKeyBook::open(
                path_, policy,
                [this](const HostKeyName& name, const HostKey&, const HostKeyAnswer& answer) {
                  told_.push_back({name, answer});
                })
                .value();
  }
  HostKeyVerdict verdict(const std::string& host, const HostKey& host_key,
                         std::uint16_t port = 22) {
    return book_->check({host, port}, host_key).verdict;
  }
  template <class Condition>
  static bool wait_until(Condition is_so) {
    for (int i = 0; i < 1000; ++i) {
      if (is_so()) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }
  bool wait_for_file(const std::string& text) {
    return wait_until([this, &text] { return peers::read_file(path_) == text; });
  }

  peers::TemporaryFolder folder_;
  std::string path_ = folder_.file("known_hosts");
  std::vector<Told> told_;
  std::unique_ptr<HostKeyBook> book_;
};

TEST_F(HostKeyBookTest, RecordsANewHostsKeyAndKnowsItFromThen) {
  open(Policy::accept_new, "");
  EXPECT_EQ(verdict("Web1", key('a'), 2222), HostKeyVerdict::accepted);
  EXPECT_EQ(verdict("web1", key('a'), 2222), HostKeyVerdict::ok);
  EXPECT_TRUE(wait_for_file(line("[web1]:2222", key('a'))));
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  reopen(Policy::strict);
  EXPECT_EQ(verdict("web1", key('a'), 2222), HostKeyVerdict::ok);
}

TEST_F(HostKeyBookTest, WritesWhatItAcceptedBeforeItGoes) {
  open(Policy::accept_new, "");
  for (char c = 'a'; c <= 'z'; ++c) verdict(std::string("host-") + c, key(c));
  book_.reset();
  KnownHosts written = KnownHosts::parse(peers::read_file(path_));
  EXPECT_EQ(written.line_count(), 26u);
  EXPECT_EQ(written.find("host-q").size(), 1u);
}

TEST_F(HostKeyBookTest, RefusesWhatItDoesNotKnowWhereItIsStrict) {
  open(Policy::strict, line("web1", key('a')));
  EXPECT_EQ(verdict("web1", key('a')), HostKeyVerdict::ok);
  EXPECT_EQ(verdict("web2", key('a')), HostKeyVerdict::unknown);
  EXPECT_EQ(verdict("web2", key('a')), HostKeyVerdict::unknown);
}

TEST_F(HostKeyBookTest, SaysWhereAndWhichKeyWasExpected) {
  open(Policy::accept_new, "# mine\n" + line("web1", key('a')));
  const HostKeyAnswer answer = book_->check({"web1", 22}, key('b'));
  EXPECT_EQ(answer.verdict, HostKeyVerdict::changed);
  EXPECT_EQ(answer.fingerprint, fingerprint_of(key('b').blob));
  EXPECT_EQ(answer.known_fingerprint, fingerprint_of(key('a').blob));
  EXPECT_EQ(answer.where, path_ + ":2");
}

TEST_F(HostKeyBookTest, TellsOfEveryVerdictButOk) {
  open(Policy::accept_new, line("web1", key('a')) + "@revoked * " + line("", key('r')).substr(1) +
                               "@cert-authority ca " + line("", key('c')).substr(1));
  verdict("web1", key('a'));
  EXPECT_TRUE(told_.empty());
  verdict("web1", key('b'));
  verdict("web2", key('a'));
  verdict("web2", key('r'));
  verdict("ca", key('a'));
  std::vector<HostKeyVerdict> verdicts;
  for (const Told& one : told_) verdicts.push_back(one.answer.verdict);
  EXPECT_EQ(verdicts, (std::vector{HostKeyVerdict::changed, HostKeyVerdict::accepted,
                                   HostKeyVerdict::revoked, HostKeyVerdict::only_ca}));
}

TEST_F(HostKeyBookTest, ListsTheTypesOnFileInTheirOrder) {
  open(Policy::strict, line("web1", key('a', "ssh-rsa")) + line("web1", key('b')) +
                           line("web1", key('c', "ssh-rsa")) + "@revoked web1 " +
                           line("", key('d', "ecdsa-sha2-nistp256")).substr(1) +
                           line("[web1]:2222", key('e', "ecdsa-sha2-nistp384")));
  EXPECT_EQ(book_->known_types({"web1", 22}), (std::vector<std::string>{"ssh-rsa", "ssh-ed25519"}));
  EXPECT_EQ(book_->known_types({"web1", 2222}), (std::vector<std::string>{"ecdsa-sha2-nistp384"}));
  EXPECT_EQ(book_->known_types({"web1", 2200}),
            (std::vector<std::string>{"ssh-rsa", "ssh-ed25519"}));
  EXPECT_TRUE(book_->known_types({"web2", 22}).empty());
}

TEST_F(HostKeyBookTest, ReadsTheFileAgainWhenSomebodyChangedIt) {
  open(Policy::strict, line("web1", key('a')));
  EXPECT_EQ(verdict("web1", key('b')), HostKeyVerdict::changed);
  peers::write_file(path_, line("web1", key('b')));
  EXPECT_TRUE(wait_until([this] { return verdict("web1", key('b')) == HostKeyVerdict::ok; }));
  EXPECT_EQ(verdict("web1", key('a')), HostKeyVerdict::changed);
}

TEST_F(HostKeyBookTest, KeepsAcceptedKeysWhenSomebodyChangedTheFileMeanwhile) {
  open(Policy::accept_new, line("web1", key('a')));
  peers::write_file(path_, line("web1", key('b')));
  EXPECT_EQ(verdict("web2", key('c')), HostKeyVerdict::accepted);
  EXPECT_TRUE(wait_until([this] { return verdict("web1", key('b')) == HostKeyVerdict::ok; }));
  EXPECT_EQ(verdict("web2", key('c')), HostKeyVerdict::ok);
  EXPECT_TRUE(wait_for_file(line("web1", key('b')) + line("web2", key('c'))));
}

TEST_F(HostKeyBookTest, AppendsAfterALineWithoutAnEnd) {
  const std::string unended = line("web1", key('a')).substr(0, line("web1", key('a')).size() - 1);
  open(Policy::accept_new, unended);
  verdict("web2", key('b'));
  EXPECT_TRUE(wait_for_file(unended + "\n" + line("web2", key('b'))));
}

TEST_F(HostKeyBookTest, ForgetsAHostAndLearnsItsNewKey) {
  const std::string others =
      "# comment\n" + line("web2", key('x')) + "@revoked web1 " + line("", key('r')).substr(1);
  open(Policy::accept_new,
       line("web1", key('a')) + others + line("web1,web3", key('b', "ssh-rsa")));
  EXPECT_EQ(book_->forget({"web9", 22}).value_or(99), 0u);
  EXPECT_EQ(book_->forget({"web1", 22}).value_or(99), 2u);
  EXPECT_EQ(peers::read_file(path_), others);
  EXPECT_EQ(verdict("web1", key('r')), HostKeyVerdict::revoked);
  EXPECT_EQ(verdict("web1", key('n')), HostKeyVerdict::accepted);
  EXPECT_EQ(verdict("web2", key('x')), HostKeyVerdict::ok);
  EXPECT_EQ(book_->forget({"web1", 22}).value_or(99), 1u) << "also what was just accepted";
  EXPECT_EQ(peers::read_file(path_), others);
}

TEST_F(HostKeyBookTest, GoesOnWithoutAFileThatCannotBeWritten) {
  ASSERT_EQ(::mkdir(folder_.file("d").c_str(), 0700), 0);
  path_ = folder_.file("d") + "/known_hosts";
  open(Policy::accept_new, line("web1", key('a')));
  std::filesystem::remove_all(folder_.file("d"));
  EXPECT_EQ(verdict("web2", key('b')), HostKeyVerdict::accepted);
  EXPECT_EQ(verdict("web2", key('b')), HostKeyVerdict::ok);
  // And writes it as soon as it can.
  ASSERT_EQ(::mkdir(folder_.file("d").c_str(), 0700), 0);
  EXPECT_TRUE(wait_for_file(line("web2", key('b'))));
}

TEST_F(HostKeyBookTest, StandsManyThreads) {
  book_ = HostKeyBook::open(path_, Policy::accept_new, nullptr).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string host = "host" + std::to_string(i);
        const HostKeyVerdict one = book_->check({host, 22}, key('k')).verdict;
        EXPECT_TRUE(one == HostKeyVerdict::ok || one == HostKeyVerdict::accepted);
        EXPECT_EQ(book_->known_types({host, 22}).size(), 1u);
        if (t == 0 && i % 50 == 49) {
          EXPECT_TRUE(book_->forget({"nobody", 22}));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  book_.reset();
  EXPECT_EQ(KnownHosts::parse(peers::read_file(path_)).line_count(), 100u);
}

TEST_F(HostKeyBookTest, LooksAThousandHashedNamesUpQuickly) {
  // libssh2 took 2 to 3 ms for each of a thousand hosts, each time.
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    const std::string salt = crypto::random_bytes(20);
    const std::string name = "host" + std::to_string(i);
    text += line("|1|" + crypto::base64(salt) + "|" + crypto::base64(crypto::hmac_sha1(salt, name)),
                 key('k'));
  }
  open(Policy::strict, text);
  for (int i = 0; i < 1000; i += 100) {
    EXPECT_EQ(verdict("host" + std::to_string(i), key('k')), HostKeyVerdict::ok);
  }
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 1000; ++round) verdict("host100", key('k'));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(500));
}

/// What OpenSSH's client does with a server whose key is `host`, and what we do.
class HostKeyBookAgainstSshTest : public testing::Test {
 protected:
  enum class Ssh { goes_in, goes_in_and_records, refuses };

  void SetUp() override {
    peers::SshdOptions options;
    peers::KeyOptions rsa;
    rsa.type = "rsa";
    rsa.bits = 2048;
    options.host_keys = {peers::KeyOptions{}, rsa};
    options.config = {"HostKeyAlgorithms ssh-ed25519"};
    auto started = peers::Sshd::start(options);
    if (!started.server) GTEST_SKIP() << started.why_not;
    sshd_ = std::move(started.server);
    user_ = sshd_->authorized_key({});
    rig_.add_key("test", user_);
    port_ = std::to_string(sshd_->port());
    other_ = peers::make_key(sshd_->folder() + "/other", {}).public_line;
    other_.erase(other_.find(' ', 20));
  }

  Ssh ask_ssh(const std::string& text, const std::string& policy) {
    const std::string file = sshd_->folder() + "/known_hosts_of_ssh";
    peers::write_file(file, text);
    const auto ran =
        peers::run_program({"ssh",
                            "-F",
                            "none",
                            "-o",
                            "BatchMode=yes",
                            "-o",  // the default makes a costly key for each of many logins
                            "KexAlgorithms=curve25519-sha256",
                            "-o",
                            "IdentitiesOnly=yes",
                            "-o",
                            "UserKnownHostsFile=" + file,
                            "-o",
                            "GlobalKnownHostsFile=none",
                            "-o",
                            "StrictHostKeyChecking=" + policy,
                            "-i",
                            user_.private_path,
                            "-p",
                            port_,
                            "-l",
                            sshd_->login(),
                            "127.0.0.1",
                            "true"});
    if (ran.exit_status != 0) return Ssh::refuses;
    return peers::read_file(file) == text ? Ssh::goes_in : Ssh::goes_in_and_records;
  }

  Ssh ask_us(const std::string& text, Policy policy) {
    const std::string file = sshd_->folder() + "/known_hosts";
    peers::write_file(file, text);
    auto book = HostKeyBook::open(file, policy, nullptr).value();
    ssh::WatchedSession watched;
    watched.session = ssh::Session::start({*rig_.reactor, *rig_.resolver, *book, *rig_.signer},
                                          rig_.target(*sshd_), {}, watched);
    rig_.run_until([&watched] { return watched.ready || watched.is_over(); });
    watched.session.reset();
    book.reset();
    if (!watched.ready) return Ssh::refuses;
    return peers::read_file(file) == text ? Ssh::goes_in : Ssh::goes_in_and_records;
  }

  std::unique_ptr<peers::Sshd> sshd_;
  peers::KeyPair user_;
  std::string port_;
  std::string other_;
  ssh::Rig rig_;
};

TEST_F(HostKeyBookAgainstSshTest, DecidesAsSshDoes) {
  const std::string own = sshd_->host_key_lines()[0];
  const std::string rsa = sshd_->host_key_lines()[1];
  const std::string name = "[127.0.0.1]:" + port_;
  const std::vector<std::string> files = {
      "",
      name + " " + own + "\n",
      name + " " + other_ + "\n",
      name + " " + rsa + "\n",
      name + " " + rsa + "\n" + name + " " + own + "\n",
      name + " " + other_ + "\n" + name + " " + own + "\n",
      "127.0.0.1 " + own + "\n",
      "127.0.0.1 " + other_ + "\n",
      "[*]:" + port_ + " " + own + "\n",
      "!" + name + ",* " + own + "\n",
      "@revoked * " + own + "\n" + name + " " + own + "\n",
      "@revoked * " + other_ + "\n" + name + " " + own + "\n",
      "@revoked 127.0.0.1 " + own + "\n" + name + " " + own + "\n",
      "garbage\n" + name + " " + own + "\n",
      name + " " + own + "\r\n",
      std::string(6000, 'x') + " " + other_ + "\n" + name + " " + own + "\n",
  };
  for (const std::string& file : files) {
    EXPECT_EQ(ask_us(file, Policy::accept_new), ask_ssh(file, "accept-new")) << file;
    EXPECT_EQ(ask_us(file, Policy::strict), ask_ssh(file, "yes")) << file;
  }
}

TEST_F(HostKeyBookAgainstSshTest, IsStricterWhereOnlyAnAuthorityIsKnownOrTheBareNameIsRevoked) {
  const std::string own = sshd_->host_key_lines()[0];
  const std::string authority = "@cert-authority [127.0.0.1]:" + port_ + " " + own + "\n";
  EXPECT_EQ(ask_us(authority, Policy::accept_new), Ssh::refuses);
  EXPECT_EQ(ask_ssh(authority, "accept-new"), Ssh::goes_in_and_records);
  const std::string bare = "@revoked 127.0.0.1 " + own + "\n";
  EXPECT_EQ(ask_us(bare, Policy::accept_new), Ssh::refuses);
  EXPECT_EQ(ask_ssh(bare, "accept-new"), Ssh::goes_in_and_records);
}

}  // namespace
}  // namespace om::keys
