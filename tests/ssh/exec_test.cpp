// SPDX-License-Identifier: MIT
//
// Commands on a real sshd: streams, status, signals, several at once, back-pressure, loss.
#include "om/ssh/exec.h"

#include <algorithm>
#include <fstream>
#include <random>

#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "ssh/rig.h"

#include "om/base/crypto.h"
#include "om/base/files.h"

namespace om::ssh {
namespace {

using peers::SshdOptions;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ExecTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = peers::Sshd::start(options());
    if (!started.server) GTEST_SKIP() << started.why_not;
    sshd_ = std::move(started.server);
    rig_.add_key(*sshd_);
    session_ = rig_.log_in(*sshd_);
  }
  virtual SshdOptions options() const { return {}; }

  std::unique_ptr<WatchedExec> run(const std::string& command) {
    return rig_.run(*session_, command);
  }
  bool wait_for_end(const WatchedExec& exec) {
    return rig_.run_until([&exec] { return exec.is_over(); });
  }

  std::unique_ptr<peers::Sshd> sshd_;
  Rig rig_;
  std::unique_ptr<WatchedSession> session_;
};

TEST_F(ExecTest, KeepsOutputAndErrorApart) {
  const auto ran = run("echo out; echo err >&2; echo more");
  EXPECT_EQ(ran->out, "out\nmore\n");
  EXPECT_EQ(ran->err, "err\n");
  ASSERT_TRUE(ran->status);
  EXPECT_EQ(ran->status->exit_status, 0);
  EXPECT_TRUE(ran->status->saw_eof);
  EXPECT_TRUE(ran->status->close_confirmed);
}

TEST_F(ExecTest, TerminalPassesEveryByteBothWays) {
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += static_cast<char>(i * 7 + i / 251);
  ExecOptions options;
  options.command = "tty >&2; head -c " + std::to_string(bytes.size()) + "; exit 3";
  options.terminal = true;
  const auto ran = rig_.exec(*session_, options);
  ran->channel->write(bytes);
  ASSERT_TRUE(wait_for_end(*ran));
  ASSERT_EQ(ran->out.substr(0, 9), "/dev/pts/");
  EXPECT_TRUE(ran->out.substr(ran->out.find('\n') + 1) == bytes) << ran->out.size();
  EXPECT_EQ(ran->err, "");
  ASSERT_TRUE(ran->status);
  EXPECT_EQ(ran->status->exit_status, 3);
}

class NoTerminalTest : public ExecTest {
 protected:
  SshdOptions options() const override { return {.config = {"PermitTTY no"}}; }
};

TEST_F(NoTerminalTest, RefusedTerminalEndsTheCommandAndNotTheSession) {
  ExecOptions options;
  options.command = "echo x";
  options.terminal = true;
  const auto refused = rig_.exec(*session_, options);
  ASSERT_TRUE(wait_for_end(*refused));
  ASSERT_TRUE(refused->error);
  EXPECT_EQ(refused->error->reason, "ssh.terminal_refused");
  EXPECT_EQ(run("echo y")->out, "y\n");
}

TEST_F(ExecTest, TellsTheExitStatus) {
  EXPECT_EQ(run("exit 3")->status->exit_status, 3);
  EXPECT_EQ(run("exit 255")->status->exit_status, 255);
}

TEST_F(ExecTest, TellsTheSignal) {
  const auto ran = run("kill -TERM $$");
  EXPECT_EQ(ran->status->signal, "TERM");
  EXPECT_EQ(run("kill -KILL $$")->status->signal, "KILL");
  EXPECT_EQ(run("true")->status->signal, "");
}

TEST_F(ExecTest, RunsManyCommandsOneAfterTheOther) {
  for (int i = 0; i < 20; ++i) {
    const auto ran = run("echo " + std::to_string(i) + "; exit " + std::to_string(i));
    EXPECT_EQ(ran->out, std::to_string(i) + "\n");
    EXPECT_EQ(ran->status->exit_status, i);
  }
  EXPECT_TRUE(rig_.run_until([this] { return session_->session->channel_count() == 0; }));
}

Duration cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

TEST_F(ExecTest, CostsNothingWhileNothingHappens) {
  // sshd tells its other host keys right after the login. Kept for the first command, they kept
  // the loop running in circles until there was one.
  auto session = rig_.log_in(*sshd_);
  rig_.run_for(milliseconds(100));
  const Duration before = cpu_time();
  rig_.run_for(milliseconds(500));
  auto waiting = rig_.exec(*session, "sleep 0.5");
  ASSERT_TRUE(wait_for_end(*waiting));
  rig_.run_for(milliseconds(500));
  EXPECT_LT(cpu_time() - before, milliseconds(100));
}

