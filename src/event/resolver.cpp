// SPDX-License-Identifier: MIT
#include "om/event/resolver.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include <ares.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/time.h>

#include "om/base/text.h"

namespace om::event {

std::string SocketAddress::text() const {
  char host[INET6_ADDRSTRLEN] = "?";
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    return std::string(host) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
  std::string zone;
  if (v6.sin6_scope_id != 0) {
    char name[IF_NAMESIZE] = "";
    const bool named = ::if_indextoname(v6.sin6_scope_id, name) != nullptr;
    zone = "%" + (named ? std::string(name) : std::to_string(v6.sin6_scope_id));
  }
  return "[" + std::string(host) + zone + "]:" + std::to_string(ntohs(v6.sin6_port));
}

namespace {

/// Of an interface, by its name or its number; 0: there is none.
std::uint32_t scope_id(const std::string& zone) {
  if (const std::uint32_t index = ::if_nametoindex(zone.c_str())) return index;
  const std::optional<std::int64_t> number = text::parse_int(zone);
  if (!number || *number <= 0 || *number > std::numeric_limits<std::int32_t>::max()) return 0;
  char name[IF_NAMESIZE] = "";
  const auto index = static_cast<std::uint32_t>(*number);
  return ::if_indextoname(index, name) != nullptr ? index : 0;
}

}  // namespace

Result<SocketAddress> numeric_address(const std::string& host, std::uint16_t port) {
  std::string bare = host;
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']')
    bare = bare.substr(1, bare.size() - 2);
  SocketAddress address;
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, bare.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.length = sizeof v4;
    return address;
  }
  sockaddr_in6 v6{};
  const std::size_t percent = bare.find('%');
  if (::inet_pton(AF_INET6, bare.substr(0, percent).c_str(), &v6.sin6_addr) == 1) {
    if (percent != std::string::npos) {
      const std::string zone = bare.substr(percent + 1);
      v6.sin6_scope_id = scope_id(zone);
      if (v6.sin6_scope_id == 0) {
        return fail(Errc::not_found, "ssh.no_interface",
                    "address '" + host + "': the controller has no network interface '" + zone +
                        "'; correct the host's address");
      }
    }
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.length = sizeof v6;
    return address;
  }
  return fail(Errc::invalid_argument, "address.not_numeric", "'" + host + "' is not an IP address");
}

namespace {

/// What needs no question: numbers, and localhost, which RFC 6761 reserves and an empty root has no
/// /etc/hosts for. None: a question for DNS.
Result<std::vector<SocketAddress>> known_addresses(const std::string& host, std::uint16_t port) {
  const Result<SocketAddress> numeric = numeric_address(host, port);
  if (numeric) return std::vector<SocketAddress>{*numeric};
  if (numeric.error().reason != "address.not_numeric") return numeric.error();
  const std::string lower = text::lower_ascii(host);
  if (lower != "localhost" && !lower.ends_with(".localhost")) return std::vector<SocketAddress>{};
  return std::vector<SocketAddress>{*numeric_address("127.0.0.1", port),
                                    *numeric_address("::1", port)};
}

}  // namespace

Resolver::Query& Resolver::Query::operator=(Query&& other) noexcept {
  if (this != &other) {
    cancel();
    alive_ = std::move(other.alive_);
  }
  return *this;
}

void Resolver::Query::cancel() {
  if (alive_) *alive_ = false;
  alive_.reset();
}

struct Resolver::State {
  /// One question under way. c-ares answers exactly once, at the latest when the channel is
  /// destroyed.
  struct Question {
    State* state;
    std::string host;
    std::shared_ptr<bool> alive;  // owners: this question and its Query
    Answer answer;
    Timer deadline;
    bool answered = false;

    void finish(Result<std::vector<SocketAddress>> result) {
      if (std::exchange(answered, true)) return;
      deadline.cancel();
      // Not from inside c-ares, nor before resolve() returned; the asker may give up until then.
      state->reactor.post([alive = alive, answer = std::move(answer), result = std::move(result)] {
        if (std::exchange(*alive, false)) answer(result);
      });
    }
  };

  Reactor& reactor;
  ares_channel channel = nullptr;
  std::unordered_map<ares_socket_t, Watch> sockets;
  Timer retry;  // c-ares' own clock: retransmissions

  explicit State(Reactor& r) : reactor(r) {}

  ~State() {
    retry.cancel();
    if (channel != nullptr) ares_destroy(channel);
    ares_library_cleanup();
  }

