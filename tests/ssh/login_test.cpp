// SPDX-License-Identifier: MIT
//
// Logging in with passwords, at a real sshd with and without PAM, and at a server that asks
// questions; and what an operator is told where it fails.
#include "ssh/login.h"

#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peers/shell_user.h"
#include "ssh/rig.h"
#include "support/paths.h"

namespace om::ssh {
namespace {

using peers::ShellUser;
using peers::Sshd;
using peers::SshdOptions;
using std::chrono::seconds;

constexpr const char* kPassword = "open sesame";

SshdOptions options_with(std::vector<std::string> config) {
  SshdOptions options;
  options.config = std::move(config);
  return options;
}

/// Leaves the test as skipped where no user can be made.
#define OM_MAKE_USER(VAR)                                   \
  auto VAR##_made = ShellUser::make("/bin/sh");             \
  if (!VAR##_made.user) GTEST_SKIP() << VAR##_made.why_not; \
  ShellUser& VAR = *VAR##_made.user;                        \
  VAR.set_password(kPassword)

class LoginTest : public testing::Test {
 protected:
  SessionTarget target_for(const Sshd& sshd, const ShellUser& user) {
    SessionTarget target = rig_.target(sshd);
    target.login = user.name();
    target.credential = "word";
    return target;
  }
  std::unique_ptr<WatchedSession> log_in(const SessionTarget& target) {
    auto session = rig_.start(target);
    const WatchedSession& watched = *session;
    EXPECT_TRUE(rig_.run_until([&watched] { return watched.ready || watched.is_over(); }));
    return session;
  }
  std::unique_ptr<WatchedSession> log_in(const Sshd& sshd, const ShellUser& user,
                                         const std::string& password) {
    rig_.signer->set_password("word", Secret(password));
    return log_in(target_for(sshd, user));
  }
  Error failure(const Sshd& sshd, const ShellUser& user, const std::string& password) {
    const auto session = log_in(sshd, user, password);
    EXPECT_TRUE(session->failed);
    return session->failed.value_or(Error{});
  }
  static void expect_words(const Error& error, const std::string& words) {
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find(kPassword), std::string::npos) << error.message;
  }

  Rig rig_;
};

struct ServerCase {
  const char* name;
  std::vector<std::string> config;
};
void PrintTo(const ServerCase& server, std::ostream* os) { *os << server.name; }

class PasswordLoginTest : public LoginTest, public testing::WithParamInterface<ServerCase> {};

TEST_P(PasswordLoginTest, GetsInWithTheRightOneAndNotWithAWrongOne) {
  OM_MAKE_USER(user);
  OM_START_SSHD(sshd, options_with(GetParam().config));
  const auto session = log_in(sshd, user, kPassword);
  ASSERT_TRUE(session->ready) << session->failed.value_or(Error{}).message << sshd.log();
  EXPECT_EQ(rig_.run(*session, "id -un")->out, user.name() + "\n");
  EXPECT_EQ(session->session->facts().credential, "word");

  const Error error = failure(sshd, user, "open barley");
  EXPECT_EQ(error.reason, "ssh.login_refused");
  EXPECT_EQ(error.code, Errc::unauthorized);
  expect_words(error, "login as " + user.name() + ": the server refused the password 'word'");
  expect_words(error, "it is wrong, or the account is locked");
  EXPECT_EQ(error.message.find("barley"), std::string::npos) << error.message;
}

INSTANTIATE_TEST_SUITE_P(
    Servers, PasswordLoginTest,
    testing::Values(ServerCase{"Password", {"PasswordAuthentication yes"}},
                    ServerCase{"PasswordByPam", {"UsePAM yes", "PasswordAuthentication yes"}},
                    ServerCase{"KeyboardInteractive",
                               {"UsePAM yes", "KbdInteractiveAuthentication yes",
                                "AuthenticationMethods keyboard-interactive"}},
                    ServerCase{"Both",
                               {"UsePAM yes", "KbdInteractiveAuthentication yes",
                                "PasswordAuthentication yes"}}),
    [](const auto& one) { return one.param.name; });

TEST_F(LoginTest, PassesOnAPasswordAsItIs) {
  OM_MAKE_USER(user);
  OM_START_SSHD(sshd, options_with({"PasswordAuthentication yes"}));
  for (const std::string& password : {std::string("p\xc3\xa4ss \xe5\xaf\x86\xe7\xa0\x81"),
                                      std::string(" $(id) 'a\" \\ "), std::string(500, 'x')}) {
    user.set_password(password);
    EXPECT_TRUE(log_in(sshd, user, password)->ready) << password << "\n" << sshd.log();
  }
}

TEST_F(LoginTest, TriesAPasswordOnce) {
  // Servers lock accounts after a few wrong ones.
  OM_MAKE_USER(user);
  OM_START_SSHD(sshd, options_with({"UsePAM yes", "KbdInteractiveAuthentication yes",
                                    "PasswordAuthentication yes"}));
  EXPECT_EQ(failure(sshd, user, "wrong").reason, "ssh.login_refused");
  std::size_t tries = 0;
  const std::string log = sshd.log();
  for (std::size_t at = 0; (at = log.find("Failed password", at)) != log.npos; ++at) ++tries;
  EXPECT_EQ(tries, 1U) << log;
  EXPECT_EQ(log.find("Failed keyboard"), log.npos) << log;
}

TEST_F(LoginTest, SaysThatALockedAccountMayBeTheReason) {
  OM_MAKE_USER(user);
  user.lock_account();
  OM_START_SSHD(sshd, options_with({"PasswordAuthentication yes"}));
  const Error error = failure(sshd, user, kPassword);
  EXPECT_EQ(error.reason, "ssh.login_refused");
  expect_words(error, "account is locked");
}

TEST_F(LoginTest, SaysThatTheServerTakesNoPassword) {
  OM_MAKE_USER(user);
  OM_START_SSHD(sshd, {});
  const Error error = failure(sshd, user, kPassword);
  EXPECT_EQ(error.reason, "ssh.login_refused");
  expect_words(error, "the server takes no password, only: publickey");
  expect_words(error, "omserver key add");
  EXPECT_EQ(sshd.log().find("Failed password"), std::string::npos);
}

TEST_F(LoginTest, SaysThatTheServerTakesOnlyAPassword) {
  OM_MAKE_USER(user);
  OM_START_SSHD(sshd, options_with({"PasswordAuthentication yes", "PubkeyAuthentication no"}));
  rig_.add_key("deploy", peers::make_key(sshd.folder() + "/other", {}));
  SessionTarget target = target_for(sshd, user);
  target.credential = "deploy";
  const auto session = log_in(target);
  ASSERT_TRUE(session->failed);
  EXPECT_EQ(session->failed->reason, "ssh.login_refused");
  expect_words(*session->failed, "refused the key 'deploy' (ssh-ed25519) and accepts: password");
  expect_words(*session->failed, "store one with 'omserver credential add'");
}

TEST_F(LoginTest, NeverTriesAStoredPasswordThatTheHostDoesNotName) {
  OM_MAKE_USER(user);
  OM_START_SSHD(sshd, options_with({"PasswordAuthentication yes"}));
  rig_.signer->set_password("word", Secret(kPassword));
  rig_.add_key("deploy", peers::make_key(sshd.folder() + "/other", {}));
  SessionTarget target = target_for(sshd, user);
  target.credential.clear();
  ASSERT_TRUE(log_in(target)->failed);
  EXPECT_EQ(sshd.log().find("password for"), std::string::npos) << sshd.log();
}

TEST_F(LoginTest, ShowsNoPasswordToAServerWithAWrongHostKey) {
  OM_MAKE_USER(user);
  OM_START_SSHD(sshd, options_with({"PasswordAuthentication yes"}));
  rig_.host_keys.verdict = HostKeyVerdict::changed;
  EXPECT_EQ(failure(sshd, user, kPassword).reason, "ssh.host_key_changed");
  EXPECT_TRUE(sshd.wait_for_log("[preauth]", seconds(5)));
  EXPECT_EQ(sshd.log().find(user.name()), std::string::npos) << sshd.log();
}

TEST_F(LoginTest, SaysWhatIsWantedBesidesTheKey) {
  OM_MAKE_USER(user);
  OM_START_SSHD(
      sshd, options_with({"PasswordAuthentication yes", "AuthenticationMethods publickey,password",
                          ShellUser::config_line()}));
  const peers::KeyPair key = peers::make_key(sshd.folder() + "/deploy", {});
  user.add_file(".ssh/authorized_keys", key.public_line + "\n");
  rig_.add_key("deploy", key);
  SessionTarget target = target_for(sshd, user);
  target.credential = "deploy";
  const auto session = log_in(target);
  ASSERT_TRUE(session->failed);
  EXPECT_EQ(session->failed->reason, "ssh.login_needs_more");
  expect_words(*session->failed,
               "the server took the key 'deploy' (ssh-ed25519) and wants more: password");
}

TEST_F(LoginTest, SaysWhatIsWantedBesidesThePassword) {
  OM_MAKE_USER(user);
  OM_START_SSHD(sshd, options_with({"PasswordAuthentication yes",
                                    "AuthenticationMethods password,publickey"}));
  const Error error = failure(sshd, user, kPassword);
  EXPECT_EQ(error.reason, "ssh.login_needs_more");
  expect_words(error, "the server took the password 'word' and wants more: publickey");
  EXPECT_EQ(failure(sshd, user, "wrong").reason, "ssh.login_refused");
}

TEST_F(LoginTest, SaysThatThePasswordHasToBeChanged) {
  OM_MAKE_USER(user);
  user.expire_password();
  OM_START_SSHD(sshd, options_with({"UsePAM yes", "KbdInteractiveAuthentication yes",
                                    "AuthenticationMethods keyboard-interactive"}));
  const Error error = failure(sshd, user, kPassword);
  EXPECT_EQ(error.reason, "ssh.password_expired");
  expect_words(error, "wants the password 'word' to be changed first");
}

/// The server that asks: a process of its own, whose standard output is read.
class AskingServer {
 public:
  explicit AskingServer(const std::vector<std::string>& rounds) {
    const std::string key = peers::make_key(folder_.file("key"), {}).private_path;
    const std::string program = test::asking_server().string();
    std::vector<std::string> argv = {program, key};
    argv.insert(argv.end(), rounds.begin(), rounds.end());
    std::vector<char*> arguments;
    for (std::string& argument : argv) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    const int out = ::open(folder_.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out, 1);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(out);
  }
  ~AskingServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string said() const { return peers::read_file(folder_.file("out")); }
  bool has_said(const std::string& words) const { return said().find(words) != std::string::npos; }
  std::uint16_t port() const {
    return static_cast<std::uint16_t>(std::atoi(said().c_str() + std::strlen("port ")));
  }

