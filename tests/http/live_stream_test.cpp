// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/fed_stream.h"
#include "http/instrumented.h"
#include "http/serving.h"

namespace om::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* kAsk = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

FrontOptions quick() {
  FrontOptions options;
  options.limits.stream_tick = 10ms;
  return options;
}

/// Whether `condition` holds within `patience`.
template <class Condition>
bool soon(Condition condition, std::chrono::milliseconds patience = 5s) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

TEST(LiveStreamTest, PiecesArriveAsTheyAreSaidAndTheEndIsMarked) {
  Feed feed;
  const Serving serving(quick(), streaming(feed));
  RawPeer peer = serving.peer();
  peer.send(kAsk);
  const std::string head = peer.read_until("\r\n\r\n");
  EXPECT_EQ(status_of(head), 200);
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Accel-Buffering: no\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Security-Policy: "));
  feed.say("data: one\n\n");
  EXPECT_EQ(peer.read_until("one\n\n\r\n"), "b\r\ndata: one\n\n\r\n");
  feed.say("data: two\n\n");
  EXPECT_EQ(peer.read_until("two\n\n\r\n"), "b\r\ndata: two\n\n\r\n");
  feed.end();
  EXPECT_EQ(peer.read_all(), "0\r\n\r\n");
  EXPECT_TRUE(peer.closed());
}

TEST(LiveStreamTest, AQuietStreamBeats) {
  Feed feed;
  FrontOptions options = quick();
  options.limits.heartbeat = 50ms;
  const Serving serving(options, streaming(feed));
  RawPeer peer = serving.peer();
  peer.send(kAsk);
  peer.read_until("\r\n\r\n");
  EXPECT_THAT(peer.read_until(": hb\n\n"), EndsWith(": hb\n\n"));
  EXPECT_THAT(peer.read_until(": hb\n\n"), EndsWith(": hb\n\n"));
}

TEST(LiveStreamTest, StreamsHoldNoWorker) {
  Feed feed;
  FrontOptions options = quick();
  options.limits.workers = 2;
  const Serving serving(options, streaming(feed));
  std::vector<RawPeer> watchers;
  for (int i = 0; i < 32; ++i) {
    watchers.push_back(serving.peer());
    watchers.back().send(kAsk);
  }
  for (RawPeer& watcher : watchers) EXPECT_EQ(status_of(watcher.read_until("\r\n\r\n")), 200);
  EXPECT_EQ(status_of(serving.get("/healthz")), 200);
  feed.say("data: all\n\n");
  for (RawPeer& watcher : watchers) EXPECT_THAT(watcher.read_until("all\n\n"), HasSubstr("all"));
}

TEST(LiveStreamTest, BeyondTheBudgetIsRefusedAndTheRestGoesOn) {
  Feed feed;
  FrontOptions options = quick();
  options.limits.streams = 4;
  const Serving serving(options, streaming(feed));
  std::vector<RawPeer> watchers;
  for (int i = 0; i < 4; ++i) {
    watchers.push_back(serving.peer());
    watchers.back().send(kAsk);
    EXPECT_EQ(status_of(watchers.back().read_until("\r\n\r\n")), 200);
  }
  const std::string refused = serving.get("/events");
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_THAT(refused, HasSubstr("Retry-After: "));
  EXPECT_EQ(status_of(serving.get("/healthz")), 200);

  watchers.pop_back();  // hangs up: its place is free again
  EXPECT_TRUE(soon([&] { return feed.live == 3; }));
  watchers.push_back(serving.peer());
  watchers.back().send(kAsk);
  EXPECT_EQ(status_of(watchers.back().read_until("\r\n\r\n")), 200);
}

TEST(LiveStreamTest, AReaderThatStallsIsDropped) {
  Feed feed;
  FrontOptions options = quick();
  options.limits.write_stall = 1s;
  const Serving serving(options, streaming(feed));
  RawPeer stalled = serving.peer();
  RawPeer reader = serving.peer();
  stalled.send(kAsk);
  reader.send(kAsk);
  reader.read_until("\r\n\r\n");
  ASSERT_TRUE(soon([&] { return feed.live == 2; }));
  std::thread reading([&] { reader.read_until("data: last\n\n"); });
  const std::string piece(256 * 1024, 'x');
  for (int i = 0; i < 64; ++i) feed.say(piece);  // 16 MiB: more than the kernel takes for anybody
  feed.say("data: last\n\n");
  reading.join();
  EXPECT_TRUE(soon([&] { return feed.live == 1; }));
  EXPECT_FALSE(reader.closed());
}

TEST(LiveStreamTest, StopEndsOpenStreams) {
  Feed feed;
  Serving serving(quick(), streaming(feed));
  std::vector<RawPeer> watchers;
  for (int i = 0; i < 16; ++i) {
    watchers.push_back(serving.peer());
    watchers.back().send(kAsk);
    EXPECT_EQ(status_of(watchers.back().read_until("\r\n\r\n")), 200);
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(serving.stop());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  EXPECT_EQ(feed.live, 0);
  for (RawPeer& watcher : watchers) {
    watcher.read_all();
    EXPECT_TRUE(watcher.closed());
  }
  EXPECT_FALSE(serving.peer().connected());
}

TEST(LiveStreamTest, AHundredStreamsLoseNothingAndHoldUpNobody) {
  Feed feed;
  const Serving serving(quick(), streaming(feed));
  std::vector<RawPeer> watchers;
  for (int i = 0; i < 100; ++i) {
    watchers.push_back(serving.peer());
    watchers.back().send(kAsk);
  }
  for (RawPeer& watcher : watchers) ASSERT_EQ(status_of(watcher.read_until("\r\n\r\n")), 200);

  constexpr int kEvents = 200;
  std::thread telling([&feed] {
    for (int i = 0; i < kEvents; ++i) {
      feed.say("id: " + std::to_string(i) + "\n\n");
      std::this_thread::sleep_for(5ms);
    }
    feed.end();
  });
  std::vector<std::chrono::microseconds> latencies;
  for (int i = 0; i < 20; ++i) {
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_EQ(status_of(serving.get("/healthz")), 200);
    latencies.push_back(std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - asked));
    std::this_thread::sleep_for(40ms);
  }
  std::string expected;
  for (int i = 0; i < kEvents; ++i) {
    constexpr const char* kHex = "0123456789abcdef";
    const std::string event = "id: " + std::to_string(i) + "\n\n";
    expected += kHex[event.size()] + ("\r\n" + event + "\r\n");
  }
  for (RawPeer& watcher : watchers) EXPECT_EQ(watcher.read_all(), expected + "0\r\n\r\n");
  telling.join();
  std::sort(latencies.begin(), latencies.end());
  std::printf("100 streams: /healthz median %ld us, worst %ld us\n",
              static_cast<long>(latencies[latencies.size() / 2].count()),
              static_cast<long>(latencies.back().count()));
  EXPECT_LT(latencies[latencies.size() * 19 / 20 - 1], kInstrumented ? 1s : 100ms);
}

TEST(LiveStreamTest, AnOldClientGetsTheStreamWithoutChunks) {
  Feed feed;
  feed.say("data: one\n\n");
  feed.end();
  const Serving serving(quick(), streaming(feed));
  RawPeer peer = serving.peer();
  peer.send("GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(peer.read_all(), EndsWith("\r\n\r\ndata: one\n\n"));
}

}  // namespace
}  // namespace om::http