  static void on_socket(void* data, ares_socket_t fd, int readable, int writable) {
    auto* state = static_cast<State*>(data);
    if (readable == 0 && writable == 0) {
      state->sockets.erase(fd);
      return;
    }
    const std::uint32_t interest =
        (readable != 0 ? kReadable : 0U) | (writable != 0 ? kWritable : 0U);
    const auto found = state->sockets.find(fd);
    if (found != state->sockets.end()) {
      found->second.set_interest(interest);
      return;
    }
    state->sockets.emplace(fd, state->reactor.watch(fd, interest, [state, fd](std::uint32_t ready) {
      ares_process_fd(state->channel, (ready & kReadable) != 0 ? fd : ARES_SOCKET_BAD,
                      (ready & kWritable) != 0 ? fd : ARES_SOCKET_BAD);
      state->arm_retry();
    }));
  }

  void arm_retry() {
    timeval buffer{};
    const timeval* wait = ares_timeout(channel, nullptr, &buffer);
    if (wait == nullptr) {
      retry.cancel();
      return;
    }
    const Duration delay =
        std::chrono::seconds(wait->tv_sec) + std::chrono::microseconds(wait->tv_usec);
    retry = reactor.after(delay, [this] {
      ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      arm_retry();
    });
  }

  static void on_answer(void* data, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<Question> question(static_cast<Question*>(data));
    if (status != ARES_SUCCESS) {
      if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) return;
      const bool late = status == ARES_ETIMEOUT;
      question->finish(fail(late ? Errc::timed_out : Errc::not_found,
                            late ? "ssh.name_timed_out" : "ssh.name_not_found",
                            "name '" + question->host + "': " + ares_strerror(status) +
                                "; correct the host's address, /etc/hosts or DNS"));
      return;
    }
    std::vector<SocketAddress> addresses;
    for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
      if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
      SocketAddress address;
      address.length = node->ai_addrlen;
      std::memcpy(&address.storage, node->ai_addr,
                  std::min<std::size_t>(node->ai_addrlen, sizeof address.storage));
      addresses.push_back(address);
    }
    ares_freeaddrinfo(info);
    if (addresses.empty()) {
      question->finish(fail(Errc::not_found, "ssh.name_not_found",
                            "name '" + question->host +
                                "' has no address; correct the host's address, /etc/hosts or DNS"));
      return;
    }
    question->finish(std::move(addresses));
  }
};

Result<std::unique_ptr<Resolver>> Resolver::create(Reactor& reactor) {
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
    return fail(Errc::internal, "resolver.not_ready", "c-ares cannot be initialised");
  }
  auto state = std::make_unique<State>(reactor);
  ares_options options{};
  options.sock_state_cb = &State::on_socket;
  options.sock_state_cb_data = state.get();
  options.timeout = 2000;
  options.tries = 3;
  const int status = ares_init_options(
      &state->channel, &options, ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status != ARES_SUCCESS) {
    state->channel = nullptr;
    return fail(Errc::internal, "resolver.not_ready",
                std::string("c-ares: ") + ares_strerror(status));
  }
  return std::unique_ptr<Resolver>(new Resolver(std::move(state)));
}

Resolver::Resolver(std::unique_ptr<State> state) : state_(std::move(state)) {}
Resolver::~Resolver() = default;

Resolver::Query Resolver::resolve(const std::string& host, std::uint16_t port, Duration timeout,
                                  Answer answer) {
  auto alive = std::make_shared<bool>(true);
  const Result<std::vector<SocketAddress>> known = known_addresses(host, port);
  if (!known || !known->empty()) {
    state_->reactor.post([alive, known, answer = std::move(answer)] {
      if (std::exchange(*alive, false)) answer(known);
    });
    return Query(alive);
  }
  auto question = std::make_unique<State::Question>();
  question->state = state_.get();
  question->host = host;
  question->alive = alive;
  question->answer = std::move(answer);
  State::Question* raw = question.get();
  raw->deadline = state_->reactor.after(timeout, [raw] {
    // c-ares still answers later; by then nobody is alive to hear it.
    raw->finish(fail(Errc::timed_out, "ssh.name_timed_out",
                     "name '" + raw->host +
                         "': no answer from DNS in time; check the controller's name servers"));
  });
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;
  ares_getaddrinfo(state_->channel, host.c_str(), std::to_string(port).c_str(), &hints,
                   &State::on_answer, question.release());
  state_->arm_retry();
  return Query(alive);
}

}  // namespace om::event
