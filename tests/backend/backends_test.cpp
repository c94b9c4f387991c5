// SPDX-License-Identifier: MIT
//
// What every backend that uses the carrier has to do, at each of the places.
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "backend/nasty_strings.h"
#include "backend/places.h"
#include "backend/source_files.h"
#include "support/processes.h"

#include "om/base/crypto.h"

namespace om::backend {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class BackendsTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string why_not;
    place_ = make_place(GetParam(), why_not);
    if (!place_) GTEST_SKIP() << why_not;
  }
  TargetRecord run(Batch batch) {
    Under run(*place_, std::move(batch));
    EXPECT_TRUE(run.until_finished());
    return run.record();
  }
  std::unique_ptr<Place> place_;
};

Batch batch_with_interpreter(std::string interpreter, std::string argument, std::string bytes,
                             std::vector<std::string> values) {
  Batch batch = batch_of("", std::move(values));
  auto script = std::make_shared<Script>();
  script->interpreter = std::move(interpreter);
  script->argument = std::move(argument);
  script->bytes = std::move(bytes);
  script_of(batch).script = std::move(script);
  return batch;
}

TEST_P(BackendsTest, ExitCodesAndStreamsArrive) {
  for (const int status : {0, 1, 3, 255}) {
    const TargetRecord record =
        run(batch_of("echo out; echo err >&2; exit " + std::to_string(status)));
    EXPECT_EQ(record.out, "out\n");
    EXPECT_EQ(record.err, "err\n");
    EXPECT_EQ(record.finished->exit_code, status);
    EXPECT_EQ(record.finished->outcome, status == 0 ? Outcome::ok : Outcome::failed);
    EXPECT_GT(record.process_group.value_or(0), 1);
  }
}

TEST_P(BackendsTest, SurroundingsAreThoseOfALogin) {
  const TargetRecord record = run(batch_of("umask; pwd; echo \"$HOME\"; id -u; ls /proc/self/fd"));
  const std::string home = ::getenv("HOME");
  EXPECT_EQ(record.out, "0022\n" + home + "\n" + home + "\n" + std::to_string(::geteuid()) +
                            "\n0\n1\n2\n3\n4\n");  // 3: the script, 4: the folder ls reads
}

TEST_P(BackendsTest, KilledScriptNamesItsSignal) {
  const TargetRecord record = run(batch_of("kill -KILL $$"));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->signal, "KILL");
  EXPECT_EQ(record.finished->exit_code, 137);
}

TEST_P(BackendsTest, ThousandNastyParametersArriveByteForByte) {
  const std::vector<std::string> values = nasty_strings(1000);
  for (std::size_t at = 0; at < values.size(); at += 200) {
    const std::vector<std::string> some(values.begin() + static_cast<std::ptrdiff_t>(at),
                                        values.begin() + static_cast<std::ptrdiff_t>(at + 200));
    const TargetRecord record = run(batch_of("printf '%s\\000' \"$@\"; env -0 >&2", some));
    std::string expected;
    for (const std::string& value : some) expected += value + '\0';
    ASSERT_TRUE(record.out == expected) << "from " << at;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const std::string variable =
          '\0' + ("SYS_PARAM_" + std::to_string(i + 1) + "=") + some[i] + '\0';
      ASSERT_NE(('\0' + record.err).find(variable), std::string::npos) << at + i;
    }
  }
}

