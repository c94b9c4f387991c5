// SPDX-License-Identifier: MIT
//
// TcpProxy: stands between a client and a server on loopback and does to their connection what bad
// networks do: passes a number of the server's bytes on and then closes, resets, or says nothing
// more; passes them one by one; or changes one of them. One thread of its own; limits may be
// changed at any time.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace om::peers {

class TcpProxy {
 public:
  enum class Then { close, reset, stall };

  /// Requires: a server on this port of 127.0.0.1.
  explicit TcpProxy(std::uint16_t server_port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const { return port_; }
  /// For connections from now on: what happens after so many bytes from the server.
  void cut_after(std::uint64_t bytes, Then then) {
    then_ = then;
    limit_ = bytes;
  }
  /// For connections from now on: inverts the byte at this place of what the server sends.
  void corrupt_at(std::uint64_t place) { corrupt_ = place; }
  /// At most so many bytes with each write to the client.
  void set_piece(std::size_t bytes) { piece_ = bytes; }
  /// From the server, over all connections.
  std::uint64_t bytes_passed() const { return passed_; }

 private:
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};
  struct Link {
    int client = -1;
    int server = -1;
    std::uint64_t left = 0;
    std::uint64_t corrupt = kNowhere;
    std::uint64_t passed = 0;
    Then then = Then::close;
    bool stalled = false;
  };
  void run();
  void accept_client();
  bool pass(Link& link, bool from_server);
  static void finish(Link& link);

  std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<std::uint64_t> limit_{kNowhere};
  std::atomic<std::uint64_t> corrupt_{kNowhere};
  std::atomic<Then> then_{Then::close};
  std::atomic<std::size_t> piece_{65536};
  std::atomic<std::uint64_t> passed_{0};
  std::atomic<bool> stopping_{false};
  std::vector<Link> links_;
  std::thread thread_;
};

/// A server that says the same few bytes to everybody who connects and then keeps quiet or goes on
/// saying them.
class TalkingPeer {
 public:
  enum class After { quiet, close, repeat };
  TalkingPeer(std::string words, After after);
  ~TalkingPeer();
  TalkingPeer(const TalkingPeer&) = delete;
  TalkingPeer& operator=(const TalkingPeer&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  void run();

  std::string words_;
  After after_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace om::peers
