// SPDX-License-Identifier: MIT
#include "ssh/tunnel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ssh/live_channel.h"
#include "ssh/live_session.h"

namespace om::ssh {
namespace {

/// Read from the channel and not yet by the session in the tunnel: then the channel is not read.
constexpr std::size_t kMostUnread = 64 * 1024;
/// Written and not yet taken by the jump's session.
constexpr std::size_t kMostUnsent = 64 * 1024;
/// What a jump host may have under way for each of its tunnels while it is not read.
constexpr std::uint32_t kWindow = 128 * 1024;

}  // namespace

Tunnel::Tunnel(LiveSession& jump, Options options, Answer answer)
    : options_(std::move(options)),
      answer_(std::move(answer)),
      descriptor_(jump.connection().descriptor()) {
  ExecOptions channel;
  channel.window_bytes = kWindow;
  channel.open = options_.open;
  channel_ = jump.forward({options_.host, options_.port}, std::move(channel), *this);
}

Tunnel::~Tunnel() { channel_->abandon(); }

ssize_t Tunnel::receive(char* buffer, std::size_t length) {
  if (unread_bytes() == 0) {
    if (!ended_) return -EAGAIN;
    return failure_ ? -ECONNRESET : 0;
  }
  const std::size_t take = std::min(length, unread_bytes());
  std::memcpy(buffer, inbox_.data() + inbox_read_, take);
  inbox_read_ += take;
  if (unread_bytes() == 0) {
    inbox_.clear();
    inbox_read_ = 0;
    if (std::exchange(paused_, false)) channel_->set_reading(true);
  }
  return static_cast<ssize_t>(take);
}

ssize_t Tunnel::send(const char* bytes, std::size_t length) {
  if (ended_) return -EPIPE;
  const std::size_t unsent = channel_->unsent_bytes();
  if (unsent >= kMostUnsent) return -EAGAIN;
  const std::size_t take = std::min(length, kMostUnsent - unsent);
  channel_->write(std::make_shared<const std::string>(bytes, take));
  return static_cast<ssize_t>(take);
}

void Tunnel::watch(event::Reactor&, std::uint32_t interest, ReadyFn on_ready) {
  interest_ = interest;
  on_ready_ = std::move(on_ready);
}

/// Last in whatever calls it.
void Tunnel::tell(std::uint32_t ready) {
  if (!on_ready_) return;
  const ReadyFn on_ready = on_ready_;
  on_ready(ready);
}

void Tunnel::on_exec_started() {
  const Answer answer = std::exchange(answer_, nullptr);
  if (answer) answer({});
}

void Tunnel::on_exec_output(Stream stream, std::string_view bytes) {
  if (stream != Stream::out) return;  // a forwarded connection has no second stream
  if (inbox_read_ > inbox_.size() / 2) {
    inbox_.erase(0, inbox_read_);
    inbox_read_ = 0;
  }
  inbox_ += bytes;
  if (!paused_ && unread_bytes() >= kMostUnread) {
    paused_ = true;
    channel_->set_reading(false);
  }
  tell(event::kReadable);
}

void Tunnel::on_exec_sent() {
  if ((interest_ & event::kWritable) != 0) tell(event::kWritable);
}

void Tunnel::on_exec_ended(Result<ExecStatus> end) {
  ended_ = true;
  if (const Answer answer = std::exchange(answer_, nullptr)) {
    answer(open_error(end ? fail(Errc::disconnected, "ssh.disconnected", "it closed the channel")
                          : end.error()));
    return;
  }
  if (!end) {
    failure_ = fail(Errc::disconnected, "ssh.jump_failed",
                    "jump host " + options_.jump + ": " + end.error().message);
  }
  tell(event::kReadable | event::kWritable | event::kHangup);
}

Error Tunnel::open_error(const Error& error) const {
  const std::string there = options_.host + " port " + std::to_string(options_.port);
  const std::string who = "jump host " + options_.jump + ": ";
  if (error.reason == "ssh.jump_forbidden") {
    return fail(Errc::forbidden, "ssh.jump_forbidden",
                who + "it does not let us through to " + there +
                    "; allow it there (AllowTcpForwarding and PermitOpen in sshd_config, and the "
                    "key's options)");
  }
  if (error.reason == "ssh.jump_connect_failed") {
    return fail(Errc::disconnected, "ssh.jump_connect_failed",
                who + "it could not connect to " + there +
                    "; is sshd running there, and does the jump host know and reach it?");
  }
  if (error.reason == "ssh.exec_timed_out") {
    return fail(Errc::timed_out, "ssh.connect_timed_out",
                who + "no connection to " + there + " within " + duration_text(options_.open) +
                    "; is the host up, and can the jump host reach it?");
  }
  return fail(error.code, "ssh.jump_failed", who + error.message);
}

}  // namespace om::ssh
