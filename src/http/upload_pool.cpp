// SPDX-License-Identifier: MIT
#include "http/upload_pool.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <poll.h>

#include "http/answer.h"
#include "http/chunked.h"
#include "http/refusal.h"

#include "om/base/log.h"

namespace om::http {
namespace {

constexpr std::size_t kReadSize = std::size_t{64} * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

void wait_for(const Transport& transport, IoResult::State what, Duration patience) {
  const bool writable = what == IoResult::State::wait_writable;
  pollfd waiting{transport.fd(), static_cast<short>(writable ? POLLOUT : POLLIN), 0};
  ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(whole_ms(patience), 1)));
}

/// Takes the body out of what was read.
class Decoder {
 public:
  enum class State { more, done, malformed };
  explicit Decoder(const ComingBody& body) : framing_(body.framing), left_(body.content_length) {}

  State feed(std::string_view input, std::string& piece) {
    piece.clear();
    switch (framing_) {
      case RequestHead::Framing::none:
        return State::done;
      case RequestHead::Framing::length:
        piece = input.substr(0, std::min<std::uint64_t>(left_, input.size()));
        left_ -= piece.size();
        return left_ == 0 ? State::done : State::more;
      case RequestHead::Framing::chunked:
        break;
    }
    const ChunkedDecoder::State state = chunks_.feed(input, piece);
    if (state == ChunkedDecoder::State::malformed) return State::malformed;
    return state == ChunkedDecoder::State::done ? State::done : State::more;
  }

 private:
  const RequestHead::Framing framing_;
  std::uint64_t left_;
  ChunkedDecoder chunks_;
};

}  // namespace

void UploadPool::start(ComingBody body, std::unique_ptr<api::BodyReceiver> receiver) {
  struct Upload {
    ComingBody body;
    std::unique_ptr<api::BodyReceiver> receiver;
  };
  // Shared only because a task must be copyable: the thread is its one owner.
  auto upload = std::make_shared<Upload>(Upload{std::move(body), std::move(receiver)});
  threads_.start([this, upload] {
    const auto response = guarded_receive(upload->body, *upload->receiver);
    upload->receiver.reset();
    if (!response) return;
    Transport& transport = *upload->body.transport;
    if (!write_all(transport, closing_answer(*response, clock_.wall_ms()), limits_.write_stall)) {
      return;
    }
    transport.end_writing();
    linger(transport);
  });
}

std::optional<api::Response> UploadPool::guarded_receive(ComingBody& body,
                                                         api::BodyReceiver& receiver) {
  try {
    return receive(body, receiver);
  } catch (const std::exception& error) {
    log::error("upload threw", {{"what", error.what()}});
    return internal_error();
  }
}

/// The answer; nothing when the peer has gone or the pool stops.
std::optional<api::Response> UploadPool::receive(ComingBody& body, api::BodyReceiver& receiver) {
  Transport& transport = *body.transport;
  if (body.to_be_invited && !write_all(transport, kContinue, limits_.write_stall)) {
    return std::nullopt;
  }
  const MonotonicTime begin = clock_.now();
  MonotonicTime last = begin;
  std::uint64_t taken = 0;
  Decoder decoder(body);
  std::vector<char> buffer(kReadSize);
  std::string piece;
  std::string_view input = body.input;
  for (;;) {
    const Decoder::State state = decoder.feed(input, piece);
    if (state == Decoder::State::malformed) return response_for(ambiguous_framing("the chunks"));
    taken += piece.size();
    if (taken > limits_.upload_bytes) return response_for(body_too_large(limits_.upload_bytes));
    if (!piece.empty()) {
      if (auto refusal = receiver.take(piece)) return refusal;
    }
    if (state == Decoder::State::done) return receiver.finish();
    for (;;) {
      if (threads_.stopping()) return std::nullopt;
      const IoResult result = transport.read(buffer.data(), buffer.size());
      if (result.state == IoResult::State::closed) return std::nullopt;
      const MonotonicTime now = clock_.now();
      if (result.state == IoResult::State::done) last = now;
      const std::chrono::seconds earned(taken / std::max<std::size_t>(limits_.upload_rate, 1));
      const MonotonicTime deadline = limits_.upload_idle + std::min(last, begin + earned);
      if (now >= deadline) return response_for(too_slow("request body"));
      if (result.state == IoResult::State::done) {
        input = std::string_view(buffer.data(), result.bytes);
        break;
      }
      wait_for(transport, result.state, std::min<Duration>(deadline - now, limits_.stream_tick));
    }
  }
}

/// Reads on, so that what the peer still sends does not make the answer a reset.
void UploadPool::linger(Transport& transport) {
  const MonotonicTime deadline = clock_.now() + limits_.upload_linger;
  std::vector<char> dropped(kReadSize);
  for (MonotonicTime now = clock_.now(); now < deadline && !threads_.stopping();
       now = clock_.now()) {
    const IoResult result = transport.read(dropped.data(), dropped.size());
    if (result.state == IoResult::State::closed) return;
    if (result.state != IoResult::State::done) {
      wait_for(transport, result.state, std::min<Duration>(deadline - now, limits_.stream_tick));
    }
  }
}

}  // namespace om::http
