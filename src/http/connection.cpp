// SPDX-License-Identifier: MIT
#include "http/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "om/base/check.h"
#include "om/base/log.h"

namespace om::http {
namespace {

constexpr std::size_t kReadSize = std::size_t{16} * 1024;
/// What a refused peer may still send (but for an upload, where time is the bound) before we hang
/// up on it in the middle of a word.
constexpr std::size_t kDrainMax = std::size_t{256} * 1024;

}  // namespace

Connection::Connection(event::Reactor& reactor, const Limits& limits, const HostGuard& guard,
                       Owner& owner, std::uint64_t id, std::unique_ptr<Transport> transport,
                       Peer peer)
    : reactor_(reactor),
      limits_(limits),
      guard_(guard),
      owner_(owner),
      id_(id),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      head_end_(limits) {
  watch_ =
      reactor_.watch(transport_->fd(), event::kReadable, [this](std::uint32_t) { on_ready(); });
  enter(State::waiting, limits_.head_time);
}

Connection::~Connection() { let_go(); }

void Connection::enter(State state, Duration deadline) {
  state_ = state;
  since_ = reactor_.clock().now();
  deadline_ = reactor_.after(deadline, [this] { on_deadline(); });
}

void Connection::wait_for(IoResult::State what) {
  watch_.set_interest(what == IoResult::State::wait_writable ? event::kWritable : event::kReadable);
}

void Connection::on_ready() {
  switch (state_) {
    case State::waiting:
    case State::head:
    case State::body:
      read_more();
      return;
    case State::working:
      // Nothing is waited for: the peer has hung up. The answer finds that out; until then the
      // loop must not be told again and again.
      peer_gone_ = true;
      watch_.cancel();
      return;
    case State::answering:
      write_more();
      return;
    case State::lingering:
      drain();
      return;
  }
}

void Connection::on_deadline() {
  switch (state_) {
    case State::waiting:
    case State::lingering:
      end();
      return;
    case State::head:
      refuse(too_slow("request head"));
      return;
    case State::body:
      if (!drip_checked_ && body_.size() + input_.size() >= limits_.drip_bytes) {
        drip_checked_ = true;
        deadline_ =
            reactor_.after(limits_.body_time - limits_.drip_time, [this] { on_deadline(); });
        return;
      }
      refuse(too_slow("request body"));
      return;
    case State::answering:
      end();
      return;
    case State::working:
      return;
  }
}

void Connection::read_more() {
  std::array<char, kReadSize> buffer;
  const IoResult result = transport_->read(buffer.data(), buffer.size());
  if (result.state == IoResult::State::closed) {
    end();
    return;
  }
  if (result.state != IoResult::State::done) {
    wait_for(result.state);
    return;
  }
  input_.append(buffer.data(), result.bytes);
  advance();
}

void Connection::advance() {
  if (state_ == State::waiting) {
    if (input_.empty()) {
      wait_for(IoResult::State::wait_readable);
      return;
    }
    head_end_.restart();
    enter(State::head, limits_.head_time);
  }
  if (state_ == State::head && !take_head()) return;
  if (state_ == State::body && !take_body()) return;
  hand_over();
}

/// True when the request can go on: its body is expected, or it has none.
bool Connection::take_head() {
  const auto found = head_end_.scan(input_);
  if (const auto* refusal = std::get_if<Refusal>(&found)) {
    refuse(*refusal);
    return false;
  }
  if (std::holds_alternative<HeadEnd::More>(found)) {
    wait_for(IoResult::State::wait_readable);
    return false;
  }
  const std::size_t size = std::get<std::size_t>(found);
  auto parsed = parse_head(std::string_view(input_).substr(0, size));
  input_.erase(0, size);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    refuse(*refusal);
    return false;
  }
  head_ = std::move(std::get<RequestHead>(parsed));
  upload_ = owner_.takes_upload(head_.method, head_.path);
  if (!guard_.allows(head_.host, peer_.local_address)) {
    refuse(foreign_host(head_.host));
    return false;
  }
  if (head_.origin && !guard_.allows_origin(*head_.origin, peer_.local_address)) {
    refuse(foreign_origin());
    return false;
  }
  body_.clear();
  if (head_.framing == RequestHead::Framing::none) return true;
  const std::uint64_t max_bytes = upload_ ? limits_.upload_bytes : limits_.body_bytes;
  if (head_.content_length > max_bytes) {
    refuse(body_too_large(max_bytes));
    return false;
  }
  if (upload_) return true;  // whether it may be sent at all is decided before it is read
  chunks_ = ChunkedDecoder();
  drip_checked_ = limits_.body_time <= limits_.drip_time;
  enter(State::body, std::min(limits_.drip_time, limits_.body_time));
  if (head_.expects_continue && input_.empty()) {
    // Small enough for any socket that has just been read from; one that cannot take it is dead.
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    if (transport_->write(kContinue).bytes != kContinue.size()) {
      end();
      return false;
    }
  }
  return true;
}

