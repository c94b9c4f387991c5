// SPDX-License-Identifier: MIT
//
// Tunnel: a session's bytes through a channel (direct-tcpip) of the session with its jump host. It
// keeps a little in both directions and stops the channel beyond that, so that a reader who pauses
// stops the far end. Made by a LiveSession, then owned by its Connection; belongs to the reactor's
// thread. The jump's session must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ssh/transport.h"

#include "om/ssh/exec.h"

namespace om::ssh {

class LiveChannel;
class LiveSession;

class Tunnel final : public Transport, private ExecObserver {
 public:
  struct Options {
    std::string host;  ///< as the jump host is to look it up
    std::uint16_t port = 22;
    std::string jump;  ///< its name, for messages
    Duration open{};
  };
  /// Errors: ssh.jump_forbidden, ssh.jump_connect_failed, ssh.connect_timed_out, ssh.jump_failed.
  using Answer = std::function<void(Result<void>)>;

  /// The answer comes once, from the loop. Requires: the jump's session is ready.
  Tunnel(LiveSession& jump, Options options, Answer answer);
  ~Tunnel() override;
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  ssize_t receive(char* buffer, std::size_t length) override;
  ssize_t send(const char* bytes, std::size_t length) override;
  void watch(event::Reactor&, std::uint32_t interest, ReadyFn on_ready) override;
  void set_interest(std::uint32_t interest) override { interest_ = interest; }
  bool has_ended() const override { return ended_ && unread_bytes() == 0; }
  const std::optional<Error>& failure() const override { return failure_; }
  int descriptor() const override { return descriptor_; }

 private:
  void on_exec_started() override;
  void on_exec_output(Stream stream, std::string_view bytes) override;
  void on_exec_sent() override;
  void on_exec_ended(Result<ExecStatus> end) override;
  void tell(std::uint32_t ready);
  Error open_error(const Error& error) const;
  std::size_t unread_bytes() const { return inbox_.size() - inbox_read_; }

  const Options options_;
  Answer answer_;  ///< empty once given
  ReadyFn on_ready_;
  std::uint32_t interest_ = 0;
  int descriptor_;

  std::string inbox_;
  std::size_t inbox_read_ = 0;
  bool paused_ = false;
  bool ended_ = false;
  std::optional<Error> failure_;
  std::shared_ptr<LiveChannel> channel_;  ///< owners: this, and the jump's session until closed
};

}  // namespace om::ssh
