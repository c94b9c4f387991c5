// SPDX-License-Identifier: MIT
//
// LiveSession: what is behind a Session: its state machine on the reactor. Owners: the caller's
// handle, and the loop while it is at work (so that an observer may destroy the handle at any
// time). Belongs to the reactor's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "ssh/algorithms.h"
#include "ssh/connection.h"
#include "ssh/connector.h"
#include "ssh/live_channel.h"
#include "ssh/login.h"
#include "ssh/tunnel.h"

#include "om/event/reactor.h"
#include "om/ssh/host_keys.h"
#include "om/ssh/session.h"

namespace om::ssh {

class LiveSession final : public std::enable_shared_from_this<LiveSession> {
 public:
  LiveSession(const SessionServices& services, SessionTarget target, SessionDeadlines deadlines,
              SessionObserver& observer);
  /// Through the session with a jump host, which outlives this one.
  LiveSession(const SessionServices& services, SessionTarget target, SessionDeadlines deadlines,
              SessionObserver& observer, LiveSession& jump, std::string jump_name);
  LiveSession(const LiveSession&) = delete;
  LiveSession& operator=(const LiveSession&) = delete;

  void start();
  std::shared_ptr<LiveChannel> exec(ExecOptions options, ExecObserver& observer);
  std::shared_ptr<LiveChannel> forward(ForwardTo to, ExecOptions options, ExecObserver& observer);
  void close();
  /// The handle is gone.
  void abandon();
  bool is_ready() const { return state_ == State::ready && !stuck_; }
  /// Ready, and the stream has not ended behind our back.
  bool is_alive() const;
  std::size_t channel_count() const { return channels_.size(); }
  const SessionFacts& facts() const { return facts_; }
  bool can_open() const { return is_ready() && opener_ == nullptr; }
  std::uint64_t traffic_bytes() const { return connection_ ? connection_->traffic_bytes() : 0; }
  std::size_t memory_bytes() const { return connection_ ? connection_->memory().in_use() : 0; }

  // For its channels.
  /// Requires: not over.
  Connection& connection() { return *connection_; }
  event::Reactor& reactor() { return services_.reactor; }
  /// Channels are opened one at a time: the library keeps one open's state for each session.
  bool may_open(const LiveChannel& channel);
  void open_is_done() { opener_ = nullptr; }
  /// An open got no answer: the library can begin no other.
  void open_is_stuck() { stuck_ = true; }
  /// A channel was closed within the last second.
  bool has_closed_lately() const;
  /// Has the loop call advance() soon.
  void wake();
  /// A call of the library failed for a reason that ends the session.
  void library_failed(std::string_view doing);
  /// It has: no further call of the library, which would go on as if nothing had been.
  bool is_broken() const;

 private:
  enum class State { connecting, handshake, login, ready, closing, over };

  std::shared_ptr<LiveChannel> add_channel(std::shared_ptr<LiveChannel> channel);
  void on_connected(Result<Connected> connected);
  void on_tunnel(Result<void> opened);
  void begin_handshake(std::unique_ptr<Transport> transport);
  void enter(State state, Duration deadline);
  void on_deadline();
  void on_transport(std::uint32_t ready);
  void advance();
  void step();
  void shake_hands();
  AlgorithmSet algorithm_set() const;
  HostKeyName key_name() const;
  Result<void> check_host_key();
  void log_in();
  void become_ready();
  void run_channels();
  bool advance_channels();
  void finish_closing();
  void flush();
  void watch_silence();
  void look_at_silence();

  Error ended_error(std::string_view doing) const;
  void fail_session(Error error);
  void lose(Error error);
  void end_channels(const Error& error);
  bool drop_ended_channels();
  void say_farewell();
  void tear_down();

  SessionServices services_;
  SessionTarget target_;
  SessionDeadlines deadlines_;
  SessionObserver* observer_;  ///< null once the handle is gone
  State state_ = State::connecting;
  SessionFacts facts_;

  LiveSession* jump_ = nullptr;  ///< null: straight
  std::string jump_name_;
  std::unique_ptr<Tunnel> tunnel_;  ///< while it is being opened
  std::optional<Connector> connector_;
  std::unique_ptr<Connection> connection_;
  std::optional<Login> login_;
  std::vector<std::shared_ptr<LiveChannel>> channels_;
  const LiveChannel* opener_ = nullptr;
  bool stuck_ = false;
  std::optional<MonotonicTime> last_closed_;
  std::optional<Error> broken_;
  bool polite_ = false;  ///< past the handshake: the server gets a word when we leave
  bool farewell_sent_ = false;

  std::uint32_t interest_ = 0;
  event::Timer deadline_;
  event::Timer silence_timer_;
  MonotonicTime last_heard_{};

  bool advancing_ = false;
  bool again_ = false;
  bool wake_posted_ = false;
};

}  // namespace om::ssh
