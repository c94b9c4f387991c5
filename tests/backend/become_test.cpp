// SPDX-License-Identifier: MIT
//
// Becoming another user on a real host: sshd, and behind it the real sudo, su and doas with rules
// and passwords of users made for the test.
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "backend/nasty_strings.h"
#include "backend/source_files.h"
#include "backend/ssh_place.h"
#include "peers/shell_user.h"
#include "support/processes.h"

#include "om/base/text.h"

namespace om::backend {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr char kPassword[] = "correct horse' \"$(id)\\battery";
constexpr char kOtherPassword[] = "tr0ub4dor&3";

bool is_installed(const std::string& program) {
  return peers::run_program({"which", program}).exit_status == 0;
}

/// A user who logs in, and one to become; both have passwords.
class RealBecome : public testing::Test {
 protected:
  void SetUp() override {
    set_up_users("/bin/sh", "/bin/sh");
    if (!IsSkipped()) set_up_host({});
  }

  void set_up_users(const std::string& login_shell, const std::string& other_shell) {
    for (auto [user, shell, password] : {std::tuple(&user_, login_shell, kPassword),
                                         std::tuple(&other_, other_shell, kOtherPassword)}) {
      auto made = peers::ShellUser::make(shell);
      if (!made.user) GTEST_SKIP() << made.why_not;
      *user = std::move(made.user);
      (*user)->set_password(password);
    }
  }
  void set_up_host(std::vector<std::string> config) {
    config.push_back(peers::ShellUser::config_line());
    std::string why_not;
    place_ = SshPlace::make({.config = std::move(config)}, why_not);
    if (!place_) GTEST_SKIP() << why_not;
    user_->add_file(".ssh/authorized_keys", place_->public_key() + "\n");
    place_->signer().set_password("own", Secret(kPassword));
    place_->signer().set_password("other", Secret(kOtherPassword));
    place_->signer().set_password("wrong", Secret("wrong"));
    Host& host = place_->inventory();
    host.login = user_->name();
    host.become = other_->name();
    // Of the test's sshd, whose login is by key.
    host.credential = "test";
  }
  /// Rules in which NAME is the login user and OTHER the one to become.
  void sudo_rules(const std::string& rules) { user_->add_sudo_rules(with_other(rules)); }
  void doas_rules(const std::string& rules) { user_->add_doas_rules(with_other(rules)); }
  std::string with_other(std::string rules) const {
    for (std::size_t at = 0; (at = rules.find("OTHER")) != std::string::npos;) {
      rules.replace(at, 5, other_->name());
    }
    return rules;
  }
  void become_by(BecomeMethod method, const std::string& credential) {
    place_->inventory().become_method = method;
    place_->inventory().become_credential = credential;
  }
  TargetRecord run(Batch batch) {
    Under under(*place_, std::move(batch));
    EXPECT_TRUE(under.until_finished());
    return under.record();
  }
  /// Runs as the other one, with streams apart (or both in one), and leaves no process behind.
  void expect_it_works(bool on_terminal) {
    const std::vector<std::string> values = nasty_strings(200);
    TargetRecord record = run(batch_of("id -un; echo \"$HOME\"; exit 3"));
    EXPECT_EQ(record.finished->exit_code, 3) << record.finished->message;
    EXPECT_EQ(record.out, other_->name() + "\n" + other_->home() + "\n");
    record = run(batch_of("printf '%s\\000' \"$@\"; printf err >&2", values));
    EXPECT_EQ(record.finished->outcome, Outcome::ok) << record.finished->message;
    std::string expected;
    for (const std::string& value : values) expected += value + '\0';
    EXPECT_TRUE(record.out == expected + (on_terminal ? "err" : "")) << record.out.size();
    EXPECT_EQ(record.err, on_terminal ? "" : "err");
    expect_nobody_left();
  }
  /// But for sshd's own processes: sessions stay for the next run.
  std::string processes_left() {
    std::string left;
    const std::string list =
        peers::run_program({"ps", "-o", "pid=,args=", "-u", user_->name() + "," + other_->name()})
            .output;
    for (const std::string_view line : text::split(list, '\n')) {
      if (!line.empty() && line.find("sshd: ") == line.npos) left += std::string(line) + "\n";
    }
    return left;
  }
  void expect_nobody_left() {
    EXPECT_TRUE(place_->loop().until([&] { return processes_left().empty(); })) << processes_left();
  }
  void expect_cancel_ends_it() {
    Under under(*place_, batch_of("sleep 600 & echo up; sleep 600"));
    ASSERT_TRUE(place_->loop().until([&] { return under.record().out == "up\n"; }));
    under.execution->cancel(0);
    ASSERT_TRUE(under.until_finished());
    EXPECT_EQ(under.result().outcome, Outcome::cancelled);
    EXPECT_THAT(under.result().message, HasSubstr("has ended"));
    expect_nobody_left();
  }

