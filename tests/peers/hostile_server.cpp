// SPDX-License-Identifier: MIT
#include "peers/hostile_server.h"

#include <array>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sys/socket.h>
#include <unistd.h>

namespace om::peers {
namespace {

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Freeing<EVP_CIPHER_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;

constexpr std::string_view kVersion = "SSH-2.0-Hostile_1.0";
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kBlock = 16;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string u32(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}
std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4 && i < bytes.size(); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}
std::string string(std::string_view value) {
  return u32(static_cast<std::uint32_t>(value.size())) + std::string(value);
}
/// Takes a string off the front.
std::string take_string(std::string_view& from) {
  const std::size_t length = std::min<std::size_t>(read_u32(from), from.size() - 4);
  std::string value(from.substr(4, length));
  from.remove_prefix(4 + length);
  return value;
}
std::string mpint(std::string_view number) {
  while (!number.empty() && number.front() == '\0') number.remove_prefix(1);
  const bool negative = !number.empty() && (number.front() & 0x80) != 0;
  return string((negative ? std::string(1, '\0') : std::string()) + std::string(number));
}
std::string sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes_of(bytes), bytes.size(), bytes_of(digest));
  return digest;
}

Key generate(int type) {
  const KeyContext context(EVP_PKEY_CTX_new_id(type, nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context.get());
  EVP_PKEY_keygen(context.get(), &key);
  return Key(key);
}
std::string public_half(const Key& key) {
  std::string bytes(32, '\0');
  std::size_t length = bytes.size();
  EVP_PKEY_get_raw_public_key(key.get(), bytes_of(bytes), &length);
  return bytes;
}
std::string agree(const Key& own, std::string_view theirs) {
  const Key other(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes_of(theirs), theirs.size()));
  const KeyContext context(EVP_PKEY_CTX_new(own.get(), nullptr));
  std::string secret(32, '\0');
  std::size_t length = secret.size();
  EVP_PKEY_derive_init(context.get());
  EVP_PKEY_derive_set_peer(context.get(), other.get());
  EVP_PKEY_derive(context.get(), bytes_of(secret), &length);
  return secret;
}
std::string sign(const Key& key, std::string_view data) {
  const Digest context(EVP_MD_CTX_new());
  std::string signature(64, '\0');
  std::size_t length = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get());
  EVP_DigestSign(context.get(), bytes_of(signature), &length, bytes_of(data), data.size());
  return signature;
}

/// What this connection does wrong, and with which of the server's messages.
enum class Fault {
  bend_bytes,
  cut_short,
  bend_number,
  send_twice,
  leave_out,
  intrude,
  wrong_length,
  wrong_padding,
  wrong_mac,
  too_much,
  kCount
};

std::string intruder(std::mt19937& dice) {
  const auto byte = [](int value) { return std::string(1, static_cast<char>(value)); };
  const std::array<std::string, 30> messages = {
      "",
      byte(1),
      byte(1) + u32(2) + u32(0xffffffff) + "gone",
      byte(2),
      byte(3) + u32(0xffffffff),
      byte(4) + byte(1) + u32(0x7fffffff),
      byte(7) + u32(0xffffffff) + string("server-sig-algs") + u32(0xfffffff0),
      byte(7) + u32(1) + u32(0xffffffff),
      byte(20) + std::string(16, 'c') + u32(0xffffffff),
      byte(20),
      byte(21),
      byte(31) + u32(0xffffffff),
      byte(53) + u32(0xffffffff) + "look at me",
      byte(51) + u32(0x80000000),
      byte(80) + u32(0xffffffff),
      byte(80) + string("keepalive@openssh.com") + byte(1),
      byte(80) + string("hostkeys-00@openssh.com") + byte(0) + u32(0xffffffff),
      byte(90) + string("x11") + u32(1) + u32(1) + u32(1) + u32(0xffffffff),
      byte(90) + string("forwarded-tcpip") + u32(7) + u32(0) + u32(0),
      byte(90) + string("auth-agent@openssh.com") + u32(1),
      byte(93) + u32(0) + u32(0xffffffff),
      byte(93) + u32(0xffffffff),
      byte(94) + u32(99) + string("for nobody"),
      byte(94) + u32(0) + u32(0xffffffff) + "short",
      byte(94) + u32(0),
      byte(95) + u32(0) + u32(1) + u32(0xfffffff0) + "short",
      byte(98) + u32(0) + string("exit-signal") + byte(0) + u32(0xffffffff) + "KILL",
      byte(98) + u32(0) + string("exit-signal") + byte(0),
      byte(98) + u32(0) + string("exit-status") + byte(0) + "\1",
      byte(98) + u32(0) + u32(0xfffffff0) + byte(1)};
  return messages[dice() % messages.size()];
}

