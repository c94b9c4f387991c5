// SPDX-License-Identifier: MIT
#include "om/http/front.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/connection.h"
#include "http/refusal.h"
#include "http/stream_pool.h"
#include "http/transport.h"
#include "http/upload_pool.h"
#include "http/worker_pool.h"

#include "om/base/errno_error.h"
#include "om/base/log.h"
#include "om/event/reactor.h"

namespace om::http {
namespace {

constexpr int kAcceptsATurn = 64;
constexpr Duration kAcceptPause = std::chrono::milliseconds(500);

std::string numeric_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const void* bytes = nullptr;
  if (address.ss_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else {
    bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  }
  ::inet_ntop(address.ss_family, bytes, buffer.data(), buffer.size());
  return buffer.data();
}

/// Who connected; nothing when the control socket is not for them.
std::optional<Peer> peer_of(int socket, api::Entry entry) {
  Peer peer;
  peer.entry = entry;
  if (entry == api::Entry::control) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
      return std::nullopt;
    }
    if (credentials.uid != 0 && credentials.uid != ::geteuid()) {
      log::warning("control socket: refused", {{"uid", credentials.uid}});
      return std::nullopt;
    }
    peer.name = "uid " + std::to_string(credentials.uid);
    return peer;
  }
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return std::nullopt;
  }
  peer.name = numeric_text(address);
  size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return std::nullopt;
  }
  peer.local_address = numeric_text(address);
  // Answers are written whole: nothing is gained by waiting for more.
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return peer;
}

}  // namespace

struct Front::State final : Connection::Owner {
  const Clock& clock;
  const FrontOptions options;
  const HostGuard guard;
  const api::Dispatch dispatch;
  std::unique_ptr<event::Reactor> reactor;
  StreamPool streams;
  UploadPool uploads;
  std::thread loop;
  bool stopped = false;
  bool clean = true;

  // The loop's own.
  struct Accepting {
    Listener listener;
    event::Watch watch;
  };
  std::vector<Accepting> accepting;
  event::Timer accept_pause;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections;
  std::uint64_t next_id = 1;
  std::size_t buffered = 0;
  bool stopping = false;

  std::mutex mutex;  // guards the next one
  std::condition_variable drained_changed;
  bool drained = false;

  // Last, so that its threads end before what their answers need.
  WorkerPool workers;

  State(const Clock& c, FrontOptions o, api::Dispatch d, std::unique_ptr<event::Reactor> r)
      : clock(c),
        options(std::move(o)),
        guard(options.names),
        dispatch(std::move(d)),
        reactor(std::move(r)),
        streams(clock, options.limits),
        uploads(clock, options.limits),
        workers(clock, dispatch, options.limits.workers, options.limits.queue,
                [this](std::uint64_t id, Answer answer) { pass_on(id, std::move(answer)); }) {}

  ~State() override {
    // Not started, or stop() has joined the loop: nothing else runs that could look at these.
    connections.clear();
    accepting.clear();
  }

  // From a worker's thread to the loop's: the one crossing in this direction.
  void pass_on(std::uint64_t id, Answer answer) {
    auto shared = std::make_shared<Answer>(std::move(answer));  // a task must be copyable
    reactor->post([this, id, shared] { deliver(id, std::move(*shared)); });
  }

  void deliver(std::uint64_t id, Answer answer) {
    const auto found = connections.find(id);
    if (found == connections.end()) return;
    if (answer.receiver) {
      if (!uploads.has_room()) {
        answer.receiver.reset();
        refuse_busy(*found->second, "too many uploads are under way");
        return;
      }
      ComingBody body = found->second->detach_body();
      connections.erase(found);
      if (body.transport) uploads.start(std::move(body), std::move(answer.receiver));
      note_if_drained();
      return;
    }
    if (!answer.stream) {
      found->second->answer(std::move(answer));
      return;
    }
    if (!streams.has_room()) {
      refuse_busy(*found->second, "too many live streams are open");
      return;
    }
    std::unique_ptr<Transport> transport = found->second->detach();
    connections.erase(found);
    if (transport) streams.start(std::move(transport), std::move(answer));
    note_if_drained();
  }

  void refuse_busy(Connection& connection, std::string_view what) {
    Answer refusal;
    refusal.bytes = closing_answer(response_for(busy(what)), clock.wall_ms());
    refusal.close = true;
    connection.answer(std::move(refusal));
  }

  bool takes_upload(std::string_view method, std::string_view path) override {
    return options.takes_upload && options.takes_upload(method, path);
  }

  bool request_complete(std::uint64_t id, Job job) override {
    return workers.submit(id, std::move(job));
  }

  void connection_ended(std::uint64_t id) override {
    connections.erase(id);
    note_if_drained();
  }