TEST_F(ExecTest, EndedCommandMayOutliveItsSession) {
  // Its channel had left the session's list without a word, and went on to wake a session long
  // gone.
  auto session = rig_.log_in(*sshd_);
  auto ran = rig_.run(*session, "echo out");
  session.reset();
  rig_.run_for(milliseconds(10));
  ran->channel->close();
  ran->channel.reset();
  EXPECT_EQ(ran->out, "out\n");
}

TEST_F(ExecTest, RunsSeveralAtOnce) {
  std::vector<std::unique_ptr<WatchedExec>> commands;
  for (int i = 0; i < 8; ++i) {
    const std::string digit = std::to_string(i);
    commands.push_back(rig_.exec(
        *session_, "sleep 0.2; head -c 300000 /dev/zero | tr '\\0' " + digit + "; exit " + digit));
  }
  for (int i = 0; i < 8; ++i) {
    const WatchedExec& ran = *commands[static_cast<std::size_t>(i)];
    ASSERT_TRUE(wait_for_end(ran));
    ASSERT_TRUE(ran.status);
    EXPECT_EQ(ran.out, std::string(300000, static_cast<char>('0' + i)));
    EXPECT_EQ(ran.status->exit_status, i);
  }
}

TEST_F(ExecTest, GivesStandardInputAndItsEnd) {
  auto exec = rig_.exec(*session_, "cat; echo end");
  exec->channel->write("one ");
  EXPECT_EQ(exec->channel->unsent_bytes(), 4u);
  EXPECT_TRUE(rig_.run_until([&exec] { return exec->out == "one "; }));
  EXPECT_EQ(exec->sent, 1);
  EXPECT_EQ(exec->channel->unsent_bytes(), 0u);
  exec->channel->write("two\n");
  exec->channel->finish_writing();
  exec->channel->write("too late\n");
  ASSERT_TRUE(wait_for_end(*exec));
  EXPECT_EQ(exec->out, "one two\nend\n");
}

