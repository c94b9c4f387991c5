// SPDX-License-Identifier: MIT
//
// ExecChannel: one command on a host, with its standard input, output and error apart. Made by
// Session::exec, owned by the caller, belongs to the session's reactor thread. Its states are open,
// exec, running and closing, each with a deadline (running has the caller's). The observer is only
// called from the loop, never from inside a call of the channel; it may destroy the channel or its
// session from any call. Bytes are passed on as they came.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/model/outcome.h"

namespace om::ssh {

class LiveChannel;

struct ExecOptions {
  std::string command;  ///< what the login shell gets; no data in it, it shows in process lists
  /// On a terminal of its own that passes every byte unchanged and echoes none: for what insists on
  /// one. Both streams of the command then come as standard output, it sees no end of its input,
  /// and it is told to hang up when the channel closes.
  bool terminal = false;
  /// While reading is paused at most this much more comes in.
  std::uint32_t window_bytes = 256 * 1024;
  Duration open = std::chrono::seconds(10);  ///< until the server has started the command
  Duration close = std::chrono::seconds(5);  ///< until the server has confirmed the close
};

/// How a channel ended when the server closed it or answered our close.
struct ExecStatus {
  /// Zero also when the server never sent a status (the library cannot tell): never success by
  /// itself.
  int exit_status = 0;
  std::string signal;            ///< "KILL" where the command was killed, else empty
  bool saw_eof = false;          ///< the end of both streams came: nothing was cut
  bool close_confirmed = false;  ///< false: the server let the close deadline pass
};

class ExecObserver {
 public:
  /// The server accepted the command. What was written begins to flow.
  virtual void on_exec_started() = 0;
  /// The view ends with the call.
  virtual void on_exec_output(Stream stream, std::string_view bytes) = 0;
  /// Everything written so far is on its way: the moment to write more of something large.
  virtual void on_exec_sent() = 0;
  /// Exactly once, and last. Errors: ssh.channel_refused (MaxSessions), ssh.exec_refused,
  /// ssh.terminal_refused, ssh.exec_timed_out (these never started), ssh.disconnected, ssh.silent,
  /// ssh.channel_failed.
  virtual void on_exec_ended(Result<ExecStatus> end) = 0;

 protected:
  ~ExecObserver() = default;
};

class ExecChannel {
 public:
  /// Abandons the command: the session closes the channel in the background. No more calls.
  ~ExecChannel();
  ExecChannel(const ExecChannel&) = delete;
  ExecChannel& operator=(const ExecChannel&) = delete;

  /// Appends to standard input; sent as the server's window allows. Before it has started too.
  /// Ignored after finish_writing(), close() and the end.
  void write(std::string bytes);
  /// The same without a copy for each channel.
  void write(std::shared_ptr<const std::string> bytes);
  /// End of file on standard input after what has been written.
  void finish_writing();
  /// Written, but not yet handed to the connection.
  std::size_t unsent_bytes() const;
  /// The server may have seen the command. While false it has certainly not run.
  bool was_requested() const;

  /// Back-pressure: while false no output is passed on, and the server is stopped by its window.
  /// Only when the connection is lost does what had come in before follow all the same.
  void set_reading(bool reading);
  /// Closes without waiting for the end of the streams; bytes still under way are dropped.
  /// on_exec_ended follows. OpenSSH confirms once the command itself has ended, whoever else holds
  /// its output: while it runs, that is after the close deadline. Who cannot wait drops the
  /// channel.
  void close();

 private:
  friend class Session;
  explicit ExecChannel(std::shared_ptr<LiveChannel> live);
  std::shared_ptr<LiveChannel> live_;  ///< owners: this handle, and the session until it is closed
};

}  // namespace om::ssh