class Conversation {
 public:
  Conversation(int fd, unsigned number, std::atomic<unsigned>& logins)
      : fd_(fd), dice_(number * 2654435761U + 1), logins_(logins) {
    fault_ = static_cast<Fault>(number % static_cast<unsigned>(Fault::kCount));
    place_ = number / static_cast<unsigned>(Fault::kCount) % 14;  // of 13: or nowhere
    mac_first_ = dice_() % 2 == 0;
  }
  void run();

 private:
  bool shake_hands();
  bool answer(std::string_view message);
  void say_output();
  /// One of the protocol's messages, with the fault when it is its turn.
  bool say(std::string message);
  bool send_packet(std::string_view message, bool with_fault);
  bool send_all(std::string_view bytes);
  bool receive(std::size_t count, std::string& to);
  std::optional<std::string> read_packet();
  void set_keys(std::string_view secret, std::string_view hash);
  std::string crypt(const Cipher& cipher, std::string_view bytes);
  static std::string mac(std::string_view key, std::uint32_t sequence, std::string_view bytes);

  const int fd_;
  std::mt19937 dice_;
  std::atomic<unsigned>& logins_;
  Fault fault_{};
  unsigned place_ = 0;
  bool mac_first_ = false;  ///< encrypt, then MAC
  unsigned said_ = 0;
  bool encrypted_ = false;
  std::uint32_t out_sequence_ = 0;
  Cipher out_;
  Cipher in_;
  std::string out_mac_;
};

bool Conversation::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Conversation::receive(std::size_t count, std::string& to) {
  const std::size_t had = to.size();
  to.resize(had + count);
  for (std::size_t got = 0; got < count;) {
    const ssize_t now = ::recv(fd_, to.data() + had + got, count - got, 0);
    if (now <= 0) return false;
    got += static_cast<std::size_t>(now);
  }
  return true;
}

std::string Conversation::crypt(const Cipher& cipher, std::string_view bytes) {
  std::string result(bytes.size(), '\0');
  int length = 0;
  EVP_CipherUpdate(cipher.get(), bytes_of(result), &length, bytes_of(bytes),
                   static_cast<int>(bytes.size()));
  return result;
}

std::string Conversation::mac(std::string_view key, std::uint32_t sequence,
                              std::string_view bytes) {
  const std::string data = u32(sequence) + std::string(bytes);
  std::string result(kMacBytes, '\0');
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(std::string_view(data)),
       data.size(), bytes_of(result), &length);
  return result;
}