TEST_P(BackendsTest, HundredKilobytesInOneParameter) {
  std::string value;
  while (value.size() < 100'000) value += "it's\n";
  EXPECT_TRUE(run(batch_of("printf %s \"$SYS_PARAM_1\"", {value})).out == value);
}

TEST_P(BackendsTest, TooManyBytesForAnExecAreRefusedByName) {
  const TargetRecord record = run(batch_of("true", {std::string(200'000, 'x')}));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->reason, "backend.parameter_refused");
  EXPECT_THAT(record.finished->message, HasSubstr("sys_param_1"));
}

TEST_P(BackendsTest, TenMegabytesOfAnyBytesAreEqual) {
  // xorshift in awk is slow: a block of all bytes, with the block's number between.
  const TargetRecord record =
      run(batch_with_interpreter("/usr/bin/python3", "",
                                 "import sys\nb = bytes(range(256)) * 4\nw = sys.stdout.buffer\n"
                                 "for i in range(10000):\n  w.write(i.to_bytes(4, 'big') + b)\n"
                                 "sys.stderr.write('done')\n",
                                 {}));
  ASSERT_EQ(record.finished->outcome, Outcome::ok) << record.finished->message << record.err;
  std::string block;
  for (int i = 0; i < 1024; ++i) block += static_cast<char>(i);
  std::string expected;
  for (unsigned i = 0; i < 10'000; ++i) {
    expected += {static_cast<char>(i >> 24), static_cast<char>(i >> 16), static_cast<char>(i >> 8),
                 static_cast<char>(i)};
    expected += block;
  }
  EXPECT_EQ(record.out.size(), expected.size());
  EXPECT_TRUE(record.out == expected);
  EXPECT_EQ(record.err, "done");
}

TEST_P(BackendsTest, OutputWithoutANewlineNulsAndTheNonceAreOutput) {
  const TargetRecord record =
      run(batch_of("printf 'a\\000b\\377'; printf \"$OM_EXEC:E:\" >&2; printf \"$OM_EXEC\""));
  EXPECT_EQ(record.finished->outcome, Outcome::ok);
  ASSERT_EQ(record.out.size(), 4U + 32);
  EXPECT_EQ(record.out.substr(0, 4), std::string("a\0b\xff", 4));
  EXPECT_EQ(record.err, record.out.substr(4) + ":E:");
}

TEST_P(BackendsTest, BackgroundProcessThatHoldsTheStreamsDelaysNothing) {
  const TargetRecord record = run(batch_of("sleep 600 & echo $!"));
  EXPECT_EQ(record.finished->outcome, Outcome::ok);
  EXPECT_EQ(::kill(std::stoi(record.out), SIGKILL), 0) << "it was left alone";
}

TEST_P(BackendsTest, OtherInterpretersRunTheirScripts) {
  const TargetRecord python = run(
      batch_with_interpreter("/usr/bin/env", "python3",
                             "#!/usr/bin/env python3\nimport sys\nprint(sys.argv[1])\n", {"a'b"}));
  EXPECT_EQ(python.out, "a'b\n") << python.err;
  const TargetRecord perl = run(batch_with_interpreter(
      "/usr/bin/perl", "", "#!/usr/bin/perl\nprint $ARGV[0]; exit 3", {"x\ny"}));
  EXPECT_EQ(perl.out, "x\ny");
  EXPECT_EQ(perl.finished->exit_code, 3);
}

TEST_P(BackendsTest, ScriptThatDoesNotReadItselfToTheEndStillEnds) {
  const TargetRecord record = run(batch_of("echo first; exit 5\n" + std::string(3'000'000, '#')));
  EXPECT_EQ(record.finished->exit_code, 5);
  EXPECT_EQ(record.out, "first\n");
}

TEST_P(BackendsTest, OutputComesWhileTheScriptRuns) {
  Under run(*place_, batch_of("printf 'one '; read line </dev/null; sleep 600"));
  ASSERT_TRUE(place_->loop().until([&] { return run.record().out == "one "; }));
  EXPECT_FALSE(run.sink.finished());
  run.execution->cancel(0);
  EXPECT_TRUE(run.until_finished());
}

TEST_P(BackendsTest, CancelEndsTheWholeGroupAndConfirmsIt) {
  Under run(*place_, batch_of("sleep 600 & sleep 600 | sleep 600 & echo up; wait"));
  ASSERT_TRUE(place_->loop().until([&] { return run.record().out == "up\n"; }));
  const auto group = static_cast<pid_t>(*run.record().process_group);
  EXPECT_GE(test::living_in_group(group), 4);
  run.execution->cancel(0);
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.result().outcome, Outcome::cancelled);
  EXPECT_EQ(run.result().message,
            "cancelled; process group " + std::to_string(group) + " has ended");
  EXPECT_EQ(run.result().signal, "TERM");
  EXPECT_EQ(test::living_in_group(group), 0);
}

TEST_P(BackendsTest, DeadlineKillsWhatIgnoresTerm) {
  Batch batch = batch_of("trap '' TERM; sleep 600 & echo up; while :; do sleep 1; done");
  batch.deadlines.run = seconds(3);
  batch.deadlines.cancel_grace = milliseconds(200);
  Under run(*place_, std::move(batch));
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.result().outcome, Outcome::timed_out);
  EXPECT_EQ(run.result().signal, "KILL");
  EXPECT_THAT(run.result().message, HasSubstr("has ended"));
  EXPECT_EQ(run.record().out, "up\n");
  EXPECT_EQ(test::living_in_group(static_cast<pid_t>(*run.record().process_group)), 0);
}

TEST_P(BackendsTest, CancelReportsWhoLeftTheGroup) {
  Under run(*place_, batch_of("setsid sleep 600 & sleep 600 & echo up; wait"));
  ASSERT_TRUE(place_->loop().until([&] { return run.record().out == "up\n"; }));
  // Three at first: setsid belongs to it until it has left.
  const auto group = static_cast<pid_t>(*run.record().process_group);
  ASSERT_TRUE(place_->loop().until([&] { return test::living_in_group(group) == 2; }));
  run.execution->cancel(0);
  ASSERT_TRUE(run.until_finished());
  const std::string& message = run.result().message;
  ASSERT_THAT(message, HasSubstr("left alone, since they are outside of it: "));
  const pid_t outsider = std::stoi(message.substr(message.rfind(' ')));
  EXPECT_EQ(test::process_state(outsider).group, outsider);
  EXPECT_EQ(::kill(outsider, SIGKILL), 0);
}

TEST_P(BackendsTest, PausedReadingHoldsTheOutputBackAndLosesNothing) {
  Under run(*place_, batch_of("head -c 8000000 /dev/zero"));
  run.sink.on_each = [&](const HostEvent& event) {
    if (std::holds_alternative<Output>(event)) run.execution->set_reading(0, false);
  };
  ASSERT_TRUE(place_->loop().until([&] { return !run.record().out.empty(); }));
  const std::size_t at = run.record().out.size();
  place_->loop().until([] { return false; }, milliseconds(300));
  EXPECT_EQ(run.record().out.size(), at);
  EXPECT_FALSE(run.sink.finished());
  run.sink.on_each = nullptr;
  run.execution->set_reading(0, true);
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.result().outcome, Outcome::ok);
  EXPECT_EQ(run.record().out.size(), 8'000'000U);
}

TEST_P(BackendsTest, DeliveredFileIsThereForTheScriptAndGoneAfterwards) {
  SourceFiles files;
  const std::string bytes = patterned(3'000'000);
  Batch batch =
      batch_of("cat \"$OM_FILE\"; echo \"$OM_FILE|$OM_FILE_NAME|$OM_FILE_SHA256\" >&2; exit 4");
  script_of(batch).file = files.holding("it's an app.tgz", bytes);
  const TargetRecord record = run(std::move(batch));
  EXPECT_EQ(record.finished->exit_code, 4) << record.finished->message;
  EXPECT_TRUE(record.out == bytes);
  const std::string path = record.err.substr(0, record.err.find('|'));
  EXPECT_EQ(record.err, path + "|it's an app.tgz|" + crypto::sha256_hex(bytes) + "\n");
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(path).parent_path()));
}

