// SPDX-License-Identifier: MIT
//
// The buffers between transport and library, and the library's set-up and tear-down.
#include "ssh/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "om/base/check.h"
#include "om/base/utf8.h"

namespace om::ssh {
namespace {

/// Two packet buffers and a window of 256 KiB for each of a few channels, or of 128 KiB for each of
/// dozens of tunnels; a server that makes the library keep more than this has no good reason.
constexpr std::size_t kMemoryLimit = 16 * 1024 * 1024;
/// Replies a server can make us owe without reading them.
constexpr std::size_t kOutboxLimit = 1024 * 1024;
/// Unread input of a session without a channel: keep-alives and the start of a key exchange.
constexpr std::size_t kStoredLimit = 64 * 1024;
constexpr std::size_t kSmallRead = 4096;
constexpr std::size_t kFirstWords = 256;

Connection& connection_of(void** abstract) { return *static_cast<Connection*>(*abstract); }

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { OM_CHECK(libssh2_init(0) == 0); });
}

template <class Callback>
libssh2_cb_generic* generic(Callback* callback) {
  return reinterpret_cast<libssh2_cb_generic*>(callback);
}

}  // namespace

Connection::Connection(std::unique_ptr<Transport> transport, std::size_t memory_limit)
    : memory_(memory_limit), transport_(std::move(transport)) {}

