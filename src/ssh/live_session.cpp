// SPDX-License-Identifier: MIT
//
// The session's states, and the loop that feeds the library and drains its channels.
#include "ssh/live_session.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ssh/host_key_check.h"

#include "om/base/errno_error.h"
#include "om/ssh/host_keys.h"

namespace om::ssh {
namespace {

/// One session's share of a turn of the loop.
constexpr std::size_t kTurnInput = 256 * 1024;
/// The library queues what it reads until a channel asks for it: read and ask in steps.
constexpr std::size_t kStepInput = 32 * 1024;
/// Send while there is more to write, not only at the end of the turn.
constexpr std::size_t kFlushAt = 64 * 1024;

constexpr const char* kClosingWords = "done";

}  // namespace

LiveSession::LiveSession(const SessionServices& services, SessionTarget target,
                         SessionDeadlines deadlines, SessionObserver& observer)
    : services_(services),
      target_(std::move(target)),
      deadlines_(deadlines),
      observer_(&observer) {}

LiveSession::LiveSession(const SessionServices& services, SessionTarget target,
                         SessionDeadlines deadlines, SessionObserver& observer, LiveSession& jump,
                         std::string jump_name)
    : LiveSession(services, std::move(target), deadlines, observer) {
  jump_ = &jump;
  jump_name_ = std::move(jump_name);
}

void LiveSession::start() {
  if (jump_ != nullptr) {
    tunnel_ = std::make_unique<Tunnel>(
        *jump_, Tunnel::Options{target_.address, target_.port, jump_name_, deadlines_.connect},
        [this](Result<void> opened) {
          const auto self = shared_from_this();
          on_tunnel(std::move(opened));
        });
    return;
  }
  connector_.emplace(
      services_.reactor, services_.resolver,
      Connector::Options{target_.address, target_.port, deadlines_.resolve, deadlines_.connect},
      [this](Result<Connected> connected) {
        const auto self = shared_from_this();
        on_connected(std::move(connected));
      });
}

std::shared_ptr<LiveChannel> LiveSession::exec(ExecOptions options, ExecObserver& observer) {
  return add_channel(
      std::make_shared<LiveChannel>(*this, std::move(options), std::nullopt, observer));
}

std::shared_ptr<LiveChannel> LiveSession::forward(ForwardTo to, ExecOptions options,
                                                  ExecObserver& observer) {
  return add_channel(
      std::make_shared<LiveChannel>(*this, std::move(options), std::move(to), observer));
}

std::shared_ptr<LiveChannel> LiveSession::add_channel(std::shared_ptr<LiveChannel> channel) {
  channels_.push_back(channel);
  watch_silence();
  wake();
  return channel;
}

void LiveSession::close() {
  switch (state_) {
    case State::connecting:
    case State::handshake:
    case State::login:
      services_.reactor.post([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->state_ < State::ready) {
          self->fail_session(
              fail(Errc::cancelled, "ssh.cancelled", "the session was given up before it was up"));
        }
      });
      return;
    case State::ready:
      enter(State::closing, deadlines_.close);
      for (const auto& channel : channels_) channel->close();
      wake();
      return;
    case State::closing:
    case State::over:
      return;
  }
}

void LiveSession::abandon() {
  observer_ = nullptr;
  tear_down();
}

void LiveSession::enter(State state, Duration deadline) {
  state_ = state;
  deadline_ = services_.reactor.after(deadline, [this] {
    const auto self = shared_from_this();
    on_deadline();
  });
}

void LiveSession::on_deadline() {
  const auto seconds = [](Duration duration) { return " within " + duration_text(duration); };
  switch (state_) {
    case State::handshake:
      return fail_session(fail(Errc::timed_out, "ssh.handshake_timed_out",
                               "handshake with " + facts_.address + ": not done" +
                                   seconds(deadlines_.handshake) +
                                   "; is that an SSH server, and is the host overloaded?"));
    case State::login:
      return fail_session(fail(Errc::timed_out, "ssh.login_timed_out",
                               "login at " + facts_.address + ": no answer" +
                                   seconds(deadlines_.login) +
                                   "; is the host overloaded, or does its sshd wait for a "
                                   "directory service?"));
    case State::closing:
      end_channels(fail(Errc::timed_out, "ssh.disconnected",
                        "the server did not confirm the end of the session"));
      return finish_closing();
    case State::connecting:
    case State::ready:
    case State::over:
      return;
  }
}

