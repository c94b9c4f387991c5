// SPDX-License-Identifier: MIT
//
// RawPeer: a TCP client that says exactly what a test wants, in the segments it wants, and reads
// what comes with a deadline. Loopback only; one thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "om/base/fd.h"

namespace om::http {

class RawPeer {
 public:
  /// Connects to "127.0.0.1:port".
  explicit RawPeer(const std::string& address);

  bool connected() const { return socket_.is_open(); }
  /// One segment: Nagle is off. False when the other end has hung up.
  bool send(std::string_view bytes);
  /// Sends as much as the kernel takes without waiting; how much that was, -1 once hung up on.
  long send_some(std::string_view bytes);
  void end_writing();
  /// Everything up to the other end's hang-up (`closed` is then true) or `wait` without a byte.
  std::string read_all(std::chrono::milliseconds wait = std::chrono::seconds(5));
  /// Up to and including `mark`, or as read_all().
  std::string read_until(std::string_view mark,
                         std::chrono::milliseconds wait = std::chrono::seconds(5));
  /// One answer with Content-Length, and nothing of what follows it.
  std::string read_answer();
  bool closed() const { return closed_; }
  void hang_up() { socket_.reset(); }
  int fd() const { return socket_.get(); }

 private:
  bool read_more(std::chrono::milliseconds wait);

  Fd socket_;
  std::string input_;
  bool closed_ = false;
};

/// 200 of "HTTP/1.1 200 OK...", 0 of anything else.
int status_of(std::string_view answer);
/// How many answers `bytes` holds, counted by their status lines.
int answers_in(std::string_view bytes);

}  // namespace om::http
