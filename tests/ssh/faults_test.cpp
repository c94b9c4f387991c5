// SPDX-License-Identifier: MIT
//
// Peers that stall, lie, flood or hang up in each state: every one ends in time, with a reason, and
// without a leak of ours.
#include <algorithm>

#include <gtest/gtest.h>
#include <malloc.h>

#include "peers/tcp_proxy.h"
#include "ssh/library_leaks.h"
#include "ssh/rig.h"

#include "om/ssh/wire_form.h"

namespace om::ssh {
namespace {

using peers::TalkingPeer;
using peers::TcpProxy;
using std::chrono::milliseconds;
using std::chrono::seconds;

SessionDeadlines short_deadlines() {
  SessionDeadlines deadlines;
  deadlines.connect = deadlines.handshake = deadlines.login = milliseconds(400);
  return deadlines;
}

class TalkingPeerTest : public testing::Test {
 protected:
  Error failure(const std::string& words, TalkingPeer::After after) {
    const TalkingPeer peer(words, after);
    SessionTarget target;
    target.address = "127.0.0.1";
    target.port = peer.port();
    const MonotonicTime begin = rig_.clock.now();
    auto session = rig_.start(target, short_deadlines());
    EXPECT_TRUE(rig_.run_until([&session] { return session->is_over(); }));
    EXPECT_LT(rig_.clock.now() - begin, seconds(3));
    EXPECT_TRUE(session->failed);
    return session->failed.value_or(Error{});
  }
  Rig rig_;
};

TEST_F(TalkingPeerTest, SaysNothing) {
  const Error error = failure("", TalkingPeer::After::quiet);
  EXPECT_EQ(error.reason, "ssh.handshake_timed_out");
  EXPECT_EQ(error.code, Errc::timed_out);
  EXPECT_NE(error.message.find("not done within 400 ms"), std::string::npos) << error.message;
}

TEST_F(TalkingPeerTest, SaysHalfABanner) {
  EXPECT_EQ(failure("SSH-2.0-Open", TalkingPeer::After::quiet).reason, "ssh.handshake_timed_out");
}

TEST_F(TalkingPeerTest, HangsUpAtOnce) {
  const Error error = failure("", TalkingPeer::After::close);
  EXPECT_EQ(error.reason, "ssh.handshake_failed");
  EXPECT_NE(error.message.find("MaxStartups"), std::string::npos) << error.message;
}

TEST_F(TalkingPeerTest, SaysWhyItHangsUp) {
  const Error error = failure("Not allowed at this time\r\n", TalkingPeer::After::close);
  EXPECT_EQ(error.reason, "ssh.handshake_failed");
  EXPECT_NE(error.message.find("Not allowed at this time"), std::string::npos) << error.message;
}

TEST_F(TalkingPeerTest, IsAnotherKindOfServer) {
  const Error error =
      failure("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", TalkingPeer::After::close);
  EXPECT_EQ(error.reason, "ssh.handshake_failed");
  EXPECT_NE(error.message.find("HTTP/1.1 400 Bad Request"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find('\n'), std::string::npos);
}

TEST_F(TalkingPeerTest, TalksWithoutEnd) {
  const std::string lines = [] {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "welcome to this host, please be patient\r\n";
    return text;
  }();
  EXPECT_EQ(failure(lines, TalkingPeer::After::repeat).reason, "ssh.handshake_timed_out");
}

TEST_F(TalkingPeerTest, SpeaksAVeryOldVersion) {
  EXPECT_EQ(failure("SSH-1.5-ancient\r\n", TalkingPeer::After::close).reason,
            "ssh.handshake_failed");
}

TEST_F(TalkingPeerTest, SendsNonsenseForPackets) {
  const std::string banner = "SSH-2.0-nonsense\r\n";
  std::string huge = banner;
  append_u32(huge, 0xffffffff);
  huge += std::string(100, 'x');
  EXPECT_EQ(failure(huge, TalkingPeer::After::quiet).reason, "ssh.handshake_failed");
  std::string empty = banner;
  append_u32(empty, 0);
  empty += std::string(100, '\0');
  EXPECT_EQ(failure(empty, TalkingPeer::After::quiet).reason, "ssh.handshake_failed");
  // A key exchange offer that ends in the middle of a list.
  std::string offer = banner;
  append_u32(offer, 60);
  offer += '\x04';
  offer += '\x14' + std::string(16, 'c') + std::string(38, '\x7f') + std::string(4, 'p');
  EXPECT_NE(failure(offer, TalkingPeer::After::quiet).reason, "");
}

class CutTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = peers::Sshd::start({.config = {"LogLevel ERROR"}});
    if (!started.server) GTEST_SKIP() << started.why_not;
    sshd_ = std::move(started.server);
    rig_.add_key(*sshd_);
    proxy_ = std::make_unique<TcpProxy>(sshd_->port());
  }
  SessionTarget target() const {
    SessionTarget target = rig_.target(*sshd_);
    target.port = proxy_->port();
    return target;
  }

