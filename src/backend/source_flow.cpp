// SPDX-License-Identifier: MIT
#include "backend/source_flow.h"

#include <algorithm>
#include <utility>

namespace om::backend {

SourceFlow::SourceFlow(event::Reactor& reactor, std::shared_ptr<CopySource> source,
                       ShellCommand& shell, std::vector<ByteRange> ranges, Moved moved,
                       Failed failed)
    : reactor_(reactor),
      source_(std::move(source)),
      shell_(shell),
      ranges_(std::move(ranges)),
      moved_(std::move(moved)),
      failed_(std::move(failed)) {
  if (!ranges_.empty()) offset_ = ranges_.front().begin;
  read_on();
}

SourceFlow::~SourceFlow() { *alive_ = false; }

void SourceFlow::on_sent() {
  if (reading_ || in_flight_ == 0) return;  // what was sent was not of the source
  moved_bytes_ += std::exchange(in_flight_, 0);
  const auto alive = alive_;
  const Moved moved = moved_;
  moved(moved_bytes_);
  if (*alive) read_on();
}

void SourceFlow::read_on() {
  while (next_ < ranges_.size() && offset_ >= ranges_[next_].end) {
    if (++next_ < ranges_.size()) offset_ = ranges_[next_].begin;
  }
  if (is_through()) {
    shell_.finish_writing();
    return;
  }
  reading_ = true;
  source_->read(reactor_, offset_, [this, alive = alive_](Result<CopySource::Piece> piece) {
    if (*alive) on_read(std::move(piece));
  });
}

void SourceFlow::on_read(Result<CopySource::Piece> piece) {
  reading_ = false;
  if (!piece) {
    const Failed failed = failed_;
    failed(std::move(piece).error());
    return;
  }
  const auto have = static_cast<std::int64_t>(piece->chunk->size() - piece->skip);
  const std::int64_t wanted = std::min(have, ranges_[next_].end - offset_);
  offset_ += wanted;
  in_flight_ = wanted;
  if (piece->skip == 0 && wanted == have) {
    shell_.write(piece->chunk);
  } else {
    shell_.write(std::make_shared<const std::string>(*piece->chunk, piece->skip,
                                                     static_cast<std::size_t>(wanted)));
  }
}

}  // namespace om::backend
