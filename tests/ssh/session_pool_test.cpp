// SPDX-License-Identifier: MIT
//
// The pool against real servers: how many logins they saw is in their logs.
#include "om/ssh/session_pool.h"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "peers/tcp_proxy.h"
#include "ssh/fair_queue.h"
#include "ssh/rig.h"

#include "om/base/fd.h"

namespace om::ssh {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(FairQueueTest, TakesOneOfEachInTurn) {
  FairQueue<std::string> queue;
  for (const char* item : {"a1", "a2", "a3"}) queue.push(1, item);
  queue.push(2, "b1");
  queue.push(3, "c1");
  queue.push(2, "b2");
  EXPECT_EQ(queue.size(), 6u);
  std::string order;
  while (!queue.empty()) order += queue.pop() + " ";
  EXPECT_EQ(order, "a1 b1 c1 a2 b2 a3 ");
}

std::size_t logins_at(const peers::Sshd& sshd) {
  const std::string log = sshd.log();
  std::size_t count = 0;
  for (std::size_t at = log.find("Accepted publickey"); at != std::string::npos;
       at = log.find("Accepted publickey", at + 1)) {
    ++count;
  }
  return count;
}

/// Somebody who wants a session, and what came of it.
struct Asked {
  std::unique_ptr<SessionPool::Request> request;
  std::unique_ptr<SessionLease> lease;
  std::optional<Error> error;
  bool answered() const { return lease || error; }
};

class PooledRun final : public ExecObserver {
 public:
  void on_exec_started() override {}
  void on_exec_output(Stream, std::string_view bytes) override { out += bytes; }
  void on_exec_sent() override {}
  void on_exec_ended(Result<ExecStatus> end) override {
    over = true;
    if (!end) error = end.error();
  }
  std::string out;
  bool over = false;
  std::optional<Error> error;
  std::unique_ptr<PooledExec> command;
};

class SessionPoolTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = peers::Sshd::start({});
    if (!started.server) GTEST_SKIP() << started.why_not;
    sshd_ = std::move(started.server);
    key_ = sshd_->authorized_key({});
    rig_.add_key("test", key_);
    make_pool({});
  }
  void TearDown() override { pool_.reset(); }
  void make_pool(const PoolLimits& limits) {
    pool_ = std::make_unique<SessionPool>(rig_.services(), limits);
  }
  std::unique_ptr<peers::Sshd> server(std::vector<std::string> config = {}) {
    peers::SshdOptions options;
    options.config = std::move(config);
    auto made = peers::Sshd::start(options).server;
    made->set_authorized_keys(key_.public_line + "\n");
    return made;
  }
  Route straight(const peers::Sshd& sshd) { return {{}, rig_.target(sshd)}; }
  Route through(const peers::Sshd& jump, const peers::Sshd& sshd) {
    return {{{"gate", rig_.target(jump)}}, rig_.target(sshd)};
  }

  std::unique_ptr<Asked> ask(Route route, std::int64_t turn = 1, SessionDeadlines deadlines = {}) {
    auto asked = std::make_unique<Asked>();
    asked->request = pool_->acquire(std::move(route), deadlines, turn,
                                    [raw = asked.get()](Result<std::unique_ptr<SessionLease>> got) {
                                      if (got) {
                                        raw->lease = *std::move(got);
                                      } else {
                                        raw->error = got.error();
                                      }
                                    });
    EXPECT_FALSE(asked->answered()) << "from inside the call";
    return asked;
  }
  std::unique_ptr<Asked> get(Route route) {
    auto asked = ask(std::move(route));
    EXPECT_TRUE(rig_.run_until([&asked] { return asked->answered(); }));
    return asked;
  }
  std::unique_ptr<PooledRun> start(SessionLease& lease, const std::string& command,
                                   const std::string& input = {}) {
    auto run = std::make_unique<PooledRun>();
    ExecOptions options;
    options.command = command;
    run->command = lease.exec(options, *run);
    if (!input.empty()) run->command->write(std::make_shared<const std::string>(input));
    run->command->finish_writing();
    return run;
  }
  std::string output_of(SessionLease& lease, const std::string& command,
                        const std::string& input = {}) {
    auto run = start(lease, command, input);
    EXPECT_TRUE(rig_.run_until([&run] { return run->over; }));
    return run->error ? run->error->message : run->out;
  }
  std::string run_at(Route route, const std::string& command) {
    auto asked = get(std::move(route));
    return asked->error ? asked->error->message : output_of(*asked->lease, command);
  }

  Rig rig_;
  std::unique_ptr<peers::Sshd> sshd_;
  peers::KeyPair key_;
  std::unique_ptr<SessionPool> pool_;
};

