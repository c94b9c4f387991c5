// SPDX-License-Identifier: MIT
//
// The channel's states. Every call of the library here may find that a key exchange is under way
// (EAGAIN); it is then made again with the same arguments at the next advance().
#include "ssh/live_channel.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ssh/live_session.h"

#include "om/ssh/wire_form.h"

namespace om::ssh {
namespace {

/// Below this the library's way of topping up a window would not fit the reads made here.
constexpr std::uint32_t kSmallestWindow = 64 * 1024;
constexpr std::uint32_t kPacketBytes = 32 * 1024;
/// Input handed to the connection beyond what its socket has taken.
constexpr std::size_t kMostUnsent = 128 * 1024;

/// sshd counts a channel until it has tidied up after it, which may be after the next open has
/// come: at the limit (MaxSessions 1) that one was refused.
constexpr int kMostRetries = 4;
constexpr Duration kRetryAfter = std::chrono::milliseconds(25);

Error not_answered(std::string_view what, Duration deadline) {
  return fail(Errc::timed_out, "ssh.exec_timed_out",
              std::string(what) + ": the server did not answer within " + duration_text(deadline) +
                  "; is the host overloaded?");
}

/// The modes of RFC 4254, 8 that make a terminal a pipe: no line editing (whose lines end at 4095
/// bytes), no characters with a meaning, none changed, no echo.
std::string raw_terminal_modes() {
  constexpr std::array<unsigned char, 24> off = {
      30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,  // IGNPAR to IMAXBEL: of the input
      50, 51, 53, 54, 55, 56, 59, 60, 61,          // ISIG, ICANON, ECHO.., IEXTEN, ECHOCTL, ECHOKE
      70, 72, 73, 75,                              // OPOST, ONLCR, OCRNL, ONLRET: of the output
  };
  std::string modes;
  for (const unsigned char mode : off) modes.append({static_cast<char>(mode), 0, 0, 0, 0});
  modes.append({91, 0, 0, 0, 1});  // CS8
  modes.push_back(0);
  return modes;
}

}  // namespace

LiveChannel::LiveChannel(LiveSession& session, ExecOptions options,
                         std::optional<ForwardTo> forward, ExecObserver& observer)
    : session_(&session),
      observer_(&observer),
      options_(std::move(options)),
      forwards_(forward.has_value()) {
  if (forward) {
    append_string(open_message_, forward->host);
    append_u32(open_message_, forward->port);
    // Who it is for; servers log it at most.
    append_string(open_message_, "127.0.0.1");
    append_u32(open_message_, 0);
  }
  options_.window_bytes = std::max(options_.window_bytes, kSmallestWindow);
  deadline_ = session.reactor().after(options_.open, [this] {
    const auto self = shared_from_this();
    on_deadline();
  });
}

void LiveChannel::write(std::shared_ptr<const std::string> bytes) {
  if (writing_finished_ || close_wanted_ || session_ == nullptr || bytes->empty()) return;
  unsent_bytes_ += bytes->size();
  input_.push_back(std::move(bytes));
  session_->wake();
}

void LiveChannel::finish_writing() {
  if (std::exchange(writing_finished_, true) || session_ == nullptr) return;
  session_->wake();
}

void LiveChannel::set_reading(bool reading) {
  if (std::exchange(reading_, reading) == reading || session_ == nullptr) return;
  if (reading) session_->wake();
}

void LiveChannel::close() {
  if (std::exchange(close_wanted_, true) || session_ == nullptr) return;
  session_->wake();
}

void LiveChannel::abandon() {
  observer_ = nullptr;
  if (!forwards_ || state_ != State::running || input_.empty() || session_ == nullptr) {
    return close();
  }
  // The last that a session in a tunnel has said is its farewell.
  writing_finished_ = true;
  reading_ = true;
  deadline_ = session_->reactor().after(options_.close, [this] { close(); });
  session_->wake();
}

void LiveChannel::detach() {
  session_ = nullptr;
  observer_ = nullptr;
  library_ = nullptr;
  deadline_.cancel();
  retry_.cancel();
  state_ = State::over;
}

bool LiveChannel::advance() {
  bool moved = false;
  for (;;) {
    const State before = state_;
    switch (state_) {
      case State::queued:
        if (close_wanted_) {
          fail_before_start(fail(Errc::cancelled, "ssh.cancelled", "closed before it was open"));
        } else if (!retry_.active() && session_->may_open(*this)) {
          state_ = State::opening;
        }
        break;
      case State::opening:
        continue_open();
        break;
      case State::starting: {
        if (close_wanted_) {
          start_closing();
          break;
        }
        requested_ = true;
        const int result = start_command();
        if (result == LIBSSH2_ERROR_EAGAIN) break;
        if (result == 0) {
          enter_running();
        } else if (result == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED) {
          start_closing();
          tell_end(refused());
        } else {
          session_->library_failed("starting the command");
        }
        break;
      }
      case State::running:
        if (close_wanted_) {
          start_closing();
          break;
        }
        moved |= write_some();
        if (is_interrupted()) break;
        if (reading_) moved |= read_some();
        if (is_interrupted()) break;
        if (reading_) look_for_close();
        break;
      case State::closing:
        continue_closing();
        break;
      case State::over:
        break;
    }
    if (session_ == nullptr || state_ == before || session_->is_broken()) return moved;
    moved = true;
  }
}

void LiveChannel::continue_open() {
  if (state_ != State::opening) return;
  const std::string_view type = forwards_ ? "direct-tcpip" : "session";
  library_ = libssh2_channel_open_ex(session_->connection().library(), type.data(),
                                     static_cast<unsigned int>(type.size()), options_.window_bytes,
                                     kPacketBytes, forwards_ ? open_message_.data() : nullptr,
                                     static_cast<unsigned int>(open_message_.size()));
  if (library_ != nullptr) {
    session_->open_is_done();
    if (forwards_) return enter_running();
    state_ = State::starting;
    return;
  }
  const int failure = libssh2_session_last_errno(session_->connection().library());
  if (failure == LIBSSH2_ERROR_EAGAIN) return;
  session_->open_is_done();
  if (failure != LIBSSH2_ERROR_CHANNEL_FAILURE)
    return session_->library_failed("opening a channel");
  if (!forwards_ && retries_ < kMostRetries && session_->has_closed_lately()) {
    ++retries_;
    state_ = State::queued;
    retry_ = session_->reactor().after(kRetryAfter * retries_, [this] { session_->wake(); });
    return;
  }
  fail_before_start(open_error());
}

Error LiveChannel::open_error() const {
  if (forwards_) {
    // The library keeps the server's code to itself.
    char* words = nullptr;
    libssh2_session_last_error(session_->connection().library(), &words, nullptr, 0);
    const std::string_view said = words != nullptr ? words : "";
    if (said.find("connect failed") != std::string_view::npos) {
      return fail(Errc::disconnected, "ssh.jump_connect_failed",
                  "the server could not connect there");
    }
    if (said.find("resource shortage") == std::string_view::npos) {
      return fail(Errc::forbidden, "ssh.jump_forbidden", "the server forwards no connections");
    }
  }
  return fail(Errc::overloaded, "ssh.channel_refused",
              "the server refuses another channel on this session; MaxSessions in its sshd_config "
              "may be reached");
}

/// The library's result; asks for the terminal first where one is wanted.
int LiveChannel::start_command() {
  if (options_.terminal && !has_terminal_) {
    constexpr std::string_view kind = "dumb";
    const std::string modes = raw_terminal_modes();
    const int result = libssh2_channel_request_pty_ex(
        library_, kind.data(), kind.size(), modes.data(), static_cast<unsigned int>(modes.size()),
        LIBSSH2_TERM_WIDTH, LIBSSH2_TERM_HEIGHT, 0, 0);
    if (result != 0) return result;
    has_terminal_ = true;
  }
  return libssh2_channel_process_startup(library_, "exec", 4, options_.command.data(),
                                         static_cast<unsigned int>(options_.command.size()));
}

Error LiveChannel::refused() const {
  if (options_.terminal && !has_terminal_) {
    return fail(
        Errc::forbidden, "ssh.terminal_refused",
        "the server refuses a terminal; check PermitTTY in its sshd_config and no-pty among "
        "the key's options on the host");
  }
  return fail(Errc::forbidden, "ssh.exec_refused",
              "the server refuses to run commands for this user; check the account and "
              "ForceCommand or the key's options on the host");
}

void LiveChannel::fail_before_start(Error error) {
  state_ = State::over;
  tell_end(std::move(error));
}

void LiveChannel::enter_running() {
  deadline_.cancel();
  state_ = State::running;
  buffer_.resize(options_.window_bytes / 16);
  if (observer_ != nullptr) observer_->on_exec_started();
}

bool LiveChannel::write_some() {
  const bool had_input = !input_.empty();
  bool moved = false;
  buffer_was_full_ = false;
  while (!input_.empty()) {
    if (session_->connection().unsent_bytes() >= kMostUnsent) {
      buffer_was_full_ = true;
      break;
    }
    const std::string& piece = *input_.front();
    const ssize_t written = libssh2_channel_write_ex(library_, 0, piece.data() + input_sent_,
                                                     piece.size() - input_sent_);
    if (written == LIBSSH2_ERROR_EAGAIN || written == 0) break;
    if (written < 0) {
      session_->library_failed("writing");
      return false;
    }
    moved = true;
    input_sent_ += static_cast<std::size_t>(written);
    unsent_bytes_ -= static_cast<std::size_t>(written);
    if (input_sent_ == piece.size()) {
      input_.pop_front();
      input_sent_ = 0;
    }
  }
  if (!input_.empty()) return moved;
  if (writing_finished_ && !eof_sent_) {
    const int result = libssh2_channel_send_eof(library_);
    if (result == 0) {
      eof_sent_ = true;
      moved = true;
    } else if (result != LIBSSH2_ERROR_EAGAIN) {
      session_->library_failed("ending the input");
      return false;
    }
  }
  if (observer_ == nullptr) close_wanted_ = close_wanted_ || forwards_;
  if (had_input && observer_ != nullptr) observer_->on_exec_sent();
  return moved;
}

bool LiveChannel::is_held_up(const Connection& connection) const {
  return state_ == State::running && buffer_was_full_ && !input_.empty() &&
         connection.unsent_bytes() < kMostUnsent;
}

bool LiveChannel::read_some() {
  const bool out = read_stream(Stream::out);
  if (is_interrupted()) return out;
  return read_stream(Stream::err) || out;
}

bool LiveChannel::read_stream(Stream stream) {
  const int number = stream == Stream::out ? 0 : SSH_EXTENDED_DATA_STDERR;
  bool moved = false;
  while (reading_) {
    const ssize_t count = libssh2_channel_read_ex(library_, number, buffer_.data(), buffer_.size());
    if (count == LIBSSH2_ERROR_EAGAIN) break;
    if (count < 0) {
      session_->library_failed("reading");
      break;
    }
    if (count == 0) {
      stream_ended_[number] = true;
      break;
    }
    stream_ended_[number] = false;
    moved = true;
    if (observer_ != nullptr) {
      observer_->on_exec_output(stream, {buffer_.data(), static_cast<std::size_t>(count)});
    }
    if (is_interrupted()) break;
  }
  return moved;
}

bool LiveChannel::is_interrupted() const {
  return session_ == nullptr || close_wanted_ || session_->is_broken();
}

bool LiveChannel::is_closed_by_server() {
  const int result = libssh2_channel_wait_closed(library_);
  // LIBSSH2_ERROR_INVAL: the server has sent neither an end of file nor a close yet.
  if (result != 0 && result != LIBSSH2_ERROR_EAGAIN && result != LIBSSH2_ERROR_INVAL) {
    session_->library_failed("waiting for the end");
  }
  return result == 0 && !session_->is_broken();
}

void LiveChannel::look_for_close() {
  if (!stream_ended_[0] || !(stream_ended_[1] || forwards_)) return;
  // Half a connection is of no use here; and sshd waits for our close before it sends its own.
  const bool closed = !forwards_;
  if (closed && !is_closed_by_server()) return;
  ExecStatus end = status();
  end.saw_eof = true;
  end.close_confirmed = closed;
  start_closing();
  tell_end(std::move(end));
}

void LiveChannel::start_closing() {
  close_wanted_ = true;
  state_ = State::closing;
  input_.clear();
  unsent_bytes_ = 0;
  deadline_ = session_->reactor().after(options_.close, [this] {
    const auto self = shared_from_this();
    on_deadline();
  });
}

void LiveChannel::continue_closing() {
  // Sends the close; its 0 may come before the server's close does.
  const int result = libssh2_channel_close(library_);
  if (result == LIBSSH2_ERROR_EAGAIN) return;
  if (result != 0) return session_->library_failed("closing a channel");
  if (!is_closed_by_server()) return;
  ExecStatus end = status();
  end.saw_eof = stream_ended_[0] && stream_ended_[1];
  end.close_confirmed = true;
  if (libssh2_channel_free(library_) == LIBSSH2_ERROR_EAGAIN) return;
  library_ = nullptr;
  deadline_.cancel();
  state_ = State::over;
  tell_end(std::move(end));
}

ExecStatus LiveChannel::status() const {
  ExecStatus status;
  status.exit_status = libssh2_channel_get_exit_status(library_);
  char* name = nullptr;
  std::size_t length = 0;
  if (libssh2_channel_get_exit_signal(library_, &name, &length, nullptr, nullptr, nullptr,
                                      nullptr) == 0 &&
      name != nullptr) {
    status.signal = quoted_words({name, length});
    libssh2_free(session_->connection().library(), name);
  }
  return status;
}

void LiveChannel::on_deadline() {
  switch (state_) {
    case State::queued:
      session_->wake();  // to be forgotten by it
      return fail_before_start(not_answered("opening a channel", options_.open));
    case State::opening:
      // The library waits on; so no other channel can be opened on this session any more.
      session_->open_is_stuck();
      return tell_end(not_answered("opening a channel", options_.open));
    case State::starting:
      start_closing();
      session_->wake();
      return tell_end(not_answered("starting the command", options_.open));
    case State::closing: {
      ExecStatus end = status();
      end.saw_eof = stream_ended_[0] && stream_ended_[1];
      return tell_end(std::move(end));
    }
    case State::running:
    case State::over:
      return;
  }
}

void LiveChannel::lose(const Error& error) {
  // What the library holds is all there will ever be. After an error it cannot be had: asked for
  // it, the library would first go on with what came behind the wrong packet.
  reading_ = true;
  if (state_ == State::running && !is_interrupted()) {
    read_some();
    if (session_ == nullptr) return;
  }
  state_ = State::over;
  deadline_.cancel();
  tell_end(error);
}

void LiveChannel::tell_end(Result<ExecStatus> end) {
  ExecObserver* observer = std::exchange(observer_, nullptr);
  if (observer != nullptr) observer->on_exec_ended(std::move(end));
}

}  // namespace om::ssh
