// SPDX-License-Identifier: MIT
#include "backend/target_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/batch_execution.h"
#include "backend/recording_sink.h"
#include "backend/source_files.h"

namespace om::backend {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

/// A host made of strings: the test says when its link comes and what its commands do.
class ScriptedHost final : public LinkSource {
 public:
  /// One command that was started on it.
  struct Started {
    Bootstrap bootstrap;
    CommandObserver* observer = nullptr;  ///< null once it was abandoned
    std::string input;
    bool input_finished = false;
    bool reading = true;

    void accept() { observer->on_command_started(); }
    void tell_sent() { observer->on_command_sent(); }
    void print(Stream stream, const std::string& bytes) {
      observer->on_command_output(stream, bytes);
    }
    void print_both(const std::string& bytes) {
      print(Stream::out, bytes);
      if (observer != nullptr) print(Stream::err, bytes);
    }
    void end(Result<CommandEnd> how) { observer->on_command_ended(std::move(how)); }
    std::string mark(char kind, int number) const {
      return bootstrap.nonce + ":" + kind + ":" + std::to_string(number) + "\n";
    }
    void begin() { print_both(mark('B', 4711)); }
    void finish(int status) { print_both(mark('E', status)); }
  };

  std::unique_ptr<Request> acquire(const LinkTarget&, const Deadlines&, Answer answer) override {
    ++requests;
    answer_ = std::move(answer);
    return std::make_unique<PendingRequest>(*this);
  }
  std::string login_of(const Host& host) const override { return host.login; }
  Result<Secret> become_password(const Host&) const override { return password; }
  bool is_asked() const { return answer_ != nullptr; }
  void give_link() {
    const Answer answer = std::exchange(answer_, nullptr);
    answer(std::unique_ptr<Link>(std::make_unique<ScriptedLink>(*this)));
  }
  void refuse_link(Error error) {
    const Answer answer = std::exchange(answer_, nullptr);
    answer(std::move(error));
  }
  Started& command(std::size_t index) {
    EXPECT_LT(index, commands.size());
    return *commands.at(index);
  }

  Result<Secret> password = fail(Errc::not_found, "backend.become_password", "store one");
  bool terminals = true;
  int requests = 0;
  int links = 0;  ///< held at the moment
  std::vector<std::shared_ptr<Started>> commands;

 private:
  class PendingRequest final : public Request {
   public:
    explicit PendingRequest(ScriptedHost& host) : host_(host) {}
    ~PendingRequest() override { host_.answer_ = nullptr; }

   private:
    ScriptedHost& host_;
  };
  class ScriptedCommand final : public Command {
   public:
    explicit ScriptedCommand(std::shared_ptr<Started> started) : started_(std::move(started)) {}
    ~ScriptedCommand() override { started_->observer = nullptr; }
    void write(std::string bytes) override { started_->input += bytes; }
    void write(std::shared_ptr<const std::string> bytes) override { started_->input += *bytes; }
    void finish_writing() override { started_->input_finished = true; }
    void set_reading(bool reading) override { started_->reading = reading; }

   private:
    std::shared_ptr<Started> started_;
  };
  class ScriptedLink final : public Link {
   public:
    explicit ScriptedLink(ScriptedHost& host) : host_(host) { ++host_.links; }
    ~ScriptedLink() override { --host_.links; }
    std::unique_ptr<Command> execute(const Bootstrap& bootstrap,
                                     CommandObserver& observer) override {
      auto started = std::make_shared<Started>();
      started->bootstrap = bootstrap;
      started->observer = &observer;
      host_.commands.push_back(started);
      return std::make_unique<ScriptedCommand>(std::move(started));
    }
    bool has_terminals() const override { return host_.terminals; }

   private:
    ScriptedHost& host_;
  };

