// SPDX-License-Identifier: MIT
//
// libssh's calls in the order that works without blocking: key exchange by hand until it is done,
// only then an ssh_event for the session (before, it would stay empty), polled whenever the socket
// is ready. Answers are written after the callbacks have returned: the library acknowledges a
// request only then.
#include "peers/fake_farm/ssh_peer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <utility>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <sys/epoll.h>

namespace om::peers {

struct FarmKeys::Binds {
  ssh_bind right = nullptr;
  ssh_bind wrong = nullptr;
};

namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr std::size_t kPieceBytes = 32 * 1024;
constexpr std::uint32_t kRoomForMarks = 256;
constexpr std::size_t kLongestInput = 1 << 20;
constexpr int kGroup = 4242;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "fake_farm: %s\n", what);
  std::exit(1);
}

ssh_bind make_bind(std::string* public_line) {
  ssh_key key = nullptr;
  if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK) give_up("no host key");
  if (public_line != nullptr) {
    char* base64 = nullptr;
    if (ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK) give_up("no public host key");
    *public_line = std::string("ssh-ed25519 ") + base64;
    ssh_string_free_char(base64);
  }
  ssh_bind bind = ssh_bind_new();
  const bool no = false;
  ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
  ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key);  // takes the key
  // Connections are accepted elsewhere; but only this makes the library take its keys in.
  ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BINDADDR, "127.0.0.1");
  ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BINDPORT_STR, "0");
  if (ssh_bind_listen(bind) != SSH_OK) give_up(ssh_get_error(bind));
  return bind;
}

/// What one channel of a session is doing.
struct Command {
  ssh_channel channel = nullptr;
  ssh_channel_callbacks_struct callbacks{};
  std::string input;
  bool wanted = false;  ///< exec was asked for
  bool input_done = false;
  bool begun = false;
  bool ended = false;   ///< everything was said
  bool closed = false;  ///< by the client
  bool mute = false;    ///< never answers
  std::string nonce;
  bool flooding = false;
  std::string piece;             ///< of a flood: the one being sent
  std::uint64_t sent_bytes = 0;  ///< of a flood
  std::uint64_t left_bytes = 0;  ///< of a flood
  std::optional<FarmTime> ends;  ///< of a hold
};

class SshPeer final : public Peer {
 public:
  SshPeer(int fd, const Role& role, std::string name, std::uint64_t& asked)
      : Peer(fd), role_(role), name_(std::move(name)), asked_(asked) {}
  ~SshPeer() override {
    for (Command& command : commands_) ssh_channel_free(command.channel);
    if (event_ != nullptr) {
      if (exchanged_) ssh_event_remove_session(event_, session_);
      ssh_event_free(event_);
    }
    if (session_ != nullptr) ssh_free(session_);  // closes the descriptor
  }
  bool open(ssh_bind bind);

  std::uint32_t interest() const override;
  std::optional<FarmTime> due() const override;
  bool on_ready(std::uint32_t events) override;
  bool on_time() override;

 private:
  static int on_key(ssh_session, const char*, ssh_key, char, void* self);
  static int on_none(ssh_session, const char*, void*) { return SSH_AUTH_DENIED; }
  static int on_service(ssh_session, const char*, void* self) {
    static_cast<SshPeer*>(self)->served_ = true;
    return 0;
  }
  static ssh_channel on_open(ssh_session, void* self);
  static int on_exec(ssh_session, ssh_channel, const char*, void* command);
  static int on_data(ssh_session, ssh_channel, void*, std::uint32_t, int, void* command);
  static void on_eof(ssh_session, ssh_channel, void* command);
  static void on_close(ssh_session, ssh_channel, void* command);

  bool work();
  void answer(Command& command);
  void begin(Command& command);
  void continue_flood(Command& command);
  void answer_stop(Command& command);
  void end(Command& command, int status);
  void finish(Command& command, std::optional<int> exit_status);
  bool has_unsent() const { return (ssh_get_poll_flags(session_) & SSH_WRITE_PENDING) != 0; }

