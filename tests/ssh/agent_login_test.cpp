// SPDX-License-Identifier: MIT
//
// Logging in with the keys of a real ssh-agent, and what becomes of sessions whose agent is not
// there, empty, hangs or talks nonsense.
#include <atomic>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ssh/rig.h"

#include "om/base/fd.h"
#include "om/keys/agent.h"

namespace om::ssh {
namespace {

using peers::KeyOptions;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// ssh-agent with a socket at a path of the test's choice.
class SshAgent {
 public:
  explicit SshAgent(std::string path) : path_(std::move(path)) {
    const peers::CommandResult started = peers::run_program({"ssh-agent", "-s", "-a", path_});
    const std::size_t pid = started.output.find("SSH_AGENT_PID=");
    EXPECT_NE(pid, std::string::npos) << started.output;
    if (pid != std::string::npos) pid_ = std::atoi(started.output.c_str() + pid + 14);
  }
  ~SshAgent() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    ::unlink(path_.c_str());
  }
  void add(const std::string& key_path) const {
    const auto added =
        peers::run_program({"env", "SSH_AUTH_SOCK=" + path_, "ssh-add", "-q", key_path});
    EXPECT_EQ(added.exit_status, 0) << added.output;
  }

 private:
  std::string path_;
  pid_t pid_ = -1;
};

/// Takes connections, and gives every question the same answer; "" is none, ever.
class FakeAgent {
 public:
  FakeAgent(const std::string& path, std::string answer)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    thread_ = std::thread([this, answer = std::move(answer)] {
      for (;;) {
        const Fd peer(::accept(listener_.get(), nullptr, nullptr));
        if (!peer.is_open()) return;
        char question[4096];
        while (!stopping_ && ::recv(peer.get(), question, sizeof question, 0) > 0) {
          [[maybe_unused]] const ssize_t sent =
              ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
          if (answer.empty()) continue;
          break;  // and hangs up
        }
      }
    });
  }
  ~FakeAgent() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

 private:
  Fd listener_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

class AgentLoginTest : public testing::Test {
 protected:
  void TearDown() override { rig_.signer.reset(); }  // lets go of a fake agent first
  void use_agent() {
    keys::AgentOptions options;
    options.socket = path_;
    options.list = milliseconds(300);
    rig_.signer = std::make_unique<keys::KeySigner>(std::make_unique<keys::Agent>(options));
  }
  std::unique_ptr<WatchedSession> log_in(const peers::Sshd& sshd, const std::string& credential) {
    SessionTarget target = rig_.target(sshd);
    target.credential = credential;
    auto session = rig_.start(target);
    const WatchedSession& watched = *session;
    EXPECT_TRUE(rig_.run_until([&watched] { return watched.ready || watched.is_over(); }));
    return session;
  }
  void expect_no_credential(const peers::Sshd& sshd, const std::string& credential,
                            const std::string& words) {
    const auto session = log_in(sshd, credential);
    ASSERT_TRUE(session->failed);
    EXPECT_EQ(session->failed->reason, "ssh.no_credential");
    EXPECT_NE(session->failed->message.find(words), std::string::npos) << session->failed->message;
  }