void LiveSession::on_connected(Result<Connected> connected) {
  if (!connected) return fail_session(std::move(connected).error());
  connector_.reset();
  facts_.address = connected->address;
  begin_handshake(std::make_unique<SocketTransport>(std::move(connected->socket)));
}

void LiveSession::on_tunnel(Result<void> opened) {
  if (!opened) return fail_session(std::move(opened).error());
  facts_.address = target_.address + ":" + std::to_string(target_.port) + " through " + jump_name_;
  begin_handshake(std::move(tunnel_));
}

void LiveSession::begin_handshake(std::unique_ptr<Transport> transport) {
  auto connection = Connection::create(std::move(transport));
  if (!connection) return fail_session(std::move(connection).error());
  connection_ = *std::move(connection);

  LIBSSH2_SESSION* library = connection_->library();
  const Algorithms lists =
      algorithms_to_propose(algorithm_set(), services_.host_keys.known_types(key_name()));
  const std::pair<int, const std::string*> preferences[] = {
      {LIBSSH2_METHOD_KEX, &lists.key_exchanges}, {LIBSSH2_METHOD_HOSTKEY, &lists.host_keys},
      {LIBSSH2_METHOD_CRYPT_CS, &lists.ciphers},  {LIBSSH2_METHOD_CRYPT_SC, &lists.ciphers},
      {LIBSSH2_METHOD_MAC_CS, &lists.macs},       {LIBSSH2_METHOD_MAC_SC, &lists.macs},
  };
  for (const auto& [method, list] : preferences) {
    // Names that this build of the library lacks are dropped by it.
    if (libssh2_session_method_pref(library, method, list->c_str()) != 0) {
      return fail_session(
          error_from(library, Errc::internal, "ssh.handshake_failed", "algorithms"));
    }
  }

  enter(State::handshake, deadlines_.handshake);
  last_heard_ = services_.reactor.clock().now();
  interest_ = event::kReadable;
  connection_->transport().watch(services_.reactor, interest_, [this](std::uint32_t ready) {
    const auto self = shared_from_this();
    on_transport(ready);
  });
  if (observer_ != nullptr) observer_->on_session_connected();
  advance();
}

void LiveSession::on_transport(std::uint32_t ready) {
  if ((ready & event::kReadable) != 0) connection_->transport_is_readable();
  if (advancing_) again_ = true;
  advance();
}

bool LiveSession::is_alive() const {
  return is_ready() && !is_broken() && !connection_->is_ended() &&
         !connection_->transport().has_ended();
}

void LiveSession::wake() {
  if (advancing_) {
    again_ = true;
    return;
  }
  if (std::exchange(wake_posted_, true)) return;
  services_.reactor.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->wake_posted_ = false;
    self->advance();
  });
}

void LiveSession::advance() {
  if (state_ < State::handshake || state_ == State::over || advancing_) return;
  advancing_ = true;
  // A few rounds for what observers asked meanwhile; more than that waits for its turn.
  for (int round = 0; round < 4; ++round) {
    again_ = false;
    step();
    if (state_ == State::over || !again_) break;
  }
  advancing_ = false;
  if (state_ == State::over) return;
  if (connection_->take_received() != 0) last_heard_ = services_.reactor.now();
  // What is stored for a session without a channel waits for the next one.
  const bool more_to_read =
      connection_->has_stored_input() && (state_ < State::ready || !channels_.empty());
  if (again_ || more_to_read) {
    again_ = false;
    wake();
  }
}

