// SPDX-License-Identifier: MIT
#include "om/process/child.h"

#include <algorithm>
#include <csignal>
#include <optional>

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include "peers/sshd_fixture.h"
#include "support/loop.h"
#include "support/processes.h"

#include "om/base/fd.h"
#include "om/process/environment.h"

namespace om::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Keeps what a child said.
class Recorder final : public ChildObserver {
 public:
  void on_child_output(Stream stream, std::string_view bytes) override {
    (stream == Stream::out ? out : err).append(bytes);
    if (on_output) on_output();
  }
  void on_child_sent() override {
    if (on_sent) on_sent();
  }
  void on_child_ended(ChildEnd how) override {
    ++ends;
    end = how;
    if (on_end) on_end();
  }
  int exit_code() const {
    const auto* exited = end ? std::get_if<Exited>(&end->exit) : nullptr;
    return exited != nullptr ? exited->code : -1;
  }
  int signal_number() const {
    const auto* signalled = end ? std::get_if<Signalled>(&end->exit) : nullptr;
    return signalled != nullptr ? signalled->signal_number : -1;
  }

  std::string out;
  std::string err;
  int ends = 0;
  std::optional<ChildEnd> end;
  std::function<void()> on_output;
  std::function<void()> on_sent;
  std::function<void()> on_end;
};

ChildOptions options_for(std::vector<std::string> argv) {
  ChildOptions options;
  options.argv = std::move(argv);
  options.environment = clean_environment();
  return options;
}

ChildOptions shell(std::string script) { return options_for({"/bin/sh", "-c", std::move(script)}); }

class ChildTest : public testing::Test {
 protected:
  std::unique_ptr<Child> start(const ChildOptions& options) {
    auto child = Child::start(loop_.reactor(), options, recorder_);
    if (!child) {
      ADD_FAILURE() << child.error().message;
      return nullptr;
    }
    return std::move(child).value();
  }
  /// Runs it to its end.
  void run(const ChildOptions& options) {
    const auto child = start(options);
    ASSERT_NE(child, nullptr);
    EXPECT_TRUE(until_ended());
  }
  bool until_ended() {
    return loop_.until([&] { return recorder_.end.has_value(); });
  }

  test::Loop loop_;
  Recorder recorder_;
};

TEST_F(ChildTest, OutputErrorAndExitCodeComeApart) {
  run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(recorder_.out, "out\n");
  EXPECT_EQ(recorder_.err, "err\n");
  EXPECT_EQ(recorder_.exit_code(), 3);
  EXPECT_EQ(recorder_.ends, 1);
  EXPECT_FALSE(recorder_.end->streams_held);
  EXPECT_FALSE(recorder_.end->deadline_passed);
}

TEST_F(ChildTest, ArgumentsMeetNoShell) {
  run(options_for({"printf", "%s|", "$HOME;id", "a b", "'\"\\", "*", "-n", "\xff\n"}));
  EXPECT_EQ(recorder_.out, "$HOME;id|a b|'\"\\|*|-n|\xff\n|");
}

TEST_F(ChildTest, KillingSignalIsNamed) {
  run(shell("kill -USR1 $$"));
  EXPECT_EQ(recorder_.signal_number(), SIGUSR1);
}

TEST_F(ChildTest, MissingProgramIsAnErrorAtOnce) {
  const auto by_name = Child::start(loop_.reactor(), options_for({"om-no-such"}), recorder_);
  ASSERT_FALSE(by_name);
  EXPECT_EQ(by_name.error().code, Errc::not_found);
  EXPECT_EQ(by_name.error().reason, "process.not_found");
  EXPECT_NE(by_name.error().message.find("om-no-such"), std::string::npos);

  const auto by_path = Child::start(loop_.reactor(), options_for({"/om/no/such"}), recorder_);
  ASSERT_FALSE(by_path);
  EXPECT_EQ(by_path.error().reason, "process.not_found");
  EXPECT_EQ(by_path.error().message, "/om/no/such: No such file or directory");
}