  Answer answer_;
};

const Error kDisconnected = fail(Errc::disconnected, "ssh.disconnected", "the server hung up");
const Error kNoChannel = fail(Errc::overloaded, "ssh.channel_refused", "no more sessions");

class TargetRunTest : public testing::Test {
 protected:
  void start(Batch batch) {
    execution_ = std::make_unique<BatchExecution>(*reactor_, host_, std::move(batch), sink_);
  }
  void start() { start(batch_of("script")); }
  /// Up to the script being on its way.
  ScriptedHost::Started& start_script() {
    start();
    host_.give_link();
    host_.command(0).accept();
    return host_.command(0);
  }
  void turns() {
    for (int i = 0; i < 5; ++i) reactor_->turn(Duration::zero());
  }
  void advance(Duration by) {
    clock_.advance(by);
    turns();
  }
  const Finished& result() {
    turns();
    static const Finished nothing{Outcome::skipped, std::nullopt, "", "test.not_finished", ""};
    return sink_.finished() ? *sink_[0].finished : nothing;
  }

  ManualClock clock_;
  std::unique_ptr<event::Reactor> reactor_ = *event::Reactor::create(clock_);
  ScriptedHost host_;
  RecordingSink sink_;
  std::unique_ptr<Execution> execution_;
};

TEST_F(TargetRunTest, RunsAScriptFromStartToEnd) {
  ScriptedHost::Started& script = start_script();
  EXPECT_THAT(script.input, testing::EndsWith("\nscript"));
  EXPECT_TRUE(script.input_finished);
  script.print(Stream::out, "motd\n");
  EXPECT_FALSE(sink_[0].process_group);
  script.begin();
  EXPECT_EQ(sink_[0].process_group, 4711);
  script.print(Stream::out, "out");
  script.print(Stream::err, "err");
  script.finish(0);
  EXPECT_FALSE(sink_.finished()) << "only from the loop itself";
  EXPECT_EQ(result().outcome, Outcome::ok);
  EXPECT_EQ(sink_[0].out, "out");
  EXPECT_EQ(sink_[0].err, "err");
  EXPECT_EQ(script.observer, nullptr) << "closed without waiting for its end";
  EXPECT_EQ(host_.links, 0);
}

TEST_F(TargetRunTest, NoLinkIsUnreachable) {
  start();
  host_.refuse_link(fail(Errc::timed_out, "ssh.connect_timed_out", "connect: timed out"));
  EXPECT_EQ(result().outcome, Outcome::unreachable);
  EXPECT_EQ(result().reason, "ssh.connect_timed_out");
}

TEST_F(TargetRunTest, RefusedChannelIsUnreachable) {
  start();
  host_.give_link();
  host_.command(0).end(kNoChannel);
  EXPECT_EQ(result().outcome, Outcome::unreachable);
  EXPECT_EQ(result().reason, "ssh.channel_refused");
}

TEST_F(TargetRunTest, BrokenSessionIsLostWithWhatCameBefore) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  script.print(Stream::out, "half a " + script.bootstrap.nonce.substr(0, 9));
  script.end(kDisconnected);
  EXPECT_EQ(result().outcome, Outcome::lost);
  EXPECT_THAT(result().message, HasSubstr("pid 4711"));
  EXPECT_EQ(sink_[0].out, "half a " + script.bootstrap.nonce.substr(0, 9));
  EXPECT_EQ(host_.commands.size(), 1U) << "nothing is killed";
}

TEST_F(TargetRunTest, HostThatSaysNoMarksDidNotStart) {
  ScriptedHost::Started& script = start_script();
  script.print(Stream::out, "This account is restricted.\n");
  script.end(CommandEnd{1, "", true});
  EXPECT_EQ(result().reason, "backend.no_start");
  EXPECT_THAT(result().message, HasSubstr("This account is restricted."));
  EXPECT_EQ(sink_[0].out, "");
}

TEST_F(TargetRunTest, SecondEndMarkIsWaitedForButNotForEver) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  script.print(Stream::out, script.mark('E', 0));
  advance(milliseconds(4900));
  EXPECT_FALSE(sink_.finished());
  advance(milliseconds(200));
  EXPECT_EQ(result().outcome, Outcome::lost);
}