void LiveSession::step() {
  switch (state_) {
    case State::handshake:
      shake_hands();
      break;
    case State::login:
      log_in();
      break;
    case State::ready:
    case State::closing:
      run_channels();
      break;
    case State::connecting:
    case State::over:
      return;
  }
  if (state_ == State::over) return;
  flush();
  if (state_ == State::over) return;
  again_ = again_ || std::any_of(channels_.begin(), channels_.end(), [this](const auto& channel) {
             return channel->is_held_up(*connection_);
           });
  if (state_ == State::closing && channels_.empty() && farewell_sent_ &&
      connection_->unsent_bytes() == 0) {
    finish_closing();
  }
}

void LiveSession::shake_hands() {
  connection_->allow_input(kTurnInput);
  LIBSSH2_SESSION* library = connection_->library();
  const int result = libssh2_session_handshake(library, connection_->descriptor());
  if (result == LIBSSH2_ERROR_EAGAIN) {
    if (connection_->is_ended()) fail_session(ended_error("handshake with " + facts_.address));
    return;
  }
  if (result != 0) {
    Error error = error_from(library, Errc::disconnected, "ssh.handshake_failed",
                             "handshake with " + facts_.address);
    if (result == LIBSSH2_ERROR_KEX_FAILURE) {
      error.message += "; ";
      error.message += remedy_for_no_common_algorithm(algorithm_set());
    }
    if (connection_->has_farewell()) {
      error.message += "; the server said: " + connection_->farewell();
    } else if (!connection_->first_words().starts_with("SSH-")) {
      error.message += "; it began with: " + quoted_words(connection_->first_words());
    }
    return fail_session(std::move(error));
  }
  if (const char* version = libssh2_session_banner_get(library)) {
    facts_.server_version = quoted_words(version);
  }
  polite_ = true;
  if (Result<void> checked = check_host_key(); !checked) {
    return fail_session(std::move(checked).error());
  }
  enter(State::login, deadlines_.login);
  login_.emplace(
      *connection_, services_.reactor, services_.signer,
      Login::Options{target_.login, target_.credential, algorithm_set(), [weak = weak_from_this()] {
                       if (const auto self = weak.lock()) self->advance();
                     }});
  again_ = true;
}

AlgorithmSet LiveSession::algorithm_set() const {
  return target_.legacy_algorithms ? AlgorithmSet::with_legacy : AlgorithmSet::sound;
}

HostKeyName LiveSession::key_name() const {
  if (target_.host_key_alias.empty()) return {target_.address, target_.port};
  return {target_.host_key_alias, 22};  // as in OpenSSH: an alias stands without a port
}

Result<void> LiveSession::check_host_key() {
  std::size_t length = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(connection_->library(), &length, &type);
  if (blob == nullptr) {
    return fail(Errc::internal, "ssh.handshake_failed", "the server showed no host key");
  }
  HostKey key;
  key.blob.assign(blob, length);
  key.algorithm = key_type_of(key.blob);
  const HostKeyAnswer answer = services_.host_keys.check(key_name(), key);
  facts_.host_key_fingerprint = answer.fingerprint;
  facts_.host_key_name = key_name();
  facts_.host_key = key;
  return judge(key, answer);
}

void LiveSession::log_in() {
  connection_->allow_input(kTurnInput);
  switch (login_->advance()) {
    case Login::Step::waiting:
      if (connection_->is_ended()) fail_session(ended_error("login at " + facts_.address));
      return;
    case Login::Step::failed:
      return fail_session(login_->error());
    case Login::Step::done:
      facts_.credential = login_->credential();
      login_.reset();
      return become_ready();
  }
}

void LiveSession::become_ready() {
  deadline_.cancel();
  state_ = State::ready;
  again_ = true;
  if (observer_ != nullptr) observer_->on_session_ready();
}

bool LiveSession::may_open(const LiveChannel& channel) {
  if (stuck_ || state_ != State::ready) return false;
  if (opener_ == nullptr) opener_ = &channel;
  return opener_ == &channel;
}

bool LiveSession::has_closed_lately() const {
  return last_closed_ && services_.reactor.now() - *last_closed_ < std::chrono::seconds(1);
}

bool LiveSession::is_broken() const {
  return broken_ || (connection_ && connection_->is_corrupt());
}