TEST_F(ChildTest, UnusableProgramOrFolderIsAnErrorAtOnce) {
  const auto no_program = Child::start(loop_.reactor(), options_for({"/etc/passwd"}), recorder_);
  ASSERT_FALSE(no_program);
  EXPECT_EQ(no_program.error().reason, "process.start_failed");

  ChildOptions options = shell("true");
  options.directory = "/om/no/such/folder";
  const auto no_folder = Child::start(loop_.reactor(), options, recorder_);
  ASSERT_FALSE(no_folder);
  EXPECT_EQ(no_folder.error().message, "/om/no/such/folder: No such file or directory");
  EXPECT_EQ(recorder_.ends, 0);
}

TEST_F(ChildTest, LeadsItsOwnSessionAndGroupInItsFolderWithUmask077) {
  ChildOptions options = shell(
      "pwd; umask; read a b c d pgrp sid rest </proc/self/stat; "
      "echo $pgrp $sid");
  options.directory = "/usr";
  const auto child = start(options);
  ASSERT_TRUE(until_ended());
  const std::string pid = std::to_string(child->pid());
  EXPECT_EQ(recorder_.out, "/usr\n0077\n" + pid + " " + pid + "\n");
}

TEST_F(ChildTest, EnvironmentIsTheOneGiven) {
  ::setenv("OM_TEST_LEAK", "1", 1);
  ChildOptions options = options_for({"env"});
  options.environment = clean_environment({{"HOME", "/x"}, {"EXTRA", "y z"}});
  run(options);
  ::unsetenv("OM_TEST_LEAK");
  EXPECT_NE(recorder_.out.find("HOME=/x\n"), std::string::npos);
  EXPECT_NE(recorder_.out.find("EXTRA=y z\n"), std::string::npos);
  EXPECT_NE(recorder_.out.find("PATH=" + std::string(kStandardPath) + "\n"), std::string::npos);
  EXPECT_EQ(recorder_.out.find("OM_TEST_LEAK"), std::string::npos);
  EXPECT_EQ(recorder_.out.find("HOME="), recorder_.out.rfind("HOME="));
}

TEST_F(ChildTest, EnvironmentOfAServiceHasAHome) {
  const std::string home = ::getenv("HOME");
  ::unsetenv("HOME");
  const std::vector<std::string> environment = clean_environment();
  ::setenv("HOME", home.c_str(), 1);
  const bool has_home = std::ranges::find(environment, "HOME=/root") != environment.end();
  EXPECT_EQ(has_home, ::geteuid() == 0);
}

TEST_F(ChildTest, NoDescriptorButTheStreamsIsInherited) {
  const int leaky = ::dup(STDERR_FILENO);  // without CLOEXEC, as a careless library opens it
  run(options_for({"ls", "/proc/self/fd"}));
  ::close(leaky);
  EXPECT_EQ(recorder_.out, "0\n1\n2\n3\n");  // 3 is the folder that ls reads
}