TEST_F(TargetRunTest, SecondEndMarkIsWaitedForAsLongAsNothingIsRead) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  execution_->set_reading(0, false);
  EXPECT_FALSE(script.reading);
  script.print(Stream::out, script.mark('E', 0));
  advance(seconds(30));
  EXPECT_FALSE(sink_.finished());
  execution_->set_reading(0, true);
  EXPECT_TRUE(script.reading);
  script.print(Stream::err, "late" + script.mark('E', 0));
  EXPECT_EQ(result().outcome, Outcome::ok);
  EXPECT_EQ(sink_[0].err, "late");
}

TEST_F(TargetRunTest, PausedBeforeItsScriptStartedStaysPaused) {
  start();
  execution_->set_reading(0, false);
  host_.give_link();
  EXPECT_FALSE(host_.command(0).reading);
}

TEST_F(TargetRunTest, CancelBeforeTheLinkGivesItUp) {
  start();
  execution_->cancel(0);
  EXPECT_FALSE(sink_.finished()) << "never from inside cancel()";
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_EQ(result().message, "cancelled; nothing ran on the host");
  EXPECT_FALSE(host_.is_asked());
}

TEST_F(TargetRunTest, LinkThatComesInTheTurnOfACancelIsGivenBack) {
  start();
  execution_->cancel(0);
  host_.give_link();
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_EQ(host_.commands.size(), 0U);
  EXPECT_EQ(host_.links, 0);
}

TEST_F(TargetRunTest, CancelStopsTheGroupOverASecondChannelAndSaysSo) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  execution_->cancel(0);
  execution_->cancel(0);
  ASSERT_EQ(host_.commands.size(), 2U);
  ScriptedHost::Started& stop = host_.command(1);
  EXPECT_THAT(stop.input, StartsWith("n=" + stop.bootstrap.nonce + ";g=4711;m=50;"));
  stop.accept();
  script.print(Stream::out, "dying words");
  script.finish(143);
  EXPECT_FALSE(sink_.finished()) << "the host has not confirmed yet";
  stop.print(Stream::out, stop.bootstrap.nonce + ":K:was 2;left 0;outside -\n");
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_EQ(result().exit_code, 143);
  EXPECT_EQ(result().message, "cancelled; process group 4711 has ended");
  EXPECT_EQ(sink_[0].out, "dying words");
  EXPECT_EQ(host_.requests, 1);
}

TEST_F(TargetRunTest, ConfirmedStopDoesNotWaitLongForTheEndMark) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  execution_->cancel(0);
  host_.command(1).accept();
  host_.command(1).print(Stream::out, script.bootstrap.nonce + ":K:was 1;left 0;outside -\n");
  turns();
  EXPECT_FALSE(sink_.finished());
  advance(seconds(2));
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_EQ(result().exit_code, std::nullopt);
}

TEST_F(TargetRunTest, CancelTakesANewConnectionWhereASecondChannelIsRefused) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  execution_->cancel(0);
  host_.command(1).end(kNoChannel);
  EXPECT_EQ(host_.requests, 2);
  host_.give_link();
  EXPECT_EQ(host_.links, 2);
  host_.command(2).accept();
  host_.command(2).print(Stream::out, script.bootstrap.nonce + ":K:was 1;left 0;outside 7\n");
  script.finish(137);
  EXPECT_EQ(result().message,
            "cancelled; process group 4711 has ended; left alone, since they are outside of it: 7");
  EXPECT_EQ(host_.links, 0);
}

TEST_F(TargetRunTest, CancelThatNobodyConfirmsSaysSo) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  execution_->cancel(0);
  host_.command(1).end(kNoChannel);
  host_.refuse_link(fail(Errc::timed_out, "ssh.connect_timed_out", "connect: timed out"));
  turns();
  EXPECT_FALSE(sink_.finished()) << "the end mark may still come";
  script.finish(143);
  advance(seconds(2));
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_THAT(result().message, HasSubstr("could not confirm"));
  EXPECT_THAT(result().message, HasSubstr("no more sessions; then connect: timed out"));
}