TEST_F(SessionPoolTest, UnusedSessionIsLentAgain) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run_at(straight(*sshd_), "echo on"), "on\n");
  EXPECT_EQ(logins_at(*sshd_), 1u);
  EXPECT_EQ(pool_->idle(), 1u);
}

TEST_F(SessionPoolTest, OtherLoginPortCredentialOrAliasIsAnotherSession) {
  rig_.add_key("other", key_);
  Route route = straight(*sshd_);
  run_at(route, "true");
  route.target.credential = "other";
  EXPECT_EQ(run_at(route, "echo on"), "on\n");
  route.target.host_key_alias = "alias";
  EXPECT_EQ(run_at(route, "echo on"), "on\n");
  EXPECT_EQ(pool_->idle(), 3u);
  EXPECT_EQ(logins_at(*sshd_), 3u);
}

TEST_F(SessionPoolTest, SessionIsSharedUpToSoManyUsers) {
  PoolLimits limits;
  limits.commands = 3;
  make_pool(limits);
  auto first = get(straight(*sshd_));
  std::vector<std::unique_ptr<Asked>> users;
  for (int i = 0; i < 3; ++i) users.push_back(get(straight(*sshd_)));
  EXPECT_EQ(pool_->size(), 2u);
  std::vector<std::unique_ptr<PooledRun>> runs;
  for (auto& user : users) runs.push_back(start(*user->lease, "sleep 0.1; echo on"));
  for (auto& run : runs) {
    EXPECT_TRUE(rig_.run_until([&run] { return run->over; }));
    EXPECT_EQ(run->out, "on\n");
  }
  EXPECT_EQ(logins_at(*sshd_), 2u);
}

TEST_F(SessionPoolTest, ServerThatHasLeftMeanwhileIsNotUsed) {
  run_at(straight(*sshd_), "true");
  sshd_->kill_connections();
  // Without a turn of the loop in between that could have told.
  EXPECT_TRUE(rig_.run_until([this] { return sshd_->connection_pids().empty(); }));
  EXPECT_EQ(run_at(straight(*sshd_), "echo on"), "on\n");
  EXPECT_EQ(logins_at(*sshd_), 2u);
}

TEST_F(SessionPoolTest, SessionThatTurnsOutDeadIsReplacedBeforeAnythingRan) {
  PoolLimits limits;
  limits.reused_open = milliseconds(300);
  make_pool(limits);
  run_at(straight(*sshd_), "true");
  const std::vector<pid_t> old = sshd_->connection_pids();
  for (const pid_t pid : old) ::kill(pid, SIGSTOP);  // takes what comes, and says nothing
  const std::string path = sshd_->folder() + "/ran";
  auto asked = get(straight(*sshd_));
  EXPECT_EQ(output_of(*asked->lease, "cat; echo ran >>" + path, "input\n"), "input\n");
  for (const pid_t pid : old) ::kill(pid, SIGCONT);
  EXPECT_EQ(logins_at(*sshd_), 2u);
  rig_.run_for(milliseconds(300));
  EXPECT_EQ(peers::read_file(path), "ran\n") << "once";
}

TEST_F(SessionPoolTest, SecondCommandWhereOneChannelIsAllGoesOverAnotherSession) {
  const auto narrow = server({"MaxSessions 1"});
  auto asked = get(straight(*narrow));
  auto first = start(*asked->lease, "echo up; sleep 30");
  ASSERT_TRUE(rig_.run_until([&first] { return first->out == "up\n"; }));
  EXPECT_EQ(output_of(*asked->lease, "cat", "other\n"), "other\n");
  EXPECT_FALSE(first->over);
  EXPECT_EQ(logins_at(*narrow), 2u);
}