Result<std::unique_ptr<Connection>> Connection::create(std::unique_ptr<Transport> transport) {
  initialise_library();
  std::unique_ptr<Connection> connection(new Connection(std::move(transport), kMemoryLimit));
  connection->library_ = libssh2_session_init_ex(&Connection::on_allocate, &Connection::on_release,
                                                 &Connection::on_resize, connection.get());
  LIBSSH2_SESSION* library = connection->library_;
  if (library == nullptr) {
    return fail(Errc::internal, "ssh.handshake_failed", "no memory for an SSH session");
  }
  libssh2_session_set_blocking(library, 0);
  // Its own waits count wall time, which may jump; the deadlines are ours.
  libssh2_session_set_read_timeout(library, 1'000'000'000);
  libssh2_session_callback_set2(library, LIBSSH2_CALLBACK_RECV, generic(&Connection::on_receive));
  libssh2_session_callback_set2(library, LIBSSH2_CALLBACK_SEND, generic(&Connection::on_send));
  libssh2_session_callback_set2(library, LIBSSH2_CALLBACK_MACERROR,
                                generic(&Connection::on_wrong_mac));
  libssh2_session_callback_set2(library, LIBSSH2_CALLBACK_DISCONNECT,
                                generic(&Connection::on_disconnect));
  return connection;
}

Connection::~Connection() {
  if (library_ == nullptr) return;
  flush();
  // The library may have much to say and to wait for on its way out (libssh2 #49); with both
  // callbacks failing it has nobody to say it to. The bound is for what we have not seen; even then
  // only objects of OpenSSL would stay, the memory goes with memory_.
  closing_ = true;
  for (int i = 0; i < 100 && libssh2_session_free(library_) == LIBSSH2_ERROR_EAGAIN; ++i) {
  }
}

Login* Connection::login_of(void** abstract) { return connection_of(abstract).login_; }

void* Connection::on_allocate(std::size_t bytes, void** abstract) {
  return connection_of(abstract).memory_.allocate(bytes);
}

void* Connection::on_resize(void* block, std::size_t bytes, void** abstract) {
  return connection_of(abstract).memory_.resize(block, bytes);
}

void Connection::on_release(void* block, void** abstract) {
  connection_of(abstract).memory_.release(block);
}

ssize_t Connection::on_receive(libssh2_socket_t, void* buffer, std::size_t length, int,
                               void** abstract) {
  return connection_of(abstract).receive(static_cast<char*>(buffer), length);
}

ssize_t Connection::receive(char* buffer, std::size_t length) {
  if (closing_) return -ECONNABORTED;
  length = std::min(length, allowance_);
  if (length == 0) return -EAGAIN;
  if (inbox_read_ == inbox_.size()) {
    inbox_read_ = 0;
    if (length >= kSmallRead) {
      inbox_.clear();
      const ssize_t got = read_transport(buffer, length);
      if (got > 0) allowance_ -= static_cast<std::size_t>(got);
      return got;
    }
    // The banner is asked for byte by byte.
    inbox_.resize(kSmallRead);
    const ssize_t got = read_transport(inbox_.data(), inbox_.size());
    inbox_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (got < 0) return got;
  }
  const std::size_t take = std::min(length, inbox_.size() - inbox_read_);
  std::memcpy(buffer, inbox_.data() + inbox_read_, take);
  inbox_read_ += take;
  allowance_ -= take;
  return static_cast<ssize_t>(take);
}

ssize_t Connection::read_transport(char* buffer, std::size_t length) {
  if (dry_ || ended_) return -EAGAIN;
  const ssize_t got = transport_->receive(buffer, length);
  if (got > 0) {
    const auto bytes = static_cast<std::size_t>(got);
    received_ += bytes;
    traffic_ += bytes;
    if (bytes < length) dry_ = true;  // the transport tells when there is more
    if (first_words_.size() < kFirstWords) {
      first_words_.append(buffer, std::min(bytes, kFirstWords - first_words_.size()));
    }
    return got;
  }
  if (got == -EAGAIN || got == -EINTR) {
    dry_ = got == -EAGAIN;
    return -EAGAIN;
  }
  // The library is not told: it would refuse to hand out what it has queued.
  ended_ = true;
  end_error_ = got < 0 ? static_cast<int>(-got) : 0;
  return -EAGAIN;
}

Result<void> Connection::store_input() {
  while (!dry_ && !ended_) {
    if (inbox_read_ != 0) {
      inbox_.erase(0, inbox_read_);
      inbox_read_ = 0;
    }
    const std::size_t had = inbox_.size();
    if (had >= kStoredLimit) {
      return fail(Errc::disconnected, "ssh.disconnected",
                  "the server sent data that nobody asked for");
    }
    inbox_.resize(had + kSmallRead);
    const ssize_t got = read_transport(inbox_.data() + had, kSmallRead);
    inbox_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
  }
  return {};
}

ssize_t Connection::on_send(libssh2_socket_t, const void* buffer, std::size_t length, int,
                            void** abstract) {
  Connection& connection = connection_of(abstract);
  if (connection.closing_ || connection.mute_ || connection.unsent_bytes() + length > kOutboxLimit)
    return -EPIPE;
  connection.outbox_.append(static_cast<const char*>(buffer), length);
  return static_cast<ssize_t>(length);
}

bool Connection::flush() {
  while (outbox_sent_ < outbox_.size()) {
    const ssize_t sent =
        transport_->send(outbox_.data() + outbox_sent_, outbox_.size() - outbox_sent_);
    if (sent == -EINTR) continue;
    if (sent < 0) return sent == -EAGAIN;
    outbox_sent_ += static_cast<std::size_t>(sent);
    traffic_ += static_cast<std::size_t>(sent);
  }
  outbox_.clear();
  outbox_sent_ = 0;
  return true;
}

int Connection::on_wrong_mac(LIBSSH2_SESSION*, const char*, int, void** abstract) {
  connection_of(abstract).corrupt_ = true;
  return -1;  // 0 would have the packet taken all the same
}

void Connection::on_disconnect(LIBSSH2_SESSION*, int, const char* message, int message_length,
                               const char*, int, void** abstract) {
  Connection& connection = connection_of(abstract);
  connection.has_farewell_ = true;
  if (message == nullptr || message_length <= 0) return;
  connection.farewell_ = quoted_words({message, static_cast<std::size_t>(message_length)});
}

Error error_from(LIBSSH2_SESSION* library, Errc code, std::string_view reason,
                 std::string_view what) {
  char* words = nullptr;
  int length = 0;
  const int number = libssh2_session_last_error(library, &words, &length, 0);
  std::string message(what);
  if (words != nullptr && length > 0) {
    message += ": ";
    message.append(words, static_cast<std::size_t>(length));
  }
  return fail(code, reason, message + " (libssh2 " + std::to_string(number) + ")");
}

std::string quoted_words(std::string_view words) {
  constexpr std::size_t kLongest = 200;
  std::string text = utf8::decode_lossy(words.substr(0, kLongest));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace om::ssh
