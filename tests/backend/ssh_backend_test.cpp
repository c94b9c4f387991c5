// SPDX-License-Identifier: MIT
#include "om/backend/ssh_backend.h"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "backend/nasty_strings.h"
#include "backend/source_files.h"
#include "backend/ssh_place.h"
#include "backend/stand_in_shell.h"
#include "peers/shell_user.h"
#include "support/processes.h"

namespace om::backend {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

/// A test's own place, or the test is skipped.
#define OM_SSH_PLACE(VAR, ...)                                           \
  std::string VAR##_why_not;                                             \
  const auto VAR##_owner = SshPlace::make({__VA_ARGS__}, VAR##_why_not); \
  if (!VAR##_owner) GTEST_SKIP() << VAR##_why_not;                       \
  SshPlace& VAR = *VAR##_owner

TargetRecord run_at(SshPlace& place, Batch batch) {
  Under run(place, std::move(batch));
  EXPECT_TRUE(run.until_finished());
  return run.record();
}

TEST(SshBackendTest, BrokenConnectionIsLostAndNothingIsKilled) {
  OM_SSH_PLACE(place);
  Under run(place, batch_of("echo up; sleep 600"));
  ASSERT_TRUE(place.loop().until([&] { return run.record().out == "up\n"; }));
  place.sshd().kill_connections();
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.result().outcome, Outcome::lost);
  EXPECT_EQ(run.result().reason, "backend.lost");
  const auto group = static_cast<pid_t>(*run.record().process_group);
  EXPECT_THAT(run.result().message, HasSubstr("may still run there, pid " + std::to_string(group)));
  EXPECT_GT(test::living_in_group(group), 0);
  ::kill(-group, SIGKILL);
}

TEST(SshBackendTest, CancelAfterASecondChannelWasRefusedTakesANewConnection) {
  OM_SSH_PLACE(place, .config = {"MaxSessions 1"});
  Under run(place, batch_of("echo up; sleep 600"));
  ASSERT_TRUE(place.loop().until([&] { return run.record().out == "up\n"; }));
  run.execution->cancel(0);
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.result().outcome, Outcome::cancelled);
  EXPECT_THAT(run.result().message, HasSubstr("has ended"));
  EXPECT_EQ(test::living_in_group(static_cast<pid_t>(*run.record().process_group)), 0);
}

TEST(SshBackendTest, FileIsDeliveredOverOneChannelAtATime) {
  OM_SSH_PLACE(place, .config = {"MaxSessions 1"});
  Batch batch = batch_of("cat \"$OM_FILE\"");
  SourceFiles files;
  script_of(batch).file = files.holding("f", "content");
  const TargetRecord record = run_at(place, std::move(batch));
  EXPECT_EQ(record.out, "content") << record.finished->message;
}

TEST(SshBackendTest, ForcedCommandIsNoStartWithItsWords) {
  OM_SSH_PLACE(place, .config = {"ForceCommand echo This host runs backups only; exit 7"});
  const TargetRecord record = run_at(place, batch_of("echo x"));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->reason, "backend.no_start");
  EXPECT_THAT(record.finished->message, HasSubstr("status 7"));
  EXPECT_THAT(record.finished->message, HasSubstr("This host runs backups only"));
  EXPECT_EQ(record.out, "");
}

TEST(SshBackendTest, ForcedCommandThatMergesTheStreamsWorksWithThemMerged) {
  OM_SSH_PLACE(place, .config = {"ForceCommand exec 2>&1; eval \"$SSH_ORIGINAL_COMMAND\""});
  const TargetRecord record = run_at(place, batch_of("echo out; echo err >&2; sleep 20 & exit 3"));
  EXPECT_EQ(record.finished->exit_code, 3) << record.finished->message;
  EXPECT_EQ(record.out, "out\nerr\n");
}

TEST(SshBackendTest, ChangedHostKeyIsUnreachable) {
  OM_SSH_PLACE(place);
  place.host_keys().verdict = ssh::HostKeyVerdict::changed;
  const TargetRecord record = run_at(place, batch_of("true"));
  EXPECT_EQ(record.finished->outcome, Outcome::unreachable);
  EXPECT_EQ(record.finished->reason, "ssh.host_key_changed");
}

TEST(SshBackendTest, RefusedPortAndUnknownUserAreUnreachable) {
  OM_SSH_PLACE(place);
  place.inventory().login = "om-no-such-user";
  EXPECT_EQ(run_at(place, batch_of("true")).finished->reason, "ssh.login_refused");
  place.inventory().port = peers::free_port();
  const TargetRecord record = run_at(place, batch_of("true"));
  EXPECT_EQ(record.finished->outcome, Outcome::unreachable);
  EXPECT_EQ(record.finished->reason, "ssh.connect_refused");
}

