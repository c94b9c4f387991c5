// SPDX-License-Identifier: MIT
//
// Peers that lie, flood and stall, against a real Front on loopback: the probes that other servers
// fell to (request smuggling in split segments, bombs, drips, foreign hosts, odd paths).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/instrumented.h"
#include "http/serving.h"

namespace om::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

constexpr std::size_t kMega = std::size_t{1024} * 1024;

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Sends `piece` again and again, up to `most` bytes, until the front cuts us off. How much went.
std::size_t flood(RawPeer& peer, const std::string& piece, std::size_t most) {
  std::size_t sent = 0;
  while (sent < most && peer.send(piece)) sent += piece.size();
  return sent;
}

// --- smuggling --------------------------------------------------------------------------------

/// Each is sent in the segments given; what follows the first request must never be one.
struct Smuggle {
  const char* name;
  std::vector<std::string> segments;
};

class SmugglingTest : public testing::TestWithParam<Smuggle> {};

TEST_P(SmugglingTest, OneAnswerThenTheEnd) {
  const Serving serving;
  RawPeer peer = serving.peer();
  for (const std::string& segment : GetParam().segments) {
    peer.send(segment);
    std::this_thread::sleep_for(20ms);  // so that they arrive as segments
  }
  peer.send("GET /echo?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string answers = peer.read_all(3s);
  EXPECT_EQ(answers_in(answers), 1) << answers;
  EXPECT_EQ(status_of(answers) / 100, 4) << answers;
  EXPECT_TRUE(peer.closed());
  EXPECT_EQ(serving.calls(), 0);
}

const std::string kPost = "POST /echo HTTP/1.1\r\nHost: localhost\r\n";
const std::string kHidden = "GET /echo?hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Probes, SmugglingTest,
    testing::Values(
        Smuggle{"length_and_chunks",
                {kPost + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n",
                 kHidden}},
        Smuggle{"two_lengths",
                {kPost + "Content-Length: 0\r\nContent-Length: 54\r\n\r\n", kHidden}},
        Smuggle{"get_with_body",
                {"GET /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 54\r\n\r\n", kHidden}},
        Smuggle{"other_encoding", {kPost + "Transfer-Encoding: xchunked\r\n\r\n", kHidden}},
        Smuggle{"folded_encoding",
                {kPost + "Transfer-Encoding:\r\n chunked\r\n\r\n", "0\r\n\r\n", kHidden}},
        Smuggle{"bare_line_feeds", {"POST /echo HTTP/1.1\nHost: localhost\n\n", kHidden}},
        Smuggle{"bare_line_feed_in_head",
                {kPost + "X: y\nTransfer-Encoding: chunked\r\n\r\n", kHidden}},
        Smuggle{"space_before_colon", {kPost + "Content-Length : 54\r\n\r\n", kHidden}},
        Smuggle{"escaped_line_end", {kPost + "X: a%0d%0aContent-Length: 54\r\n\r\n", kHidden}},
        Smuggle{"bare_carriage_return",
                {kPost + "X: a\rContent-Length: 54\r\nContent-Length: 0\r\n\r\n", kHidden}},
        Smuggle{
            "chunk_size_with_sign",
            {kPost + "Transfer-Encoding: chunked\r\n\r\n", "+36\r\n" + kHidden + "\r\n0\r\n\r\n"}},
        Smuggle{"chunk_end_missing",
                {kPost + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nxx\r\n0\r\n\r\n", kHidden}},
        Smuggle{"refused_body_unread", {kPost + "Content-Length: 2000000\r\n\r\n", kHidden}},
        Smuggle{"compressed_body",
                {kPost + "Content-Encoding: gzip\r\nContent-Length: 54\r\n\r\n", kHidden}}),
    [](const testing::TestParamInfo<Smuggle>& probe) { return probe.param.name; });

TEST(AbuseTest, TrailersDoNotBecomeHeaders) {
  std::vector<std::pair<std::string, std::string>> headers;
  const Serving serving({}, [&headers](const api::Request& request) {
    headers = request.headers;
    return api::Response();
  });
  RawPeer peer = serving.peer();
  peer.send("POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  peer.send("0\r\nAuthorization: Bearer forged\r\n\r\n");
  EXPECT_EQ(status_of(peer.read_answer()), 200);
  for (const auto& [name, value] : headers) EXPECT_NE(name, "authorization");
}

TEST(AbuseTest, NobodySaysWhoTheyAreByHeader) {
  const Serving serving;
  RawPeer peer = serving.peer();
  peer.send(
      "GET /echo HTTP/1.1\r\nHost: localhost\r\nREMOTE_ADDR: 10.9.9.9\r\nREMOTE_PORT: 1\r\n"
      "X-Forwarded-For: 10.9.9.9\r\nForwarded: for=10.9.9.9\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(peer.read_all(), EndsWith("\r\n\r\nGET 127.0.0.1\n"));
}

TEST(AbuseTest, RangesAreNoAmplifier) {
  const Serving serving;
  RawPeer peer = serving.peer();
  std::string ranges = "0-0";
  for (int i = 0; i < 2000; ++i) ranges += ",0-0";
  peer.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nRange: bytes=" + ranges +
            "\r\nConnection: close\r\n\r\n");
  const std::string answer = peer.read_all();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_LT(answer.size(), 2000U);
}

// --- whom it is for ---------------------------------------------------------------------------

TEST(AbuseTest, AForeignHostIsNotServed) {
  const Serving serving;
  for (const char* host : {"evil.example", "127.0.0.1.evil.example:8080", "localhost.evil.example",
                           "0.0.0.0", "[::]"}) {
    RawPeer peer = serving.peer();
    peer.send(std::string("GET /echo HTTP/1.1\r\nHost: ") + host + "\r\n\r\n");
    const std::string answer = peer.read_all();
    EXPECT_EQ(status_of(answer), 421) << host;
    EXPECT_THAT(answer, HasSubstr("http.host_refused"));
    EXPECT_TRUE(peer.closed());
  }
  EXPECT_EQ(serving.calls(), 0);
}

TEST(AbuseTest, AForeignPageIsNotServed) {
  const Serving serving;
  RawPeer foreign = serving.peer();
  foreign.send("GET /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n");
  EXPECT_EQ(status_of(foreign.read_all()), 403);
  EXPECT_EQ(serving.calls(), 0);
  RawPeer own = serving.peer();
  own.send("GET /echo HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:1\r\n\r\n");
  EXPECT_EQ(status_of(own.read_answer()), 200);
}

// --- paths ------------------------------------------------------------------------------------

TEST(AbuseTest, PathsThatClimbAreRefused) {
  const Serving serving;
  for (const char* path :
       {"/../etc/passwd", "/assets/x/../../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd",
        "/%2e%2e%2fetc%2fpasswd", "/a%00.html", "/..\\etc\\passwd", "/%5c..%5cetc", "/.%2e/",
        "/%c0%ae%c0%ae/etc/passwd"}) {
    const std::string answer = serving.get(path);
    EXPECT_EQ(status_of(answer), 400) << path;
  }
  EXPECT_EQ(serving.calls(), 0);
}

TEST(AbuseTest, LongTargetsEndAt32KiB) {
  const Serving serving;
  for (const std::size_t kilobytes : {8, 16, 31}) {
    const std::string value(kilobytes * 1024, 'x');
    EXPECT_THAT(serving.get("/echo?v=" + value), EndsWith("\nv=" + value + "\n"));
  }
  for (const std::size_t kilobytes : {33, 64, 500}) {
    const std::string answer = serving.get("/" + std::string(kilobytes * 1024, 'x'));
    EXPECT_EQ(status_of(answer), 414) << kilobytes;
  }
}

TEST(AbuseTest, EightHundredHostsFitIntoALegacyTarget) {
  const Serving serving;
  std::string hosts;
  for (int i = 0; i < 800; ++i) {
    hosts += (i == 0 ? "" : ",") + ("192.168.100." + std::to_string(100 + i % 100)) +
             "*sn2012-07-" + std::to_string(100 + i);
  }
  EXPECT_THAT(serving.get("/echo?ModuleID=1001&hosts=" + hosts + "&sys_param_1=50"),
              EndsWith("hosts=" + hosts + "\nsys_param_1=50\n"));
}

// --- bombs ------------------------------------------------------------------------------------

class BombTest : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(status_of(serving_.get("/healthz")), 200);
    EXPECT_EQ(serving_.calls(), 0);
    const std::size_t grown = std::max(before_, resident_bytes()) - before_;
    std::printf("grown by %zu KiB\n", grown / 1024);
    EXPECT_TRUE(kInstrumented || grown < 16 * kMega);
  }

  Serving serving_;
  std::size_t before_ = resident_bytes();
};

TEST_F(BombTest, AMillionHeaders) {
  RawPeer peer = serving_.peer();
  peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_LT(flood(peer, lines, 1000 * lines.size()), 16 * kMega);
}

TEST_F(BombTest, A200MegabyteHeaderLine) {
  RawPeer peer = serving_.peer();
  peer.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
  EXPECT_LT(flood(peer, std::string(65536, 'x'), 200 * kMega), 16 * kMega);
}

TEST_F(BombTest, A200MegabyteTarget) {
  RawPeer peer = serving_.peer();
  peer.send("GET /");
  EXPECT_LT(flood(peer, std::string(65536, 'x'), 200 * kMega), 16 * kMega);
}

TEST_F(BombTest, A200MegabyteBody) {
  RawPeer peer = serving_.peer();
  peer.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 209715200\r\n\r\n");
  EXPECT_LT(flood(peer, std::string(65536, 'x'), 200 * kMega), 16 * kMega);
}

TEST_F(BombTest, A200MegabyteBodyInChunks) {
  RawPeer peer = serving_.peer();
  peer.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_LT(flood(peer, "10000\r\n" + std::string(65536, 'x') + "\r\n", 200 * kMega), 16 * kMega);
}

TEST_F(BombTest, ABodyOfTinyChunks) {
  RawPeer peer = serving_.peer();
  peer.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunks;
  for (int i = 0; i < 10'000; ++i) chunks += "1\r\nx\r\n";
  EXPECT_LT(flood(peer, chunks, 200 * kMega), 32 * kMega);
}

TEST_F(BombTest, TheFirstByteOfAnotherProtocol) {
  RawPeer peer = serving_.peer();
  peer.send("\x16\x03\x01\x02");
  EXPECT_EQ(status_of(peer.read_all()), 400);
}

// --- drips ------------------------------------------------------------------------------------

/// Room for `count` more descriptors, or the reason why not.
bool allow_descriptors(rlim_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return true;
  if (limit.rlim_max < count) return false;
  limit.rlim_cur = count;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

std::chrono::microseconds time_healthz(const Serving& serving) {
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(status_of(serving.get("/healthz")), 200);
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               asked);
}

TEST(DripTest, FiveHundredDripsDoNotSlowOthersDown) {
  if (!allow_descriptors(2048)) GTEST_SKIP() << "no 2048 descriptors here";
  FrontOptions options;
  options.limits.head_time = 3s;
  options.limits.drip_time = 3s;
  const std::string big(8 * kMega, 'x');
  const Serving serving(options, [&big](const api::Request&) {
    api::Response response;
    response.body = big;
    return response;
  });
  // On a machine that is busy with other things everybody is slow; drips must not make it worse.
  std::vector<std::chrono::microseconds> undisturbed;
  for (int i = 0; i < 50; ++i) undisturbed.push_back(time_healthz(serving));

  std::vector<RawPeer> drips;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 500; ++i) {
    RawPeer& drip = drips.emplace_back(serving.peer());
    ASSERT_TRUE(drip.connected());
    if (i % 5 == 0) {
      // A body that does not come.
      drip.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n");
    } else if (i % 100 == 1) {
      // An answer that is not read.
      drip.send("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
  }

  std::vector<std::chrono::microseconds> latencies;
  std::size_t dripped = 0;
  while (std::chrono::steady_clock::now() - start < 2500ms) {
    for (std::size_t i = 0; i < drips.size(); i += 10) {
      if (i % 100 != 1) dripped += drips[i].send_some("G") > 0 ? 1U : 0U;
    }
    latencies.push_back(time_healthz(serving));
    std::this_thread::sleep_for(10ms);
  }
  std::sort(latencies.begin(), latencies.end());
  std::sort(undisturbed.begin(), undisturbed.end());
  const auto median = latencies[latencies.size() / 2];
  const auto worst = latencies.back();
  std::printf("500 drips (%zu bytes dripped): /healthz %zu times, median %ld us, worst %ld us\n",
              dripped, latencies.size(), static_cast<long>(median.count()),
              static_cast<long>(worst.count()));
  EXPECT_GT(dripped, 0U);
  const auto allowed = std::max<std::chrono::microseconds>(500ms, 5 * undisturbed.back());
  EXPECT_LT(latencies[latencies.size() * 99 / 100], allowed);

  // All but the few that do not read are refused or hung up on by now, and those soon.
  for (std::size_t i = 0; i < drips.size(); ++i) {
    if (i % 100 == 1) continue;
    drips[i].read_all(5s);
    EXPECT_TRUE(drips[i].closed()) << i;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);
}

TEST(DripTest, WhenAllPlacesAreTakenTheIdleMakeRoom) {
  FrontOptions options;
  options.limits.connections = 20;
  const Serving serving(options);
  std::vector<RawPeer> idle;
  for (int i = 0; i < 40; ++i) {
    idle.push_back(serving.peer());
    idle.back().send("GET / HT");
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(status_of(serving.get("/healthz")), 200);
  idle.front().read_all(2s);
  EXPECT_TRUE(idle.front().closed());
}

TEST(DripTest, WithoutDescriptorsTheIdleMakeRoom) {
  const Serving serving;
  RawPeer idle = serving.peer();
  idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(status_of(idle.read_answer()), 200);
  RawPeer second = serving.peer();
  second.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(status_of(second.read_answer()), 200);

  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit before = limit;
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  limit.rlim_cur = static_cast<rlim_t>(lowest_free) + 1;  // one more, which the client takes
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  RawPeer peer = serving.peer();
  EXPECT_TRUE(peer.connected());
  peer.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(status_of(peer.read_answer()), 200);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

// --- more than the workers can do -------------------------------------------------------------

/// A dispatch() that waits until it is let go.
class Gate {
 public:
  api::Dispatch dispatch() {
    return [this](const api::Request&) {
      ++inside_;
      std::unique_lock lock(mutex_);
      open_.wait_for(lock, 20s, [this] { return is_open_; });
      api::Response response;
      response.body = "through\n";
      return response;
    };
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    open_.notify_all();
  }
  void wait_for_inside(int count) const {
    while (inside_ < count) std::this_thread::sleep_for(1ms);
  }

 private:
  std::atomic<int> inside_{0};
  std::mutex mutex_;
  std::condition_variable open_;
  bool is_open_ = false;
};

constexpr const char* kSlow = "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(OverloadTest, BeyondTheQueueIsAnAnswerAtOnce) {
  Gate gate;
  FrontOptions options;
  options.limits.workers = 2;
  options.limits.queue = 3;
  const Serving serving(options, gate.dispatch());
  std::vector<RawPeer> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(serving.peer());
    busy.back().send(kSlow);
  }
  gate.wait_for_inside(2);
  for (int i = 0; i < 3; ++i) {
    busy.push_back(serving.peer());
    busy.back().send(kSlow);
    std::this_thread::sleep_for(20ms);
  }
  const std::string refused = serving.get("/slow");
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_THAT(refused, HasSubstr("Retry-After: "));
  gate.open();
  for (RawPeer& peer : busy) EXPECT_THAT(peer.read_answer(), EndsWith("through\n"));
}

TEST(StopTest, WhatIsUnderWayIsAnsweredAndNothingNewIsTaken) {
  Gate gate;
  Serving serving({}, gate.dispatch());
  RawPeer busy = serving.peer();
  RawPeer idle = serving.peer();
  busy.send(kSlow);
  gate.wait_for_inside(1);
  std::thread stopping([&] { EXPECT_TRUE(serving.stop()); });
  idle.read_all();
  EXPECT_TRUE(idle.closed());
  EXPECT_FALSE(serving.peer().connected());  // the listener went first
  gate.open();
  EXPECT_THAT(busy.read_all(), EndsWith("through\n"));
  stopping.join();
}

TEST(StopTest, AThreadThatDoesNotComeBackIsReported) {
  Gate gate;
  FrontOptions options;
  options.limits.stop_time = 300ms;
  Serving serving(options, gate.dispatch());
  RawPeer busy = serving.peer();
  busy.send(kSlow);
  gate.wait_for_inside(1);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(serving.stop());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  gate.open();
}

}  // namespace
}  // namespace om::http
