// SPDX-License-Identifier: MIT
//
// Connection: one peer on the front's loop, from accept to close: waits for a request, collects
// head and body, waits for the answer, writes it, and either waits again or lingers until the peer
// hangs up. Each state has a deadline. Belongs to the loop's thread; the Front owns it. It calls
// its Owner last, since a call may destroy it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/answer.h"
#include "http/chunked.h"
#include "http/exchange.h"
#include "http/host_guard.h"
#include "http/request_head.h"
#include "http/transport.h"
#include "http/upload_pool.h"

#include "om/event/reactor.h"
#include "om/http/limits.h"

namespace om::http {

/// Who is at the other end.
struct Peer {
  api::Entry entry = api::Entry::tcp;
  std::string name;           ///< "127.0.0.1", "uid 0"
  std::string local_address;  ///< the numeric address it came in on; empty on the control socket
};

class Connection {
 public:
  /// What a connection needs from the front.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// False: nobody has time for it. Otherwise answer() follows, later.
    virtual bool request_complete(std::uint64_t connection, Job job) = 0;
    /// The connection is done with; destroys it.
    virtual void connection_ended(std::uint64_t connection) = 0;
    /// Whether the body is left where it is until dispatch() has said who receives it.
    virtual bool takes_upload(std::string_view method, std::string_view path) = 0;
    /// Asks for memory to buffer in (all connections share a budget); always returned by release().
    virtual bool reserve(std::size_t bytes) = 0;
    virtual void release(std::size_t bytes) = 0;
  };

  enum class State {
    waiting,  ///< for the first byte of a request
    head,     ///< some of it is there
    body,
    working,    ///< the request is with the owner
    answering,  ///< writing
    lingering,  ///< answered for good; reading on so that the peer gets to see the answer
  };

  /// Requires: all references outlive the connection.
  Connection(event::Reactor& reactor, const Limits& limits, const HostGuard& guard, Owner& owner,
             std::uint64_t id, std::unique_ptr<Transport> transport, Peer peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  State state() const { return state_; }
  /// It has had an answer and waits for another request: closing it costs its peer a reconnect.
  bool is_idle() const { return state_ == State::waiting && answered_; }
  /// When it came into this state.
  MonotonicTime since() const { return since_; }

  /// Requires: state() is working; `answer` holds no stream. May end the connection.
  void answer(Answer answer);
  /// The socket, for a stream that goes on elsewhere; the connection is then only to be destroyed.
  /// Null when the peer has gone meanwhile. Requires: state() is working.
  std::unique_ptr<Transport> detach();
  /// As detach(), with the body that has not been read. Requires: the job was an upload.
  ComingBody detach_body();
  /// The front stops: whatever is under way is the last on this connection. True when nothing is,
  /// so that the owner may destroy it at once.
  bool stop_soon();

 private:
  void enter(State state, Duration deadline);
  void wait_for(IoResult::State what);
  void on_ready();
  void on_deadline();
  void read_more();
  void advance();
  bool take_head();
  bool take_body();
  void hand_over();
  void refuse(const Refusal& refusal);
  void start_writing(std::string bytes);
  void write_more();
  void drain();
  bool hold(std::size_t bytes);
  void let_go();
  void end();

  event::Reactor& reactor_;
  const Limits& limits_;
  const HostGuard& guard_;
  Owner& owner_;
  const std::uint64_t id_;
  std::unique_ptr<Transport> transport_;
  const Peer peer_;

  State state_ = State::waiting;
  MonotonicTime since_;
  bool answered_ = false;   ///< at least once
  bool close_ = false;      ///< after the answer
  bool peer_gone_ = false;  ///< found out while nobody was reading
  std::string input_;       ///< read and not used yet
  HeadEnd head_end_;
  RequestHead head_;
  ChunkedDecoder chunks_;
  std::string body_;
  bool drip_checked_ = false;
  bool upload_ = false;  ///< the request of head_; always the connection's last
  std::string output_;
  std::size_t written_ = 0;
  MonotonicTime write_deadline_;
  std::size_t drained_ = 0;
  std::size_t held_ = 0;  ///< of the owner's budget

  event::Watch watch_;
  event::Timer deadline_;
};

}  // namespace om::http