TEST_F(TargetRunTest, StopThatHangsEndsAtItsDeadline) {
  start_script().begin();
  execution_->cancel(0);
  host_.command(1).accept();
  advance(seconds(16));
  advance(seconds(3));
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_THAT(result().message, HasSubstr("the host did not answer in time"));
}

TEST_F(TargetRunTest, CancelBeforeTheBeginMarkWaitsForItThenStops) {
  ScriptedHost::Started& script = start_script();
  execution_->cancel(0);
  EXPECT_EQ(host_.commands.size(), 1U);
  script.begin();
  EXPECT_EQ(host_.commands.size(), 2U);
  EXPECT_THAT(host_.command(1).input, HasSubstr("g=4711;"));
}

TEST_F(TargetRunTest, CancelWithoutABeginMarkEndsAfterTheGrace) {
  start_script();
  execution_->cancel(0);
  advance(seconds(5));
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_THAT(result().message, HasSubstr("its begin mark did not come"));
}

TEST_F(TargetRunTest, RunDeadlineStopsTheGroup) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  advance(seconds(60));
  ASSERT_EQ(host_.commands.size(), 2U);
  execution_->cancel(0);  // too late to change what it is called
  host_.command(1).accept();
  host_.command(1).print(Stream::out, script.bootstrap.nonce + ":K:was 1;left 0;outside -\n");
  script.finish(143);
  EXPECT_EQ(result().outcome, Outcome::timed_out);
  EXPECT_EQ(result().reason, "backend.timed_out");
  EXPECT_THAT(result().message, HasSubstr("process group 4711 has ended"));
}

TEST_F(TargetRunTest, LostSessionWhileStoppingIsStoppedOverANewConnection) {
  ScriptedHost::Started& script = start_script();
  script.begin();
  execution_->cancel(0);
  script.end(kDisconnected);
  host_.command(1).end(kDisconnected);
  EXPECT_FALSE(sink_.finished());
  host_.give_link();
  host_.command(2).accept();
  host_.command(2).print(Stream::out, script.bootstrap.nonce + ":K:was 1;left 0;outside -\n");
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_THAT(result().message, HasSubstr("has ended"));
}

class BecomeTest : public TargetRunTest {
 protected:
  /// Up to the become having begun on the host.
  ScriptedHost::Started& start_become(BecomeMethod method = BecomeMethod::sudo) {
    Batch batch = batch_of("script");
    batch.targets[0].host.become = "app";
    batch.targets[0].host.become_method = method;
    start(std::move(batch));
    host_.give_link();
    return begin(0);
  }
  ScriptedHost::Started& begin(std::size_t index) {
    ScriptedHost::Started& command = host_.command(index);
    command.accept();
    command.print(Stream::err, "motd\n" + word(command, 'S'));
    return command;
  }
  static std::string word(const ScriptedHost::Started& command, char kind) {
    return command.bootstrap.nonce + ":" + kind + (kind == 'P' ? "" : "\n");
  }
};

TEST_F(BecomeTest, NothingIsWrittenBeforeTheShellBehindSudoRuns) {
  ScriptedHost::Started& script = start_become();
  EXPECT_EQ(script.bootstrap.become, "app");
  script.print(Stream::err, "sudo: lecture\n");
  EXPECT_EQ(script.input, "");
  script.print(Stream::err, word(script, 'R') + script.mark('B', 99));
  EXPECT_THAT(script.input, testing::EndsWith("\nscript"));
  EXPECT_EQ(sink_[0].process_group, 99);
  script.print(Stream::out, script.mark('B', 99));
  script.finish(0);
  EXPECT_EQ(result().outcome, Outcome::ok);
}