bool Conversation::send_packet(std::string_view message, bool with_fault) {
  const std::size_t head = encrypted_ && mac_first_ ? 1 : 5;
  const std::size_t block = encrypted_ ? kBlock : 8;
  std::size_t padding = block - (head + message.size()) % block;
  if (padding < 4) padding += block;
  auto length = static_cast<std::uint32_t>(1 + message.size() + padding);
  auto said_padding = static_cast<char>(padding);
  if (with_fault && fault_ == Fault::wrong_length) {
    constexpr std::array<std::uint32_t, 10> lengths = {
        0, 1, 3, 12, 35001, 40000, 40001, 0x7fffffff, 0xfffffff0, 0xffffffff};
    length = dice_() % 3 == 0 ? length + 1 + static_cast<std::uint32_t>(dice_() % 40)
                              : lengths[dice_() % lengths.size()];
  }
  if (with_fault && fault_ == Fault::wrong_padding) {
    constexpr std::array<int, 5> paddings = {0, 3, 200, 254, 255};
    said_padding = static_cast<char>(paddings[dice_() % paddings.size()]);
  }
  const std::string inside =
      std::string(1, said_padding) + std::string(message) + std::string(padding, 'p');
  const std::uint32_t sequence = out_sequence_++;
  std::string packet;
  if (!encrypted_) {
    packet = u32(length) + inside;
  } else if (mac_first_) {
    packet = u32(length) + crypt(out_, inside);
    packet += mac(out_mac_, sequence, packet);
  } else {
    const std::string plain = u32(length) + inside;
    packet = crypt(out_, plain) + mac(out_mac_, sequence, plain);
  }
  if (with_fault && fault_ == Fault::wrong_mac) packet.back() = static_cast<char>(~packet.back());
  return send_all(packet);
}

bool Conversation::say(std::string message) {
  if (said_++ != place_) return send_packet(message, false);
  switch (fault_) {
    case Fault::bend_bytes:
      for (int i = 0; i < 3; ++i) message[dice_() % message.size()] = static_cast<char>(dice_());
      break;
    case Fault::cut_short:
      message.resize(dice_() % message.size());
      break;
    case Fault::bend_number:
      if (message.size() > 5) {
        constexpr std::array<std::uint32_t, 5> numbers = {0, 35001, 0x7fffffff, 0x80000000,
                                                          0xffffffff};
        message.replace(1 + dice_() % (message.size() - 4), 4,
                        u32(numbers[dice_() % numbers.size()]));
      }
      break;
    case Fault::send_twice:
      send_packet(message, false);
      break;
    case Fault::leave_out:
      return true;
    case Fault::intrude:
      for (int i = 0; i < 3; ++i) send_packet(intruder(dice_), false);
      break;
    case Fault::too_much:
      // Far beyond every window, and larger than any packet may be.
      for (int i = 0; i < 20; ++i) {
        send_packet("\x5e" + u32(0) + string(std::string(i < 12 ? 32'000 : 39'000, 'x')), false);
      }
      break;
    default:
      break;
  }
  return send_packet(message, true);
}