/// A jump host for the place's host, in the batch as the run would hand it over.
std::unique_ptr<peers::Sshd> put_gate_before(SshPlace& place, Batch& batch,
                                             std::vector<std::string> config) {
  peers::SshdOptions options;
  options.config = std::move(config);
  auto gate = peers::Sshd::start(options).server;
  gate->set_authorized_keys(place.public_key() + "\n");
  Host host = place.host();
  host.name = "gate";
  host.port = gate->port();
  place.inventory().jump = "gate";
  batch.targets[0].jumps = {host};
  return gate;
}

TEST(SshBackendTest, HostBehindAJumpHostIsReachedThroughItAndCancelled) {
  OM_SSH_PLACE(place, .config = {"MaxSessions 1"});
  Batch batch = batch_of("echo up; sleep 600");
  const auto gate = put_gate_before(place, batch, {});
  Under run(place, std::move(batch));
  ASSERT_TRUE(place.loop().until([&] { return run.record().out == "up\n"; }));
  run.execution->cancel(0);
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.result().outcome, Outcome::cancelled);
  EXPECT_THAT(run.result().message, HasSubstr("has ended"));
  EXPECT_EQ(test::living_in_group(static_cast<pid_t>(*run.record().process_group)), 0);
  EXPECT_THAT(gate->log(), HasSubstr("Accepted publickey"));
}

TEST(SshBackendTest, JumpHostThatForwardsNothingMakesUnreachable) {
  OM_SSH_PLACE(place);
  Batch batch = batch_of("true");
  const auto gate = put_gate_before(place, batch, {"AllowTcpForwarding no"});
  const TargetRecord record = run_at(place, std::move(batch));
  EXPECT_EQ(record.finished->outcome, Outcome::unreachable);
  EXPECT_EQ(record.finished->reason, "ssh.jump_forbidden");
  EXPECT_THAT(record.finished->message, HasSubstr("jump host gate"));
  EXPECT_THAT(place.sshd().log(), Not(HasSubstr("publickey")));
}

TEST(SshBackendTest, LossOfTheJumpHostIsSaidOfTheTargetBehindIt) {
  OM_SSH_PLACE(place);
  Batch batch = batch_of("echo up; sleep 30");
  const auto gate = put_gate_before(place, batch, {});
  Under run(place, std::move(batch));
  ASSERT_TRUE(place.loop().until([&] { return run.record().out == "up\n"; }));
  gate->kill_connections();
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.result().outcome, Outcome::lost);
  EXPECT_THAT(run.result().message, HasSubstr("jump host gate"));
  ::kill(-static_cast<pid_t>(*run.record().process_group), SIGKILL);
}

TEST(SshBackendTest, SessionIsKeptForTheNextTargetAndThenClosedPolitely) {
  std::string why_not;
  ssh::PoolLimits limits;
  limits.idle = std::chrono::milliseconds(500);
  const auto owner = SshPlace::make({}, why_not, limits);
  if (!owner) GTEST_SKIP() << why_not;
  SshPlace& place = *owner;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run_at(place, batch_of("echo x")).out, "x\n");
  const std::string log = place.sshd().log();
  const std::size_t first = log.find("Accepted publickey");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(log.find("Accepted publickey", first + 1), std::string::npos) << log;
  EXPECT_TRUE(place.loop().until([&] { return place.sshd().connection_pids().empty(); }));
  EXPECT_TRUE(place.sshd().wait_for_log("Disconnected from user", seconds(10)));
  EXPECT_THAT(place.sshd().log(), HasSubstr("Received disconnect from"));
}

TEST(SshBackendTest, CancelWhileConnectingNeedsNoServer) {
  OM_SSH_PLACE(place);
  ::kill(place.sshd().pid(), SIGSTOP);  // accepts, and says nothing
  Under run(place, batch_of("true"));
  place.loop().until([] { return false; }, std::chrono::milliseconds(50));
  run.execution->cancel(0);
  const bool finished = run.until_finished();
  ::kill(place.sshd().pid(), SIGCONT);
  ASSERT_TRUE(finished);
  EXPECT_EQ(run.result().outcome, Outcome::cancelled);
  EXPECT_EQ(run.result().message, "cancelled; nothing ran on the host");
}

TEST(SshBackendTest, SixteenTargetsAtOnceAreToldApart) {
  OM_SSH_PLACE(place);
  RecordingSink sink;
  std::vector<std::unique_ptr<Execution>> executions;
  for (int index = 0; index < 16; ++index) {
    Batch batch = batch_of("echo \"$1\"; exit \"$1\"", {std::to_string(index)});
    batch.targets[0].index = index;
    batch.targets[0].host = place.host();
    executions.push_back(place.backend().start(std::move(batch), sink));
  }
  for (int index = 0; index < 16; ++index) {
    ASSERT_TRUE(place.loop().until([&] { return sink.finished(index); }));
    EXPECT_EQ(sink[index].out, std::to_string(index) + "\n");
    EXPECT_EQ(sink[index].finished->exit_code, index) << sink[index].finished->message;
  }
}