TEST_F(SessionPoolTest, CommandThatMayHaveRunIsNotRunAgain) {
  run_at(straight(*sshd_), "true");
  auto asked = get(straight(*sshd_));
  auto run = start(*asked->lease, "echo up; sleep 30");
  ASSERT_TRUE(rig_.run_until([&run] { return run->out == "up\n"; }));
  sshd_->kill_connections();
  ASSERT_TRUE(rig_.run_until([&run] { return run->over; }));
  EXPECT_EQ(run->error->reason, "ssh.disconnected");
  EXPECT_EQ(logins_at(*sshd_), 1u);
}

TEST_F(SessionPoolTest, ChangedHostKeyEndsTheReuse) {
  run_at(straight(*sshd_), "true");
  rig_.host_keys.verdict = HostKeyVerdict::changed;
  auto asked = get(straight(*sshd_));
  ASSERT_TRUE(asked->error);
  EXPECT_EQ(asked->error->reason, "ssh.host_key_changed");
  EXPECT_TRUE(rig_.run_until([this] { return pool_->size() == 0; })) << "the old one is closed";
}

TEST_F(SessionPoolTest, ChangedCredentialEndsTheReuse) {
  run_at(straight(*sshd_), "true");
  rig_.signer->remove("test");
  auto asked = get(straight(*sshd_));
  ASSERT_TRUE(asked->error);
  EXPECT_EQ(asked->error->reason, "ssh.no_credential");
  rig_.add_key("test", key_);
  EXPECT_EQ(run_at(straight(*sshd_), "echo on"), "on\n");
  EXPECT_EQ(logins_at(*sshd_), 2u);
}

TEST_F(SessionPoolTest, TheLongestUnusedGoFirstWhenThereAreTooMany) {
  PoolLimits limits;
  limits.idle_sessions = 1;
  make_pool(limits);
  const auto other = server();
  run_at(straight(*sshd_), "true");
  run_at(straight(*other), "true");
  EXPECT_TRUE(rig_.run_until([this] { return pool_->size() == 1; }));
  EXPECT_TRUE(sshd_->wait_for_log("Received disconnect from", seconds(5))) << "politely";
  run_at(straight(*other), "true");
  EXPECT_EQ(logins_at(*other), 1u);
  limits.idle_sessions = 5;
  limits.idle_bytes = 1;
  make_pool(limits);
  run_at(straight(*other), "true");
  EXPECT_TRUE(rig_.run_until([this] { return pool_->size() == 0; }));
}

TEST_F(SessionPoolTest, GivingUpLeavesNothingBehind) {
  auto asked = ask(straight(*sshd_));
  rig_.run_for(milliseconds(2));
  asked->request.reset();
  EXPECT_EQ(pool_->size(), 0u);
  run_at(straight(*sshd_), "true");
  auto warm = ask(straight(*sshd_));
  warm->request.reset();
  rig_.run_for(milliseconds(20));
  EXPECT_FALSE(warm->answered());
  EXPECT_EQ(pool_->idle(), 1u);
}

TEST_F(SessionPoolTest, UnusedSessionIsClosedPolitelyAfterAWhile) {
  ManualClock clock;
  auto reactor = event::Reactor::create(clock).value();
  auto resolver = event::Resolver::create(*reactor).value();
  SessionPool pool({*reactor, *resolver, rig_.host_keys, *rig_.signer}, {});
  SystemClock real;
  const auto until = [&](const std::function<bool()>& is_so) {
    const MonotonicTime end = real.now() + seconds(20);
    while (!is_so() && real.now() < end) reactor->turn(milliseconds(5));
    return is_so();
  };
  std::unique_ptr<SessionLease> lease;
  const auto request = pool.acquire(
      straight(*sshd_), {}, 1,
      [&lease](Result<std::unique_ptr<SessionLease>> got) { lease = *std::move(got); });
  ASSERT_TRUE(until([&lease] { return lease != nullptr; }));
  PooledRun on;
  ExecOptions options;
  options.command = "echo on";
  on.command = lease->exec(options, on);
  ASSERT_TRUE(until([&on] { return on.over; }));
  on.command.reset();
  clock.advance(minutes(10));
  reactor->turn(milliseconds(1));
  lease.reset();
  EXPECT_EQ(pool.idle(), 1u) << "used until now";
  clock.advance(seconds(119));
  reactor->turn(milliseconds(1));
  EXPECT_EQ(pool.idle(), 1u);
  clock.advance(seconds(1));
  EXPECT_TRUE(until([&pool] { return pool.size() == 0; }));
  EXPECT_TRUE(sshd_->wait_for_log("Received disconnect from", seconds(5)));
}