  struct Ending {
    bool ready = false;
    std::string reason;  ///< of the session's failure or loss
    std::string out;
    std::string exec_reason;
    bool exec_done = false;
  };
  /// One session with one command, to whatever end.
  Ending try_once(SessionDeadlines deadlines) {
    auto session = rig_.start(target(), deadlines);
    std::unique_ptr<WatchedExec> exec;
    session->when_ready = [this, &session, &exec] {
      exec = rig_.exec(*session, "echo hello; echo world >&2");
      exec->channel->finish_writing();
    };
    EXPECT_TRUE(
        rig_.run_until([&session, &exec] { return session->is_over() || (exec && exec->status); }));
    Ending ending;
    ending.ready = session->ready;
    if (session->failed) ending.reason = session->failed->reason;
    if (session->lost) ending.reason = session->lost->reason;
    if (exec) {
      ending.out = exec->out + exec->err;
      ending.exec_done = exec->status.has_value();
      if (exec->error) ending.exec_reason = exec->error->reason;
      EXPECT_EQ(exec->ends, 1);
    }
    return ending;
  }

  const LibraryLeaks allowed_;
  Rig rig_;
  std::unique_ptr<peers::Sshd> sshd_;
  std::unique_ptr<TcpProxy> proxy_;
};

TEST_F(CutTest, WorksThroughAConnectionThatDrips) {
  proxy_->set_piece(1);
  const Ending ending = try_once({});
  EXPECT_TRUE(ending.exec_done);
  EXPECT_EQ(ending.out, "hello\nworld\n");
}

TEST_F(CutTest, EndsWithAReasonWhereverTheConnectionIsCut) {
  const Ending whole = try_once({});
  ASSERT_TRUE(whole.exec_done) << whole.reason;
  const std::uint64_t total = proxy_->bytes_passed();
  ASSERT_GT(total, 1000u);
  const TcpProxy::Then ways[] = {TcpProxy::Then::close, TcpProxy::Then::reset};
  int round = 0;
  int before_ready = 0;
  int after_ready = 0;
  for (std::uint64_t bytes = 1; bytes < total; bytes += 89) {
    proxy_->cut_after(bytes, ways[round++ % 2]);
    const Ending ending = try_once({});
    if (!ending.ready) {
      ++before_ready;
      EXPECT_TRUE(ending.reason == "ssh.handshake_failed" || ending.reason == "ssh.disconnected")
          << bytes << ": " << ending.reason;
    } else if (!ending.exec_done) {
      ++after_ready;
      EXPECT_EQ(ending.exec_reason, "ssh.disconnected") << bytes;
    } else {
      EXPECT_EQ(ending.out, "hello\nworld\n") << "the rest was only about leaving";
    }
  }
  EXPECT_GT(before_ready, 10);
  EXPECT_GT(after_ready, 0);
}

TEST_F(CutTest, EndsInTimeWhereverTheServerFallsSilent) {
  ASSERT_TRUE(try_once({}).exec_done);
  const std::uint64_t total = proxy_->bytes_passed();
  SessionDeadlines deadlines;
  // Long enough to get there on a busy machine, short enough to try many places.
  deadlines.connect = deadlines.handshake = deadlines.login = milliseconds(1500);
  deadlines.silence = milliseconds(900);
  for (std::uint64_t bytes = 10; bytes < total; bytes += total / 7) {
    proxy_->cut_after(bytes, TcpProxy::Then::stall);
    const Ending ending = try_once(deadlines);
    EXPECT_TRUE(ending.exec_done || ending.reason == "ssh.handshake_timed_out" ||
                ending.reason == "ssh.login_timed_out" || ending.reason == "ssh.silent")
        << bytes << ": " << ending.reason;
  }
}

TEST_F(CutTest, ASingleWrongByteIsNoticedWhereverItIs) {
  ASSERT_TRUE(try_once({}).exec_done);
  const std::uint64_t total = proxy_->bytes_passed();
  SessionDeadlines deadlines;
  // A wrong length makes us wait for bytes that never come.
  deadlines.handshake = deadlines.login = milliseconds(700);
  deadlines.silence = milliseconds(700);
  int refused = 0;
  for (std::uint64_t place = 2; place < total - 200; place += 67) {
    proxy_->corrupt_at(place);
    const Ending ending = try_once(deadlines);
    // In the clear-text beginning some bytes do not matter: a comment, padding, a name of many.
    if (!ending.exec_done) ++refused;
    EXPECT_TRUE(ending.exec_done ? ending.out == "hello\nworld\n" : !ending.reason.empty())
        << place;
  }
  EXPECT_GT(refused, 5);
}

TEST_F(CutTest, ManyCutSessionsLeaveNextToNothingBehind) {
  // Some versions of libssh2 forget 82 KB with each key exchange that is cut off (#1691).
  const auto cut_sessions = [this](int count) {
    std::vector<std::unique_ptr<WatchedSession>> sessions;
    for (int i = 0; i < count; ++i) {
      proxy_->cut_after(400 + static_cast<std::uint64_t>(i) * 29, TcpProxy::Then::close);
      sessions.push_back(rig_.start(target()));
      const WatchedSession& session = *sessions.back();
      EXPECT_TRUE(rig_.run_until([&session] { return session.is_over() || session.ready; }));
    }
  };
  cut_sessions(60);  // what OpenSSL sets up once
  const std::size_t before = ::mallinfo2().uordblks;
  cut_sessions(60);
  EXPECT_LT(::mallinfo2().uordblks, before + 60 * 1024);
}

}  // namespace
}  // namespace om::ssh