  std::unique_ptr<peers::ShellUser> user_;
  std::unique_ptr<peers::ShellUser> other_;
  std::unique_ptr<SshPlace> place_;
  SourceFiles files_;
};

class SudoTest : public RealBecome {
 protected:
  void SetUp() override {
    if (!is_installed("sudo")) GTEST_SKIP() << "there is no sudo";
    RealBecome::SetUp();
  }
};

TEST_F(SudoTest, TakesThePasswordFromStandardInput) {
  sudo_rules("NAME ALL=(OTHER) ALL");
  become_by(BecomeMethod::sudo, "own");
  expect_it_works(false);
  expect_cancel_ends_it();
}

TEST_F(SudoTest, PasswordThatIsNotWantedGoesNowhere) {
  sudo_rules("NAME ALL=(OTHER) NOPASSWD: ALL");
  become_by(BecomeMethod::sudo, "own");
  expect_it_works(false);
}

TEST_F(SudoTest, PasswordIsInNoProcessListAndNoEnvironment) {
  sudo_rules("NAME ALL=(OTHER) ALL");
  become_by(BecomeMethod::sudo, "own");
  Under under(*place_, batch_of("echo up; sleep 600"));
  ASSERT_TRUE(place_->loop().until([&] { return under.record().out == "up\n"; }));
  int looked_at = 0;
  for (const test::ProcessState& process : test::all_processes()) {
    const std::string folder = "/proc/" + std::to_string(process.pid);
    const std::string words = peers::read_file(folder + "/cmdline");
    looked_at += words.find("sudo") != std::string::npos ? 1 : 0;
    EXPECT_THAT(words, Not(HasSubstr("battery")));
    if (process.pid == ::getpid()) continue;
    EXPECT_THAT(peers::read_file(folder + "/environ"), Not(HasSubstr("battery")));
  }
  EXPECT_GT(looked_at, 0);
  under.execution->cancel(0);
  EXPECT_TRUE(under.until_finished());
}

TEST_F(SudoTest, PasswordOfTheLoginServesWhereThereIsNoOther) {
  place_.reset();
  set_up_host({"PasswordAuthentication yes"});
  sudo_rules("NAME ALL=(OTHER) ALL");
  become_by(BecomeMethod::sudo, "");
  place_->inventory().credential = "own";
  expect_it_works(false);
}

TEST_F(SudoTest, WrongPasswordIsSaidAndTriedOnce) {
  sudo_rules("NAME ALL=(OTHER) ALL");
  become_by(BecomeMethod::sudo, "wrong");
  Batch batch = batch_of("true");
  script_of(batch).file = files_.holding("f", "x");  // one more command that would ask
  const TargetRecord record = run(std::move(batch));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->reason, "backend.become_password_wrong") << record.finished->message;
  EXPECT_THAT(record.finished->message, Not(HasSubstr("wrong")));
  expect_nobody_left();
}

TEST_F(SudoTest, OnlyTryThatSudoAllowsIsToldFromARefusal) {
  sudo_rules("Defaults:NAME passwd_tries=1\nNAME ALL=(OTHER) ALL");
  become_by(BecomeMethod::sudo, "wrong");
  EXPECT_EQ(run(batch_of("true")).finished->reason, "backend.become_password_wrong");
  sudo_rules("NAME ALL=(OTHER) /bin/true");
  become_by(BecomeMethod::sudo, "own");
  const TargetRecord record = run(batch_of("true"));
  EXPECT_EQ(record.finished->reason, "backend.become_denied");
  EXPECT_THAT(record.finished->message, HasSubstr("is not allowed to execute"));
}

TEST_F(SudoTest, MissingPasswordSaysWhatToSet) {
  sudo_rules("NAME ALL=(OTHER) ALL");
  become_by(BecomeMethod::sudo, "");
  const TargetRecord record = run(batch_of("true"));
  EXPECT_EQ(record.finished->reason, "backend.become_password");
  EXPECT_THAT(record.finished->message, HasSubstr("become password"));
  expect_nobody_left();
  become_by(BecomeMethod::sudo, "no-such");
  EXPECT_THAT(run(batch_of("true")).finished->message, HasSubstr("'no-such'"));
}

TEST_F(SudoTest, CancelAtThePromptLeavesNoSudoBehind) {
  sudo_rules("NAME ALL=(OTHER) ALL");
  become_by(BecomeMethod::sudo, "wrong");  // after which sudo thinks for seconds
  Under under(*place_, batch_of("true"));
  ASSERT_TRUE(place_->loop().until([&] {
    return peers::run_program({"pgrep", "-u", "root", "-f", "sudo.*-u " + other_->name()})
               .exit_status == 0;
  }));
  under.execution->cancel(0);
  ASSERT_TRUE(under.until_finished());
  EXPECT_EQ(under.result().message, "cancelled; nothing ran on the host");
  expect_nobody_left();
}

