// SPDX-License-Identifier: MIT
#include "om/run/feed.h"

#include <utility>

namespace om::run {
namespace {

std::size_t weight(const store::JournalEntry& entry) {
  std::size_t bytes = 512;
  for (const OutputChunk& chunk : entry.output) bytes += chunk.bytes.size() + 64;
  return bytes + entry.targets.size() * 512;
}

}  // namespace

void Feed::open(RunId run, std::int64_t seq) {
  const std::lock_guard lock(mutex_);
  lines_[run].seq = seq;
}

void Feed::publish(std::int64_t after_seq, std::shared_ptr<const store::JournalEntry> entry) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = lines_.find(entry->run_id);
    if (found == lines_.end()) return;
    Line& line = found->second;
    Piece piece{after_seq, entry->run.seq, weight(*entry), std::move(entry), nullptr};
    line.seq = piece.seq;
    line.size += piece.size;
    line.pieces.push_back(std::move(piece));
    while (line.size > kRememberedBytes && line.pieces.size() > 1) {
      line.size -= line.pieces.front().size;
      line.pieces.pop_front();
    }
  }
  changed_.notify_all();
}

void Feed::close(RunId run) {
  {
    const std::lock_guard lock(mutex_);
    lines_.erase(run);
  }
  changed_.notify_all();
}

void Feed::shut_down() {
  {
    const std::lock_guard lock(mutex_);
    shut_down_ = true;
  }
  changed_.notify_all();
}

Feed::News Feed::next(RunId run, std::int64_t after_seq, Duration wait) {
  std::unique_lock lock(mutex_);
  const auto has_news = [&] {
    const auto found = lines_.find(run);
    return shut_down_ || found == lines_.end() || found->second.seq > after_seq;
  };
  if (!changed_.wait_for(lock, wait, has_news)) return {};
  if (shut_down_) return {State::ended, {}, after_seq};
  const auto found = lines_.find(run);
  if (found == lines_.end()) return {State::closed, {}, after_seq};

  News news{State::behind, {}, after_seq};
  for (Piece& piece : found->second.pieces) {
    if (piece.seq <= after_seq) continue;
    if (piece.after_seq > news.seq) return {State::behind, {}, after_seq};
    if (!piece.encoded) {
      piece.encoded = std::make_shared<const std::string>(encode_(*piece.entry));
      piece.entry.reset();
    }
    news.state = State::news;
    news.pieces.push_back(piece.encoded);
    news.seq = piece.seq;
  }
  return news;
}

}  // namespace om::run