  bool reserve(std::size_t bytes) override {
    if (buffered + bytes > options.limits.buffered_bytes) return false;
    buffered += bytes;
    return true;
  }

  void release(std::size_t bytes) override { buffered -= bytes; }

  void begin(std::vector<Listener> listeners) {
    accepting.reserve(listeners.size());  // the watches below refer to their place
    for (Listener& listener : listeners) {
      Accepting& entry = accepting.emplace_back(Accepting{std::move(listener), {}});
      entry.watch = reactor->watch(entry.listener.fd(), event::kReadable,
                                   [this, &entry](std::uint32_t) { accept_from(entry.listener); });
    }
    loop = std::thread([this] { reactor->run(); });
  }

  void accept_from(const Listener& listener) {
    for (int i = 0; i < kAcceptsATurn; ++i) {
      Fd socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!socket.is_open()) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EAGAIN) return;
        const int reason = errno;
        if (make_room()) return;
        log::warning("no connection can be accepted",
                     {{"listener", listener.address()}, {"why", errno_text(reason)}});
        pause_accepting();
        return;
      }
      if (connections.size() >= options.limits.connections && !make_room()) continue;
      auto peer = peer_of(socket.get(), listener.entry());
      if (!peer) continue;
      const std::uint64_t id = next_id++;
      connections.emplace(
          id, std::make_unique<Connection>(*reactor, options.limits, guard, *this, id,
                                           std::make_unique<SocketTransport>(std::move(socket)),
                                           std::move(*peer)));
    }
  }

  /// Hangs up on whoever has kept us waiting for longest: an idle connection if there is one, else
  /// a request that does not get complete. False when every connection is being answered.
  bool make_room() {
    auto victim = connections.end();
    // Not those first that have only just come and had no time to say anything.
    const auto rank = [](const Connection& connection) { return connection.is_idle() ? 0 : 1; };
    for (auto it = connections.begin(); it != connections.end(); ++it) {
      const Connection& connection = *it->second;
      if (connection.state() == Connection::State::working ||
          connection.state() == Connection::State::answering) {
        continue;
      }
      if (victim == connections.end() ||
          std::pair(rank(connection), connection.since()) <
              std::pair(rank(*victim->second), victim->second->since())) {
        victim = it;
      }
    }
    if (victim == connections.end()) return false;
    connections.erase(victim);
    return true;
  }

  /// Out of descriptors: a listener that stays readable would spin the loop.
  void pause_accepting() {
    for (Accepting& entry : accepting) entry.watch.set_interest(0);
    accept_pause = reactor->after(kAcceptPause, [this] {
      for (Accepting& entry : accepting) entry.watch.set_interest(event::kReadable);
    });
  }

  void wind_down() {
    accept_pause.cancel();
    accepting.clear();
    stopping = true;
    for (auto it = connections.begin(); it != connections.end();) {
      it = it->second->stop_soon() ? connections.erase(it) : std::next(it);
    }
    note_if_drained();
  }

  void note_if_drained() {
    if (!stopping || !connections.empty()) return;
    const std::lock_guard lock(mutex);
    drained = true;
    drained_changed.notify_all();
  }
};

Front::Front(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Front>> Front::start(const Clock& clock, FrontOptions options,
                                            std::vector<Listener> listeners,
                                            api::Dispatch dispatch) {
  OM_TRY_SET(auto reactor, event::Reactor::create(clock));
  auto state =
      std::make_unique<State>(clock, std::move(options), std::move(dispatch), std::move(reactor));
  state->begin(std::move(listeners));
  return std::unique_ptr<Front>(new Front(std::move(state)));
}

Front::~Front() { stop(); }

bool Front::stop() {
  State& state = *state_;
  if (std::exchange(state.stopped, true)) return state.clean;
  const auto deadline = std::chrono::steady_clock::now() + state.options.limits.stop_time;
  const auto left = [deadline] {
    return std::max(Duration::zero(), Duration(deadline - std::chrono::steady_clock::now()));
  };
  state.reactor->post([&state] { state.wind_down(); });
  const bool streams_ended = state.streams.stop(left());
  const bool uploads_ended = state.uploads.stop(left());
  const bool workers_ended = state.workers.stop(left());
  {
    std::unique_lock lock(state.mutex);
    state.drained_changed.wait_for(lock, left(), [&state] { return state.drained; });
  }
  state.reactor->stop();
  state.loop.join();
  state.clean = streams_ended && uploads_ended && workers_ended;
  if (!state.clean)
    log::error("front: threads still busy",
               {{"after_ms", whole_ms(state.options.limits.stop_time)}});
  return state.clean;
}

}  // namespace om::http
