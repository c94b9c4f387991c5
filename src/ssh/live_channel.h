// SPDX-License-Identifier: MIT
//
// LiveChannel: what is behind an ExecChannel: one libssh2 channel and its way through the states.
// Owners: the caller's handle, and the session until both sides have closed. It is passive: the
// session calls advance() when something may have moved. Belongs to the reactor's thread.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <libssh2.h>

#include "om/event/reactor.h"
#include "om/ssh/exec.h"

namespace om::ssh {

class Connection;
class LiveSession;

/// A connection for the server to make, instead of a command: "direct-tcpip".
struct ForwardTo {
  std::string host;
  std::uint16_t port = 0;
};

class LiveChannel final : public std::enable_shared_from_this<LiveChannel> {
 public:
  /// With `forward` the options' command means nothing, "started" is "connected", the connection is
  /// the first stream, and its end ends the channel (also on_exec_ended: ssh.jump_forbidden,
  /// ssh.jump_connect_failed).
  LiveChannel(LiveSession& session, ExecOptions options, std::optional<ForwardTo> forward,
              ExecObserver& observer);
  LiveChannel(const LiveChannel&) = delete;
  LiveChannel& operator=(const LiveChannel&) = delete;

  // The caller's side: never calls the observer before returning.
  void write(std::shared_ptr<const std::string> bytes);
  void finish_writing();
  std::size_t unsent_bytes() const { return unsent_bytes_; }
  bool was_requested() const { return requested_; }
  void set_reading(bool reading);
  void close();
  void abandon();

  // The session's side.
  /// Goes as far as it can without new input; true when that was somewhere. May call the observer.
  bool advance();
  /// Continues an open under way; may read from the connection.
  void continue_open();
  /// The connection is going: passes on what has come in, then ends. May call the observer.
  void lose(const Error& error);
  /// The session is gone. No more calls of the observer.
  void detach();
  bool is_over() const { return state_ == State::over; }
  /// There is input to send, and only the connection's buffer was full: it has room again.
  bool is_held_up(const Connection& connection) const;
  /// Null before it is open and after it was freed.
  LIBSSH2_CHANNEL* library() const { return library_; }

 private:
  enum class State {
    queued,    ///< another channel of the session is being opened, or this one tries again soon
    opening,   ///< asked for the channel
    starting,  ///< asked for the command
    running,
    closing,  ///< asked for the close, or answering it; the observer may have been told the end
    over,
  };

  void enter_running();
  int start_command();
  Error refused() const;
  bool write_some();
  bool read_some();
  bool read_stream(Stream stream);
  /// An observer has ended this channel or the session, or the library has failed.
  bool is_interrupted() const;
  bool is_closed_by_server();
  void look_for_close();
  void start_closing();
  void continue_closing();
  ExecStatus status() const;
  void on_deadline();
  void tell_end(Result<ExecStatus> end);
  void fail_before_start(Error error);
  Error open_error() const;

  LiveSession* session_;    ///< null once detached
  ExecObserver* observer_;  ///< null once the end was told or the handle is gone
  ExecOptions options_;
  const bool forwards_;
  std::string open_message_;  ///< of direct-tcpip; must not move while it is being opened
  State state_ = State::queued;
  LIBSSH2_CHANNEL* library_ = nullptr;
  event::Timer deadline_;
  event::Timer retry_;  ///< of a refused open
  int retries_ = 0;
  bool requested_ = false;

  std::deque<std::shared_ptr<const std::string>> input_;  ///< owners: this, and other channels
  std::size_t input_sent_ = 0;                            ///< of the first piece
  std::size_t unsent_bytes_ = 0;
  bool buffer_was_full_ = false;
  bool writing_finished_ = false;
  bool eof_sent_ = false;

  bool reading_ = true;
  bool has_terminal_ = false;
  bool stream_ended_[2] = {false, false};
  std::vector<char> buffer_;
  bool close_wanted_ = false;
};

}  // namespace om::ssh