  const Role role_;
  const std::string name_;
  std::uint64_t& asked_;
  ssh_session session_ = nullptr;
  ssh_event event_ = nullptr;
  ssh_server_callbacks_struct callbacks_{};
  std::optional<FarmTime> starts_;  ///< keeps quiet until then
  bool exchanged_ = false;
  bool served_ = false;  ///< the client was told that it may log in
  bool logged_in_ = false;
  bool opened_ = false;
  bool frozen_ = false;          ///< says and hears nothing more
  bool hang_up_ = false;         ///< as soon as what was said is on its way
  std::list<Command> commands_;  ///< a list: the library keeps pointers to them
};

bool SshPeer::open(ssh_bind bind) {
  session_ = ssh_new();
  event_ = ssh_event_new();
  if (session_ == nullptr || event_ == nullptr) return false;
  const bool no = false;
  ssh_options_set(session_, SSH_OPTIONS_PROCESS_CONFIG, &no);
  if (ssh_bind_accept_fd(bind, session_, fd()) != SSH_OK) return false;
  let_go();  // the session closes it
  if (role_.behaviour == Behaviour::late_banner) {
    starts_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(100) * role_.parameter;
  }
  if (role_.behaviour == Behaviour::rekey) {
    const std::uint64_t each = kMebibyte;
    ssh_options_set(session_, SSH_OPTIONS_REKEY_DATA, &each);
  }
  ssh_set_blocking(session_, 0);
  callbacks_.userdata = this;
  callbacks_.auth_pubkey_function = &SshPeer::on_key;
  callbacks_.auth_none_function = &SshPeer::on_none;
  callbacks_.service_request_function = &SshPeer::on_service;
  callbacks_.channel_open_request_session_function = &SshPeer::on_open;
  ssh_callbacks_init(&callbacks_);
  ssh_set_server_callbacks(session_, &callbacks_);
  return true;
}