void LiveSession::library_failed(std::string_view doing) {
  if (broken_) return;
  broken_ = connection_->has_farewell()
                ? fail(Errc::disconnected, "ssh.disconnected",
                       "the server ended the session and said: " + connection_->farewell())
                : error_from(connection_->library(), Errc::disconnected, "ssh.disconnected", doing);
}

void LiveSession::run_channels() {
  std::size_t taken = 0;
  do {
    connection_->allow_input(kStepInput);
    // Reading no bytes from any channel makes the library take in everything for all of them.
    // After this it gets no input until each channel has been drained: what it pulls in while one
    // is read would lie there unnoticed, with nothing left in the socket to wake us.
    const auto open = std::find_if(channels_.begin(), channels_.end(),
                                   [](const auto& channel) { return channel->library(); });
    if (open != channels_.end()) {
      char nothing = 0;
      const ssize_t result = libssh2_channel_read_ex((*open)->library(), 0, &nothing, 0);
      if (result < 0 && result != LIBSSH2_ERROR_EAGAIN) library_failed("reading");
    } else if (opener_ != nullptr) {
      const auto opener = std::find_if(channels_.begin(), channels_.end(),
                                       [this](const auto& c) { return c.get() == opener_; });
      const std::shared_ptr<LiveChannel> opening = *opener;
      opening->continue_open();
      if (state_ == State::over) return;
    } else if (Result<void> stored = connection_->store_input(); !stored) {
      broken_ = std::move(stored).error();
    }
    connection_->allow_input(0);
    // After an error the library would go on with the packet behind the one that was wrong.
    while (!is_broken() && advance_channels()) {
    }
    if (state_ == State::over) return;
    if (connection_->unsent_bytes() >= kFlushAt) flush();
    if (state_ == State::over) return;
    const std::size_t received = connection_->take_received();
    if (received != 0) last_heard_ = services_.reactor.now();
    taken += received;
    if (channels_.empty()) {
      // Nobody asks the library to read; one more round stores what is there.
      if (Result<void> stored = connection_->store_input(); !stored) {
        broken_ = std::move(stored).error();
      }
      break;
    }
  } while (!is_broken() && connection_->has_input() && taken < kTurnInput);

  if (connection_->is_corrupt()) library_failed("reading");
  if (broken_) return lose(*broken_);
  if (connection_->is_ended() && (channels_.empty() || !connection_->has_stored_input())) {
    return lose(ended_error("the session with " + facts_.address));
  }
  if (state_ == State::closing && channels_.empty()) say_farewell();
}

void LiveSession::say_farewell() {
  if (!polite_ || is_broken() || std::exchange(farewell_sent_, true)) return;
  connection_->allow_input(0);
  // EAGAIN can only mean a key exchange under way: then the server does without.
  libssh2_session_disconnect(connection_->library(), kClosingWords);
}

bool LiveSession::advance_channels() {
  bool moved = false;
  const auto channels = channels_;  // observers may start further ones
  for (const auto& channel : channels) {
    moved |= channel->advance();
    if (state_ == State::over) return false;
    if (is_broken()) break;
  }
  if (drop_ended_channels()) last_closed_ = services_.reactor.now();
  return moved && !is_broken();
}

void LiveSession::flush() {
  const bool healthy = connection_->flush();
  if (!healthy) {
    return state_ < State::ready ? fail_session(ended_error("sending to " + facts_.address))
                                 : lose(ended_error("sending to " + facts_.address));
  }
  const std::uint32_t wanted =
      event::kReadable | (connection_->unsent_bytes() > 0 ? event::kWritable : 0U);
  if (wanted != interest_) {
    interest_ = wanted;
    connection_->transport().set_interest(wanted);
  }
}

void LiveSession::finish_closing() {
  if (state_ == State::over) return;
  SessionObserver* observer = std::exchange(observer_, nullptr);
  tear_down();
  if (observer != nullptr) observer->on_session_closed();
}

void LiveSession::watch_silence() {
  if (silence_timer_.active()) return;
  last_heard_ = std::max(last_heard_, services_.reactor.clock().now());
  silence_timer_ = services_.reactor.after(deadlines_.silence / 3, [this] {
    const auto self = shared_from_this();
    look_at_silence();
  });
}