  peers::TemporaryFolder folder_;
  std::string path_ = folder_.file("agent.sock");
  Rig rig_;
};

KeyOptions key(const char* type, int bits) {
  KeyOptions options;
  options.type = type;
  options.bits = bits;
  return options;
}

TEST_F(AgentLoginTest, SignsWithEveryTypeOfKey) {
  for (const KeyOptions& type :
       {key("ed25519", 0), key("ecdsa", 256), key("ecdsa", 521), key("rsa", 2048)}) {
    OM_START_SSHD(sshd, {});
    const SshAgent agent(path_);
    agent.add(sshd.authorized_key(type).private_path);
    use_agent();
    const auto session = log_in(sshd, "agent");
    ASSERT_TRUE(session->ready) << type.type << ": " << session->failed.value_or(Error{}).message;
    EXPECT_EQ(rig_.run(*session, "echo in")->out, "in\n");
    EXPECT_EQ(session->session->facts().credential, "agent");
  }
}

TEST_F(AgentLoginTest, OffersItsCertificates) {
  peers::make_key(folder_.file("ca"), {});
  peers::SshdOptions options;
  options.config = {"TrustedUserCAKeys " + folder_.file("ca.pub")};
  OM_START_SSHD(sshd, options);
  for (const KeyOptions& type : {key("ed25519", 0), key("rsa", 2048)}) {
    const std::string path = folder_.file("key-" + type.type);
    peers::make_key(path, type);
    const auto made = peers::run_program({"ssh-keygen", "-q", "-s", folder_.file("ca"), "-I", "x",
                                          "-n", sshd.login(), path + ".pub"});
    ASSERT_EQ(made.exit_status, 0) << made.output;
    const SshAgent agent(path_);
    agent.add(path);
    use_agent();
    const auto session = log_in(sshd, "agent");
    EXPECT_TRUE(session->ready) << session->failed.value_or(Error{}).message << sshd.log();
  }
}

TEST_F(AgentLoginTest, ComesAfterTheStoredKeysWhereNoneIsNamed) {
  peers::SshdOptions options;
  options.config = {"MaxAuthTries 20"};
  OM_START_SSHD(sshd, options);
  const SshAgent agent(path_);
  const peers::KeyPair right = sshd.authorized_key({});
  agent.add(right.private_path);
  use_agent();
  for (const char* name : {"a", "b"}) {
    rig_.add_key(name, peers::make_key(folder_.file(name), {}));
  }
  EXPECT_EQ(log_in(sshd, "")->session->facts().credential, "agent");
  EXPECT_TRUE(log_in(sshd, "a")->failed) << "a host that names a key gets that one only";

  // Five offers in all: with five stored keys it is not asked any more.
  for (const char* name : {"c", "d", "e"}) {
    rig_.add_key(name, peers::make_key(folder_.file(name), {}));
  }
  const auto session = log_in(sshd, "");
  ASSERT_TRUE(session->failed);
  EXPECT_EQ(session->failed->message.find("'agent'"), std::string::npos)
      << session->failed->message;
  rig_.signer->remove("e");
  EXPECT_TRUE(log_in(sshd, "")->ready);
  // A key that is in both is offered once.
  rig_.add_key("stored too", right);
  const auto both = rig_.offer("");
  EXPECT_EQ(both.identities.size(), 5U);
  EXPECT_EQ(both.identities.back()->credential, "stored too");
}

TEST_F(AgentLoginTest, IsFoundAgainAfterItWasStartedAnew) {
  OM_START_SSHD(sshd, {});
  const peers::KeyPair pair = sshd.authorized_key({});
  auto agent = std::make_unique<SshAgent>(path_);
  agent->add(pair.private_path);
  use_agent();
  EXPECT_TRUE(log_in(sshd, "agent")->ready);
  agent.reset();
  expect_no_credential(sshd, "agent", "cannot be reached");
  agent = std::make_unique<SshAgent>(path_);
  agent->add(pair.private_path);
  EXPECT_TRUE(log_in(sshd, "agent")->ready);
}

TEST_F(AgentLoginTest, SaysSoWhenThereIsNoneOrNothingInIt) {
  OM_START_SSHD(sshd, {});
  expect_no_credential(sshd, "agent", "there is no ssh-agent: start the controller with");
  use_agent();
  expect_no_credential(sshd, "agent", path_ + " cannot be reached (No such file or directory)");
  expect_no_credential(sshd, "", "cannot be reached");
  const SshAgent agent(path_);
  expect_no_credential(sshd, "agent", "add one to it with ssh-add");
}

TEST_F(AgentLoginTest, OneThatHangsHoldsUpNobodyElse) {
  OM_START_SSHD(sshd, {});
  const FakeAgent agent(path_, "");
  use_agent();
  rig_.add_key(sshd);
  SessionTarget target = rig_.target(sshd);
  target.credential = "agent";
  std::vector<std::unique_ptr<WatchedSession>> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(rig_.start(target));
  target.credential = "test";
  const auto named = rig_.start(target);
  EXPECT_TRUE(rig_.run_until([&named] { return named->ready; }));
  // All of them wait for one deadline, not for one after the other.
  EXPECT_TRUE(rig_.run_until(
      [&waiting] {
        return std::all_of(waiting.begin(), waiting.end(),
                           [](const auto& session) { return session->is_over(); });
      },
      seconds(5)));
  for (const auto& session : waiting) {
    ASSERT_TRUE(session->failed);
    EXPECT_NE(session->failed->message.find("did not answer within 300 ms"), std::string::npos)
        << session->failed->message;
  }
  // Stored keys do without it.
  EXPECT_TRUE(log_in(sshd, "")->ready);
}

TEST_F(AgentLoginTest, NonsenseIsRefused) {
  OM_START_SSHD(sshd, {});
  const std::vector<std::string> answers = {
      std::string("\0\0\0\0", 4),                             // nothing
      std::string("\xff\xff\xff\xff", 4),                     // 4 GiB
      std::string("\0\0\0\1\5", 5),                           // a failure
      std::string("\0\0\0\5\x0c\xff\xff\xff\xff", 9),         // more keys than there can be
      std::string("\0\0\0\x09\x0c\0\0\0\1\0\0\xff\xff", 13),  // a key beyond the end
      "HTTP/1.1 400 Bad Request\r\n\r\n",
  };
  int count = 0;
  for (const std::string& answer : answers) {
    path_ = folder_.file("agent" + std::to_string(++count));
    const FakeAgent agent(path_, answer);
    use_agent();
    expect_no_credential(sshd, "agent", "ssh-agent");
    rig_.signer.reset();
    rig_.signer = std::make_unique<keys::KeySigner>();
  }
}

}  // namespace
}  // namespace om::ssh
