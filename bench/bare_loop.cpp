// SPDX-License-Identifier: MIT
//
// The limit: what libssh2 itself costs, in the smallest loop that does the same work on the wire:
// epoll, one ed25519 key parsed once and used by a sign callback, no host-key check, no deadlines,
// output counted and dropped. bench/fanout compares the controller with it. Prints for each round
//   round N: CPU_MS WALL_S OUTPUT_BYTES
// (user and system time of this process in all), and at the end "peak KIB". The first round
// connects; the rest use its sessions again.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "om/base/secret.h"
#include "om/keys/private_key.h"

namespace om::bench {
namespace {

struct Settings {
  std::string addresses;  ///< a file, one a line
  std::uint16_t port = 22;
  std::string login = "root";
  std::string key;
  std::string command = "hostname";
  int at_once = 64;
  int rounds = 1;
};

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bare_loop: %s\n", what.c_str());
  std::exit(1);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) give_up("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a farm's host wants to hear; others do not read it.
constexpr std::string_view kInput = "n=00112233445566778899aabbccddeeff;\n";

class Host {
 public:
  Host(std::string address, const Settings& settings, const keys::PrivateKey& key)
      : address_(std::move(address)), settings_(settings), key_(key) {}
  Host(Host&&) = default;
  ~Host() {
    if (session_ == nullptr) return;
    ::shutdown(fd_, SHUT_RDWR);
    libssh2_session_free(session_);
    ::close(fd_);
  }

  int fd() const { return fd_; }
  /// Begins a round: connects if it is the first.
  void start(int poller, std::uint32_t index);
  /// Goes as far as it can; true once the command has ended.
  bool advance();
  std::uint64_t output_bytes() const { return output_bytes_; }

 private:
  enum class State { handshake, login, open, exec, input, output, close, done };
  /// True when the call has to be made again later.
  bool again(int result, const char* what) const {
    if (result == LIBSSH2_ERROR_EAGAIN) return true;
    if (result < 0) give_up(address_ + ": " + what + ": " + std::to_string(result));
    return false;
  }
  static int sign(LIBSSH2_SESSION*, unsigned char** signature, std::size_t* length,
                  const unsigned char* data, std::size_t data_length, void** abstract);
  bool read_all();

  std::string address_;
  const Settings& settings_;
  const keys::PrivateKey& key_;
  void* self_ = nullptr;
  int fd_ = -1;
  LIBSSH2_SESSION* session_ = nullptr;
  LIBSSH2_CHANNEL* channel_ = nullptr;
  State state_ = State::handshake;
  std::uint64_t output_bytes_ = 0;
};

void Host::start(int poller, std::uint32_t index) {
  if (session_ != nullptr) {
    state_ = State::open;
    return;
  }
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(settings_.port);
  if (::inet_pton(AF_INET, address_.c_str(), &there.sin_addr) != 1) give_up("not an address");
  static_cast<void>(::connect(fd_, reinterpret_cast<const sockaddr*>(&there), sizeof there));
  session_ = libssh2_session_init();
  libssh2_session_set_blocking(session_, 0);
  constexpr const char* kCiphers = "aes128-ctr";
  libssh2_session_method_pref(session_, LIBSSH2_METHOD_KEX, "curve25519-sha256");
  libssh2_session_method_pref(session_, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519");
  libssh2_session_method_pref(session_, LIBSSH2_METHOD_CRYPT_CS, kCiphers);
  libssh2_session_method_pref(session_, LIBSSH2_METHOD_CRYPT_SC, kCiphers);
  libssh2_session_method_pref(session_, LIBSSH2_METHOD_MAC_CS, "hmac-sha2-256");
  libssh2_session_method_pref(session_, LIBSSH2_METHOD_MAC_SC, "hmac-sha2-256");
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLOUT | static_cast<std::uint32_t>(EPOLLET);
  wanted.data.u32 = index;
  ::epoll_ctl(poller, EPOLL_CTL_ADD, fd_, &wanted);
}

int Host::sign(LIBSSH2_SESSION*, unsigned char** signature, std::size_t* length,
               const unsigned char* data, std::size_t data_length, void** abstract) {
  const auto& host = *static_cast<const Host*>(*abstract);
  const auto made = host.key_.sign(host.key_.public_key().algorithm,
                                   {reinterpret_cast<const char*>(data), data_length});
  if (!made) give_up(made.error().message);
  *signature = static_cast<unsigned char*>(std::malloc(made->size()));
  std::memcpy(*signature, made->data(), made->size());
  *length = made->size();
  return 0;
}

/// Both streams until neither has more: one's reading may bring the other's bytes in.
bool Host::read_all() {
  static std::array<char, 65536> buffer;
  for (bool moved = true; moved;) {
    moved = false;
    for (const int stream : {0, SSH_EXTENDED_DATA_STDERR}) {
      for (;;) {
        const ssize_t got = libssh2_channel_read_ex(channel_, stream, buffer.data(), buffer.size());
        if (got <= 0) {
          again(static_cast<int>(got), "read");
          break;
        }
        output_bytes_ += static_cast<std::uint64_t>(got);
        moved = true;
      }
    }
  }
  return libssh2_channel_eof(channel_) == 1;
}

bool Host::advance() {
  for (;;) {
    switch (state_) {
      case State::handshake:
        if (again(libssh2_session_handshake(session_, fd_), "handshake")) return false;
        state_ = State::login;
        break;
      case State::login: {
        self_ = this;
        const std::string& blob = key_.public_key().blob;
        if (again(libssh2_userauth_publickey(session_, settings_.login.c_str(),
                                             reinterpret_cast<const unsigned char*>(blob.data()),
                                             blob.size(), &Host::sign, &self_),
                  "login")) {
          return false;
        }
        state_ = State::open;
        break;
      }
      case State::open:
        channel_ = libssh2_channel_open_ex(session_, "session", 7, 256 * 1024, 32768, nullptr, 0);
        if (channel_ == nullptr) {
          again(libssh2_session_last_errno(session_), "open");
          return false;
        }
        state_ = State::exec;
        break;
      case State::exec:
        if (again(libssh2_channel_process_startup(
                      channel_, "exec", 4, settings_.command.data(),
                      static_cast<unsigned int>(settings_.command.size())),
                  "exec")) {
          return false;
        }
        state_ = State::input;
        break;
      case State::input: {
        const ssize_t sent = libssh2_channel_write_ex(channel_, 0, kInput.data(), kInput.size());
        if (again(static_cast<int>(sent), "write")) return false;
        if (again(libssh2_channel_send_eof(channel_), "end of input")) return false;
        state_ = State::output;
        break;
      }
      case State::output:
        if (!read_all()) return false;
        state_ = State::close;
        break;
      case State::close:
        if (again(libssh2_channel_close(channel_), "close")) return false;
        libssh2_channel_free(channel_);
        channel_ = nullptr;
        state_ = State::done;
        return true;
      case State::done:
        return false;
    }
  }
}

double cpu_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

void play_round(std::vector<std::unique_ptr<Host>>& hosts, int poller, int at_once) {
  std::size_t next = 0;
  std::size_t done = 0;
  const auto start_next = [&] {
    // One that is connected already has no event to wait for.
    while (next < hosts.size()) {
      const std::size_t index = next++;
      hosts[index]->start(poller, static_cast<std::uint32_t>(index));
      if (!hosts[index]->advance()) return;
      ++done;
    }
  };
  for (int i = 0; i < at_once; ++i) start_next();
  std::array<epoll_event, 256> events;
  while (done < hosts.size()) {
    const int count = ::epoll_wait(poller, events.data(), events.size(), 30'000);
    if (count <= 0) give_up("30 s without an event");
    for (int i = 0; i < count; ++i) {
      if (!hosts[events[static_cast<std::size_t>(i)].data.u32]->advance()) continue;
      ++done;
      start_next();
    }
  }
}

int run(const Settings& settings) {
  auto key = keys::PrivateKey::parse(read_file(settings.key), Secret());
  if (!key) give_up(key.error().message);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  libssh2_init(0);
  std::vector<std::unique_ptr<Host>> hosts;
  std::ifstream file(settings.addresses);
  for (std::string line; std::getline(file, line);) {
    hosts.push_back(std::make_unique<Host>(line, settings, *key));
  }
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  for (int round = 1; round <= settings.rounds; ++round) {
    const double cpu = cpu_ms();
    const auto began = std::chrono::steady_clock::now();
    play_round(hosts, poller, settings.at_once);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
    std::uint64_t bytes = 0;
    for (const auto& host : hosts) bytes += host->output_bytes();
    std::printf("round %d: %.3f %.3f %llu\n", round, cpu_ms() - cpu, wall.count(),
                static_cast<unsigned long long>(bytes));
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("peak %ld\n", usage.ru_maxrss);
  return 0;
}

}  // namespace
}  // namespace om::bench

int main(int argc, char** argv) {
  CLI::App app("What libssh2 itself costs over many hosts");
  om::bench::Settings settings;
  app.add_option("--addresses", settings.addresses, "a file, one address a line")->required();
  app.add_option("--port", settings.port)->required();
  app.add_option("--login", settings.login)->required();
  app.add_option("--key", settings.key, "a private key")->required();
  app.add_option("--command", settings.command);
  app.add_option("--at-once", settings.at_once)->check(CLI::Range(1, 10000));
  app.add_option("--rounds", settings.rounds)->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  return om::bench::run(settings);
}