TEST_F(SessionPoolTest, SoManyAtOnceSetOutAndSlowOnesDoNotHoldUpOthers) {
  const peers::TalkingPeer silent("", peers::TalkingPeer::After::quiet);
  PoolLimits limits;
  limits.connecting = 3;
  limits.slow_connect = seconds(30);
  make_pool(limits);
  std::vector<std::unique_ptr<Asked>> asked;
  Route nowhere;
  nowhere.target.port = silent.port();
  for (int i = 0; i < 8; ++i) {
    nowhere.target.address = "127.0.0.1";
    nowhere.target.login = "user" + std::to_string(i);
    asked.push_back(ask(nowhere));
  }
  rig_.run_for(milliseconds(100));
  EXPECT_EQ(pool_->size(), 3u);
  asked.clear();
  EXPECT_EQ(pool_->size(), 0u);

  limits.slow_connect = milliseconds(50);
  make_pool(limits);
  for (int i = 0; i < 8; ++i) {
    nowhere.target.login = "user" + std::to_string(i);
    asked.push_back(ask(nowhere));
  }
  EXPECT_EQ(run_at(straight(*sshd_), "echo on"), "on\n");
  EXPECT_LE(pool_->size(), 9u);
  asked.clear();
}

TEST_F(SessionPoolTest, OneAddressGetsSoManyConnectsAtOnce) {
  const peers::TalkingPeer silent("", peers::TalkingPeer::After::quiet);
  Route nowhere;
  nowhere.target.address = "127.0.0.1";
  nowhere.target.port = silent.port();
  std::vector<std::unique_ptr<Asked>> asked;
  for (int i = 0; i < 20; ++i) asked.push_back(ask(nowhere));
  EXPECT_EQ(pool_->size(), 8u);
  asked.erase(asked.begin());
  EXPECT_EQ(pool_->size(), 8u) << "the next one has set out";
  asked.clear();
  EXPECT_EQ(pool_->size(), 0u);
}

TEST_F(SessionPoolTest, FortySessionsGoThroughOneAndEndWithIt) {
  const auto gate = server({"MaxStartups 100"});
  const auto inner = server({"MaxStartups 100"});
  PoolLimits limits;
  limits.commands = 1;
  make_pool(limits);
  std::vector<std::unique_ptr<Asked>> asked;
  for (int i = 0; i < 40; ++i) asked.push_back(ask(through(*gate, *inner)));
  std::vector<std::unique_ptr<PooledRun>> runs;
  for (auto& one : asked) {
    ASSERT_TRUE(rig_.run_until([&one] { return one->answered(); }));
    ASSERT_TRUE(one->lease) << one->error->message;
    runs.push_back(start(*one->lease, "echo up; sleep 60"));
  }
  for (auto& run : runs) EXPECT_TRUE(rig_.run_until([&run] { return run->out == "up\n"; }));
  EXPECT_EQ(logins_at(*inner), 40u);
  EXPECT_LE(logins_at(*gate), 2u);
  const MonotonicTime cut = rig_.clock.now();
  gate->kill_connections();
  for (auto& run : runs) {
    EXPECT_TRUE(rig_.run_until([&run] { return run->over; }));
    ASSERT_TRUE(run->error);
    EXPECT_THAT(run->error->message, HasSubstr("jump host gate: "));
  }
  EXPECT_LT(rig_.clock.now() - cut, seconds(5));
  runs.clear();
  asked.clear();
  EXPECT_TRUE(rig_.run_until([this] { return pool_->size() == 0; }));
  EXPECT_EQ(run_at(through(*gate, *inner), "echo again"), "again\n");
}

