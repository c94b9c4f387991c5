// SPDX-License-Identifier: MIT
//
// Connection: a transport and the libssh2 session on it. It stands between the two with
// buffers of its own, so that the library never sees a half-sent packet (after one it must be given
// the same call again, and a rekey in that state never ends) nor more input at a time than it is
// allowed (fairness), nor the end of the stream before its queues were read (they are unreadable
// afterwards). Owned by a LiveSession; belongs to the reactor's thread. Nothing here blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <libssh2.h>

#include "ssh/session_memory.h"
#include "ssh/transport.h"

#include "om/base/clock.h"
#include "om/base/result.h"

namespace om::ssh {

class Login;

class Connection {
 public:
  /// Fails when memory is short.
  static Result<std::unique_ptr<Connection>> create(std::unique_ptr<Transport> transport);
  /// Frees the library's session without waiting; sends what fits of what was still to be sent.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  LIBSSH2_SESSION* library() const { return library_; }
  SessionMemory& memory() { return memory_; }
  Transport& transport() { return *transport_; }
  int descriptor() const { return transport_->descriptor(); }

  /// Input: the library gets at most this much from now on, then EAGAIN.
  void allow_input(std::size_t bytes) { allowance_ = bytes; }
  /// The transport says that there is something to read.
  void transport_is_readable() { dry_ = false; }
  /// There may be more for the library: in the transport, or read from it already.
  bool has_input() const { return has_stored_input() || (!dry_ && !ended_); }
  /// There is more for the library that the transport will not tell of.
  bool has_stored_input() const { return inbox_read_ < inbox_.size(); }
  /// The peer closed or reset the connection; input that came before it has been handed on.
  bool is_ended() const { return ended_; }
  /// A packet came that the server did not send so. Some calls of the library do not say it.
  bool is_corrupt() const { return corrupt_; }
  /// Why it ended: an errno, or 0 for an orderly close.
  int end_error() const { return end_error_; }
  /// Both ways, so far.
  std::uint64_t traffic_bytes() const { return traffic_; }
  /// Bytes taken from the transport since the last call.
  std::size_t take_received() { return std::exchange(received_, 0); }
  /// While no channel is open nothing asks the library to read: keeps a little for it, so that the
  /// end of the stream is still seen. Fails past what an honest server says unasked.
  Result<void> store_input();

  /// Output: bytes the library has sent and the transport has not taken.
  std::size_t unsent_bytes() const { return outbox_.size() - outbox_sent_; }
  /// Gives the transport what it takes. False when the connection is broken.
  bool flush();
  /// From here on nothing more is taken from the library for sending, not even a farewell: for when
  /// it is about to say what must not be said.
  void mute() { mute_ = true; }

  /// What the server sent first, before any encryption; for error messages.
  std::string_view first_words() const { return first_words_; }
  /// It sent SSH_MSG_DISCONNECT, with these words (or none).
  bool has_farewell() const { return has_farewell_; }
  const std::string& farewell() const { return farewell_; }

  /// Whom the library's questions during login go to; null: nobody.
  void set_login(Login* login) { login_ = login; }
  /// For the library's callbacks, from what they get.
  static Login* login_of(void** abstract);

 private:
  Connection(std::unique_ptr<Transport> transport, std::size_t memory_limit);
  static void* on_allocate(std::size_t bytes, void** abstract);
  static void* on_resize(void* block, std::size_t bytes, void** abstract);
  static void on_release(void* block, void** abstract);
  static ssize_t on_receive(libssh2_socket_t, void* buffer, std::size_t length, int,
                            void** abstract);
  static ssize_t on_send(libssh2_socket_t, const void* buffer, std::size_t length, int,
                         void** abstract);
  static int on_wrong_mac(LIBSSH2_SESSION*, const char*, int, void** abstract);
  static void on_disconnect(LIBSSH2_SESSION*, int reason, const char* message, int message_length,
                            const char*, int, void** abstract);
  ssize_t receive(char* buffer, std::size_t length);
  ssize_t read_transport(char* buffer, std::size_t length);

  SessionMemory memory_;
  std::unique_ptr<Transport> transport_;
  LIBSSH2_SESSION* library_ = nullptr;
  bool closing_ = false;  ///< from here on every read and write of the library fails

  std::string inbox_;  ///< read from the transport, not yet by the library
  std::size_t inbox_read_ = 0;
  std::size_t allowance_ = 0;
  std::size_t received_ = 0;
  std::uint64_t traffic_ = 0;
  bool dry_ = false;
  bool ended_ = false;
  bool corrupt_ = false;
  int end_error_ = 0;

  std::string outbox_;
  std::size_t outbox_sent_ = 0;

  std::string first_words_;
  bool mute_ = false;
  Login* login_ = nullptr;
  bool has_farewell_ = false;
  std::string farewell_;
};

/// The one translator of libssh2's errors: "WHAT: its words (its number)".
Error error_from(LIBSSH2_SESSION* library, Errc code, std::string_view reason,
                 std::string_view what);
/// A server's words made fit for one line of a message: at most 200 bytes, no control characters.
std::string quoted_words(std::string_view words);

}  // namespace om::ssh