/// What a terminal must not change: with sudo's own terminal in between, and without.
class RequirettyTest : public SudoTest, public testing::WithParamInterface<const char*> {
 protected:
  void rules(const std::string& rule) {
    sudo_rules("Defaults:NAME requiretty," + std::string(GetParam()) + "\n" + rule);
  }
};

TEST_P(RequirettyTest, IsAnsweredWithATerminal) {
  rules("NAME ALL=(OTHER) NOPASSWD: ALL");
  become_by(BecomeMethod::sudo, "");
  expect_it_works(true);
  expect_cancel_ends_it();
}

TEST_P(RequirettyTest, TakesThePasswordThereAndDoesNotShowIt) {
  rules("NAME ALL=(OTHER) ALL");
  become_by(BecomeMethod::sudo, "own");
  expect_it_works(true);
  become_by(BecomeMethod::sudo, "wrong");
  const TargetRecord record = run(batch_of("true"));
  EXPECT_EQ(record.finished->reason, "backend.become_password_wrong") << record.finished->message;
  EXPECT_THAT(record.finished->message, Not(HasSubstr("wrong")));
  expect_nobody_left();
}

TEST_P(RequirettyTest, HundredKilobytesInOneParameterAndMegabytesOfScriptArrive) {
  rules("NAME ALL=(OTHER) NOPASSWD: ALL");
  std::string value;
  for (int i = 0; value.size() < 100'000; ++i) value += static_cast<char>(1 + i * 7 % 255);
  // A script longer than a piece, read to its end by what follows it in a here-document.
  std::string blob;
  while (blob.size() < 1'500'000) blob += "line of a \x03\x04\x11\x13\x1a\x7f\xff script\r\n";
  const TargetRecord record =
      run(batch_of("printf %s \"$1\"\ncat <<'END'\n" + blob + "END\n", {value}));
  ASSERT_EQ(record.finished->outcome, Outcome::ok) << record.finished->message;
  EXPECT_EQ(record.out.size(), value.size() + blob.size());
  EXPECT_TRUE(record.out == value + blob);
}

TEST_P(RequirettyTest, ScriptSeesNoTerminalAndAnEndOfItsInput) {
  rules("NAME ALL=(OTHER) NOPASSWD: ALL");
  const TargetRecord record = run(batch_of(
      "for n in 0 1 2; do [ -t $n ] && echo tty $n; done; (: </dev/tty) 2>/dev/null && echo tty; "
      "cat; echo end"));
  EXPECT_EQ(record.out, "end\n") << record.finished->message;
}

TEST_P(RequirettyTest, FileIsDelivered) {
  rules("NAME ALL=(OTHER) NOPASSWD: ALL");
  const std::string bytes = patterned(1'000'000);
  Batch batch = batch_of("cat \"$OM_FILE\"");
  script_of(batch).file = files_.holding("f", bytes);
  const TargetRecord record = run(std::move(batch));
  EXPECT_TRUE(record.out == bytes) << record.finished->message;
}

TEST_P(RequirettyTest, FileIsCopied) {
  if (std::string_view(GetParam()) == "use_pty") {
    GTEST_SKIP()
        << "through a terminal of sudo's own a large copy stands still once in about sixty "
           "times; why is not known yet";
  }
  rules("NAME ALL=(OTHER) NOPASSWD: ALL");
  const std::string bytes = patterned(3'000'000);
  const std::string there = other_->home() + "/copied";
  Batch batch = batch_of("");
  batch.job = CopyJob{files_.holding("f", bytes), {there, "", ""}, {}};
  const TargetRecord record = run(std::move(batch));
  EXPECT_EQ(record.finished->outcome, Outcome::ok) << record.finished->message;
  EXPECT_TRUE(peers::read_file(there) == bytes);
}

TEST_P(RequirettyTest, BackgroundProcessThatHoldsTheTerminalDelaysNothing) {
  rules("NAME ALL=(OTHER) NOPASSWD: ALL");
  const TargetRecord record = run(batch_of("sleep 600 & echo $!"));
  EXPECT_EQ(record.finished->outcome, Outcome::ok) << record.finished->message;
  EXPECT_EQ(::kill(std::stoi(record.out), SIGKILL), 0) << "it was left alone";
}

INSTANTIATE_TEST_SUITE_P(Terminals, RequirettyTest, testing::Values("use_pty", "!use_pty"),
                         [](const auto& rule) {
                           return rule.param[0] == '!' ? "TheSshds" : "Sudos";
                         });

TEST_F(SudoTest, RequirettyWhereSshdGivesNoTerminalSaysSo) {
  place_.reset();
  set_up_host({"PermitTTY no"});
  sudo_rules("Defaults:NAME requiretty\nNAME ALL=(OTHER) NOPASSWD: ALL");
  const TargetRecord record = run(batch_of("true"));
  EXPECT_EQ(record.finished->reason, "ssh.terminal_refused") << record.finished->message;
  EXPECT_THAT(record.finished->message, HasSubstr("PermitTTY"));
}

TEST_F(SudoTest, RequirettyNeedsNoSecondChannelAtOnce) {
  place_.reset();
  set_up_host({"MaxSessions 1"});
  sudo_rules("Defaults:NAME requiretty\nNAME ALL=(OTHER) NOPASSWD: ALL");
  expect_it_works(true);
  expect_cancel_ends_it();
}

using SuTest = RealBecome;

TEST_F(SuTest, TakesThePasswordOfTheOtherUser) {
  become_by(BecomeMethod::su, "other");
  expect_it_works(false);
  expect_cancel_ends_it();
}

TEST_F(SuTest, WrongPasswordIsSaid) {
  become_by(BecomeMethod::su, "wrong");
  const TargetRecord record = run(batch_of("true"));
  EXPECT_EQ(record.finished->reason, "backend.become_password_wrong") << record.finished->message;
  expect_nobody_left();
}

TEST_F(SuTest, PasswordOfTheLoginIsNotTriedForSomebodyElse) {
  place_.reset();
  set_up_host({"PasswordAuthentication yes"});
  become_by(BecomeMethod::su, "");
  place_->inventory().credential = "own";
  EXPECT_EQ(run(batch_of("true")).finished->reason, "backend.become_password");
  expect_nobody_left();
}

TEST_F(SuTest, UnknownUserIsQuotedFromSu) {
  become_by(BecomeMethod::su, "other");
  place_->inventory().become = "om-no-such-user";
  const TargetRecord record = run(batch_of("true"));
  EXPECT_EQ(record.finished->reason, "backend.become_denied");
  EXPECT_THAT(record.finished->message, HasSubstr("om-no-such-user"));
}

/// Login shells of both users: su hands its command to that of the one it becomes.
class SuShellTest : public RealBecome, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    set_up_users(GetParam(), GetParam());
    if (!IsSkipped()) set_up_host({});
  }
};