TEST_F(BecomeTest, PasswordIsWrittenAtThePromptOnlyAndTheScriptAfterIt) {
  host_.password = Secret("pass word");
  ScriptedHost::Started& script = start_become();
  EXPECT_EQ(script.input, "");
  script.print(Stream::err, word(script, 'P'));
  EXPECT_EQ(script.input, "pass word\n");
  script.print(Stream::err, "\n" + word(script, 'R'));
  EXPECT_THAT(script.input, testing::EndsWith("\nscript"));
  EXPECT_TRUE(script.input_finished);
  script.begin();
  script.finish(0);
  EXPECT_EQ(result().outcome, Outcome::ok);
}

TEST_F(BecomeTest, WrongPasswordIsTriedOnce) {
  host_.password = Secret("wrong");
  ScriptedHost::Started& script = start_become();
  script.print(Stream::err, word(script, 'P'));
  script.print(Stream::err, "Sorry, try again.\n" + word(script, 'P'));
  EXPECT_EQ(result().reason, "backend.become_password_wrong");
  EXPECT_EQ(script.input, "wrong\n");
  EXPECT_EQ(script.observer, nullptr) << "closed";
  EXPECT_EQ(host_.commands.size(), 1U);
}

TEST_F(BecomeTest, PromptWithoutAPasswordEndsItUnwritten) {
  ScriptedHost::Started& script = start_become();
  script.print(Stream::err, word(script, 'P'));
  EXPECT_EQ(result().outcome, Outcome::failed);
  EXPECT_EQ(result().reason, "backend.become_password");
  EXPECT_THAT(result().message, HasSubstr("store one"));
  EXPECT_EQ(script.input, "");
  EXPECT_EQ(script.observer, nullptr) << "closed";
}

TEST_F(BecomeTest, SudoThatSaysNothingWeKnowEndsAtItsDeadline) {
  ScriptedHost::Started& script = start_become();
  script.print(Stream::err, "Verification code: ");
  advance(seconds(15));
  EXPECT_EQ(result().reason, "backend.become_silent");
  EXPECT_THAT(result().message, HasSubstr("Verification code:"));
}

TEST_F(BecomeTest, DeadlineBeginsAgainWithThePassword) {
  host_.password = Secret("x");
  ScriptedHost::Started& script = start_become();
  advance(seconds(14));
  script.print(Stream::err, word(script, 'P'));
  advance(seconds(14));
  EXPECT_FALSE(sink_.finished());
  advance(seconds(1));
  EXPECT_EQ(result().reason, "backend.become_silent");
}

TEST_F(BecomeTest, SudoThatRefusesIsQuoted) {
  ScriptedHost::Started& script = start_become();
  script.print(Stream::err, "joe is not in the sudoers file.\n");
  script.end(CommandEnd{1, "", true});
  EXPECT_EQ(result().reason, "backend.become_denied");
  EXPECT_THAT(result().message, HasSubstr("joe is not in the sudoers file."));
}

TEST_F(BecomeTest, RequirettyIsAnsweredWithATerminalOnce) {
  ScriptedHost::Started& refused = start_become();
  EXPECT_FALSE(refused.bootstrap.terminal);
  refused.print(Stream::err, "sudo: sorry, you must have a tty to run sudo\n");
  EXPECT_EQ(host_.commands.size(), 1U) << "its channel is not closed yet";
  refused.end(CommandEnd{1, "", true});
  ASSERT_EQ(host_.commands.size(), 2U);
  EXPECT_EQ(refused.input, "");
  ScriptedHost::Started& script = host_.command(1);
  EXPECT_TRUE(script.bootstrap.terminal);
  EXPECT_EQ(script.bootstrap.nonce, refused.bootstrap.nonce);
  script.accept();
  script.print(Stream::out, word(script, 'S') + word(script, 'R'));
  EXPECT_THAT(script.input, testing::EndsWith("\n6\nscript0\n")) << "in pieces";
  EXPECT_FALSE(script.input_finished) << "a terminal has no end";
  script.print(Stream::out, script.mark('B', 4711) + script.mark('B', 4711));
  script.print(Stream::out, "out");
  // A stop knows at once what the host wants.
  execution_->cancel(0);
  ASSERT_EQ(host_.commands.size(), 3U);
  EXPECT_TRUE(host_.command(2).bootstrap.terminal);
  ScriptedHost::Started& stop = host_.command(2);
  stop.accept();
  stop.print(Stream::out, word(stop, 'S') + word(stop, 'R') + word(stop, 'K').substr(0, 34) +
                              ":was 1;left 0;outside -\n");
  script.print(Stream::out, script.mark('E', 143) + script.mark('E', 143));
  EXPECT_EQ(result().message, "cancelled; process group 4711 has ended");
}