std::optional<std::string> Conversation::read_packet() {
  std::string packet;
  if (!encrypted_) {
    if (!receive(5, packet)) return std::nullopt;
    const std::uint32_t length = read_u32(packet);
    if (length > 40'000 || length < 2 || !receive(length - 1, packet)) return std::nullopt;
    return packet.substr(5, length - 1 - static_cast<unsigned char>(packet[4]));
  }
  if (!receive(mac_first_ ? 4 : kBlock, packet)) return std::nullopt;
  if (!mac_first_) packet = crypt(in_, packet);
  const std::uint32_t length = read_u32(packet);
  if (length > 40'000 || length < 12) return std::nullopt;
  std::string rest;
  if (!receive(length + 4 - packet.size() + kMacBytes, rest)) return std::nullopt;
  packet += crypt(in_, std::string_view(rest).substr(0, rest.size() - kMacBytes));
  return packet.substr(5, length - 1 - static_cast<unsigned char>(packet[4]));
}

void Conversation::set_keys(std::string_view secret, std::string_view hash) {
  const auto derive = [&](char letter) {
    return sha256(mpint(secret) + std::string(hash) + letter + std::string(hash));
  };
  const auto cipher = [&](char iv, char key) {
    Cipher context(EVP_CIPHER_CTX_new());
    EVP_CipherInit_ex(context.get(), EVP_aes_128_ctr(), nullptr,
                      bytes_of(std::string_view(derive(key))),
                      bytes_of(std::string_view(derive(iv))), 1);
    return context;
  };
  in_ = cipher('A', 'C');
  out_ = cipher('B', 'D');
  out_mac_ = derive('F');
}

bool Conversation::shake_hands() {
  if (!send_all(std::string(kVersion) + "\r\n")) return false;
  std::string client_version;
  while (!client_version.ends_with('\n')) {
    if (client_version.size() > 255 || !receive(1, client_version)) return false;
  }
  while (client_version.ends_with('\n') || client_version.ends_with('\r')) {
    client_version.pop_back();
  }
  const std::string_view mac = mac_first_ ? "hmac-sha2-256-etm@openssh.com" : "hmac-sha2-256";
  std::string offer = "\x14" + std::string(16, 'c');
  for (const std::string_view list :
       {std::string_view("curve25519-sha256"), std::string_view("ssh-ed25519"),
        std::string_view("aes128-ctr"), std::string_view("aes128-ctr"), mac, mac,
        std::string_view("none"), std::string_view("none"), std::string_view(),
        std::string_view()}) {
    offer += string(list);
  }
  offer += std::string(5, '\0');
  if (!say(offer)) return false;
  const auto client_offer = read_packet();
  const auto init = client_offer ? read_packet() : std::nullopt;
  if (!init || init->size() != 37 || init->front() != 30) return false;
  const std::string client_public = init->substr(5);
  const Key host = generate(EVP_PKEY_ED25519);
  const Key own = generate(EVP_PKEY_X25519);
  const std::string host_blob = string("ssh-ed25519") + string(public_half(host));
  const std::string own_public = public_half(own);
  const std::string secret = agree(own, client_public);
  const std::string hash =
      sha256(string(client_version) + string(kVersion) + string(*client_offer) + string(offer) +
             string(host_blob) + string(client_public) + string(own_public) + mpint(secret));
  if (!say("\x1f" + string(host_blob) + string(own_public) +
           string(string("ssh-ed25519") + string(sign(host, hash)))) ||
      !say("\x15")) {
    return false;
  }
  const auto new_keys = read_packet();
  if (!new_keys || *new_keys != "\x15") return false;
  set_keys(secret, hash);
  encrypted_ = true;
  return true;
}

void Conversation::say_output() {
  say("\x5e" + u32(0) + string("hello\n"));
  say("\x5f" + u32(0) + u32(1) + string("world\n"));
  say("\x62" + u32(0) + string("exit-status") + std::string(1, '\0') + u32(0));
  say("\x60" + u32(0));
  say("\x61" + u32(0));
}

bool Conversation::answer(std::string_view message) {
  switch (static_cast<unsigned char>(message.front())) {
    case 5:
      return say("\x06" + string("ssh-userauth"));
    case 50: {
      std::string_view rest = message.substr(1);
      take_string(rest);
      take_string(rest);
      if (take_string(rest) != "publickey" || rest.empty()) {
        return say("\x33" + string("publickey") + std::string(1, '\0'));
      }
      const bool is_signed = rest.front() != 0;
      rest.remove_prefix(1);
      const std::string algorithm = take_string(rest);
      if (!is_signed) return say("\x3c" + string(algorithm) + string(take_string(rest)));
      ++logins_;
      return say("\x34");
    }
    case 80:
      return send_packet("\x52", false);
    case 90:
      return say("\x5b" + u32(0) + u32(0) + u32(1 << 20) + u32(32768));
    case 98:
      if (!say("\x63" + u32(0))) return false;
      say_output();
      return true;
    default:
      return true;
  }
}

void Conversation::run() {
  const timeval patience{3, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (!shake_hands()) return;
  while (const auto message = read_packet()) {
    if (message->empty() || !answer(*message)) return;
  }
}

}  // namespace

HostileServer::HostileServer(unsigned first) : next_(first) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof here;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&here), length) != 0 ||
      ::listen(listener_, 512) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &length) != 0) {
    std::perror("test peers: cannot listen");
    std::abort();
  }
  port_ = ntohs(here.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HostileServer::~HostileServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (std::thread& connection : connections_) connection.join();
}

void HostileServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    connections_.emplace_back([this, fd, number = next_++] {
      Conversation(fd, number, logins_).run();
      ::close(fd);
    });
  }
}

}  // namespace om::peers