TEST_F(SessionPoolTest, ChainOfJumpHostsIsReusedAsAWhole) {
  const auto first = server();
  const auto second = server();
  Route route = {{{"first", rig_.target(*first)}, {"second", rig_.target(*second)}},
                 rig_.target(*sshd_)};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run_at(route, "echo on"), "on\n");
  for (const peers::Sshd* sshd : {first.get(), second.get(), sshd_.get()}) {
    EXPECT_EQ(logins_at(*sshd), 1u);
  }
  // The jump host as a target of its own has that session too.
  EXPECT_EQ(run_at(straight(*first), "echo on"), "on\n");
  EXPECT_EQ(logins_at(*first), 1u);
}

TEST_F(SessionPoolTest, JumpHostThatCannotBeReachedIsNamedWithItsOwnError) {
  const auto gate = server();
  rig_.host_keys.verdict = HostKeyVerdict::changed;
  auto asked = get(through(*gate, *sshd_));
  ASSERT_TRUE(asked->error);
  EXPECT_EQ(asked->error->reason, "ssh.jump_failed");
  EXPECT_THAT(asked->error->message, HasSubstr("jump host gate: "));
  EXPECT_THAT(asked->error->message, HasSubstr("nothing was sent"));
  EXPECT_EQ(logins_at(*gate), 0u);
  rig_.host_keys.verdict = HostKeyVerdict::ok;
  gate->stop();
  asked = get(through(*gate, *sshd_));
  ASSERT_TRUE(asked->error);
  EXPECT_EQ(asked->error->reason, "ssh.jump_failed");
  EXPECT_THAT(asked->error->message, HasSubstr("connection refused"));
}

TEST_F(SessionPoolTest, JumpHostWhoseKeyIsRevokedMeanwhileEndsTheReuseBehindIt) {
  const auto gate = server();
  EXPECT_EQ(run_at(through(*gate, *sshd_), "echo on"), "on\n");
  rig_.host_keys.verdict = HostKeyVerdict::revoked;
  auto asked = get(through(*gate, *sshd_));
  ASSERT_TRUE(asked->error);
  EXPECT_EQ(asked->error->reason, "ssh.jump_failed");
  EXPECT_EQ(logins_at(*sshd_), 1u);
}

/// Where nobody answers a connect: a socket that listens, with a queue that is full.
class Blackhole {
 public:
  Blackhole() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof here;
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&here), length);
    ::listen(listener_.get(), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &length);
    port_ = ntohs(here.sin_port);
    for (int i = 0; i < 4; ++i) {
      Fd& client =
          clients_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(client.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here);
    }
  }
  std::uint16_t port() const { return port_; }

 private:
  Fd listener_;
  std::vector<Fd> clients_;
  std::uint16_t port_ = 0;
};

TEST_F(SessionPoolTest, HostThatDoesNotAnswerBehindAJumpHostDoesNotHoldUpTheOthers) {
  const auto gate = server();
  const Blackhole dead;
  Route to_dead = through(*gate, *sshd_);
  to_dead.target.port = dead.port();
  SessionDeadlines deadlines;
  deadlines.connect = seconds(4);
  std::vector<std::unique_ptr<Asked>> lost;
  for (int i = 0; i < 2; ++i) lost.push_back(ask(to_dead, 1, deadlines));
  const MonotonicTime begin = rig_.clock.now();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(run_at(through(*gate, *sshd_), "echo on"), "on\n");
  }
  EXPECT_LT(rig_.clock.now() - begin, seconds(3));
  for (auto& one : lost) {
    EXPECT_FALSE(one->answered());
    ASSERT_TRUE(rig_.run_until([&one] { return one->answered(); }));
    ASSERT_TRUE(one->error);
    EXPECT_EQ(one->error->reason, "ssh.connect_timed_out");
    EXPECT_THAT(one->error->message, HasSubstr("jump host gate: "));
  }
}

}  // namespace
}  // namespace om::ssh