TEST_F(BecomeTest, RequirettyASecondTimeIsARefusal) {
  ScriptedHost::Started& first = start_become();
  first.print(Stream::err, "sudo: sorry, you must have a tty to run sudo\n");
  first.end(CommandEnd{1, "", true});
  ScriptedHost::Started& second = begin(1);
  second.print(Stream::out, "sudo: sorry, you must have a tty to run sudo\n");
  second.end(CommandEnd{1, "", true});
  EXPECT_EQ(result().reason, "backend.become_denied");
  EXPECT_EQ(host_.commands.size(), 2U);
}

TEST_F(BecomeTest, RequirettyWhereThereAreNoTerminalsIsARefusal) {
  host_.terminals = false;
  ScriptedHost::Started& first = start_become();
  first.print(Stream::err, "sudo: sorry, you must have a tty to run sudo\n");
  first.end(CommandEnd{1, "", true});
  EXPECT_EQ(result().reason, "backend.become_denied");
  EXPECT_THAT(result().message, HasSubstr("must have a tty"));
}

TEST_F(BecomeTest, DoasGetsATerminalForItsPromptIfThereIsSomethingToType) {
  ScriptedHost::Started& first = start_become(BecomeMethod::doas);
  first.print(Stream::err, "doas: Authentication required\n");
  first.end(CommandEnd{1, "", true});
  EXPECT_EQ(result().reason, "backend.become_password");
  EXPECT_EQ(host_.commands.size(), 1U);

  sink_.targets.clear();
  host_.commands.clear();
  host_.password = Secret("x");
  ScriptedHost::Started& again = start_become(BecomeMethod::doas);
  again.print(Stream::err, "doas: Authentication required\n");
  again.end(CommandEnd{1, "", true});
  ScriptedHost::Started& asking = begin(1);
  asking.print(Stream::out, "doas (joe@web1) password: ");
  EXPECT_EQ(asking.input, "x\n");
}

TEST_F(BecomeTest, UserWhoLogsInAnywayNeedsNoBecome) {
  Batch batch = batch_of("script");
  batch.targets[0].host.login = "app";
  batch.targets[0].host.become = "app";
  start(std::move(batch));
  host_.give_link();
  EXPECT_EQ(host_.command(0).bootstrap.become, "");
  EXPECT_THAT(host_.command(0).input, testing::EndsWith("\nscript"));
}

TEST_F(BecomeTest, CancelAtThePromptClosesItAndNothingRan) {
  host_.password = Secret("x");
  ScriptedHost::Started& script = start_become();
  script.print(Stream::err, word(script, 'P'));
  execution_->cancel(0);
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_EQ(result().message, "cancelled; nothing ran on the host");
  EXPECT_EQ(host_.commands.size(), 1U) << "there is nothing to stop";
  EXPECT_EQ(script.observer, nullptr);
}

TEST_F(BecomeTest, StrangeUserIsRefusedBeforeAnythingIsConnected) {
  Batch batch = batch_of("script");
  batch.targets[0].host.become = "a b";
  start(std::move(batch));
  EXPECT_EQ(host_.requests, 0);
  EXPECT_EQ(result().outcome, Outcome::failed);
  EXPECT_EQ(result().reason, "backend.become_refused");
}