/// Each login shell that hosts give their users, by its path.
class LoginShellTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto made = peers::ShellUser::make(GetParam());
    if (!made.user) GTEST_SKIP() << made.why_not;
    user_ = std::move(made.user);
    user_->make_profile_noisy();
    std::string why_not;
    place_ = SshPlace::make({.config = {peers::ShellUser::config_line()}}, why_not);
    if (!place_) GTEST_SKIP() << why_not;
    user_->add_file(".ssh/authorized_keys", place_->public_key() + "\n");
    place_->inventory().login = user_->name();
  }
  void TearDown() override { place_.reset(); }
  TargetRecord run(Batch batch) { return run_at(*place_, std::move(batch)); }

  std::unique_ptr<peers::ShellUser> user_;
  std::unique_ptr<SshPlace> place_;
};

TEST_P(LoginShellTest, ScriptRunsTheSameUnderANoisyProfile) {
  const TargetRecord record = run(batch_of("id -un; pwd; echo err >&2; exit 3"));
  EXPECT_EQ(record.finished->exit_code, 3) << record.finished->message;
  EXPECT_EQ(record.out, user_->name() + "\n" + user_->home() + "\n");
  EXPECT_EQ(record.err, "err\n");
  EXPECT_THAT(peers::read_file(user_->home() + "/noise"), HasSubstr("noise\n"));
}

TEST_P(LoginShellTest, NastyParametersArriveByteForByte) {
  const std::vector<std::string> values = nasty_strings(300);
  const TargetRecord record = run(batch_of("printf '%s\\000' \"$@\"", values));
  std::string expected;
  for (const std::string& value : values) expected += value + '\0';
  EXPECT_TRUE(record.out == expected) << record.finished->message;
}

TEST_P(LoginShellTest, FileIsDeliveredAndCancelLeavesNoProcess) {
  SourceFiles files;
  Batch batch = batch_of("wc -c <\"$OM_FILE\"; sleep 600 & sleep 600");
  script_of(batch).file = files.holding("f", std::string(200'000, '\xfe'));
  Under run(*place_, std::move(batch));
  ASSERT_TRUE(place_->loop().until([&] { return run.record().out == "200000\n"; }));
  run.execution->cancel(0);
  ASSERT_TRUE(run.until_finished());
  EXPECT_THAT(run.result().message, HasSubstr("has ended"));
  EXPECT_EQ(test::living_in_group(static_cast<pid_t>(*run.record().process_group)), 0);
}

INSTANTIATE_TEST_SUITE_P(Shells, LoginShellTest,
                         testing::Values("/bin/bash", "/bin/dash", "/bin/csh", "/bin/tcsh",
                                         "/usr/bin/fish", "/bin/zsh", "/bin/ksh", "/bin/mksh",
                                         "/bin/busybox"),
                         [](const auto& shell) { return base_name(shell.param); });

/// Users that cannot run a script.
class LimitedUserTest : public testing::Test {
 protected:
  void make(const std::string& shell) {
    auto made = peers::ShellUser::make(shell);
    if (!made.user) GTEST_SKIP() << made.why_not;
    user_ = std::move(made.user);
    std::string why_not;
    place_ = SshPlace::make({.config = {peers::ShellUser::config_line()}}, why_not);
    if (!place_) GTEST_SKIP() << why_not;
    user_->add_file(".ssh/authorized_keys", place_->public_key() + "\n");
    place_->inventory().login = user_->name();
  }
  void TearDown() override { place_.reset(); }
  std::unique_ptr<peers::ShellUser> user_;
  std::unique_ptr<SshPlace> place_;
};

TEST_F(LimitedUserTest, NologinIsNoStartWithItsWords) {
  make("/usr/sbin/nologin");
  if (!place_) return;
  const TargetRecord record = run_at(*place_, batch_of("true"));
  EXPECT_EQ(record.finished->reason, "backend.no_start");
  EXPECT_THAT(record.finished->message, HasSubstr("This account is currently not available."));
}

TEST_F(LimitedUserTest, SudoThatWantsAPasswordIsAFailureWithARemedy) {
  if (::access("/usr/bin/sudo", X_OK) != 0) GTEST_SKIP() << "there is no sudo";
  make("/bin/sh");
  if (!place_) return;
  Batch batch = batch_of("true");
  batch.targets[0].host.become = "root";
  const TargetRecord record = run_at(*place_, std::move(batch));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->reason, "backend.become_password") << record.finished->message;
  EXPECT_THAT(record.finished->message, HasSubstr("NOPASSWD"));
  EXPECT_TRUE(place_->loop().until([&] {
    for (const test::ProcessState& process : test::all_processes()) {
      if (process.lives() && peers::read_file("/proc/" + std::to_string(process.pid) + "/cmdline")
                                 .starts_with(std::string("sudo\0-S\0-H", 10))) {
        return false;
      }
    }
    return true;
  })) << "sudo still waits";
}

}  // namespace
}  // namespace om::backend
