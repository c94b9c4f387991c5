// SPDX-License-Identifier: MIT
#include "backend/ssh_links.h"

#include <utility>

#include "backend/become_password.h"

#include "om/event/reactor.h"
#include "om/ssh/exec.h"

namespace om::backend {
namespace {

class SshCommand final : public Command, private ssh::ExecObserver {
 public:
  SshCommand(event::Reactor& reactor, ssh::Session& session, const Bootstrap& bootstrap,
             CommandObserver& observer)
      : observer_(observer) {
    if (session.is_ready()) {
      ssh::ExecOptions options;
      options.command = exec_string(bootstrap);
      options.terminal = bootstrap.terminal;
      channel_ = session.exec(std::move(options), *this);
    } else {
      no_session_ = reactor.after(Duration::zero(), [this] {
        observer_.on_command_ended(
            fail(Errc::disconnected, "ssh.disconnected", "the session has ended"));
      });
    }
  }

  void write(std::string bytes) override {
    if (channel_) channel_->write(std::move(bytes));
  }
  void write(std::shared_ptr<const std::string> bytes) override {
    if (channel_) channel_->write(std::move(bytes));
  }
  void finish_writing() override {
    if (channel_) channel_->finish_writing();
  }
  void set_reading(bool reading) override {
    if (channel_) channel_->set_reading(reading);
  }

 private:
  void on_exec_started() override { observer_.on_command_started(); }
  void on_exec_output(Stream stream, std::string_view bytes) override {
    observer_.on_command_output(stream, bytes);
  }
  void on_exec_sent() override { observer_.on_command_sent(); }
  void on_exec_ended(Result<ssh::ExecStatus> end) override {
    if (end) {
      observer_.on_command_ended(CommandEnd{end->exit_status, end->signal, end->saw_eof});
    } else {
      observer_.on_command_ended(end.error());
    }
  }

  CommandObserver& observer_;
  event::Timer no_session_;
  std::unique_ptr<ssh::ExecChannel> channel_;
};

ssh::SessionTarget session_target(const Host& host) {
  ssh::SessionTarget target;
  target.address = host.address;
  target.port = host.port;
  if (!host.login.empty()) target.login = host.login;
  target.credential = host.credential;
  target.host_key_alias = host.host_key_alias;
  target.legacy_algorithms = host.legacy_algorithms;
  return target;
}

ssh::SessionDeadlines session_deadlines(const Deadlines& deadlines) {
  ssh::SessionDeadlines result;
  result.connect = deadlines.connect;
  result.handshake = deadlines.handshake;
  result.login = deadlines.login;
  result.silence = deadlines.silence;
  return result;
}

}  // namespace

/// One session, from its request to the end of its polite close.
class SshLinks::Connection final : private ssh::SessionObserver {
 public:
  Connection(SshLinks& links, const Host& host, const Deadlines& deadlines, Answer answer)
      : links_(links),
        answer_(std::move(answer)),
        session_(ssh::Session::start(links.services_, session_target(host),
                                     session_deadlines(deadlines), *this)) {}

  event::Reactor& reactor() const { return links_.services_.reactor; }
  ssh::Session& session() const { return *session_; }
  void set_request(SessionRequest* request) { request_ = request; }
  /// Nobody waits for the answer any more, or uses the link. Destroys this now or later.
  void release();

 private:
  void on_session_ready() override;
  void on_session_failed(Error error) override;
  void on_session_lost(Error error) override;
  void on_session_closed() override { links_.forget(*this); }

  SshLinks& links_;
  Answer answer_;
  SessionRequest* request_ = nullptr;  ///< while it waits
  bool released_ = false;
  std::unique_ptr<ssh::Session> session_;
};

class SshLinks::SessionRequest final : public Request {
 public:
  explicit SessionRequest(Connection& connection) : connection_(&connection) {
    connection.set_request(this);
  }
  ~SessionRequest() override {
    if (connection_ != nullptr) connection_->release();
  }
  void detach() { connection_ = nullptr; }

 private:
  Connection* connection_;  ///< null once it has answered
};

class SshLinks::SessionLink final : public Link {
 public:
  explicit SessionLink(Connection& connection) : connection_(connection) {}
  ~SessionLink() override { connection_.release(); }
  std::unique_ptr<Command> execute(const Bootstrap& bootstrap, CommandObserver& observer) override {
    return std::make_unique<SshCommand>(connection_.reactor(), connection_.session(), bootstrap,
                                        observer);
  }
  bool has_terminals() const override { return true; }

 private:
  Connection& connection_;
};

void SshLinks::Connection::release() {
  if (session_->is_ready()) {
    released_ = true;
    session_->close();
  } else {
    links_.forget(*this);
  }
}

void SshLinks::Connection::on_session_ready() {
  request_->detach();
  const Answer answer = std::move(answer_);
  answer(std::unique_ptr<Link>(std::make_unique<SessionLink>(*this)));
}

void SshLinks::Connection::on_session_failed(Error error) {
  request_->detach();
  const Answer answer = std::move(answer_);
  links_.forget(*this);
  answer(std::move(error));
}

/// A link that is still held keeps the dead session: its commands have been told.
void SshLinks::Connection::on_session_lost(Error) {
  if (released_) links_.forget(*this);
}

namespace {

/// Says no in the next turn of the loop.
class RefusedRequest final : public LinkSource::Request {
 public:
  RefusedRequest(event::Reactor& reactor, Error error, LinkSource::Answer answer)
      : timer_(reactor.after(Duration::zero(), [error = std::move(error),
                                                answer = std::move(answer)] { answer(error); })) {}

 private:
  event::Timer timer_;
};

}  // namespace

SshLinks::SshLinks(const ssh::SessionServices& services) : services_(services) {}
SshLinks::~SshLinks() = default;

std::unique_ptr<LinkSource::Request> SshLinks::acquire(const Host& host, const Deadlines& deadlines,
                                                       Answer answer) {
  if (!host.jump.empty()) {
    return std::make_unique<RefusedRequest>(
        services_.reactor,
        fail(Errc::invalid_argument, "ssh.jump_unsupported",
             "it stands behind jump host " + host.jump +
                 ", and jump hosts are not supported yet: remove the jump host, or reach it by "
                 "another platform"),
        std::move(answer));
  }
  auto connection = std::make_unique<Connection>(*this, host, deadlines, std::move(answer));
  auto request = std::make_unique<SessionRequest>(*connection);
  const Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
  return request;
}

std::string SshLinks::login_of(const Host& host) const { return session_target(host).login; }

Result<Secret> SshLinks::become_password(const Host& host) const {
  return backend::become_password(services_.signer, host);
}

void SshLinks::forget(const Connection& connection) {
  const auto forgotten = connections_.extract(&connection);
}

}  // namespace om::backend
