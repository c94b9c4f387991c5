// SPDX-License-Identifier: MIT
//
// A Connection on a socket pair, with a clock that stands still: each state and its deadline.
#include "http/connection.h"

#include <array>
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "http/raw_peer.h"

namespace om::http {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::EndsWith;
using testing::HasSubstr;
using State = Connection::State;

class ConnectionTest : public testing::Test, public Connection::Owner {
 protected:
  ConnectionTest() : guard_({}) {
    auto reactor = event::Reactor::create(clock_);
    OM_CHECK(reactor.has_value());
    reactor_ = std::move(*reactor);
  }

  void connect() {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    peer_ = Fd(ends[1]);
    Peer who;
    who.name = "127.0.0.1";
    connection_ = std::make_unique<Connection>(*reactor_, limits_, guard_, *this, 7,
                                               std::make_unique<SocketTransport>(Fd(ends[0])), who);
    turn();
  }

  bool request_complete(std::uint64_t id, Job job) override {
    EXPECT_EQ(id, 7U);
    if (queue_full_) return false;
    jobs_.push_back(std::move(job));
    return true;
  }
  bool takes_upload(std::string_view, std::string_view) override { return false; }
  void connection_ended(std::uint64_t) override { connection_.reset(); }
  bool reserve(std::size_t bytes) override {
    if (reserved_ + bytes > budget_) return false;
    reserved_ += bytes;
    return true;
  }
  void release(std::size_t bytes) override { reserved_ -= bytes; }

