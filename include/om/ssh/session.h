// SPDX-License-Identifier: MIT
//
// Session: one SSH connection, non-blocking from the name to the close. It passes through the
// states resolve, connect, handshake (with the host-key check: nothing is offered to a server whose
// key is not right), login, ready and closing; each has a deadline. Owned by whoever started it;
// belongs to one reactor's thread, as do its channels and observer. The observer is only called
// from the loop, never from inside start() or close(); it may destroy the session or a channel from
// any call. A session is good for many commands, one after the other or at the same time. Errors
// carry the reason keys listed at on_session_failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/ssh/exec.h"
#include "om/ssh/host_keys.h"

namespace om::event {
class Reactor;
class Resolver;
}  // namespace om::event

namespace om::ssh {

class LiveSession;
class Signer;

/// What a session works with. All of them outlive it; all but the signer belong to the reactor's
/// thread.
struct SessionServices {
  event::Reactor& reactor;
  event::Resolver& resolver;
  HostKeys& host_keys;
  Signer& signer;
};

/// Where to, and as whom.
struct SessionTarget {
  std::string address;  ///< a name or an address
  std::uint16_t port = 22;
  std::string login = "root";
  std::string credential;          ///< its key or password; empty: every key there is, at most five
  std::string host_key_alias;      ///< the name the host key is kept under; empty: the address
  bool legacy_algorithms = false;  ///< allow what only servers as old as OpenSSH 5.3 need
};

/// How long each state may last.
struct SessionDeadlines {
  Duration resolve = std::chrono::seconds(5);
  Duration connect = std::chrono::seconds(10);  ///< all addresses together
  Duration handshake = std::chrono::seconds(15);
  Duration login = std::chrono::seconds(15);
  Duration silence = std::chrono::seconds(45);  ///< without one byte, while a channel is open
  Duration close = std::chrono::seconds(5);
};

/// What was learned on the way, for logs and pages, and to judge the session by later.
struct SessionFacts {
  std::string address;               ///< "192.0.2.7:22", the one that answered
  std::string server_version;        ///< "SSH-2.0-OpenSSH_9.2p1 Debian-2"
  std::string host_key_fingerprint;  ///< "SHA256:..."
  HostKeyName host_key_name;         ///< whose key that is
  HostKey host_key;
  std::string credential;  ///< the one that was taken
};

/// Is told how a session fares. Exactly one of ready and failed comes; after ready at most one of
/// lost and closed.
class SessionObserver {
 public:
  /// There is a connection, and the handshake begins. Not called when it fails before that.
  virtual void on_session_connected() {}
  virtual void on_session_ready() = 0;
  /// Never got so far: ssh.name_not_found, ssh.name_timed_out, ssh.connect_refused,
  /// ssh.connect_timed_out, ssh.no_route, ssh.connect_failed, ssh.handshake_failed,
  /// ssh.handshake_timed_out, ssh.host_key_changed, ssh.host_key_unknown, ssh.host_key_revoked,
  /// ssh.host_key_only_ca, ssh.no_credential, ssh.signing_failed, ssh.login_refused,
  /// ssh.certificate_refused, ssh.login_needs_more, ssh.login_needs_person, ssh.password_expired,
  /// ssh.login_timed_out, ssh.disconnected, ssh.cancelled.
  virtual void on_session_failed(Error error) = 0;
  /// Was ready, and is gone (ssh.disconnected, ssh.silent). Its channels have been told first.
  virtual void on_session_lost(Error error) = 0;
  /// close() has been carried out.
  virtual void on_session_closed() = 0;

 protected:
  ~SessionObserver() = default;
};

class Session {
 public:
  /// Sets out at once. Requires: observer and services outlive the session.
  static std::unique_ptr<Session> start(const SessionServices& services, SessionTarget target,
                                        SessionDeadlines deadlines, SessionObserver& observer);
  /// The same through the session with a jump host, called `jump_name` in messages: the address is
  /// the jump host's to look up. Requires: jump.is_ready(), and that it outlives the session. Also
  /// fails with ssh.jump_forbidden, ssh.jump_connect_failed, ssh.jump_failed.
  static std::unique_ptr<Session> start_through(Session& jump, std::string jump_name,
                                                const SessionServices& services,
                                                SessionTarget target, SessionDeadlines deadlines,
                                                SessionObserver& observer);
  /// Ends the connection without a word to the observer and without waiting; channels still held go
  /// silent.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Starts a command on a channel of its own. The channel says how it went; drop it to abandon the
  /// command. Requires: is_ready(), and that the observer outlives the channel.
  std::unique_ptr<ExecChannel> exec(ExecOptions options, ExecObserver& observer);
  /// Takes leave of the server: open channels are closed first (and told so), then
  /// on_session_closed follows, at the latest when the deadline has passed. Harmless when repeated.
  /// Before ready it ends with ssh.cancelled instead.
  void close();

  /// True between on_session_ready and close() or on_session_lost: exec() may be called.
  bool is_ready() const;
  /// Ready, and the server has not gone meanwhile, as far as this machine knows. A system call.
  bool is_alive() const;
  /// Channels not yet closed by both sides, abandoned ones included.
  std::size_t channel_count() const;
  const SessionFacts& facts() const;
  /// An open can begin at once: no other one is waiting for the server's answer.
  bool can_open() const;
  /// Bytes over the wire so far, both ways.
  std::uint64_t traffic_bytes() const;
  /// What the library has allocated for it at the moment.
  std::size_t memory_bytes() const;

 private:
  explicit Session(std::shared_ptr<LiveSession> live);
  std::shared_ptr<LiveSession> live_;  ///< owners: this handle, and the loop while it is at work
};

}  // namespace om::ssh