TEST_F(ChildTest, SignalsAreDefaultAndUnblocked) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler = ::signal(SIGHUP, SIG_IGN);
  run(options_for({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}));
  ::signal(SIGHUP, handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(recorder_.out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(ChildTest, WithoutInputItReadsNothing) {
  run(shell("cat; readlink /proc/self/fd/0"));
  EXPECT_EQ(recorder_.out, "/dev/null\n");
}

TEST_F(ChildTest, MegabytesGoThroughItByteForByte) {
  std::string data(5'000'000, '\0');
  std::uint32_t random = 1;
  for (char& byte : data) {
    random = random * 1664525 + 1013904223;
    byte = static_cast<char>(random >> 24);
  }
  ChildOptions options = options_for({"cat"});
  options.input = Input::pipe;
  const auto child = start(options);
  child->write(data.substr(0, 1'000'000));
  child->write(std::make_shared<const std::string>(data.substr(1'000'000)));
  EXPECT_EQ(child->unsent_bytes(), data.size());
  child->finish_writing();
  child->write("too late");
  ASSERT_TRUE(until_ended());
  EXPECT_TRUE(recorder_.out == data);
  EXPECT_EQ(child->unsent_bytes(), 0U);
}

TEST_F(ChildTest, InputThatNobodyReadsIsDropped) {
  ChildOptions options = shell("exec <&-; echo done; exit 4");
  options.input = Input::pipe;
  const auto child = start(options);
  child->write(std::string(1'000'000, 'x'));
  child->finish_writing();
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(recorder_.exit_code(), 4);
  EXPECT_EQ(recorder_.out, "done\n");
}

TEST_F(ChildTest, InputMayComeInPiecesLater) {
  ChildOptions options = shell("read a; echo got $a; read b; echo got $b");
  options.input = Input::pipe;
  const auto child = start(options);
  child->write("one\n");
  ASSERT_TRUE(loop_.until([&] { return recorder_.out == "got one\n"; }));
  child->write("two\n");
  child->finish_writing();
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(recorder_.out, "got one\ngot two\n");
}

TEST_F(ChildTest, WhoWritesWhenTheLastPieceIsSentHoldsOnePieceAtATime) {
  ChildOptions options = options_for({"wc", "-c"});
  options.input = Input::pipe;
  const auto child = start(options);
  const auto piece = std::make_shared<const std::string>(std::string(300'000, 'x'));
  int left = 20;
  std::size_t most_unsent = 0;
  recorder_.on_sent = [&] {
    EXPECT_EQ(child->unsent_bytes(), 0U);
    if (--left > 0) {
      child->write(piece);
      most_unsent = std::max(most_unsent, child->unsent_bytes());
    } else {
      child->finish_writing();
    }
  };
  child->write(piece);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(recorder_.out, "6000000\n");
  EXPECT_EQ(most_unsent, piece->size());
}

TEST_F(ChildTest, WhoIsToldThatAllIsSentMayDropTheChild) {
  ChildOptions options = options_for({"cat"});
  options.input = Input::pipe;
  auto child = start(options);
  recorder_.on_sent = [&] { child.reset(); };
  child->write("x");
  EXPECT_TRUE(loop_.until([&] { return child == nullptr; }));
  EXPECT_EQ(recorder_.ends, 0);
}

TEST_F(ChildTest, BackgroundProcessThatHoldsTheStreamsDelaysTheEndByTheDrainOnly) {
  ChildOptions options = shell("sleep 600 & echo $!");
  options.drain = milliseconds(50);
  run(options);
  EXPECT_EQ(recorder_.exit_code(), 0);
  EXPECT_TRUE(recorder_.end->streams_held);
  EXPECT_EQ(::kill(std::stoi(recorder_.out), SIGKILL), 0) << "it was left alone";
}

TEST_F(ChildTest, TerminateEndsWhatIgnoresItWithTheWholeGroup) {
  ChildOptions options = shell("trap '' TERM; sleep 600 & sleep 600 & echo ready; wait");
  options.grace = milliseconds(100);
  const auto child = start(options);
  ASSERT_TRUE(loop_.until([&] { return recorder_.out == "ready\n"; }));
  EXPECT_EQ(test::living_in_group(child->pid()), 3);
  child->terminate();
  child->terminate();
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(recorder_.signal_number(), SIGKILL);
  EXPECT_TRUE(loop_.until([&] { return test::living_in_group(child->pid()) == 0; }));
}

TEST_F(ChildTest, TerminateGrantsTheGroupItsGraceAfterTheLeaderHasGone) {
  ChildOptions options = shell(
      "(trap 'sleep 0.2; echo last words; exit' TERM; echo ready; while :; do sleep 0.05; done) & "
      "wait");
  options.grace = seconds(30);
  options.drain = milliseconds(1);
  const auto child = start(options);
  ASSERT_TRUE(loop_.until([&] { return recorder_.out == "ready\n"; }));
  child->terminate();
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(recorder_.out, "ready\nlast words\n");
  EXPECT_EQ(recorder_.signal_number(), SIGTERM);
}

TEST_F(ChildTest, DeadlineTerminatesAndSaysSo) {
  ChildOptions options = options_for({"sleep", "600"});
  options.deadline = milliseconds(50);
  run(options);
  EXPECT_TRUE(recorder_.end->deadline_passed);
  EXPECT_EQ(recorder_.signal_number(), SIGTERM);
}

TEST_F(ChildTest, PausedReadingStopsTheChildAndLosesNothing) {
  const auto child = start(shell("head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2"));
  recorder_.on_output = [&] { child->set_reading(false); };
  ASSERT_TRUE(loop_.until([&] { return !recorder_.out.empty(); }));
  const std::size_t paused_at = recorder_.out.size();
  loop_.until([] { return false; }, milliseconds(100));
  EXPECT_EQ(recorder_.out.size(), paused_at);
  EXPECT_FALSE(recorder_.end);
  recorder_.on_output = nullptr;
  child->set_reading(true);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(recorder_.out.size(), 3'000'000U);
  EXPECT_EQ(recorder_.err.size(), 1'000'000U);
}

TEST_F(ChildTest, OutputOfAProcessThatEndedWhilePausedWaitsForItsReader) {
  ChildOptions options = shell("head -c 60000 /dev/zero");
  options.drain = milliseconds(1);
  const auto child = start(options);
  child->set_reading(false);
  ASSERT_TRUE(loop_.until([&] { return test::process_state(child->pid()).state == 'Z'; }));
  loop_.until([] { return false; }, milliseconds(50));
  EXPECT_FALSE(recorder_.end);
  child->set_reading(true);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(recorder_.out.size(), 60'000U);
}

TEST_F(ChildTest, OneTurnReadsABoundedPart) {
  const auto child = start(options_for({"yes"}));
  for (int turn = 0; turn < 100; ++turn) {
    const std::size_t before = recorder_.out.size();
    loop_.reactor().turn(milliseconds(20));
    EXPECT_LE(recorder_.out.size() - before, 256U * 1024);
  }
  EXPECT_GT(recorder_.out.size(), 0U);
}

TEST_F(ChildTest, MayBeDestroyedFromItsOwnCalls) {
  auto child = start(shell("echo x; exec sleep 600"));
  const pid_t pid = child->pid();
  recorder_.on_output = [&] { child.reset(); };
  ASSERT_TRUE(loop_.until([&] { return child == nullptr; }));
  EXPECT_TRUE(loop_.until([&] { return test::process_state(pid).state == 0; }))
      << "killed and reaped";

  auto second = start(shell("exit 1"));
  recorder_.on_end = [&] { second.reset(); };
  ASSERT_TRUE(loop_.until([&] { return second == nullptr; }));
  EXPECT_EQ(recorder_.ends, 1);
}

TEST_F(ChildTest, DroppedOneIsKilledAndReapedOrLeftAndReaped) {
  auto killed = start(shell("echo ready; sleep 600"));
  const pid_t killed_pid = killed->pid();
  ASSERT_TRUE(loop_.until([&] { return recorder_.out == "ready\n"; }));
  killed.reset();
  EXPECT_TRUE(loop_.until([&] { return test::process_state(killed_pid).state == 0; }));

  const peers::TemporaryFolder folder;
  ChildOptions options = shell("read line; echo $line >" + folder.file("done"));
  options.when_dropped = WhenDropped::leave;
  options.input = Input::pipe;
  auto left = start(options);
  const pid_t left_pid = left->pid();
  left.reset();  // it reads the end of its input and goes on
  EXPECT_TRUE(loop_.until([&] { return test::process_state(left_pid).state == 0; }));
  EXPECT_EQ(peers::read_file(folder.file("done")), "\n");
  EXPECT_EQ(recorder_.ends, 0);
}

}  // namespace
}  // namespace om::process
