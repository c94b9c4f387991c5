// SPDX-License-Identifier: MIT
//
// FedStream: a LiveStream that a test feeds. The Feed outlives the stream and any thread may use
// it; it counts the streams that still live.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "om/api/request.h"

namespace om::http {

class Feed {
 public:
  void say(std::string piece) {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
    changed_.notify_all();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  std::optional<std::string> next(std::size_t& place, Duration wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return place < pieces_.size() || ended_; });
    if (place < pieces_.size()) return pieces_[place++];
    if (ended_) return std::nullopt;
    return std::string();
  }

  std::atomic<int> live{0};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> pieces_;
  bool ended_ = false;
};

class FedStream final : public api::LiveStream {
 public:
  explicit FedStream(Feed& feed) : feed_(feed) { ++feed_.live; }
  ~FedStream() override { --feed_.live; }
  std::optional<std::string> next(Duration wait) override { return feed_.next(place_, wait); }

 private:
  Feed& feed_;
  std::size_t place_ = 0;
};

/// Answers everything with a stream of `feed`.
inline api::Dispatch streaming(Feed& feed) {
  return [&feed](const api::Request&) {
    api::Response response;
    response.content_type = "text/event-stream";
    response.stream = std::make_unique<FedStream>(feed);
    return response;
  };
}

}  // namespace om::http