std::uint32_t SshPeer::interest() const {
  if (frozen_ || starts_) return 0;
  return EPOLLIN | (has_unsent() ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
}

std::optional<FarmTime> SshPeer::due() const {
  if (starts_) return starts_;
  std::optional<FarmTime> first;
  for (const Command& command : commands_) {
    if (command.ends && !command.ended && (!first || *command.ends < *first)) first = command.ends;
  }
  return frozen_ ? std::nullopt : first;
}

bool SshPeer::on_ready(std::uint32_t events) {
  if (frozen_) return (events & (EPOLLHUP | EPOLLERR)) == 0;
  if (starts_) return (events & (EPOLLHUP | EPOLLERR)) == 0;
  if (!exchanged_) {
    const int result = ssh_handle_key_exchange(session_);
    if (result == SSH_AGAIN) return true;
    if (result != SSH_OK) return false;
    exchanged_ = true;
    ssh_set_auth_methods(session_, SSH_AUTH_METHOD_PUBLICKEY);
    ssh_event_add_session(event_, session_);
  }
  if (ssh_event_dopoll(event_, 0) == SSH_ERROR) return false;
  return work();
}

bool SshPeer::on_time() {
  if (frozen_) return true;
  if (std::exchange(starts_, std::nullopt)) return on_ready(EPOLLIN);
  return work();
}

/// What the callbacks have noted.
bool SshPeer::work() {
  if ((ssh_get_status(session_) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0) return false;
  if (role_.behaviour == Behaviour::hang_at_login && served_) frozen_ = true;
  if (role_.behaviour == Behaviour::hang_at_open && logged_in_) frozen_ = true;
  if (role_.behaviour == Behaviour::hang_at_exec && opened_) frozen_ = true;
  for (auto command = commands_.begin(); !frozen_ && command != commands_.end();) {
    if (command->closed) {
      if (!command->ended) ssh_channel_close(command->channel);
      ssh_channel_free(command->channel);
      command = commands_.erase(command);
      continue;
    }
    if (command->input_done && !command->ended && !command->mute) answer(*command);
    ++command;
  }
  return !hang_up_ || has_unsent();
}

int SshPeer::on_key(ssh_session, const char*, ssh_key, char state, void* self) {
  auto& peer = *static_cast<SshPeer*>(self);
  if (peer.role_.behaviour == Behaviour::refuse_login) return SSH_AUTH_DENIED;
  peer.logged_in_ = state == SSH_PUBLICKEY_STATE_VALID;  // else the client only asks
  return SSH_AUTH_SUCCESS;
}

ssh_channel SshPeer::on_open(ssh_session session, void* self) {
  auto& peer = *static_cast<SshPeer*>(self);
  peer.opened_ = true;
  Command& command = peer.commands_.emplace_back();
  command.channel = ssh_channel_new(session);
  command.callbacks.userdata = &command;
  command.callbacks.channel_exec_request_function = &SshPeer::on_exec;
  command.callbacks.channel_data_function = &SshPeer::on_data;
  command.callbacks.channel_eof_function = &SshPeer::on_eof;
  command.callbacks.channel_close_function = &SshPeer::on_close;
  ssh_callbacks_init(&command.callbacks);
  ssh_set_channel_callbacks(command.channel, &command.callbacks);
  return command.channel;
}

int SshPeer::on_exec(ssh_session, ssh_channel, const char*, void* command) {
  static_cast<Command*>(command)->wanted = true;
  return 0;
}

int SshPeer::on_data(ssh_session, ssh_channel, void* data, std::uint32_t length, int,
                     void* command) {
  auto& doing = *static_cast<Command*>(command);
  if (doing.input.size() < kLongestInput)
    doing.input.append(static_cast<const char*>(data), length);
  return static_cast<int>(length);
}

void SshPeer::on_eof(ssh_session, ssh_channel, void* command) {
  static_cast<Command*>(command)->input_done = true;
}

void SshPeer::on_close(ssh_session, ssh_channel, void* command) {
  static_cast<Command*>(command)->closed = true;
}

void say(const Command& command, std::string_view out, std::string_view err) {
  ssh_channel_write(command.channel, out.data(), static_cast<std::uint32_t>(out.size()));
  ssh_channel_write_stderr(command.channel, err.data(), static_cast<std::uint32_t>(err.size()));
}

/// The word after "n=" at the beginning of the line or after a semicolon.
std::string nonce_of(std::string_view input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  std::size_t at = line.starts_with("n=") ? 2 : line.find(";n=");
  if (at == std::string_view::npos) return {};
  if (at != 2) at += 3;
  return std::string(line.substr(at, line.find(';', at) - at));
}

void SshPeer::answer(Command& command) {
  if (!command.begun) return begin(command);
  if (command.flooding) return continue_flood(command);
  if (command.ends && std::chrono::steady_clock::now() >= *command.ends) end(command, 0);
}

void SshPeer::begin(Command& command) {
  command.begun = true;
  command.nonce = nonce_of(command.input);
  const bool is_stop = command.input.find(":K:was ") != std::string::npos;
  command.input = {};
  if (is_stop) return answer_stop(command);
  if (role_.behaviour == Behaviour::every_second && ++asked_ % 2 == 1) {
    command.mute = true;
    return;
  }
  const std::string mark = command.nonce + ":B:" + std::to_string(kGroup) + "\n";
  say(command, mark, mark);
  switch (role_.behaviour) {
    case Behaviour::hold:
      command.ends =
          std::chrono::steady_clock::now() + std::chrono::milliseconds(100) * role_.parameter;
      return;
    case Behaviour::exit_three:
      say(command, "I am " + name_ + "\n", "something is wrong at " + name_ + "\n");
      return end(command, 3);
    case Behaviour::flood_out:
    case Behaviour::flood_err:
    case Behaviour::rekey:
      command.flooding = true;
      command.left_bytes = role_.parameter * kMebibyte;
      return continue_flood(command);
    case Behaviour::half_open:
      frozen_ = true;
      return;
    case Behaviour::cut:
      say(command, "the first half of a li", "");
      hang_up_ = true;
      return;
    case Behaviour::no_status:
      say(command, "I am " + name_ + "\n", "");
      return finish(command, std::nullopt);
    default:
      say(command, "I am " + name_ + "\n", "");
      return end(command, 0);
  }
}

/// Lines of 64 bytes that say where they are in the output: what is missing or doubled shows.
std::string flood_piece(std::uint64_t place) {
  static const std::string line =
      "................ ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKLMNOPQRS\n";
  static const std::string blank = [] {
    std::string bytes;
    while (bytes.size() < kPieceBytes) bytes += line;
    return bytes;
  }();
  std::string piece = blank;
  for (std::size_t start = 0; start < piece.size(); start += line.size()) {
    std::uint64_t left = place + start;
    for (std::size_t digit = 16; digit-- > 0; left >>= 4) {
      piece[start + digit] = "0123456789abcdef"[left & 0xf];
    }
  }
  return piece;
}

/// As much as the client's window takes.
void SshPeer::continue_flood(Command& command) {
  while (command.left_bytes > 0) {
    const std::uint32_t window = ssh_channel_window_size(command.channel);
    if (window == 0) return;
    const std::uint64_t within = command.sent_bytes % kPieceBytes;
    if (within == 0) command.piece = flood_piece(command.sent_bytes);
    const auto count = static_cast<std::uint32_t>(
        std::min<std::uint64_t>({kPieceBytes - within, command.left_bytes, window}));
    const char* bytes = command.piece.data() + within;
    const int written = role_.behaviour == Behaviour::flood_err
                            ? ssh_channel_write_stderr(command.channel, bytes, count)
                            : ssh_channel_write(command.channel, bytes, count);
    if (written <= 0) return;
    command.sent_bytes += static_cast<std::uint64_t>(written);
    command.left_bytes -= static_cast<std::uint64_t>(written);
  }
  if (ssh_channel_window_size(command.channel) >= kRoomForMarks) end(command, 0);
}

/// The command with the stop's nonce ends as one that TERM has ended.
void SshPeer::answer_stop(Command& stop) {
  int found = 0;
  for (Command& command : commands_) {
    if (&command == &stop || command.nonce != stop.nonce || command.ended || command.mute) continue;
    end(command, 128 + 15);
    found = 1;
  }
  say(stop, stop.nonce + ":K:was " + std::to_string(found) + ";left 0;outside -\n", "");
  finish(stop, 0);
}

void SshPeer::end(Command& command, int status) {
  const std::string mark = command.nonce + ":E:" + std::to_string(status) + "\n";
  say(command, mark, mark);
  finish(command, status);
}

void SshPeer::finish(Command& command, std::optional<int> exit_status) {
  command.ended = true;
  if (exit_status) ssh_channel_request_send_exit_status(command.channel, *exit_status);
  ssh_channel_send_eof(command.channel);
  ssh_channel_close(command.channel);
}

}  // namespace

FarmKeys::FarmKeys() : binds_(std::make_unique<Binds>()) {
  ssh_init();
  binds_->right = make_bind(&public_line_);
  binds_->wrong = make_bind(nullptr);
}

FarmKeys::~FarmKeys() {
  ssh_bind_free(binds_->right);
  ssh_bind_free(binds_->wrong);
}

std::unique_ptr<Peer> make_ssh_peer(int fd, const Role& role, std::string name,
                                    const FarmKeys& keys, std::uint64_t& asked) {
  auto peer = std::make_unique<SshPeer>(fd, role, std::move(name), asked);
  const bool wrong = role.behaviour == Behaviour::wrong_key;
  if (!peer->open(wrong ? keys.binds().wrong : keys.binds().right)) return nullptr;
  return peer;
}

}  // namespace om::peers
