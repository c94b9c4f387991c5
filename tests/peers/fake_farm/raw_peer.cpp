// SPDX-License-Identifier: MIT
#include "peers/fake_farm/raw_peer.h"

#include <array>
#include <cerrno>
#include <random>
#include <string>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace om::peers {

Peer::~Peer() {
  if (owns_) ::close(fd_);
}

bool drain(int fd) {
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
  }
}

namespace {

constexpr std::string_view kBanner = "SSH-2.0-OpenSSH_9.2p1 Farm\r\n";

void say(int fd, std::string_view bytes) {
  // What does not fit is left out: these peers keep no promises.
  static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

/// Says something at once and listens to nothing.
class SayingPeer : public Peer {
 public:
  SayingPeer(int fd, std::string_view words) : Peer(fd) { say(fd, words); }
  std::uint32_t interest() const override { return EPOLLIN; }
  bool on_ready(std::uint32_t events) override {
    return (events & (EPOLLHUP | EPOLLERR)) == 0 && drain(fd());
  }
};

/// Says the next piece of something every so often.
class TickingPeer final : public SayingPeer {
 public:
  TickingPeer(int fd, std::string words, std::size_t piece, std::chrono::milliseconds period)
      : SayingPeer(fd, {}), words_(std::move(words)), piece_(piece), period_(period) {}
  std::optional<FarmTime> due() const override { return next_; }
  bool on_time() override {
    next_ += period_;
    for (std::size_t i = 0; i < piece_; ++i) {
      say(fd(), std::string_view(words_).substr(place_ % words_.size(), 1));
      ++place_;
    }
    return true;
  }

 private:
  const std::string words_;
  const std::size_t piece_;
  const std::chrono::milliseconds period_;
  std::size_t place_ = 0;
  FarmTime next_ = std::chrono::steady_clock::now();
};

/// Closes once the client has sent its part of the key exchange.
class HangingUpPeer final : public Peer {
 public:
  explicit HangingUpPeer(int fd) : Peer(fd) { say(fd, kBanner); }
  std::uint32_t interest() const override { return EPOLLIN; }
  bool on_ready(std::uint32_t) override {
    std::array<char, 4096> bytes;
    const ssize_t got = ::recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got > 0) heard_ += static_cast<std::size_t>(got);
    return got != 0 && heard_ < 300;
  }

 private:
  std::size_t heard_ = 0;
};

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

std::string bad_length_packet(unsigned number) {
  constexpr std::array<std::uint32_t, 10> lengths = {
      0, 1, 2, 5, 35001, 40000, 262145, 0x7fffffff, 0x80000000, 0xffffffff};
  std::string packet = big_endian(lengths[number % lengths.size()]);
  packet.push_back(static_cast<char>(number / lengths.size()));  // the padding's length
  packet.append(4096, '\x14');                                   // SSH_MSG_KEXINIT
  return packet;
}

std::string noise(unsigned number) {
  std::mt19937 generator(number);
  std::string bytes(65536, '\0');
  for (char& byte : bytes) byte = static_cast<char>(generator());
  return bytes;
}

/// One of a relay's two ends.
class RelayEnd final : public Peer {
 public:
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};
  RelayEnd(int fd, int other, std::uint64_t place) : Peer(fd), other_(other), place_(place) {}
  ~RelayEnd() override { ::close(other_); }
  std::uint32_t interest() const override { return EPOLLIN; }
  bool on_ready(std::uint32_t) override {
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) {
      ::shutdown(other_, SHUT_RDWR);
      return false;
    }
    const auto count = static_cast<std::size_t>(got);
    if (place_ >= passed_ && place_ - passed_ < count) {
      char& byte = bytes[static_cast<std::size_t>(place_ - passed_)];
      byte = static_cast<char>(~byte);
    }
    passed_ += count;
    for (std::size_t sent = 0; sent < count;) {
      const ssize_t now =
          ::send(other_, bytes.data() + sent, count - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (now > 0) {
        sent += static_cast<std::size_t>(now);
        continue;
      }
      pollfd wait{other_, POLLOUT, 0};
      if (errno != EAGAIN || ::poll(&wait, 1, 100) <= 0) return false;
    }
    return true;
  }

 private:
  int other_;
  std::uint64_t place_;
  std::uint64_t passed_ = 0;
};

}  // namespace

std::unique_ptr<Peer> make_raw_peer(int fd, const Role& role) {
  using std::chrono::milliseconds;
  const std::string banner(kBanner);
  switch (role.behaviour) {
    case Behaviour::hang_up_at_exchange:
      return std::make_unique<HangingUpPeer>(fd);
    case Behaviour::drip:
      return std::make_unique<TickingPeer>(fd, banner, 1, milliseconds(1000));
    case Behaviour::banner_lines:
      return std::make_unique<TickingPeer>(fd, "welcome to this host\r\n", 22, milliseconds(20));
    case Behaviour::bad_length:
      return std::make_unique<SayingPeer>(fd, banner + bad_length_packet(role.number));
    case Behaviour::nonsense:
      return std::make_unique<SayingPeer>(fd, banner + noise(role.number));
    default:
      return std::make_unique<SayingPeer>(fd, "");
  }
}

Relay make_corrupting_relay(int client_fd, int server_fd, std::uint64_t place) {
  Relay relay;
  relay.client_end = std::make_unique<RelayEnd>(client_fd, ::dup(server_fd), RelayEnd::kNowhere);
  relay.server_end = std::make_unique<RelayEnd>(server_fd, ::dup(client_fd), place);
  return relay;
}

}  // namespace om::peers