TEST_F(TargetRunTest, ParameterThatCannotArriveIsRefusedBeforeAnythingIsConnected) {
  start(batch_of("script", {std::string(1, '\0')}));
  EXPECT_EQ(host_.requests, 0);
  EXPECT_EQ(result().reason, "backend.parameter_refused");
}

class DeliveringTest : public TargetRunTest {
 protected:
  ScriptedHost::Started& start_delivery() {
    Batch batch = batch_of("script");
    script_of(batch).file = files_.holding("app.tgz", "bytes");
    start(std::move(batch));
    host_.give_link();
    EXPECT_TRUE(until([&] { return host_.commands.size() == 1; }));
    host_.command(0).accept();
    host_.command(0).tell_sent();
    EXPECT_TRUE(until([&] { return host_.command(0).input.ends_with("\nbytes"); }));
    host_.command(0).tell_sent();
    return host_.command(0);
  }
  /// Waits for the disk's threads, which know no manual clock.
  bool until(const std::function<bool()>& happened) {
    const auto give_up = std::chrono::steady_clock::now() + seconds(60);
    while (!happened() && std::chrono::steady_clock::now() < give_up) {
      reactor_->turn(milliseconds(5));
    }
    return happened();
  }
  static std::string folder(const ScriptedHost::Started& delivery) {
    return "/tmp/omserver." + delivery.bootstrap.nonce;
  }
  static std::string answer(const ScriptedHost::Started& delivery, const std::string& text) {
    return "motd\n" + delivery.bootstrap.nonce + ":F:" + text + "\n";
  }

  SourceFiles files_;
};

TEST_F(DeliveringTest, WrongPasswordIsNotTriedAgainToRemoveWhatIsNotThere) {
  host_.password = Secret("wrong");
  Batch batch = batch_of("script");
  batch.targets[0].host.become = "app";
  script_of(batch).file = files_.holding("app.tgz", "bytes");
  start(std::move(batch));
  host_.give_link();
  ASSERT_TRUE(until([&] { return host_.commands.size() == 1; }));
  ScriptedHost::Started& delivery = host_.command(0);
  delivery.accept();
  delivery.print(Stream::err, delivery.bootstrap.nonce + ":S\n");
  delivery.print(Stream::err, delivery.bootstrap.nonce + ":P");
  delivery.tell_sent();
  delivery.print(Stream::err, delivery.bootstrap.nonce + ":P");
  EXPECT_EQ(result().reason, "backend.become_password_wrong");
  EXPECT_EQ(delivery.input, "wrong\n");
  EXPECT_EQ(host_.commands.size(), 1U);
}

TEST_F(DeliveringTest, ScriptStartsOnceTheFileIsThereAndItsChannelClosed) {
  ScriptedHost::Started& delivery = start_delivery();
  EXPECT_THAT(delivery.input, testing::EndsWith("\nbytes"));
  EXPECT_TRUE(delivery.input_finished);
  delivery.print(Stream::out, answer(delivery, "at " + folder(delivery)));
  EXPECT_EQ(host_.commands.size(), 1U);
  delivery.end(CommandEnd{0, "", true});
  ASSERT_EQ(host_.commands.size(), 2U);
  ScriptedHost::Started& script = host_.command(1);
  EXPECT_THAT(script.input, HasSubstr("OM_FILE='" + folder(delivery) + "/file';"));
  EXPECT_THAT(script.input, HasSubstr("rm -rf '" + folder(delivery) + "';"));
  script.accept();
  script.begin();
  script.finish(0);
  EXPECT_EQ(result().outcome, Outcome::ok);
  EXPECT_EQ(host_.commands.size(), 2U) << "the script's own shell has removed it";
}

TEST_F(DeliveringTest, RefusedFileIsTheTargetsFailure) {
  ScriptedHost::Started& delivery = start_delivery();
  delivery.print(Stream::out, answer(delivery, "refused write"));
  delivery.end(CommandEnd{1, "", true});
  EXPECT_EQ(result().outcome, Outcome::failed);
  EXPECT_EQ(result().reason, "backend.file_refused");
  EXPECT_THAT(result().message, HasSubstr("app.tgz"));
}