 private:
  peers::TemporaryFolder folder_;
  pid_t pid_ = -1;
};

class QuestionsTest : public LoginTest {
 protected:
  void SetUp() override {
    if (test::asking_server().empty()) GTEST_SKIP() << "there is no libssh";
  }
  std::unique_ptr<WatchedSession> log_in_at(const AskingServer& server) {
    EXPECT_TRUE(rig_.run_until([&server] { return server.has_said("\n"); }, seconds(10)));
    rig_.signer->set_password("word", Secret(kPassword));
    SessionTarget target;
    target.address = "127.0.0.1";
    target.port = server.port();
    target.login = "deploy";
    target.credential = "word";
    return log_in(target);
  }
};

TEST_F(QuestionsTest, AnswersTheOneForThePassword) {
  const AskingServer server({"|Password: "});
  const auto session = log_in_at(server);
  EXPECT_TRUE(session->ready) << session->failed.value_or(Error{}).message;
  EXPECT_TRUE(server.has_said("answer open sesame\nlet in\n")) << server.said();
}

TEST_F(QuestionsTest, GoesOnThroughRoundsWithoutAQuestion) {
  const AskingServer server({"Welcome", "|Password: ", "Last login: yesterday"});
  const auto session = log_in_at(server);
  EXPECT_TRUE(session->ready) << session->failed.value_or(Error{}).message;
  EXPECT_TRUE(server.has_said("no answer\nanswer open sesame\nno answer\nlet in\n"))
      << server.said();
}

TEST_F(QuestionsTest, SaysNothingWhereAPersonIsNeeded) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"|Verification code: "}, "Verification code:"},
      {{"|+Favourite colour: "}, "Favourite colour:"},
      {{"Both, please|Password: |Code: "}, "Both, please Password:  Code:"},
  };
  for (const auto& [rounds, words] : cases) {
    const AskingServer server(rounds);
    const auto session = log_in_at(server);
    ASSERT_TRUE(session->failed);
    EXPECT_EQ(session->failed->reason, "ssh.login_needs_person");
    expect_words(*session->failed, "\"" + words + "\"");
    EXPECT_EQ(server.said().find("answer"), std::string::npos) << server.said();
  }
}

TEST_F(QuestionsTest, DoesNotGiveThePasswordTwice) {
  const AskingServer server({"|Password: ", "|Duo passcode: "});
  const auto session = log_in_at(server);
  ASSERT_TRUE(session->failed);
  EXPECT_EQ(session->failed->reason, "ssh.login_needs_person");
  expect_words(*session->failed, "Duo passcode:");
  EXPECT_TRUE(server.said().ends_with("answer open sesame\n")) << server.said();
}

}  // namespace
}  // namespace om::ssh