  void turn() {
    for (int i = 0; i < 4; ++i) reactor_->turn(0ms);
  }
  void say(std::string_view bytes) {
    ASSERT_EQ(::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    turn();
  }
  void pass(Duration time) {
    clock_.advance(time);
    turn();
  }
  std::string heard() {
    std::array<char, 65536> buffer;
    std::string out;
    for (;;) {
      const ssize_t n = ::recv(peer_.get(), buffer.data(), buffer.size(), 0);
      if (n <= 0) return out;
      out.append(buffer.data(), static_cast<std::size_t>(n));
      turn();
    }
  }
  void answer_with(std::string bytes) {
    Answer answer;
    answer.bytes = std::move(bytes);
    connection_->answer(std::move(answer));
    turn();
  }
  bool ended() const { return connection_ == nullptr; }

  ManualClock clock_;
  std::unique_ptr<event::Reactor> reactor_;
  Limits limits_;
  HostGuard guard_;
  std::vector<Job> jobs_;
  bool queue_full_ = false;
  std::size_t budget_ = std::size_t{1} << 30;
  std::size_t reserved_ = 0;
  Fd peer_;
  std::unique_ptr<Connection> connection_;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(ConnectionTest, WhoSaysNothingIsHungUpOnAfterTheHeadsTime) {
  connect();
  pass(9'900ms);
  EXPECT_FALSE(ended());
  pass(200ms);
  EXPECT_TRUE(ended());
  EXPECT_EQ(heard(), "");
}

TEST_F(ConnectionTest, AHeadThatDripsIsRefusedWhenItsTimeIsUp) {
  connect();
  for (int i = 0; i < 9; ++i) {
    say("GET / HTTP"s.substr(static_cast<std::size_t>(i), 1));
    pass(1s);
    ASSERT_EQ(connection_->state(), State::head);
  }
  pass(1s);
  EXPECT_EQ(status_of(heard()), 408);
  EXPECT_EQ(connection_->state(), State::lingering);
  pass(1s);
  EXPECT_TRUE(ended());
}

TEST_F(ConnectionTest, AnIdleConnectionIsKeptForItsTimeAndNoLonger) {
  connect();
  say(kGet);
  answer_with("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(status_of(heard()), 200);
  pass(29s);
  say(kGet);
  ASSERT_EQ(jobs_.size(), 2U);
  answer_with("HTTP/1.1 200 OK\r\n\r\n");
  pass(31s);
  EXPECT_TRUE(ended());
}

TEST_F(ConnectionTest, ARequestWithAWorkerHasNoDeadlineHere) {
  connect();
  say(kGet);
  pass(1h);
  ASSERT_FALSE(ended());
  answer_with("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(status_of(heard()), 200);
}

TEST_F(ConnectionTest, ABodyThatDripsIsRefusedAfterTenSeconds) {
  connect();
  say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n");
  for (int i = 0; i < 9; ++i) {
    say("x");
    pass(1s);
    ASSERT_EQ(connection_->state(), State::body);
  }
  pass(1s);
  EXPECT_EQ(status_of(heard()), 408);
  EXPECT_TRUE(jobs_.empty());
}

TEST_F(ConnectionTest, ABodyThatKeepsComingHasAMinute) {
  connect();
  say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
  for (int i = 0; i < 59; ++i) {
    say(std::string(1000, 'x'));
    pass(1s);
    ASSERT_EQ(connection_->state(), State::body) << i;
  }
  pass(1s);
  EXPECT_EQ(status_of(heard()), 408);
}

TEST_F(ConnectionTest, ABodyBeyondTheLimitIsRefusedUnreadAndUninvited) {
  connect();
  say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(heard()), 413);
  EXPECT_TRUE(jobs_.empty());
}

TEST_F(ConnectionTest, ABodyInChunksIsCountedAsItComes) {
  limits_.body_bytes = 100;
  connect();
  say("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  say("32\r\n" + std::string(50, 'x') + "\r\n");
  say("32\r\n" + std::string(50, 'x') + "\r\n");
  EXPECT_EQ(connection_->state(), State::body);
  say("1\r\nx\r\n");
  EXPECT_EQ(status_of(heard()), 413);
}

TEST_F(ConnectionTest, AFullQueueIsAnAnswer) {
  queue_full_ = true;
  connect();
  say(kGet);
  const std::string answer = heard();
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_THAT(answer, HasSubstr("Retry-After: "));
}

TEST_F(ConnectionTest, BodiesShareABudgetAndGiveItBack) {
  budget_ = 600;
  connect();
  say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n" + std::string(500, 'x'));
  EXPECT_EQ(reserved_, 500U);
  answer_with("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(reserved_, 0U);
  say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 700\r\n\r\n" + std::string(700, 'x'));
  EXPECT_THAT(heard(), HasSubstr("HTTP/1.1 503"));
  EXPECT_EQ(reserved_, 0U);
}

TEST_F(ConnectionTest, AnAnswerBeyondTheBudgetIsRefused) {
  budget_ = 1000;
  connect();
  say(kGet);
  answer_with("HTTP/1.1 200 OK\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_EQ(status_of(heard()), 503);
  EXPECT_EQ(reserved_, 0U);
}

TEST_F(ConnectionTest, AReaderThatTakesNothingIsHungUpOn) {
  connect();
  say(kGet);
  answer_with(std::string(8 * 1024 * 1024, 'x'));
  ASSERT_EQ(connection_->state(), State::answering);
  EXPECT_EQ(reserved_, 8U * 1024 * 1024);
  pass(4'900ms);
  EXPECT_FALSE(ended());
  pass(200ms);
  EXPECT_TRUE(ended());
  EXPECT_EQ(reserved_, 0U);
}

TEST_F(ConnectionTest, AReaderThatTakesTooLittleIsHungUpOnInTheEnd) {
  limits_.write_rate = 1024 * 1024;
  connect();
  say(kGet);
  answer_with(std::string(8 * 1024 * 1024, 'x'));
  std::array<char, 65536> buffer;
  int seconds = 0;
  while (!ended() && seconds < 60) {
    for (int i = 0; i < 4; ++i) ASSERT_GT(::recv(peer_.get(), buffer.data(), buffer.size(), 0), 0);
    pass(1s);
    ++seconds;
  }
  EXPECT_EQ(seconds, 13);  // 8 MiB at 1 MiB a second, and the stall's 5 seconds
}

TEST_F(ConnectionTest, APeerThatHangsUpWhileAWorkerIsBusyIsNoticedQuietly) {
  connect();
  say(kGet);
  peer_.reset();
  turn();
  ASSERT_FALSE(ended());
  answer_with("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_TRUE(ended());
}

TEST_F(ConnectionTest, WhatTheWorkerCannotKnowComesWithTheJob) {
  connect();
  say("POST /p?q=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: b\r\n"
      "Content-Length: 2\r\n\r\nhi");
  ASSERT_EQ(jobs_.size(), 1U);
  const Job& job = jobs_[0];
  EXPECT_TRUE(job.close);
  EXPECT_EQ(job.request.method, "POST");
  EXPECT_EQ(job.request.path, "/p");
  EXPECT_EQ(job.request.body, "hi");
  EXPECT_EQ(job.request.peer, "127.0.0.1");
  EXPECT_THAT(job.request.headers, testing::Contains(testing::Pair("x-a", "b")));
}

TEST_F(ConnectionTest, ARefusedPeerHasASecondAndAQuarterMegabyteToHangUp) {
  connect();
  say("nonsense\r\n\r\n");
  EXPECT_EQ(status_of(heard()), 400);
  for (int i = 0; i < 8 && !ended(); ++i) say(std::string(16 * 1024, 'x'));
  EXPECT_FALSE(ended());
  for (int i = 0; i < 16 && !ended(); ++i) say(std::string(16 * 1024, 'x'));
  EXPECT_TRUE(ended());
}

TEST_F(ConnectionTest, StoppingLetsTheRequestUnderWayFinish) {
  connect();
  EXPECT_TRUE(connection_->stop_soon());
  connect();
  say(kGet.substr(0, 10));
  EXPECT_TRUE(connection_->stop_soon());
  connect();
  say(std::string(kGet) + std::string(kGet));
  EXPECT_FALSE(connection_->stop_soon());
  answer_with("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(status_of(heard()), 200);
  EXPECT_EQ(jobs_.size(), 1U);  // the second one is not begun
  EXPECT_EQ(connection_->state(), State::lingering);
}

}  // namespace
}  // namespace om::http