TEST_F(DeliveringTest, HostWithoutAShellIsNoStart) {
  ScriptedHost::Started& delivery = start_delivery();
  delivery.print(Stream::err, "restricted\n");
  delivery.end(CommandEnd{1, "", true});
  EXPECT_EQ(result().reason, "backend.no_start");
  EXPECT_THAT(result().message, HasSubstr("restricted"));
}

TEST_F(DeliveringTest, BrokenSessionIsLostAndSaysThatNothingRan) {
  start_delivery().end(kDisconnected);
  turns();
  ASSERT_EQ(host_.commands.size(), 2U) << "the removal is tried";
  host_.command(1).end(kDisconnected);
  EXPECT_EQ(result().outcome, Outcome::lost);
  EXPECT_THAT(result().message, HasSubstr("the script was not sent"));
}

TEST_F(DeliveringTest, CancelledDeliveryIsRemovedBeforeItIsReported) {
  start_delivery();
  execution_->cancel(0);
  turns();
  EXPECT_EQ(host_.command(0).observer, nullptr);
  ASSERT_EQ(host_.commands.size(), 2U);
  EXPECT_THAT(host_.command(1).input, HasSubstr("rm -rf"));
  EXPECT_FALSE(sink_.finished());
  host_.command(1).accept();
  host_.command(1).end(CommandEnd{0, "", true});
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_EQ(result().message, "cancelled; nothing ran on the host");
}

TEST_F(DeliveringTest, RemovalThatHangsIsNotWaitedForLong) {
  start_delivery();
  execution_->cancel(0);
  turns();
  advance(seconds(5));
  EXPECT_EQ(result().outcome, Outcome::cancelled);
  EXPECT_EQ(host_.links, 0);
}

TEST_F(DeliveringTest, EachHasTheRunsDeadline) {
  ScriptedHost::Started& delivery = start_delivery();
  advance(seconds(59));
  delivery.print(Stream::out, answer(delivery, "at " + folder(delivery)));
  delivery.end(CommandEnd{0, "", true});
  host_.command(1).accept();
  host_.command(1).begin();
  advance(seconds(59));
  EXPECT_EQ(host_.commands.size(), 2U);
  advance(seconds(1));
  EXPECT_EQ(host_.commands.size(), 3U) << "the script's time is over: stopped";
}

TEST_F(TargetRunTest, SinkMayDestroyTheExecutionFromAnyEvent) {
  for (int at_event = 1; at_event <= 4; ++at_event) {
    SCOPED_TRACE(at_event);
    host_.commands.clear();
    RecordingSink sink;
    auto execution = std::make_unique<BatchExecution>(*reactor_, host_, batch_of("script"), sink);
    int events = 0;
    sink.on_each = [&](const HostEvent&) {
      if (++events == at_event) execution.reset();
    };
    host_.give_link();
    ScriptedHost::Started& script = host_.command(0);
    script.accept();
    script.print(Stream::out, script.mark('B', 5) + "out");
    if (script.observer != nullptr) script.print(Stream::err, script.mark('B', 5) + "err");
    if (script.observer != nullptr) script.finish(0);
    turns();
    EXPECT_EQ(events, at_event);
    EXPECT_EQ(execution, nullptr);
    EXPECT_EQ(host_.links, 0);
  }
}

TEST_F(TargetRunTest, TargetsOfABatchAreTheirOwn) {
  Batch batch = batch_of("script");
  batch.targets.push_back({7, batch.targets[0].host});
  batch.targets[1].host.become = "a b";
  start(std::move(batch));
  host_.give_link();
  host_.command(0).accept();
  host_.command(0).begin();
  host_.command(0).finish(3);
  turns();
  EXPECT_EQ(sink_[0].finished->exit_code, 3);
  EXPECT_EQ(sink_[7].finished->reason, "backend.become_refused");
  execution_->cancel(99);
  execution_->set_reading(99, false);
}

}  // namespace
}  // namespace om::backend