TEST_F(ExecTest, SendsLargeInputWholeAndSharesIt) {
  std::mt19937 random(1);
  std::string bytes(10'000'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  const auto shared = std::make_shared<const std::string>(std::move(bytes));
  const std::string digest = crypto::sha256_hex(*shared);
  std::vector<std::unique_ptr<WatchedExec>> commands;
  for (int i = 0; i < 2; ++i) {
    commands.push_back(rig_.exec(*session_, "sha256sum"));
    commands.back()->channel->write(shared);
    commands.back()->channel->finish_writing();
  }
  for (const auto& exec : commands) {
    ASSERT_TRUE(wait_for_end(*exec));
    EXPECT_EQ(exec->out.substr(0, 64), digest);
  }
}

TEST_F(ExecTest, WritesMoreWhenTheRestIsOnItsWay) {
  auto exec = rig_.exec(*session_, "wc -c");
  int left = 50;
  exec->when_sent = [&exec, &left] {
    if (left-- > 0) {
      exec->channel->write(std::string(100'000, 'x'));
    } else {
      exec->channel->finish_writing();
    }
  };
  exec->channel->write("x");
  ASSERT_TRUE(wait_for_end(*exec));
  EXPECT_EQ(exec->out, "5000001\n");
}

TEST_F(ExecTest, PassesTenMegabytesThroughUnchanged) {
  const std::string path = sshd_->folder() + "/bytes";
  ASSERT_EQ(
      peers::run_program({"dd", "if=/dev/urandom", "of=" + path, "bs=1M", "count=10"}).exit_status,
      0);
  const auto ran = run("cat " + path + "; cat " + path + " >&2");
  const std::string sent = peers::read_file(path);
  EXPECT_EQ(ran->out.size(), sent.size());
  EXPECT_TRUE(ran->out == sent);
  EXPECT_TRUE(ran->err == sent);
}

TEST_F(ExecTest, LosesNothingBetweenTwoStreamsThatBothFlow) {
  // Reading one stream pulls in the other's packets: what was not asked for again lay in the
  // library with nothing left in the socket to wake anybody, and the command stood still.
  const auto ran = run("i=0; while [ $i -lt 2000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done");
  EXPECT_EQ(std::count(ran->out.begin(), ran->out.end(), '\n'), 2000);
  EXPECT_EQ(std::count(ran->err.begin(), ran->err.end(), '\n'), 2000);
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

TEST_F(ExecTest, HoldsAFloodBackWhileReadingIsPaused) {
  auto exec = rig_.exec(*session_, "yes | head -c 20000000");
  exec->channel->set_reading(false);
  ASSERT_TRUE(rig_.run_until([&exec] { return exec->started; }));
  rig_.run_for(milliseconds(200));
  const std::size_t before = resident_bytes();
  rig_.run_for(milliseconds(500));
  EXPECT_EQ(exec->out, "");
  EXPECT_LT(resident_bytes(), before + 4 * 1024 * 1024);
  exec->channel->set_reading(true);
  ASSERT_TRUE(wait_for_end(*exec));
  EXPECT_EQ(exec->out.size(), 20'000'000u);
}

TEST_F(ExecTest, PausesFromInsideAnOutputCall) {
  auto exec = rig_.exec(*session_, "yes | head -c 3000000");
  int calls = 0;
  exec->when_output = [&exec, &calls] {
    if (++calls % 10 == 0) exec->channel->set_reading(false);
  };
  while (!exec->is_over()) {
    const std::size_t had = exec->out.size();
    rig_.run_for(milliseconds(10));
    exec->channel->set_reading(true);
    ASSERT_TRUE(rig_.run_until([&exec, had] { return exec->out.size() > had || exec->is_over(); },
                               seconds(5)));
  }
  EXPECT_EQ(exec->out.size(), 3'000'000u);
}

TEST_F(ExecTest, OnePausedCommandDoesNotStopAnother) {
  auto paused = rig_.exec(*session_, "yes | head -c 5000000");
  paused->channel->set_reading(false);
  ASSERT_TRUE(rig_.run_until([&paused] { return paused->started; }));
  EXPECT_EQ(run("head -c 2000000 /dev/zero | wc -c")->out, "2000000\n");
  paused->channel->set_reading(true);
  ASSERT_TRUE(wait_for_end(*paused));
  EXPECT_EQ(paused->out.size(), 5'000'000u);
}

TEST_F(ExecTest, ClosesWithoutWaitingForWhoeverHoldsTheOutput) {
  auto exec = rig_.exec(*session_, "sleep 5 & echo done");
  ASSERT_TRUE(rig_.run_until([&exec] { return exec->out == "done\n"; }));
  const MonotonicTime before = rig_.clock.now();
  exec->channel->close();
  EXPECT_EQ(exec->ends, 0) << "never from inside close()";
  ASSERT_TRUE(wait_for_end(*exec));
  EXPECT_LT(rig_.clock.now() - before, seconds(3));
  ASSERT_TRUE(exec->status);
  EXPECT_TRUE(exec->status->close_confirmed);
  EXPECT_FALSE(exec->status->saw_eof);
  EXPECT_EQ(run("echo the session is still good")->out, "the session is still good\n");
}

TEST_F(ExecTest, ClosesACommandThatRunsOnAfterTheDeadline) {
  WatchedExec exec;
  ExecOptions options;
  options.command = "trap '' HUP PIPE TERM; echo started; sleep 2";
  options.close = milliseconds(200);
  exec.channel = session_->session->exec(options, exec);
  ASSERT_TRUE(rig_.run_until([&exec] { return !exec.out.empty(); }));
  exec.channel->close();
  ASSERT_TRUE(wait_for_end(exec));
  ASSERT_TRUE(exec.status);
  EXPECT_FALSE(exec.status->close_confirmed);
  EXPECT_EQ(run("echo good")->out, "good\n");
  EXPECT_TRUE(rig_.run_until([this] { return session_->session->channel_count() == 0; }));
}

TEST_F(ExecTest, IsAbandonedByDroppingIt) {
  auto exec = rig_.exec(*session_, "yes");
  ASSERT_TRUE(rig_.run_until([&exec] { return exec->out.size() > 100'000; }));
  exec->channel.reset();
  const std::size_t had = exec->out.size();
  EXPECT_TRUE(rig_.run_until([this] { return session_->session->channel_count() == 0; }));
  EXPECT_EQ(exec->out.size(), had);
  EXPECT_EQ(exec->ends, 0);
  EXPECT_EQ(run("echo good")->out, "good\n");
}

TEST_F(ExecTest, IsClosedBeforeItWasOpen) {
  auto closed = rig_.exec(*session_, "echo never");
  closed->channel->close();
  auto dropped = rig_.exec(*session_, "echo never");
  dropped->channel.reset();
  ASSERT_TRUE(wait_for_end(*closed));
  ASSERT_TRUE(closed->error);
  EXPECT_EQ(closed->error->reason, "ssh.cancelled");
  EXPECT_EQ(run("echo good")->out, "good\n");
  EXPECT_EQ(dropped->ends, 0);
}

TEST_F(ExecTest, ObserversMayDestroyAnything) {
  auto ended = rig_.exec(*session_, "echo a");
  ended->when_ended = [&ended] { ended->channel.reset(); };
  ASSERT_TRUE(wait_for_end(*ended));

  auto next = rig_.exec(*session_, "echo b; sleep 1; echo c");
  next->when_output = [&next] { next->channel.reset(); };
  ASSERT_TRUE(rig_.run_until([&next] { return !next->out.empty(); }));
  EXPECT_EQ(next->out, "b\n");

  auto last = rig_.exec(*session_, "yes");
  auto bystander = rig_.exec(*session_, "yes");
  last->when_output = [this, &last] {
    if (last->out.size() > 100'000) session_->session.reset();
  };
  ASSERT_TRUE(rig_.run_until([this] { return !session_->session; }));
  const std::size_t had = last->out.size();
  const std::size_t other = bystander->out.size();
  last->channel->write("ignored");
  rig_.run_for(milliseconds(50));
  EXPECT_EQ(last->out.size(), had);
  EXPECT_EQ(bystander->out.size(), other);
  EXPECT_EQ(last->ends + bystander->ends, 0);
}

TEST_F(ExecTest, StartsTheNextCommandFromTheEndOfTheLast) {
  auto first = rig_.exec(*session_, "echo one");
  std::unique_ptr<WatchedExec> second;
  first->when_ended = [this, &second] { second = rig_.exec(*session_, "echo two"); };
  ASSERT_TRUE(rig_.run_until([&second] { return second && second->is_over(); }));
  EXPECT_EQ(second->out, "two\n");
}

TEST_F(ExecTest, TellsEveryCommandWhenTheConnectionBreaks) {
  auto first = rig_.exec(*session_, "echo started; sleep 30");
  auto second = rig_.exec(*session_, "echo started; sleep 30");
  ASSERT_TRUE(rig_.run_until([&] { return !first->out.empty() && !second->out.empty(); }));
  sshd_->kill_connections();
  ASSERT_TRUE(rig_.run_until([this] { return session_->is_over(); }));
  for (const WatchedExec* exec : {first.get(), second.get()}) {
    EXPECT_EQ(exec->ends, 1);
    ASSERT_TRUE(exec->error);
    EXPECT_EQ(exec->error->reason, "ssh.disconnected");
  }
  EXPECT_TRUE(session_->lost);
}

TEST_F(ExecTest, PassesOnWhatCameBeforeTheConnectionBroke) {
  // The library refuses to hand out what it has queued once it has seen the end of the stream.
  auto exec = rig_.exec(*session_, "head -c 200000 /dev/zero | tr '\\0' x; kill -9 $PPID");
  ASSERT_TRUE(rig_.run_until([this] { return session_->is_over(); }));
  EXPECT_TRUE(exec->error);
  EXPECT_GT(exec->out.size(), 0u);
  EXPECT_EQ(exec->out, std::string(exec->out.size(), 'x'));
}

TEST_F(ExecTest, LosesWhatIsPausedOnlyAfterPassingItOn) {
  const std::string said = testing::TempDir() + "om-said-" + std::to_string(::getpid());
  auto exec = rig_.exec(*session_, "echo precious; touch " + said + "; sleep 30");
  exec->channel->set_reading(false);
  ASSERT_TRUE(rig_.run_until([&said] { return files::exists(said); }));
  ::unlink(said.c_str());
  rig_.run_for(milliseconds(300));
  EXPECT_EQ(exec->out, "");
  sshd_->kill_connections();
  ASSERT_TRUE(wait_for_end(*exec));
  EXPECT_EQ(exec->out, "precious\n");
}

class ExecMaxSessionsTest : public ExecTest {
  SshdOptions options() const override { return {.config = {"MaxSessions 2"}}; }
};

TEST_F(ExecMaxSessionsTest, SaysSoWhenTheServerRefusesAnotherChannel) {
  auto one = rig_.exec(*session_, "cat");
  auto two = rig_.exec(*session_, "cat");
  auto three = rig_.exec(*session_, "cat");
  ASSERT_TRUE(wait_for_end(*three));
  ASSERT_TRUE(three->error);
  EXPECT_EQ(three->error->reason, "ssh.channel_refused");
  EXPECT_EQ(three->error->code, Errc::overloaded);
  EXPECT_TRUE(one->started && two->started);
  one->channel->finish_writing();
  ASSERT_TRUE(wait_for_end(*one));
  EXPECT_EQ(run("echo room again")->out, "room again\n");
}

class ExecMaxSessionsOneTest : public ExecTest {
  SshdOptions options() const override { return {.config = {"MaxSessions 1"}}; }
};

TEST_F(ExecMaxSessionsOneTest, RunsOneCommandAfterTheOtherWhereTheServerAllowsOnlyOne) {
  // sshd still counted the channel that the previous command had closed.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(run("echo " + std::to_string(i))->out.size(), 2u);
}

class ExecRekeyTest : public ExecTest {
  SshdOptions options() const override { return {.config = {"RekeyLimit 1M"}}; }
};

TEST_F(ExecRekeyTest, NewKeysInTheMiddleChangeNothing) {
  const auto input = std::make_shared<const std::string>(std::string(12'000'000, 'i'));
  auto writer = rig_.exec(*session_, "wc -c");
  writer->channel->write(input);
  writer->channel->finish_writing();
  auto reader = rig_.exec(*session_, "head -c 12000000 /dev/zero | tr '\\0' o");
  auto echo = rig_.exec(*session_, "cat");
  echo->channel->write(input);
  echo->channel->finish_writing();
  ASSERT_TRUE(wait_for_end(*writer) && wait_for_end(*reader) && wait_for_end(*echo));
  EXPECT_EQ(writer->out, "12000000\n");
  EXPECT_TRUE(reader->out == std::string(12'000'000, 'o'));
  EXPECT_TRUE(echo->out == *input);
  for (int i = 0; i < 10; ++i) {
    const auto ran = run("head -c 600000 /dev/zero; exit " + std::to_string(i));
    EXPECT_EQ(ran->out.size(), 600'000u);
    EXPECT_EQ(ran->status->exit_status, i);
  }
}

class ExecHungServerTest : public ExecTest {};

TEST_F(ExecHungServerTest, GivesASilentServerUpAfterTheDeadline) {
  SessionDeadlines deadlines;
  deadlines.silence = milliseconds(900);
  auto session = rig_.log_in(*sshd_, deadlines);
  auto quiet = rig_.exec(*session, "sleep 30");
  ASSERT_TRUE(rig_.run_until([&quiet] { return quiet->started; }));
  // A silent command on a server that is well: it answers when it is asked.
  rig_.run_for(milliseconds(2500));
  EXPECT_FALSE(quiet->is_over());
  for (const pid_t pid : sshd_->connection_pids()) ::kill(pid, SIGSTOP);
  const MonotonicTime before = rig_.clock.now();
  ASSERT_TRUE(wait_for_end(*quiet));
  EXPECT_LT(rig_.clock.now() - before, seconds(3));
  ASSERT_TRUE(quiet->error && session->lost);
  EXPECT_EQ(quiet->error->reason, "ssh.silent");
  for (const pid_t pid : sshd_->connection_pids()) ::kill(pid, SIGCONT);
}

TEST_F(ExecHungServerTest, GivesAnOpenUpAfterItsDeadline) {
  for (const pid_t pid : sshd_->connection_pids()) ::kill(pid, SIGSTOP);
  WatchedExec exec;
  ExecOptions options;
  options.command = "echo never";
  options.open = milliseconds(200);
  exec.channel = session_->session->exec(options, exec);
  ASSERT_TRUE(wait_for_end(exec));
  ASSERT_TRUE(exec.error);
  EXPECT_EQ(exec.error->reason, "ssh.exec_timed_out");
  EXPECT_FALSE(session_->session->is_ready()) << "no other channel can be opened on it";
  for (const pid_t pid : sshd_->connection_pids()) ::kill(pid, SIGCONT);
}

TEST_F(ExecHungServerTest, GivesACloseUpAfterItsDeadline) {
  WatchedExec exec;
  ExecOptions options;
  options.command = "exec cat";
  options.close = milliseconds(200);
  exec.channel = session_->session->exec(options, exec);
  ASSERT_TRUE(rig_.run_until([&exec] { return exec.started; }));
  for (const pid_t pid : sshd_->connection_pids()) ::kill(pid, SIGSTOP);
  exec.channel->close();
  ASSERT_TRUE(wait_for_end(exec));
  ASSERT_TRUE(exec.status);
  EXPECT_FALSE(exec.status->close_confirmed);
  EXPECT_EQ(session_->session->channel_count(), 1u);
  for (const pid_t pid : sshd_->connection_pids()) ::kill(pid, SIGCONT);
  EXPECT_TRUE(rig_.run_until([this] { return session_->session->channel_count() == 0; }));
  EXPECT_EQ(exec.ends, 1);
}

}  // namespace
}  // namespace om::ssh
