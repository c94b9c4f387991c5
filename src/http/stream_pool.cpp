// SPDX-License-Identifier: MIT
#include "http/stream_pool.h"

#include <array>
#include <exception>
#include <optional>

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

void StreamPool::start(std::unique_ptr<Transport> transport, Answer answer) {
  struct Stream {
    std::unique_ptr<Transport> transport;
    Answer answer;
  };
  // Shared only because a task must be copyable: the thread is its one owner.
  auto stream = std::make_shared<Stream>(Stream{std::move(transport), std::move(answer)});
  threads_.start([this, stream] { run(*stream->transport, stream->answer); });
}

void StreamPool::run(Transport& transport, Answer& answer) {
  if (!write_all(transport, answer.bytes, limits_.write_stall)) return;
  MonotonicTime last_written = clock_.now();
  while (!threads_.stopping() && peer_is_there(transport)) {
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