TEST_P(SuShellTest, RunsTheScriptTheSame) {
  user_->make_profile_noisy();
  other_->make_profile_noisy();
  become_by(BecomeMethod::su, "other");
  expect_it_works(false);
}

INSTANTIATE_TEST_SUITE_P(Shells, SuShellTest,
                         testing::Values("/bin/bash", "/bin/csh", "/bin/tcsh", "/usr/bin/fish",
                                         "/bin/zsh", "/bin/mksh"),
                         [](const auto& shell) {
                           return std::filesystem::path(shell.param).filename().string();
                         });

class DoasTest : public RealBecome {
 protected:
  void SetUp() override {
    if (!is_installed("doas")) GTEST_SKIP() << "there is no doas: install opendoas";
    RealBecome::SetUp();
  }
};

TEST_F(DoasTest, WithoutAPasswordTheStreamsAreApart) {
  doas_rules("permit nopass NAME as OTHER");
  become_by(BecomeMethod::doas, "");
  expect_it_works(false);
  expect_cancel_ends_it();
}

TEST_F(DoasTest, TakesThePasswordOnATerminal) {
  doas_rules("permit NAME as OTHER");
  become_by(BecomeMethod::doas, "own");
  expect_it_works(true);
  expect_cancel_ends_it();
}

TEST_F(DoasTest, WrongPasswordIsSaidAndNotShown) {
  doas_rules("permit NAME as OTHER");
  become_by(BecomeMethod::doas, "wrong");
  const TargetRecord record = run(batch_of("true"));
  EXPECT_EQ(record.finished->reason, "backend.become_password_wrong") << record.finished->message;
  EXPECT_THAT(record.finished->message, Not(HasSubstr("wrong")));
  expect_nobody_left();
}

TEST_F(DoasTest, MissingPasswordAndRefusalAreToldApart) {
  doas_rules("permit NAME as OTHER");
  become_by(BecomeMethod::doas, "");
  EXPECT_EQ(run(batch_of("true")).finished->reason, "backend.become_password");
  become_by(BecomeMethod::doas, "own");
  place_->inventory().become = "root";
  const TargetRecord record = run(batch_of("true"));
  EXPECT_EQ(record.finished->reason, "backend.become_denied");
  EXPECT_THAT(record.finished->message, HasSubstr("Operation not permitted"));
}

}  // namespace
}  // namespace om::backend
