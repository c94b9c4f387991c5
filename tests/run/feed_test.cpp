// SPDX-License-Identifier: MIT
#include "om/run/feed.h"

#include <thread>

#include <gtest/gtest.h>

namespace om::run {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FeedTest : public testing::Test {
 protected:
  std::shared_ptr<const store::JournalEntry> entry(std::int64_t seq, std::size_t bytes = 1) {
    auto made = std::make_shared<store::JournalEntry>();
    made->run_id = kRun;
    made->run.seq = seq;
    made->output.push_back({seq, 0, Stream::out, std::string(bytes, 'x')});
    return made;
  }
  std::string text(const Feed::News& news) {
    std::string all;
    for (const auto& piece : news.pieces) all += *piece;
    return all;
  }

  static constexpr RunId kRun{7};
  int encoded_ = 0;
  Feed feed_{[this](const store::JournalEntry& e) {
    ++encoded_;
    return std::to_string(e.run.seq) + ";";
  }};
};

TEST_F(FeedTest, WatchersGetWhatTheyHaveNotSeenEncodedOnce) {
  feed_.open(kRun, 0);
  feed_.publish(0, entry(3));
  feed_.publish(3, entry(5));
  EXPECT_EQ(text(feed_.next(kRun, 0, milliseconds(0))), "3;5;");
  EXPECT_EQ(text(feed_.next(kRun, 3, milliseconds(0))), "5;");
  EXPECT_EQ(feed_.next(kRun, 3, milliseconds(0)).seq, 5);
  EXPECT_EQ(encoded_, 2);
  EXPECT_EQ(feed_.next(kRun, 5, milliseconds(1)).state, Feed::State::quiet);
}

TEST_F(FeedTest, WhoIsInTheMiddleOfAPieceOrTooFarBehindReadsTheStore) {
  feed_.open(kRun, 10);
  feed_.publish(10, entry(15));
  EXPECT_EQ(feed_.next(kRun, 4, milliseconds(0)).state, Feed::State::behind);
  // In the middle of a piece: the piece repeats a little, which is harmless, rather than leaving
  // something out.
  EXPECT_EQ(text(feed_.next(kRun, 12, milliseconds(0))), "15;");
}

TEST_F(FeedTest, WhatIsRememberedIsBounded) {
  feed_.open(kRun, 0);
  for (int i = 0; i < 100; ++i) feed_.publish(i, entry(i + 1, 100'000));
  EXPECT_EQ(feed_.next(kRun, 0, milliseconds(0)).state, Feed::State::behind);
  EXPECT_EQ(text(feed_.next(kRun, 98, milliseconds(0))), "99;100;");
}

TEST_F(FeedTest, AWaitingWatcherIsWokenByNewsAndByTheEnd) {
  feed_.open(kRun, 0);
  std::thread writer([&] { feed_.publish(0, entry(1)); });
  EXPECT_EQ(text(feed_.next(kRun, 0, seconds(10))), "1;");
  writer.join();
  std::thread closer([&] { feed_.close(kRun); });
  EXPECT_EQ(feed_.next(kRun, 1, seconds(10)).state, Feed::State::closed);
  closer.join();
  feed_.open(kRun, 1);
  std::thread stopper([&] { feed_.shut_down(); });
  EXPECT_EQ(feed_.next(kRun, 1, seconds(10)).state, Feed::State::ended);
  stopper.join();
}

}  // namespace
}  // namespace om::run