/// True when the body is complete.
bool Connection::take_body() {
  if (!hold(body_.size() + input_.size())) {
    refuse(busy("too many requests are being received"));
    return false;
  }
  if (head_.framing == RequestHead::Framing::length) {
    const auto missing = static_cast<std::size_t>(head_.content_length) - body_.size();
    const std::size_t count = std::min(missing, input_.size());
    body_.append(input_, 0, count);
    input_.erase(0, count);
    if (count == missing) return true;
  } else {
    std::string_view rest = input_;
    const auto state = chunks_.feed(rest, body_);
    input_.erase(0, input_.size() - rest.size());
    if (state == ChunkedDecoder::State::malformed) {
      refuse(ambiguous_framing("the chunks"));
      return false;
    }
    if (body_.size() > limits_.body_bytes) {
      refuse(body_too_large(limits_.body_bytes));
      return false;
    }
    if (state == ChunkedDecoder::State::done) return true;
  }
  wait_for(IoResult::State::wait_readable);
  return false;
}

void Connection::hand_over() {
  Job job;
  job.request.entry = peer_.entry;
  job.request.method = std::move(head_.method);
  job.request.path = std::move(head_.path);
  job.request.query = std::move(head_.query);
  job.request.headers = std::move(head_.headers);
  job.request.body = std::move(body_);
  job.request.peer = peer_.name;
  job.http_1_0 = head_.http_1_0;
  job.upload = upload_;
  close_ = close_ || head_.close || upload_;
  job.close = close_;
  // No deadline of ours: dispatch() has its own, and the front's stop does not wait for ever.
  state_ = State::working;
  since_ = reactor_.clock().now();
  deadline_.cancel();
  watch_.set_interest(0);
  if (!owner_.request_complete(id_, std::move(job))) {
    refuse(busy("too many requests are waiting"));
  }
}

void Connection::refuse(const Refusal& refusal) {
  log::debug("request refused", {{"peer", peer_.name},
                                 {"status", refusal.status},
                                 {"reason", refusal.reason},
                                 {"message", refusal.message}});
  close_ = true;
  let_go();
  start_writing(closing_answer(response_for(refusal), reactor_.clock().wall_ms()));
}

void Connection::answer(Answer answer) {
  OM_CHECK(state_ == State::working);
  let_go();
  if (peer_gone_) {
    end();
    return;
  }
  close_ = close_ || answer.close;
  if (!hold(answer.bytes.size())) {
    refuse(busy("too many answers are being sent"));
    return;
  }
  start_writing(std::move(answer.bytes));
}

void Connection::start_writing(std::string bytes) {
  output_ = std::move(bytes);
  written_ = 0;
  enter(State::answering, limits_.write_stall);
  write_deadline_ =
      since_ + limits_.write_stall +
      std::chrono::seconds(output_.size() / std::max<std::size_t>(limits_.write_rate, 1));
  write_more();
}

void Connection::write_more() {
  bool progress = false;
  while (written_ < output_.size()) {
    const IoResult result = transport_->write(std::string_view(output_).substr(written_));
    if (result.state == IoResult::State::closed) {
      end();
      return;
    }
    if (result.state != IoResult::State::done) {
      wait_for(result.state);
      if (progress) {
        const Duration left = write_deadline_ - reactor_.clock().now();
        deadline_ = reactor_.after(std::min(left, limits_.write_stall), [this] { on_deadline(); });
      }
      return;
    }
    progress = true;
    written_ += result.bytes;
  }
  output_ = std::string();
  answered_ = true;
  let_go();
  if (close_) {
    transport_->end_writing();
    drained_ = 0;
    enter(State::lingering, upload_ ? limits_.upload_linger : limits_.linger);
    wait_for(IoResult::State::wait_readable);
    return;
  }
  enter(State::waiting, limits_.keep_alive);
  advance();
}

void Connection::drain() {
  std::array<char, kReadSize> buffer;
  const IoResult result = transport_->read(buffer.data(), buffer.size());
  drained_ += result.bytes;
  if (result.state == IoResult::State::closed || (!upload_ && drained_ > kDrainMax)) {
    end();
    return;
  }
  if (result.state != IoResult::State::done) wait_for(result.state);
}

std::unique_ptr<Transport> Connection::detach() {
  OM_CHECK(state_ == State::working);
  if (peer_gone_) return nullptr;
  watch_.cancel();
  return std::move(transport_);
}

ComingBody Connection::detach_body() {
  OM_CHECK(upload_);
  ComingBody body;
  body.transport = detach();
  body.framing = head_.framing;
  body.content_length = head_.content_length;
  body.to_be_invited = head_.expects_continue && input_.empty();
  body.input = std::move(input_);
  return body;
}

bool Connection::stop_soon() {
  close_ = true;
  return state_ != State::working && state_ != State::answering;
}

/// Makes `bytes` what we hold of the budget.
bool Connection::hold(std::size_t bytes) {
  if (bytes <= held_) return true;
  if (!owner_.reserve(bytes - held_)) return false;
  held_ = bytes;
  return true;
}

void Connection::let_go() { owner_.release(std::exchange(held_, 0)); }

void Connection::end() {
  Owner& owner = owner_;
  owner.connection_ended(id_);
}

}  // namespace om::http
