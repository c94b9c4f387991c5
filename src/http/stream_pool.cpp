// SPDX-License-Identifier: MIT
#include "http/stream_pool.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <system_error>

#include <fmt/core.h>

#include "om/base/log.h"

namespace om::http {
namespace {

/// A peer has nothing to say on a stream: what it sends is dropped, its end ends the stream.
bool peer_is_there(Transport& transport) {
  std::array<char, 4096> dropped;
  const IoResult result = transport.read(dropped.data(), dropped.size());
  return result.state != IoResult::State::closed;
}

}  // namespace

StreamPool::~StreamPool() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  ended_.wait(lock, [this] { return live() == 0; });
  join_ended(lock);
}

std::size_t StreamPool::live() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const Entry& e) { return !e.ended; }));
}

bool StreamPool::has_room() {
  const std::lock_guard lock(mutex_);
  return !stopping_ && live() < limits_.streams;
}

void StreamPool::start(std::unique_ptr<Transport> transport, Answer answer) {
  std::unique_lock lock(mutex_);
  join_ended(lock);
  if (stopping_ || live() >= limits_.streams) return;
  Entry& entry = entries_.emplace_back();
  entry.transport = std::move(transport);
  entry.answer = std::move(answer);
  try {
    entry.thread = std::thread([this, &entry] {
      run(*entry.transport, entry.answer);
      entry.answer.stream.reset();
      entry.transport.reset();
      const std::lock_guard guard(mutex_);
      entry.ended = true;
      ended_.notify_all();
    });
  } catch (const std::system_error& error) {
    log::error("no thread for a live stream", {{"what", error.what()}});
    entries_.pop_back();
  }
}

bool StreamPool::stop(Duration patience) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  return ended_.wait_for(lock, patience, [this] { return live() == 0; });
}

bool StreamPool::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void StreamPool::join_ended(std::unique_lock<std::mutex>& lock) {
  std::list<Entry> ended;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto next = std::next(it);
    if (it->ended) ended.splice(ended.end(), entries_, it);
    it = next;
  }
  // Their last act was to say so: joining takes no time, but they need the mutex to get there.
  lock.unlock();
  for (Entry& entry : ended) entry.thread.join();
  lock.lock();
}

void StreamPool::run(Transport& transport, Answer& answer) {
  if (!write_all(transport, answer.bytes, limits_.write_stall)) return;
  MonotonicTime last_written = clock_.now();
  while (!stopping() && peer_is_there(transport)) {
    std::optional<std::string> piece;
    try {
      piece = answer.stream->next(limits_.stream_tick);
    } catch (const std::exception& error) {
      log::error("live stream threw", {{"what", error.what()}});
      return;  // no last chunk: the peer sees that it was cut
    }
    if (!piece) {
      if (answer.chunked) write_all(transport, "0\r\n\r\n", limits_.write_stall);
      transport.end_writing();
      return;
    }
    if (piece->empty()) {
      if (!answer.heartbeat || clock_.now() - last_written < limits_.heartbeat) continue;
      *piece = ": hb\n\n";
    }
    const std::string bytes =
        answer.chunked ? fmt::format("{:x}\r\n{}\r\n", piece->size(), *piece) : std::move(*piece);
    if (!write_all(transport, bytes, limits_.write_stall)) return;
    last_written = clock_.now();
  }
}

}  // namespace om::http