void LiveSession::look_at_silence() {
  if (channels_.empty() || state_ == State::over) return;
  const Duration quiet = services_.reactor.now() - last_heard_;
  if (quiet >= deadlines_.silence) {
    return lose(fail(Errc::timed_out, "ssh.silent",
                     "no sign of life from " + facts_.address + " for " +
                         duration_text(deadlines_.silence) +
                         "; the host hangs, or the network in between is down"));
  }
  if (quiet >= deadlines_.silence / 3) {
    // Asks the server for any answer. The library counts seconds of wall time since the last one,
    // which may jump: a far negative interval makes it always due.
    libssh2_keepalive_config(connection_->library(), 1, static_cast<unsigned>(-1'000'000'000));
    const int result = libssh2_keepalive_send(connection_->library(), nullptr);
    if (result != 0 && result != LIBSSH2_ERROR_EAGAIN) library_failed("asking for a sign of life");
    if (is_broken()) return wake();
    flush();
    if (state_ == State::over) return;
  }
  const Duration period = deadlines_.silence / 3;
  // The next look comes when the silence reaches its next third.
  const Duration next = quiet < period ? period - quiet : period;
  silence_timer_ = services_.reactor.after(next, [this] {
    const auto self = shared_from_this();
    look_at_silence();
  });
}

Error LiveSession::ended_error(std::string_view doing) const {
  std::string message(doing);
  if (const std::optional<Error>& failure = connection_->transport().failure()) {
    return fail(failure->code, state_ < State::ready ? "ssh.jump_failed" : "ssh.disconnected",
                message + ": " + failure->message);
  }
  const int error_number = connection_->end_error();
  message += error_number != 0 ? ": the connection broke (" + errno_text(error_number) + ")"
                               : ": the server closed the connection";
  if (connection_->has_farewell()) message += " and said: " + connection_->farewell();
  if (state_ == State::handshake) {
    const std::string_view words = connection_->first_words();
    if (!words.empty() && !words.starts_with("SSH-"))
      message += " and said: " + quoted_words(words);
    message += "; it may be limiting new connections (MaxStartups), or not be an SSH server";
    return fail(Errc::disconnected, "ssh.handshake_failed", std::move(message));
  }
  return fail(Errc::disconnected, "ssh.disconnected", std::move(message));
}

void LiveSession::fail_session(Error error) {
  if (state_ == State::over) return;
  SessionObserver* observer = std::exchange(observer_, nullptr);
  tear_down();
  if (observer != nullptr) observer->on_session_failed(std::move(error));
}

void LiveSession::lose(Error error) {
  if (state_ == State::over) return;
  end_channels(error);
  if (state_ == State::over) return;  // an observer dropped the session
  SessionObserver* observer = std::exchange(observer_, nullptr);
  const bool was_closing = state_ == State::closing;
  tear_down();
  if (observer == nullptr) return;
  // Who asked for the end gets it, however it came about.
  if (was_closing) {
    observer->on_session_closed();
  } else {
    observer->on_session_lost(std::move(error));
  }
}

void LiveSession::end_channels(const Error& error) {
  const auto channels = channels_;
  for (const auto& channel : channels) {
    channel->lose(error);
    if (state_ == State::over) return;
  }
  drop_ended_channels();
}

bool LiveSession::drop_ended_channels() {
  // Their handles may outlive the session.
  return std::erase_if(channels_, [](const auto& channel) {
           if (channel->is_over()) channel->detach();
           return channel->is_over();
         }) != 0;
}

void LiveSession::tear_down() {
  state_ = State::over;
  // What is said on the way out leaves with the connection's destructor, if the socket takes it.
  if (connection_ && !connection_->is_ended()) say_farewell();
  deadline_.cancel();
  silence_timer_.cancel();
  const auto channels = std::exchange(channels_, {});
  for (const auto& channel : channels) channel->detach();
  opener_ = nullptr;
  login_.reset();
  connector_.reset();
  tunnel_.reset();
  connection_.reset();
}

}  // namespace om::ssh