TEST_P(BackendsTest, DeliveredFileIsRemovedAfterACancelToo) {
  SourceFiles files;
  Batch batch = batch_of("echo $OM_FILE; sleep 600");
  script_of(batch).file = files.holding("f", "x");
  Under run(*place_, std::move(batch));
  ASSERT_TRUE(place_->loop().until([&] { return run.record().out.ends_with('\n'); }));
  std::filesystem::path path(run.record().out.substr(0, run.record().out.size() - 1));
  EXPECT_TRUE(std::filesystem::exists(path));
  run.execution->cancel(0);
  ASSERT_TRUE(run.until_finished());
  EXPECT_TRUE(place_->loop().until([&] { return !std::filesystem::exists(path.parent_path()); }));
}

TEST_P(BackendsTest, BecomesAnotherUserThroughSudo) {
  if (::access("/usr/bin/sudo", X_OK) != 0) GTEST_SKIP() << "there is no sudo";
  if (::geteuid() != 0) GTEST_SKIP() << "only root may become others without a password";
  Batch batch = batch_of("id -un; echo \"$HOME\"; printf %s \"$1\" >&2; exit 3", {"a\n'b"});
  batch.targets[0].host.become = "nobody";
  const TargetRecord record = run(std::move(batch));
  EXPECT_EQ(record.finished->exit_code, 3) << record.finished->message;
  EXPECT_EQ(record.out, "nobody\n/nonexistent\n");
  EXPECT_EQ(record.err, "a\n'b");
}

TEST_P(BackendsTest, CancelReachesAScriptBehindSudo) {
  if (::access("/usr/bin/sudo", X_OK) != 0) GTEST_SKIP() << "there is no sudo";
  if (::geteuid() != 0) GTEST_SKIP() << "only root may become others without a password";
  Batch batch = batch_of("echo up; sleep 600");
  batch.targets[0].host.become = "nobody";
  Under run(*place_, std::move(batch));
  ASSERT_TRUE(place_->loop().until([&] { return run.record().out == "up\n"; }));
  run.execution->cancel(0);
  ASSERT_TRUE(run.until_finished());
  EXPECT_THAT(run.result().message, HasSubstr("has ended"));
  EXPECT_EQ(test::living_in_group(static_cast<pid_t>(*run.record().process_group)), 0);
}

TEST_P(BackendsTest, BecomeOfAnUnknownUserIsQuotedFromSudo) {
  if (::access("/usr/bin/sudo", X_OK) != 0) GTEST_SKIP() << "there is no sudo";
  if (::geteuid() != 0) GTEST_SKIP() << "sudo would ask for a password first";
  Batch batch = batch_of("true");
  batch.targets[0].host.become = "om-no-such-user";
  const TargetRecord record = run(std::move(batch));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->reason, "backend.become_denied");
  EXPECT_THAT(record.finished->message, HasSubstr("om-no-such-user"));
}

INSTANTIATE_TEST_SUITE_P(Places, BackendsTest, testing::ValuesIn(place_names()),
                         [](const auto& place) { return place.param; });

}  // namespace
}  // namespace om::backend
